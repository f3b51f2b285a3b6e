"""A graph that can end the process is not read before another process has tried it."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from index import Index
from index.errors import IndexDamaged
from index.guarding import FileGuard
from index.paths import VECTOR_FOLDER
from index.probing import try_once
from index.store import VECTORS_FILE

from .fakes import GRAPH, HashingEmbedder, make_record, with_graph


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    return with_graph(tmp_path_factory.mktemp("whole") / "data")


@pytest.fixture
def folder(whole, tmp_path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "data"))


@pytest.fixture
def probed(monkeypatch) -> list[Path]:
    """The folders that another process is asked to try; nothing strange is found in them."""
    asked: list[Path] = []
    monkeypatch.setattr("index.probing.probe", lambda folder: bool(asked.append(folder) or 1))
    return asked


def open_index(folder: Path) -> Index:
    return Index.open(folder, embedder=HashingEmbedder())


def damage(folder: Path) -> None:
    (graph,) = folder.glob(f"{VECTOR_FOLDER}/*/data_level0.bin")
    with graph.open("r+b") as file:
        file.write(b"\xee" * (graph.stat().st_size // 2))


def test_a_graph_that_somebody_wrote_into_is_said_and_does_not_end_the_process(folder) -> None:
    damage(folder)
    for _ in range(2):
        with pytest.raises(IndexDamaged, match="the process that tries ends or hangs"):
            open_index(folder)
    Index.rebuild(folder)
    with open_index(folder) as index:
        assert index.retrieve("otter 7")


def test_a_graph_damaged_while_the_index_is_open_is_not_opened_anew(folder, monkeypatch) -> None:
    with open_index(folder) as reader, open_index(folder) as writer:
        writer.add([make_record("new", heading="Walrus", text="A walrus.")])
        damage(folder)
        for _ in range(2):
            with pytest.raises(IndexDamaged, match="the process that tries ends or hangs"):
                reader.retrieve("walrus")
            monkeypatch.setattr("index.probing.probe", None)  # it costs seconds


def test_what_this_program_wrote_is_not_tried(folder, probed) -> None:
    for _ in range(2):
        with open_index(folder) as index:
            index.retrieve("otter 7")
    with open_index(folder) as index:
        index.add(make_record(f"new{n}", text=f"Walrus {n}.") for n in range(GRAPH))
    Index.rebuild(folder)
    open_index(folder).close()
    assert not probed


def test_what_was_found_good_is_not_tried_again_until_it_changes(folder, probed) -> None:
    vectors = folder / VECTOR_FOLDER
    (graph,) = vectors.glob("*/data_level0.bin")
    os.utime(graph)
    for _ in range(2):
        open_index(folder).close()
    assert probed == [vectors]
    os.utime(graph)
    open_index(folder).close()
    assert probed == [vectors, vectors]


def test_what_could_not_be_tried_is_tried_again(folder, monkeypatch) -> None:
    (graph,) = folder.glob(f"{VECTOR_FOLDER}/*/data_level0.bin")
    os.utime(graph)
    monkeypatch.setattr("index.probing.sys.executable", "/no/such/program")
    open_index(folder).close()
    assert not FileGuard(folder / VECTOR_FOLDER).is_known()


def test_what_is_being_written_is_waited_for_and_not_tried(folder, probed) -> None:
    vectors = folder / VECTOR_FOLDER
    (graph,) = vectors.glob("*/data_level0.bin")
    with ThreadPoolExecutor(1) as pool:
        with FileGuard(vectors).writing():
            os.utime(graph)
            asked = pool.submit(try_once, vectors)
            with pytest.raises(TimeoutError):
                asked.result(timeout=0.2)
        asked.result(timeout=20)
    assert not probed


def test_trying_vectors_that_are_missing_does_not_make_empty_ones(folder) -> None:
    (graph,) = folder.glob(f"{VECTOR_FOLDER}/*/data_level0.bin")
    os.utime(graph)
    file = folder / VECTOR_FOLDER / VECTORS_FILE
    file.unlink()
    with pytest.raises(IndexDamaged, match="is missing"):
        open_index(folder)
    assert not Index.verify(folder, embedder=HashingEmbedder()).ok
    assert not file.exists()
