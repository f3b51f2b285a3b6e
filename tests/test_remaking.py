"""Search files made anew: beside readers, after a stop in the middle, after a failed look."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from index import Index
from index.catalog import Catalog
from index.errors import IndexDamaged
from index.followers import open_lexical
from index.lexical import LexicalIndex
from index.paths import CATALOG_FILE, LEXICAL_FOLDER, followers_home

from .fakes import HashingEmbedder, make_record

ROOT = Path(__file__).resolve().parents[1]
COUNT = 40

REBUILD = """
import sys
from index import Index
for _ in range(4):
    Index.rebuild(sys.argv[1])
"""


@pytest.fixture
def folder(tmp_path):
    with Index.open_or_create(tmp_path, embedder=HashingEmbedder()) as index:
        index.add(make_record(str(n), text=f"An otter {n}.") for n in range(COUNT))
    return tmp_path


def reader(folder: Path) -> Index:
    return Index.open(folder, embedder=HashingEmbedder())


def assert_all_found(index: Index) -> None:
    found = index.retrieve("otter", k=60, collapse=False)
    assert len(found) == COUNT
    for stage in ("dense", "lexical"):
        assert sum(stage in passage.ranks for passage in found) == COUNT


class Stopped(Exception):
    """Stands in for whatever stops a process."""


def stop(*_: object) -> None:
    raise Stopped


def test_searches_go_on_while_another_process_makes_the_search_files_anew(folder) -> None:
    with reader(folder) as index:
        program = [sys.executable, "-c", REBUILD, str(folder)]
        with subprocess.Popen(program, cwd=ROOT) as other:
            while other.poll() is None:
                assert_all_found(index)
        assert other.returncode == 0
        assert_all_found(index)
        index.add([make_record("new", heading="Narwhal", text="A narwhal.")])
        assert index.retrieve("narwhal")[0].record.id == "new"
    assert Index.verify(folder, embedder=HashingEmbedder()).ok
    assert len(list(folder.glob("search-*"))) == 1
    assert not (folder / LEXICAL_FOLDER).exists()


@pytest.mark.parametrize("step", ["fill_vectors", "fill_lexical", "count_up"])
def test_a_rebuild_that_is_stopped_changes_nothing(folder, monkeypatch, step: str) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(f"index.remaking.{step}", stop)
        with pytest.raises(Stopped):
            Index.rebuild(folder)
    with reader(folder) as index:
        assert_all_found(index)
    assert Index.rebuild(folder) == COUNT
    with reader(folder) as index:
        assert_all_found(index)


def test_what_waits_to_be_told_is_in_what_is_made_anew(folder, monkeypatch) -> None:
    with monkeypatch.context() as patched, reader(folder) as index:
        patched.setattr("index.store.VectorStore.delete", stop)
        with pytest.raises(Stopped):
            index.remove(["0"])
    assert Index.rebuild(folder) == COUNT - 1
    report = Index.verify(folder, embedder=HashingEmbedder())
    assert report.ok
    assert not report.waiting


def test_a_look_that_fails_once_is_made_again_by_the_next_search(folder, monkeypatch) -> None:
    with reader(folder) as index:
        Index.rebuild(folder)
        with monkeypatch.context() as patched:
            patched.setattr("index.followers.open_lexical", stop)
            with pytest.raises(Stopped):
                index.retrieve("otter")
        assert_all_found(index)


def make_outdated(folder: Path) -> Path:
    """Put words of an earlier layout in the place of the index's; gives their folder."""
    import tantivy

    place = folder / LEXICAL_FOLDER
    shutil.rmtree(place)
    place.mkdir()
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("earlier")
    tantivy.Index(builder.build(), path=str(place))
    return place


@pytest.mark.parametrize("step", ["fill_lexical", "swapping.finish"])
def test_words_of_an_earlier_layout_are_made_anew_however_often_that_is_stopped(
    folder, monkeypatch, step: str
) -> None:
    make_outdated(folder)
    with monkeypatch.context() as patched:
        patched.setattr(f"index.{'followers.' * (step == 'fill_lexical')}{step}", stop)
        with pytest.raises(Stopped):
            reader(folder)
    with reader(folder) as index:
        assert_all_found(index)


def test_a_process_that_waited_does_not_make_the_words_anew_again(folder, monkeypatch) -> None:
    place = make_outdated(folder)
    catalog = Catalog(folder / CATALOG_FILE)
    made: list[int] = []

    def fill(_: Catalog, lexical: LexicalIndex) -> None:
        made.append(lexical.count())

    monkeypatch.setattr("index.followers.fill_lexical", fill)

    @contextmanager
    def lock_after_another(_: Path) -> Iterator[None]:
        shutil.rmtree(place)
        LexicalIndex(place)
        yield

    monkeypatch.setattr("index.followers.write_lock", lock_after_another)
    try:
        open_lexical(folder, followers_home(folder, catalog.manifest()), catalog)
    finally:
        catalog.close()
    assert not made


def test_what_the_index_of_words_cannot_do_is_said_in_words(tmp_path, monkeypatch) -> None:
    lexical = LexicalIndex(tmp_path)

    class Full:
        def commit(self) -> None:
            raise ValueError("No space left on device")

    monkeypatch.setattr(lexical, "_writer", Full())
    with pytest.raises(IndexDamaged, match="No space left") as caught:
        lexical.replace([], [])
    assert "free space" in str(caught.value)
    lexical.release()
