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


def start(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_of_two_ingests_at_once_one_waits_or_is_refused_in_words(index) -> None:
    writers = {word: start(ADD, index.folder, word, 600) for word in ("walrus", "narwhal")}
    ended = {word: (w.communicate(timeout=300)[1], w.returncode) for word, w in writers.items()}
    stored = [word for word, (_, code) in ended.items() if code == 0]
    assert stored
    for said, code in ended.values():
        assert code == 0 or "Another process is writing to the index" in said
    records = list(index.records())
    assert len(records) == len({r.id for r in records}) == 40 + 600 * len(stored)
    report = Index.verify(index.folder, embedder=HashingEmbedder())
    assert report.ok
    assert not report.waiting


CHANGE = """
import sys
from index import Index
from tests.fakes import HashingEmbedder, make_record
with Index.open(sys.argv[1], embedder=HashingEmbedder()) as index:
    for version in range(1, 9):
        index.add(make_record(str(n), text=f"An otter {version}.") for n in range(40))
"""


def test_a_search_during_an_ingest_sees_the_old_or_the_new_and_never_a_mix(index) -> None:
    index.add(make_record(str(n), text="An otter 0.") for n in range(40))
    seen: list[str] = []
    with start(CHANGE, index.folder) as writer:
        while writer.poll() is None or seen[-1] != "An otter 8.":
            found = index.retrieve("otter", k=60, collapse=False)
            texts = {p.text for p in found}
            assert len(found) == 40
            assert len(texts) == 1
            seen.append(texts.pop())
    assert writer.returncode == 0
    assert seen == sorted(seen)
    assert len(set(seen)) > 1


REPLACE = """
import sys
from index import Index
from tests.fakes import HashingEmbedder, make_record
with Index.open(sys.argv[1], embedder=HashingEmbedder()) as index:
    index.add(make_record(str(n), text="An otter now.") for n in range(40))
"""


def test_a_change_between_the_look_at_the_index_and_the_search_is_not_missed(
    index, monkeypatch
) -> None:
    looks = 0
    look = index._files.refresh

    def look_and_be_overtaken() -> int:
        nonlocal looks
        shown = look()
        looks += 1
        if looks == 1:
            with start(REPLACE, index.folder) as writer:
                assert writer.wait(timeout=120) == 0
        return shown

    monkeypatch.setattr(index._files, "refresh", look_and_be_overtaken)
    found = index.retrieve("otter", k=60, collapse=False)
    assert [p.text for p in found] == ["An otter now."] * 40
    # The words may have been read anew by themselves; the vectors never are.
    assert all("dense" in p.ranks for p in found)
