"""The embedding model: verified weights, right shapes, plain refusals."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from index import bundled
from index.bundled import BUNDLED_NAME, FORMER_NAMES, bundled_folder
from index.embedding import SentenceTransformerEmbedder
from index.errors import ModelUnavailable
from index.fast.encoder import FastEncoder
from index.paths import sample_file
from index.sources import read_path
from index.torch_encoder import TorchEncoder
from index.types import WrittenAnswer


def sample_records() -> list[WrittenAnswer]:
    return [item for item in read_path(sample_file()) if isinstance(item, WrittenAnswer)]


@pytest.fixture(scope="module")
def embedder() -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder()


def test_vectors_have_unit_length_and_the_right_shape(embedder) -> None:
    vectors = embedder.encode(["a figure", "another text that is longer", ""])
    assert vectors.shape == (3, 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert embedder.encode([]).shape == (0, 384)


def test_each_text_gets_its_own_vector_whatever_the_order(embedder) -> None:
    texts = [f"{'word ' * (n % 7)}number {n}" for n in range(50)]
    together = embedder.encode(texts)
    for n in (0, 17, 49):
        assert together[n] @ embedder.encode([texts[n]])[0] > 0.999
        assert np.argmax(together @ together[n]) == n


def test_the_fast_form_gives_the_vectors_that_pytorch_gives(embedder) -> None:
    texts = [record.text[:900] for record in sample_records()[:24]]
    exact = SentenceTransformerEmbedder(exact=True)
    near = np.sum(embedder.encode(texts) * exact.encode(texts), axis=1)
    assert near.mean() > 0.997
    assert near.min() > 0.995
    assert isinstance(embedder.encoder(), FastEncoder)
    (spans, ours), (same, theirs) = (
        one.token_vectors(["Naval frigates cost 1,200 pounds."])[0] for one in (embedder, exact)
    )
    assert spans == same
    lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    assert (np.sum(ours * theirs, axis=1) / lengths).min() > 0.995


def test_a_vector_does_not_depend_on_the_texts_beside_it(embedder) -> None:
    text = "How many children are waiting for a place at a special school?"
    alone = embedder.encode([text])[0]
    beside = embedder.encode(["!", text, "a long one " * 200])[1]
    np.testing.assert_allclose(alone, beside, atol=1e-5)


def test_pytorch_takes_over_where_the_fast_form_cannot_be_used(monkeypatch, tmp_path, caplog):
    monkeypatch.setattr("index.fast.encoder.RANGES_FILE", tmp_path / "nowhere")
    embedder = SentenceTransformerEmbedder()
    assert embedder.encode(["x"]).shape == (1, 384)
    assert isinstance(embedder.encoder(), TorchEncoder)
    assert "PyTorch computes it" in caplog.text


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a thread has no priority of its own")
@pytest.mark.parametrize("gives_way", [False, True])
def test_many_texts_give_way_while_others_compute(monkeypatch, gives_way: bool) -> None:
    mine = os.getpriority(os.PRIO_PROCESS, 0)
    seen: set[int] = set()

    def watched(self, *given, **told):
        seen.add(os.getpriority(os.PRIO_PROCESS, 0))
        return compute(self, *given, **told)

    compute = FastEncoder._vectors
    monkeypatch.setattr(FastEncoder, "_vectors", watched)
    embedder = SentenceTransformerEmbedder()
    embedder.gives_way = gives_way

    def levels(count: int) -> set[int]:
        seen.clear()
        embedder.encode(["How many otters?"] * count)
        return set(seen)

    assert levels(1) == levels(20) == {mine}
    with embedder.encoder().counted():
        assert levels(1) == {mine}
        assert all((level > mine) is gives_way for level in levels(20))
    assert levels(20) == {mine}


def test_an_adapter_counts_in_the_fast_form(embedder) -> None:
    base = SentenceTransformerEmbedder(BUNDLED_NAME)
    text = "school children"
    assert base.encode([text])[0] @ embedder.encode([text])[0] < 0.99


def test_token_vectors_belong_to_their_spans(embedder) -> None:
    texts = ["Naval frigates cost money.", "", "word " * 400]
    (spans, vectors), empty, long = embedder.token_vectors(texts)
    assert "".join(texts[0][a:b] for a, b in spans) == "Navalfrigatescostmoney."
    assert len(spans) == len(vectors)
    assert empty[0] == []
    assert len(long[0]) == len(long[1]) == embedder.window - embedder.special_tokens


def test_meaning_is_near_meaning(embedder) -> None:
    school, pupils, ships = embedder.encode(
        ["school children", "pupils in class", "naval frigates"]
    )
    assert school @ pupils > school @ ships + 0.2


def test_window_and_size_are_known_without_loading_the_model() -> None:
    embedder = SentenceTransformerEmbedder()
    assert (embedder.window, embedder.dimension, embedder.special_tokens) == (256, 384, 2)
    assert embedder._model is None
    assert embedder._encoder is None


def test_changed_weights_are_refused(monkeypatch) -> None:
    monkeypatch.setattr(bundled, "BUNDLED_SHA256", "0" * 64)
    with pytest.raises(ModelUnavailable, match="SHA-256"):
        SentenceTransformerEmbedder().encode(["x"])


def test_a_model_of_an_earlier_version_is_named_with_what_to_do() -> None:
    for name in FORMER_NAMES:
        with pytest.raises(ModelUnavailable, match=f"made with {name}.*assistant index reembed"):
            SentenceTransformerEmbedder(name)


def test_a_missing_folder_is_refused_in_words() -> None:
    with pytest.raises(ModelUnavailable, match="no model folder at"):
        SentenceTransformerEmbedder("./nowhere")


def test_a_model_that_cannot_be_had_is_refused_in_words(monkeypatch) -> None:
    def refuse(*_args, **_kwargs):
        raise OSError("the network is unreachable")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with pytest.raises(ModelUnavailable, match="cannot be loaded"):
        SentenceTransformerEmbedder("nobody/no-such-model").encode(["x"])


def test_the_bundled_model_reaches_no_network(monkeypatch) -> None:
    def refuse(*_args, **_kwargs):
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert SentenceTransformerEmbedder().encode(["x"]).shape == (1, 384)


def test_another_model_can_be_given_by_its_folder(tmp_path) -> None:
    folder = bundled_folder()
    copy = tmp_path / "model"
    copy.symlink_to(folder, target_is_directory=True)
    other = SentenceTransformerEmbedder(str(copy))
    assert other.name == str(folder.resolve())
    assert other.window == 256


def test_opening_the_model_tells_nobody_and_leaves_nothing_behind(tmp_path: Path) -> None:
    program = (
        "from index.embedding import SentenceTransformerEmbedder as E; E().encode(['A bridge.'])"
    )
    kept = ("PATH", "PYTHONPATH")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    subprocess.run(
        [sys.executable, "-c", program],
        env={**environment, "HOME": str(tmp_path)},
        cwd=Path(__file__).parents[1],
        check=True,
        timeout=120,
    )
    assert not list(tmp_path.rglob("*"))
