"""Several processes and one data folder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from index import Index
from index.errors import IndexBusy

from .fakes import HashingEmbedder, make_record

ROOT = Path(__file__).resolve().parents[1]

ADD = """
import sys
from index import Index
from tests.fakes import HashingEmbedder, make_record
folder, word, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
with Index.open(folder, embedder=HashingEmbedder()) as index:
    index.add(make_record(f"{word}{n}", heading=word, text=f"A {word} {n}.") for n in range(count))
"""

HOLD = """
import sys, time
from index.locking import write_lock
from pathlib import Path
with write_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def index(tmp_path):
    with Index.open_or_create(tmp_path, embedder=HashingEmbedder()) as opened:
        opened.add(make_record(str(n), text=f"An otter {n}.") for n in range(40))
        yield opened


def add_elsewhere(index: Index, word: str, count: int) -> None:
    arguments = [sys.executable, "-c", ADD, str(index.folder), word, str(count)]
    subprocess.run(arguments, check=True, cwd=ROOT, timeout=120)


def test_a_reader_notices_what_another_process_adds(index) -> None:
    # More than a search looks at, so that vectors read before cannot pass for too few.
    index.add(make_record(f"o{n}", heading="Otters", text=f"An otter {n}.") for n in range(150))
    assert all(p.record.heading != "walrus" for p in index.retrieve("walrus", k=5))
    for word in ("walrus", "narwhal"):
        add_elsewhere(index, word, 40)
        found = index.retrieve(word, k=40, collapse=False)
        assert {p.record.heading for p in found} == {word}
        for stage in ("dense", "lexical"):
            assert sorted(p.ranks[stage] for p in found) == list(range(1, 41))


def test_processes_take_turns_at_writing(index) -> None:
    add_elsewhere(index, "walrus", 30)
    index.add([make_record("mine")])
    add_elsewhere(index, "narwhal", 30)
    assert index.status().chunks == 101
    index.retrieve("walrus")
    assert index._store.count() == index._lexical.count() == 101


def test_a_writer_is_refused_while_another_process_writes(index, monkeypatch) -> None:
    monkeypatch.setattr("index.locking.WAIT", 0.2)
    arguments = [sys.executable, "-c", HOLD, str(index.folder)]
    with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"held\n"
            with pytest.raises(IndexBusy, match="Another process is writing"):
                index.add([make_record("mine")])
        finally:
            holder.kill()
    # The lock dies with its holder.
    assert index.add([make_record("mine")]).added == 1
