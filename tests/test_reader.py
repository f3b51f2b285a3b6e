"""What tells whether a sentence answers a question: the file, the graph, what comes of both."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from assistant import Assistant
from benchmarks import train_reader
from benchmarks.reader_texts import Item, Paragraph
from index import Index
from index.bundled import BUNDLED_NAME, READER_FILE, bundled_folder
from index.embedding import SentenceTransformerEmbedder
from index.errors import ModelUnavailable
from index.fast.reader import MOST_OF_QUESTION, MOST_OF_SENTENCE, Reader, packed, unpacked

from .fakes import HashingEmbedder


def one_by_one(compute, batches):
    return list(map(compute, batches))


@pytest.fixture(scope="module")
def embedder() -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder()


def odds(embedder: SentenceTransformerEmbedder, question: str, *sentences: str) -> np.ndarray:
    (_, asked), *read = embedder.token_vectors([question, *sentences])
    found = embedder.answering(asked, [vectors for _, vectors in read])
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("question", "answers", "beside"),
    [
        (
            "How many people wait for a driving test?",
            "In May, 612,000 learners were waiting for one.",
            "Driving tests are taken at 320 test centres in Great Britain.",
        ),
        (
            "When will the new hospital open?",
            "It is expected to admit its first patients in autumn 2027.",
            "The new hospital will have 420 beds, all of them in single rooms.",
        ),
        (
            "Why was the scheme closed?",
            "The scheme was closed because too few firms had applied to it.",
            "The scheme was administered by the Insolvency Service.",
        ),
    ],
)
def test_the_sentence_that_answers_has_better_odds_than_one_on_the_subject(
    embedder, question: str, answers: str, beside: str
) -> None:
    right, wrong = odds(embedder, question, answers, beside)
    assert right > wrong + 0.5


def test_odds_do_not_depend_on_what_else_is_read(embedder) -> None:
    question, sentence = "How many otters are there?", "There are 11,000 otters in England."
    (alone,) = odds(embedder, question, sentence)
    others = ["No.", "Otters eat fish. " * 30, "The survey of rivers is made every seven years."]
    assert odds(embedder, question, *others, sentence)[-1] == pytest.approx(alone, abs=1e-3)


def test_of_long_texts_the_beginning_is_read(embedder) -> None:
    dimension = embedder.dimension
    chance = np.random.default_rng(1)
    question = chance.normal(size=(MOST_OF_QUESTION + 9, dimension)).astype(np.float32)
    sentence = chance.normal(size=(MOST_OF_SENTENCE + 9, dimension)).astype(np.float32)
    cut = question[:MOST_OF_QUESTION], [sentence[:MOST_OF_SENTENCE]]
    assert embedder.answering(question, [sentence]) == pytest.approx(embedder.answering(*cut))
    assert len(embedder.answering(question, [])) == 0


def test_what_was_trained_is_what_runs(tmp_path) -> None:
    from safetensors.numpy import load_file, save_file

    arrays = load_file(bundled_folder() / "model.safetensors")
    weights = {name: torch.from_numpy(array).float() for name, array in arrays.items()}
    torch.manual_seed(3)
    lower = train_reader.Lower(weights)
    upper = train_reader.Upper(weights, lower.first())
    torch.nn.init.normal_(upper.head.weight, std=0.5)
    save_file(packed(upper.arrays()), tmp_path / "reader.safetensors")
    pairs = list(
        zip(lower.questions(["How many?", "Who was it?"]), torch.randn(2, 7, 384), strict=True)
    )
    with torch.no_grad():
        theirs = upper(pairs).numpy()
    ours = [
        Reader(tmp_path / "reader.safetensors").scores(
            question.numpy(), [sentence.numpy()], one_by_one
        )[0]
        for question, sentence in pairs
    ]
    assert ours == pytest.approx(theirs, abs=0.05 * float(np.abs(theirs).max()))


def test_a_few_steps_teach_what_answers_and_leave_the_lower_half(monkeypatch) -> None:
    from safetensors.numpy import load_file

    # How fast the machine is decides nothing: every step takes 45 seconds of ten minutes.
    clock = itertools.count(step=45)
    monkeypatch.setattr("index.tuning.descent.time.monotonic", lambda: float(next(clock)))

    arrays = load_file(bundled_folder() / "model.safetensors")
    weights = {name: torch.from_numpy(array).float() for name, array in arrays.items()}
    torch.manual_seed(3)
    lower = train_reader.Lower(weights)
    upper = train_reader.Upper(weights, lower.first())
    text = "There are 11,000 otters. Otters eat fish."
    paragraph = Paragraph("Otters", text, [(0, 24), (25, 41)])
    own = [Item("How many otters?", 0, n, answers) for n, answers in enumerate((1.0, 0.0))]
    before = train_reader.loss(lower, upper, [paragraph], own).item()
    steps = iter([[([paragraph], own), ([paragraph], own)]] * 12)
    train_reader.train(lower, upper, steps, 10.0, 1e-3)
    assert train_reader.loss(lower, upper, [paragraph], own).item() < before / 2
    kept = {name: torch.from_numpy(array) for name, array in arrays.items()}
    assert all(torch.equal(weights[name], kept[name].float()) for name in weights)


def test_training_goes_on_from_what_was_kept(tmp_path) -> None:
    from safetensors.numpy import load_file, save_file

    arrays = load_file(bundled_folder() / "model.safetensors")
    weights = {name: torch.from_numpy(array).float() for name, array in arrays.items()}
    lower = train_reader.Lower(weights)
    kept = unpacked(READER_FILE)
    upper = train_reader.Upper(weights, lower.first())
    upper.take(kept)
    save_file(packed(upper.arrays()), tmp_path / "again.safetensors")
    again = unpacked(tmp_path / "again.safetensors")
    assert set(again) == set(kept)
    for name, array in kept.items():
        np.testing.assert_allclose(again[name], array, atol=1e-5, err_msg=name)


def test_eight_bits_keep_what_was_in_a_matrix(tmp_path) -> None:
    from safetensors.numpy import save_file

    matrix = np.random.default_rng(2).normal(size=(30, 20)).astype(np.float32)
    given = {"encoder.layer.3.output.dense.weight": matrix, "head.bias": np.ones(1, np.float32)}
    save_file(packed(given), tmp_path / "some.safetensors")
    kept = unpacked(tmp_path / "some.safetensors")
    assert set(kept) == set(given)
    np.testing.assert_allclose(kept["encoder.layer.3.output.dense.weight"], matrix, atol=0.02)


def test_another_model_has_no_reader_and_the_default_one_reads_for_it(tmp_path) -> None:
    other = SentenceTransformerEmbedder(BUNDLED_NAME)
    assert other.answering(np.zeros((1, 384), np.float32), []) is None
    with Assistant(Index.open_or_create(tmp_path / "other", embedder=other)) as assistant:
        assert assistant.reading_model is not other
        assert assistant.reading_model.has_reader  # type: ignore[attr-defined]


def test_an_index_of_the_default_model_loads_no_other(tmp_path, embedder) -> None:
    with Assistant(Index.open_or_create(tmp_path / "own", embedder=embedder)) as assistant:
        assert assistant.reading_model is embedder
    fake = HashingEmbedder()
    with Assistant(Index.open_or_create(tmp_path / "fake", embedder=fake)) as assistant:
        assert assistant.reading_model is fake


def test_a_file_that_is_not_the_published_one_is_refused(monkeypatch, tmp_path) -> None:
    wrong = tmp_path / "reader.safetensors"
    wrong.write_bytes(READER_FILE.read_bytes()[:-1] + b"x")
    monkeypatch.setattr("index.bundled.READER_FILE", wrong)
    with pytest.raises(ModelUnavailable, match="reader is not the published one"):
        SentenceTransformerEmbedder().answering(np.zeros((1, 384), np.float32), [])


def test_what_cannot_be_opened_is_done_without(monkeypatch, caplog) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("no such operator")

    monkeypatch.setattr("index.fast.reader.build_head", fails)
    embedder = SentenceTransformerEmbedder()
    assert embedder.answering(np.zeros((1, 384), np.float32), []) is None
    assert "no such operator" in caplog.text
    assert not embedder.has_reader
