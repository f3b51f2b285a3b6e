"""Killed in the middle of writing, started again: nothing is lost, doubled or mixed."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from benchmarks.kill import STEPS, Trial
from index import Index
from index.checking import Fault
from index.guarding import FileGuard
from index.paths import LEXICAL_FOLDER, VECTOR_FOLDER
from index.store import VectorStore, forget_clients

from .fakes import HashingEmbedder, make_record

ROOT = Path(__file__).resolve().parents[1]
RECORDS = 70


@pytest.fixture(scope="module")
def trial(tmp_path_factory) -> Trial:
    """A data folder that has one whole version already, so that kills fall on changes."""
    made = Trial(tmp_path_factory.mktemp("killed") / "data", RECORDS)
    made.attack(None)
    return made


@pytest.mark.parametrize(("owner", "method"), STEPS)
def test_killed_before_any_step_of_a_batch(trial, owner, method) -> None:
    kills = trial.kills
    trial.attack(None, (owner, method, False))
    assert trial.kills == kills + 1


def test_killed_at_the_moment_a_batch_is_in(trial) -> None:
    trial.attack(None, ("Catalog", "replace", True))
    trial.attack(None)
    assert set(trial.versions.values()) == {trial.version - 1}


def test_killed_at_random_times(trial) -> None:
    chance = random.Random(7)
    whole = trial.attack(None)
    for _ in range(4):
        trial.attack(chance.uniform(0, whole))
    trial.attack(None)
    assert set(trial.versions.values()) == {trial.version - 1}


def test_killed_while_the_index_is_made(tmp_path) -> None:
    trial = Trial(tmp_path / "data", RECORDS)
    trial.attack(None, ("Catalog", "reserve", False))
    assert trial.versions == {}
    trial.attack(None)
    assert len(trial.versions) == RECORDS


@pytest.mark.parametrize("follower", [VECTOR_FOLDER, LEXICAL_FOLDER])
def test_a_follower_that_lost_its_last_writes_is_mended(tmp_path, follower) -> None:
    # What a power cut may leave: the catalogue waits for the disk, a follower need not have.
    folder = tmp_path / "data"
    with Index.open_or_create(folder, embedder=HashingEmbedder()) as index:
        index.add([make_record(str(n), text=f"An otter {n}.") for n in range(20)])
    shutil.copytree(folder / follower, tmp_path / "earlier")
    with Index.open(folder, embedder=HashingEmbedder()) as index:
        index.add([make_record(str(n), text=f"A walrus {n}.") for n in range(10, 30)])
    shutil.rmtree(folder / follower)
    shutil.copytree(tmp_path / "earlier", folder / follower)
    found = {f.fault: len(f.concerned) for f in _verify(folder).findings}
    missing, stray = {
        VECTOR_FOLDER: (Fault.VECTORS_MISSING, Fault.VECTORS_STRAY),
        LEXICAL_FOLDER: (Fault.WORDS_MISSING, Fault.WORDS_STRAY),
    }[follower]
    assert found == {missing: 20, stray: 10}
    assert _verify(folder, repair=True).ok
    with Index.open(folder, embedder=HashingEmbedder()) as index:
        assert {p.record.text[:8] for p in index.retrieve("walrus", k=20)} == {"A walrus"}


def _verify(folder, **options):
    return Index.verify(folder, embedder=HashingEmbedder(), **options)


@pytest.fixture(scope="module")
def persisted(tmp_path_factory):
    """A data folder whose vectors have been written to Chroma's graph files, not only told."""
    folder = tmp_path_factory.mktemp("persisted") / "data"
    with Index.open_or_create(folder, embedder=HashingEmbedder()) as index:
        index.add(make_record(str(n), text=f"An otter {n}.") for n in range(1_100))
    assert list(folder.glob(f"{VECTOR_FOLDER}/*/index_metadata.pickle"))
    return folder


