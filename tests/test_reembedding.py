"""Moving an index to another model: whole or not at all, and then it knows its model."""

from __future__ import annotations

import threading

import pytest
from filelock import FileLock

from index import Index, models
from index.errors import IndexBusy, IndexMismatch, ModelUnavailable
from index.locking import LOCK_FILE
from index.paths import CATALOG_FILE
from index.reembedding import model_before, reembed
from index.types import Earlier

from .fakes import HashingEmbedder, make_record

OLD = HashingEmbedder("old", dimension=64, window=64)
NEW = HashingEmbedder("new", dimension=32, window=24)


class Stopped(Exception):
    """Stands for a process that ends in the middle."""


class Stopping(HashingEmbedder):
    """Breaks off after so many calls."""

    def __init__(self, calls: int) -> None:
        super().__init__("new", dimension=32, window=24)
        self.calls = calls

    def encode(self, texts):
        self.calls -= 1
        if self.calls < 0:
            raise Stopped
        return super().encode(texts)


@pytest.fixture(autouse=True)
def by_name(monkeypatch) -> None:
    """Models are opened by name, as real ones are."""
    known = {"old": OLD, "new": NEW}
    monkeypatch.setattr("index.embedding.SentenceTransformerEmbedder", known.__getitem__)


@pytest.fixture
def folder(tmp_path):
    data = tmp_path / "data"
    with Index.open_or_create(data, embedder=OLD) as index:
        index.add(
            make_record(
                str(n),
                heading=f"Topic{n}",
                text=f"The figure for topic{n} is {n}00. " + "More is said of it elsewhere. " * 2,
            )
            for n in range(1, 301)
        )
        index.remove(["300"])
    return data


def whole(folder, model: str) -> None:
    """The index finds every record with the model, and its stores hold the same chunks."""
    with Index.open(folder) as index:
        assert index.embedder.name == index.status().model == model
        held = index.status()
        assert (held.records, held.pending) == (299, 0)
        assert index._store.count() == index._lexical.count() == held.chunks
        for n in (1, 150, 299):
            found = index.retrieve(f"the figure for topic{n}", k=3)
            assert found[0].record.id == str(n)
    assert Index.verify(folder).ok


def test_a_moved_index_knows_its_model_and_can_be_written(folder) -> None:
    with Index.open(folder) as index:
        before = index.status().chunks
    assert reembed(folder, NEW) > before  # a smaller window: more chunks
    whole(folder, "new")
    assert model_before(folder) == "old"
    assert not (folder / "chroma").exists()
    with Index.open(folder) as index:
        assert index.add([make_record("300", heading="Late", text="A late walrus.")]).added == 1
        assert index.retrieve("walrus", k=1)[0].record.id == "300"
        index.remove(["300"])
    assert Index.rebuild(folder) > before
    whole(folder, "new")
    reembed(folder, OLD)
    whole(folder, "old")
    assert model_before(folder) == "new"
    assert len(list(folder.glob("search-*"))) == 1


def test_another_model_is_refused_with_what_to_do(folder) -> None:
    reembed(folder, NEW)
    with pytest.raises(IndexMismatch, match="reembed"):
        Index.open(folder, embedder=OLD)


@pytest.mark.parametrize("calls", [0, 1])
def test_a_stopped_move_leaves_the_old_index_and_is_gone_on_with(folder, calls) -> None:
    with pytest.raises(Stopped):
        reembed(folder, Stopping(calls))
    whole(folder, "old")
    before = NEW.encoded
    chunks = reembed(folder, NEW)
    assert NEW.encoded - before < chunks if calls else chunks
    whole(folder, "new")


def test_a_move_stopped_at_the_change_itself_leaves_the_old_index(folder, monkeypatch) -> None:
    def stop(_db) -> None:
        raise Stopped

    with monkeypatch.context() as patched:
        patched.setattr("index.reembedding.count_up", stop)
        with pytest.raises(Stopped):
            reembed(folder, NEW)
    whole(folder, "old")
    reembed(folder, NEW)
    whole(folder, "new")


def test_what_changed_after_a_stopped_move_is_not_kept(folder) -> None:
    with pytest.raises(Stopped):
        reembed(folder, Stopping(1))
    with Index.open(folder) as index:
        index.remove(["2"])
        index.add([make_record("1", text="Nothing is left but otters.")])
    reembed(folder, NEW)
    with Index.open(folder) as index:
        assert index.get("2") is None
        assert index.retrieve("otters", k=1)[0].text == "Nothing is left but otters."
        assert isinstance(index.history("1")[0], Earlier)


def test_an_open_index_follows_a_move_by_another(folder) -> None:
    with Index.open(folder) as reader, Index.open(folder) as writer:
        stop = threading.Event()
        wrong: list[object] = []

        def ask() -> None:
            while not stop.is_set():
                found = reader.retrieve("the figure for topic7", k=1)
                if not found.passages or found[0].record.id != "7":
                    wrong.append(found)

        asking = threading.Thread(target=ask)
        asking.start()
        told: list[tuple[int, int]] = []
        writer.reembed(NEW, progress=lambda done, total: told.append((done, total)))
        assert writer.retrieve("the figure for topic7", k=1)[0].record.id == "7"
        stop.set()
        asking.join()
        assert not wrong
        assert told[-1] == (299, 299)
        reader.retrieve("anything at all")
        assert reader.embedder is NEW
        assert writer.embedder is NEW


def test_a_move_waits_for_nobody_for_long(folder, monkeypatch) -> None:
    monkeypatch.setattr("index.locking.WAIT", 0.1)
    with FileLock(folder / LOCK_FILE), pytest.raises(IndexBusy):
        reembed(folder, NEW)


def test_a_lost_adapter_is_said(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("index.models.made_with", lambda folder: "adapter-0123456789abcdef")
    with pytest.raises(ModelUnavailable, match="assistant index reembed"):
        models.embedder_for(tmp_path)


def test_a_folder_without_an_index_has_no_model(tmp_path) -> None:
    assert models.made_with(tmp_path) is None
    (tmp_path / CATALOG_FILE).write_bytes(b"no database at all, but long enough to be read")
    assert models.made_with(tmp_path) is None
