"""Search files that go, or come, under an index that is open."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from index import Index
from index.errors import AssistantError, IndexBusy, IndexDamaged
from index.paths import CATALOG_FILE, LEXICAL_FOLDER, VECTOR_FOLDER

from .fakes import HashingEmbedder, make_record

FOLLOWERS = (VECTOR_FOLDER, LEXICAL_FOLDER)


@pytest.fixture
def index(tmp_path, monkeypatch):
    monkeypatch.setattr("index.watching.SETTLED", 0.0)
    with Index.open_or_create(tmp_path / "data", embedder=HashingEmbedder()) as opened:
        opened.add(make_record(str(n), heading=f"Topic{n}", text=f"Otter {n}.") for n in range(30))
        yield opened


def copied(folder: Path) -> Path:
    return Path(shutil.copytree(folder, folder.with_name("copy")))


@pytest.mark.parametrize("follower", FOLLOWERS)
@pytest.mark.parametrize("emptied", [False, True])
def test_a_folder_that_goes_is_said_and_found_again_when_it_is_back(
    index, follower, emptied
) -> None:
    place = index.folder / follower
    kept = copied(place)
    shutil.rmtree(place)
    if emptied:
        place.mkdir()
    attempts = (
        lambda: index.retrieve("otter"),
        index.probe,
        lambda: index.add([make_record("new")]),
    )
    for attempt in attempts:
        with pytest.raises(IndexDamaged, match=r"is missing\. Put the folder back"):
            attempt()
    # Nothing was made in its place that could pass for it.
    assert not place.exists() or not any(place.iterdir())
    if emptied:
        place.rmdir()
    kept.rename(place)
    assert index.retrieve("otter 3")[0].ranks.keys() == {"dense", "lexical"}
    assert index.probe() == 30


@pytest.mark.parametrize("follower", FOLLOWERS)
def test_what_is_written_after_a_folder_was_replaced_goes_into_the_new_one(index, follower) -> None:
    place = index.folder / follower
    kept = copied(place)
    shutil.rmtree(place)
    kept.rename(place)
    index.add([make_record("new", heading="Walrus", text="A walrus.")])
    assert index.retrieve("walrus")[0].record.id == "new"
    assert Index.verify(index.folder, embedder=HashingEmbedder()).ok


def test_a_folder_that_is_being_copied_is_left_alone(index, monkeypatch) -> None:
    monkeypatch.setattr("index.watching.SETTLED", 60.0)
    place = index.folder / VECTOR_FOLDER
    kept = copied(place)
    shutil.rmtree(place)
    shutil.copytree(kept, place)
    # What was opened goes on answering, but nothing is written to files that are gone.
    assert index.retrieve("otter 3")
    with pytest.raises(IndexBusy, match="are being replaced"):
        index.add([make_record("new")])


def test_files_that_cannot_be_read_are_tried_again_later(index, monkeypatch) -> None:
    place = index.folder / VECTOR_FOLDER
    kept = copied(place)
    (place / "chroma.sqlite3").unlink()
    (place / "chroma.sqlite3").write_bytes(b"none of ours" * 1000)
    for _ in range(2):
        with pytest.raises(AssistantError, match="cannot be read"):
            index.retrieve("otter")
    shutil.rmtree(place)
    kept.rename(place)
    with pytest.raises(AssistantError, match="cannot be read"):
        index.retrieve("otter")  # opening costs seconds, so not for each search
    monkeypatch.setattr("index.attached._PATIENCE", 0.0)
    assert index.retrieve("otter 3")[0].ranks.keys() == {"dense", "lexical"}


def test_a_catalogue_that_goes_or_is_another_is_said(index) -> None:
    file = index.folder / CATALOG_FILE
    aside = index.folder.with_name("aside")
    index.folder.rename(aside)
    said = r"catalogue of the index in .* is missing"
    with pytest.raises(IndexDamaged, match=said):
        index.retrieve("otter")
    with ThreadPoolExecutor(1) as pool, pytest.raises(IndexDamaged, match=said):
        pool.submit(index.get, "1").result()  # a thread without a connection yet
    assert not index.folder.exists()
    index.folder.mkdir()
    with ThreadPoolExecutor(1) as pool, pytest.raises(IndexDamaged, match=said):
        pool.submit(index.get, "1").result()
    assert not any(index.folder.iterdir())
    index.folder.rmdir()
    aside.rename(index.folder)
    assert index.retrieve("otter 3")
    beside = Path(shutil.copyfile(file, file.with_name("other")))
    beside.replace(file)
    with pytest.raises(IndexDamaged, match=r"was replaced by another .*Start this program again"):
        index.retrieve("otter")


@pytest.mark.parametrize("step", ["pack_words", "SearchFiles", "match"])
def test_an_index_that_cannot_be_opened_keeps_nothing_open(tmp_path, monkeypatch, step) -> None:
    with Index.open_or_create(tmp_path, embedder=HashingEmbedder()) as index:
        index.add([make_record("1")])
    closed: list[str] = []
    for name in ("store.VectorStore", "catalog.Catalog"):
        module, kind = name.split(".")
        real = getattr(__import__(f"index.{module}", fromlist=[kind]), kind)
        close = real.close
        monkeypatch.setattr(
            real, "close", lambda self, kind=kind, close=close: (closed.append(kind), close(self))
        )

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("not today")

    monkeypatch.setattr(f"index.index.{step}", fail)
    with pytest.raises(RuntimeError, match="not today"):
        Index.open(tmp_path, embedder=HashingEmbedder())
    assert sorted(closed) == ["Catalog"] + ["VectorStore"] * (step == "pack_words")


def test_search_files_that_cannot_be_searched_are_closed(tmp_path, monkeypatch) -> None:
    with Index.open_or_create(tmp_path, embedder=HashingEmbedder()) as index:
        index.add([make_record("1")])
    closed: list[int] = []
    monkeypatch.setattr("index.store.VectorStore.close", lambda _: closed.append(1))

    def fail(*_: object) -> None:
        raise RuntimeError("not today")

    monkeypatch.setattr("index.attached.Retriever", fail)
    with pytest.raises(RuntimeError, match="not today"):
        Index.open(tmp_path, embedder=HashingEmbedder())
    assert closed == [1]