def stop_while_writing_vectors(folder, damage: str) -> None:
    """Kill a process where Chroma writes its graph files, having done `damage` to them."""
    code = f"""
import os, signal, sys
from pathlib import Path
from index.guarding import FileGuard
folder = Path(sys.argv[1])
with FileGuard(folder).writing():
    for file in folder.glob("*/*.bin" if {damage!r} == "graph" else "*/*.pickle"):
        os.truncate(file, file.stat().st_size // 2)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    arguments = [sys.executable, "-c", code, str(folder / VECTOR_FOLDER)]
    ended = subprocess.run(arguments, cwd=ROOT, timeout=60, check=False)
    assert ended.returncode == -signal.SIGKILL


@pytest.mark.parametrize("damage", ["graph", "names"])
def test_vectors_left_half_written_are_made_anew(persisted, tmp_path, damage) -> None:
    folder = shutil.copytree(persisted, tmp_path / "data")
    stop_while_writing_vectors(folder, damage)
    with Index.open(folder, embedder=HashingEmbedder()) as index:
        assert [p.record.id for p in index.retrieve("An otter 7.", k=1)] == ["7"]
        assert index._store.count() == index._lexical.count() == 1_100
        assert {f.name for f in folder.iterdir() if f.name.startswith(VECTOR_FOLDER)} == {
            VECTOR_FOLDER
        }
    assert _verify(folder).ok


def test_verify_and_the_next_writer_make_such_vectors_anew_too(persisted, tmp_path) -> None:
    folder = shutil.copytree(persisted, tmp_path / "data")
    with Index.open(folder, embedder=HashingEmbedder()) as index:
        index.retrieve("An otter 7.")
        stop_while_writing_vectors(folder, "graph")
        index.add([make_record("w", text="A walrus.")])
        assert index._store.count() == 1_101
    stop_while_writing_vectors(folder, "names")
    assert _verify(folder).ok
    with Index.open(folder, embedder=HashingEmbedder()) as index:
        assert index._store.count() == 1_101


def test_a_stop_while_new_vectors_take_their_place(persisted, tmp_path) -> None:
    for stage in ("before", "between", "after"):
        folder = shutil.copytree(persisted, tmp_path / stage)
        ours, new, old = (folder / f"{VECTOR_FOLDER}{end}" for end in ("", ".new", ".old"))
        shutil.copytree(ours, new)
        stop_while_writing_vectors(folder, "graph")
        if stage != "before":
            ours.rename(old)
        if stage == "after":
            new.rename(ours)
        with Index.open(folder, embedder=HashingEmbedder()) as index:
            assert index._store.count() == 1_100
            assert index.retrieve("An otter 7.", k=1)[0].record.id == "7"
        assert not new.exists()
        assert not old.exists()


def test_a_first_look_during_an_ingest_is_not_taken_for_a_stopped_writer(tmp_path) -> None:
    # Chroma lays out its files anew at the first look, while there are under a thousand vectors.
    with closing(VectorStore(tmp_path / VECTOR_FOLDER)) as writer:
        writer.upsert([1, 2], np.eye(2, 8, dtype=np.float32))
        forget_clients()
        with closing(VectorStore(tmp_path / VECTOR_FOLDER)) as reader:
            assert reader.count() == 2
            assert not reader.is_torn()
            assert not writer.is_torn()
            stop_while_writing_vectors(tmp_path, "graph")
            assert reader.is_torn()
            reader.reopen()
            assert reader.is_torn(), "a first look must not hide what a stopped process left"


def test_nobody_reads_vectors_while_they_are_written(persisted, tmp_path) -> None:
    folder = shutil.copytree(persisted, tmp_path / "data")
    guard = FileGuard(folder / VECTOR_FOLDER)
    with Index.open(folder, embedder=HashingEmbedder()) as index:
        index.retrieve("otter")
        with ThreadPoolExecutor(1) as pool:
            with guard.writing():
                search = pool.submit(index.retrieve, "An otter 7.", 1)
                with pytest.raises(TimeoutError):
                    search.result(timeout=0.5)
            assert search.result(timeout=30)[0].record.id == "7"


def test_a_reader_that_comes_after_a_writer_lets_it_in_first(tmp_path) -> None:
    guard, entered = FileGuard(tmp_path), []

    def enter(way: str) -> None:
        with getattr(guard, way)():
            entered.append(way)

    with ThreadPoolExecutor(2) as pool:
        with guard.reading():
            writer = pool.submit(enter, "writing")
            with pytest.raises(TimeoutError):
                writer.result(timeout=0.3)
            reader = pool.submit(enter, "reading")
            with pytest.raises(TimeoutError):
                reader.result(timeout=0.3)
        writer.result(timeout=60)
        reader.result(timeout=60)
    assert entered == ["writing", "reading"]
