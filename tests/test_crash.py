"""Killed in the middle of writing, started again: nothing is lost, doubled or mixed."""

from __future__ import annotations

import random
import shutil

import pytest

from benchmarks.kill import STEPS, Trial
from index import Index
from index.checking import Fault
from index.paths import LEXICAL_FOLDER, VECTOR_FOLDER

from .fakes import HashingEmbedder, make_record

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
