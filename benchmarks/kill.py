"""Kill an ingest with SIGKILL at random points, restart it, and see whether anything is lost.

A process adds records (new ones and changed ones, version after version) and is killed after
a random time.  A fresh process then looks: every record whose batch was reported as stored is
there in its new form, every other is there old or new, none twice, and `verify` finds nothing.
Then the same ingest is started again.  The embedder is the tests' fake one, so that the kills
fall on the writing and not on the model.

Run: .venv/bin/python -m benchmarks.kill [--times 200] [--records 400] [--seed 1]
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

from index.types import WrittenAnswer
from tests.fakes import HashingEmbedder, make_record

BATCH = 20
"""Records per transaction here: small, so that there are many places to be killed at."""

STEPS = (
    ("Catalog", "reserve"),
    ("VectorStore", "upsert"),
    ("LexicalIndex", "replace"),
    ("Catalog", "replace"),
    ("VectorStore", "delete"),
    ("Catalog", "settle"),
)
"""What writing a batch is made of, in order."""


def context() -> ForkServerContext:
    """Where processes come from: a server that has the libraries imported already."""
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload(["index.care", "index.index", "chromadb", "tantivy", __name__])
    return made


def records(version: int, count: int) -> list[WrittenAnswer]:
    """The records of one version: each has other words, and some grow or shrink in chunks."""
    return [
        make_record(
            str(n),
            heading=f"Topic{n}",
            text=" ".join(
                f"Version {version} of topic{n} says {part}."
                for part in range(1 + (n * 7 + version) % 40)
            ),
        )
        for n in range(count)
    ]


def ingest(
    folder: Path, version: int, count: int, told: Connection, fatal: tuple[str, str, bool] | None
) -> None:
    """Add a version's records and report each batch; `fatal` is a step to die before or after."""
    from index import Index, ingest, store
    from index.catalog import Catalog
    from index.lexical import LexicalIndex

    ingest.BATCH = BATCH
    if fatal is not None:
        owner, method, after = fatal
        owners = {"Catalog": Catalog, "VectorStore": store.VectorStore}
        _die_at(owners.get(owner, LexicalIndex), method, after)
    with Index.open_or_create(folder, embedder=HashingEmbedder()) as index:
        told.send(0)
        index.add(iter(records(version, count)), progress=told.send)
    told.send("done")


def _die_at(owner: type, method: str, after: bool) -> None:
    whole: Callable[..., Any] = getattr(owner, method)

    def fatal(*given: Any, **named: Any) -> None:
        if after:
            whole(*given, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, method, fatal)


@dataclass
class Seen:
    """What a fresh process found: the version of each record, and what is wrong."""

    versions: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    waiting: int = 0
    torn: bool = False
    """Whether Chroma's files were left half-written, and had to be made anew."""


def look(folder: Path, count: int, told: Connection) -> None:
    """Open what was left behind and say what is there."""
    from index import Index
    from index.guarding import FileGuard
    from index.paths import VECTOR_FOLDER

    seen = Seen(torn=FileGuard(folder / VECTOR_FOLDER).is_torn())
    report = Index.verify(folder, embedder=HashingEmbedder())
    seen.problems += [str(finding) for finding in report.findings]
    seen.waiting = report.waiting
    with Index.open(folder, embedder=HashingEmbedder()) as index:
        held = list(index.records())
        if len({record.id for record in held}) != len(held):
            seen.problems.append("a record is there twice")
        for record in held:
            version = int(record.text.split()[1])
            seen.versions[record.id] = version
            if record != records(version, int(record.id) + 1)[int(record.id)]:
                seen.problems.append(f"record {record.id} is a mixture")
        for n in range(0, count, max(count // 5, 1)):
            for passage in index.retrieve(f"what does topic{n} say", k=3):
                if index.get(passage.record.id) != passage.record:
                    seen.problems.append(f"a passage of {passage.record.id} is of another text")
    told.send(seen)


@dataclass
class Trial:
    """One data folder under repeated attack."""

    folder: Path
    count: int
    version: int = 1
    kills: int = 0
    waiting: Counter[str] = field(default_factory=Counter)
    torn: int = 0

    def __post_init__(self) -> None:
        self.processes = context()
        self.versions: dict[str, int] = {}

    def attack(self, after: float | None, fatal: tuple[str, str, bool] | None = None) -> float:
        """Start an ingest, kill it `after` seconds or at `fatal`, look; returns its seconds.

        Raises:
            AssertionError: something was lost, doubled or mixed.
        """
        ours, theirs = self.processes.Pipe(duplex=False)
        process = self.processes.Process(
            target=ingest, args=(self.folder, self.version, self.count, theirs, fatal)
        )
        process.start()
        theirs.close()
        stored, done, began = 0, False, time.perf_counter()
        deadline = None if after is None else began + after
        try:
            while True:
                left = None if deadline is None else max(deadline - time.perf_counter(), 0)
                if not ours.poll(left):
                    break
                news = ours.recv()
                done, stored = news == "done", stored if news == "done" else news
        except EOFError:
            pass  # it has ended, or was killed
        seconds = time.perf_counter() - began
        process.kill()
        process.join()
        # One that failed by itself would be taken for one that was killed.
        assert process.exitcode in (0, -signal.SIGKILL), f"the ingest ended with {process.exitcode}"
        self.kills += not done
        self._check(stored, done)
        self.version += done
        return seconds

    def _check(self, stored: int, done: bool) -> None:
        from index import Index

        if not Index.exists(self.folder):
            assert self.versions == {}, "the index is gone"
            assert stored == 0, "the index is gone"
            return
        ours, theirs = self.processes.Pipe(duplex=False)
        process = self.processes.Process(target=look, args=(self.folder, self.count, theirs))
        process.start()
        theirs.close()
        seen: Seen = ours.recv()
        process.join()
        assert not seen.problems, "; ".join(seen.problems[:3])
        expected = set(self.versions) | {str(n) for n in range(stored)}
        assert expected <= set(seen.versions), "a stored record is lost"
        for record_id, version in seen.versions.items():
            new = int(record_id) < stored or done
            before = self.versions.get(record_id, self.version)
            allowed = {self.version} if new else {self.version, before}
            assert version in allowed, f"record {record_id} has version {version}"
        if done:
            assert set(seen.versions) == {str(n) for n in range(self.count)}
            assert not seen.waiting
        self.waiting["with chunks in hand" if seen.waiting else "with nothing in hand"] += not done
        self.torn += seen.torn
        self.versions = seen.versions


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--times", type=int, default=200)
    arguments.add_argument("--records", type=int, default=400)
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    from .common import commit, machine

    print(f"machine  {machine()}\ncommit   {commit()}", flush=True)
    chance = random.Random(options.seed)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(Path(folder) / "data", options.records)
        whole = trial.attack(None)
        while trial.kills < options.times:
            trial.attack(chance.uniform(0, 1.1 * whole))
            if trial.kills % 20 == 0:
                print(f"{trial.kills} kills, {trial.version - 1} versions stored", flush=True)
        trial.attack(None)
    print(
        f"{trial.kills} kills at random times, {trial.version - 1} whole ingests of "
        f"{options.records} records between them, {time.perf_counter() - began:.0f} s\n"
        f"after a kill: {dict(trial.waiting)}; vectors half-written and made anew: {trial.torn}\n"
        "lost 0, doubled 0, mixed 0, faults found by verify 0"
    )


if __name__ == "__main__":
    main()
