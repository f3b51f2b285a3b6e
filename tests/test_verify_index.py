"""`Index.verify` finds what is wrong with an index, and mends what can be mended."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from index import Index
from index.checking import Fault
from index.documents import Document
from index.errors import IndexBusy, IndexDamaged, IndexMissing
from index.locking import kept_to_ourselves, write_lock
from index.paths import CATALOG_FILE, LEXICAL_FOLDER, VECTOR_FOLDER
from index.store import forget_clients

from .fakes import HashingEmbedder, make_record

RECORDS = [make_record(str(n), text=f"The figure for topic{n} is {n}00.") for n in range(1, 31)]


@pytest.fixture
def folder(tmp_path):
    with Index.open_or_create(tmp_path, embedder=HashingEmbedder()) as index:
        index.add(RECORDS)
    return tmp_path


def verify(folder, **options):
    return Index.verify(folder, embedder=HashingEmbedder(), **options)


def sql(folder, statement: str) -> None:
    db = sqlite3.connect(folder / CATALOG_FILE)
    db.execute(statement)
    db.commit()
    db.close()


def with_stores(folder, change) -> None:
    with Index.open(folder, embedder=HashingEmbedder()) as index:
        change(index)


def test_a_whole_index_has_nothing_wrong(folder) -> None:
    report = verify(folder)
    assert report.ok
    assert (report.records, report.chunks, report.waiting) == (30, 30, 0)


STRAY = Document(901, "", "", "walrus", same=1, group=0)
DAMAGE = {
    Fault.VECTORS_MISSING: lambda i: i._store.delete([3, 4]),
    Fault.VECTORS_STRAY: lambda i: i._store.upsert([900], np.ones((1, 64), np.float32)),
    Fault.VECTORS_WRONG: lambda i: i._store.upsert([5], np.ones((1, 64), np.float32)),
    Fault.WORDS_MISSING: lambda i: i._lexical.replace([], [7, 8]),
    Fault.WORDS_STRAY: lambda i: i._lexical.replace([STRAY], []),
}
CONCERNED = {
    Fault.VECTORS_MISSING: (3, 4),
    Fault.VECTORS_STRAY: (900,),
    Fault.VECTORS_WRONG: (5,),
    Fault.WORDS_MISSING: (7, 8),
    Fault.WORDS_STRAY: (901,),
}


@pytest.mark.parametrize("fault", DAMAGE)
def test_a_follower_out_of_step_is_found_and_mended(folder, fault) -> None:
    with_stores(folder, DAMAGE[fault])
    (finding,) = verify(folder).findings
    assert (finding.fault, finding.concerned) == (fault, CONCERNED[fault])
    # Looking has changed nothing.
    assert verify(folder).findings == (finding,)
    repaired = verify(folder, repair=True)
    assert repaired.ok
    assert repaired.mended == (finding,)
    assert verify(folder).ok


CATALOGUE_DAMAGE = {
    "no chunks": "DELETE FROM chunks WHERE record = 2",
    "span beyond the text": "UPDATE chunks SET end = 5000 WHERE record = 2",
    "vector of another size": "UPDATE chunks SET vector = x'0000' WHERE record = 2",
}


@pytest.mark.parametrize("how", CATALOGUE_DAMAGE)
def test_a_record_without_proper_chunks_is_chunked_again(folder, how) -> None:
    sql(folder, CATALOGUE_DAMAGE[how])
    found = {f.fault: f.concerned for f in verify(folder).findings}
    assert found[Fault.BARE] == ("2",)
    assert verify(folder, repair=True).ok
    with Index.open(folder, embedder=HashingEmbedder()) as index:
        assert index.retrieve("figure for topic2")[0].record == RECORDS[1]


def test_chunks_without_a_record_are_dropped(folder) -> None:
    sql(folder, "DELETE FROM records WHERE number = 2")
    assert [f.fault for f in verify(folder).findings] == [Fault.ORPHANS]
    assert verify(folder, repair=True).ok
    with Index.open(folder, embedder=HashingEmbedder()) as index:
        assert index._store.count() == index._lexical.count() == index.status().chunks == 29


def test_an_altered_text_is_said_until_its_file_is_added_again(folder) -> None:
    sql(folder, "UPDATE records SET body = replace(body, '200', '999') WHERE id = '2'")
    for repair in (False, True):
        (finding,) = verify(folder, repair=repair).findings
        assert (finding.fault, finding.concerned) == (Fault.ALTERED, ("2",))
    with Index.open(folder, embedder=HashingEmbedder()) as index:
        index.add(RECORDS)
        assert index.get("2") == RECORDS[1]
    assert verify(folder).ok


def test_an_unreadable_record_is_taken_out(folder) -> None:
    sql(folder, "UPDATE records SET body = '{\"id\": ' WHERE id = '2'")
    (finding,) = verify(folder).findings
    assert (finding.fault, finding.concerned) == (Fault.UNREADABLE, ("2",))
    assert verify(folder, repair=True).ok
    with Index.open(folder, embedder=HashingEmbedder()) as index:
        assert index.add(RECORDS).added == 1


def test_what_a_stopped_ingest_left_is_no_fault_and_goes_at_repair(folder) -> None:
    with_stores(folder, lambda i: i._catalog.reserve(5))
    report = verify(folder)
    assert (report.ok, report.waiting) == (True, 5)
    assert verify(folder, repair=True).waiting == 0


def test_no_check_while_another_writes_and_none_without_an_index(folder, monkeypatch) -> None:
    monkeypatch.setattr("index.locking.WAIT", 0.1)
    with write_lock(folder), pytest.raises(IndexBusy):
        verify(folder)
    with pytest.raises(IndexMissing):
        verify(folder / "none")


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE records SET content_hash = 'damaged' WHERE id = '2'",
        "UPDATE records SET body = replace(body, 'topic2', 'topicX') WHERE id = '2'",
    ],
)
def test_a_damaged_record_is_taken_anew_from_its_file_and_leaves_no_history(folder, damage) -> None:
    sql(folder, damage)
    assert not verify(folder, repair=True).ok
    with Index.open(folder, embedder=HashingEmbedder()) as index:
        assert index.add(RECORDS).changed == 1
        assert index.get("2") == RECORDS[1]
        assert index.history("2") == ()
    assert verify(folder).ok


CLOSED = {VECTOR_FOLDER: Fault.VECTORS_CLOSED, LEXICAL_FOLDER: Fault.WORDS_CLOSED}


@pytest.mark.parametrize("follower", CLOSED)
@pytest.mark.parametrize("emptied", [False, True])
@pytest.mark.parametrize("way", ["rebuild", "repair"])
def test_search_files_that_are_gone_are_missed_and_made_anew(
    folder, follower, emptied, way
) -> None:
    shutil.rmtree(folder / follower)
    if emptied:
        (folder / follower).mkdir()
    with pytest.raises(
        IndexDamaged,
        match=r"is missing\. Put the folder back, or make it anew",
    ):
        Index.open(folder, embedder=HashingEmbedder())
    (finding,) = verify(folder).findings
    assert finding.fault is CLOSED[follower]
    assert f"{folder / follower} is missing" in finding.detail
    if way == "rebuild":
        assert Index.rebuild(folder) == 30
    else:
        assert verify(folder, repair=True).ok
    assert verify(folder).ok
    with Index.open(folder, embedder=HashingEmbedder()) as index:
        assert index.retrieve("figure for topic2")[0].record == RECORDS[1]


def test_an_empty_index_needs_no_search_files(tmp_path) -> None:
    Index.open_or_create(tmp_path, embedder=HashingEmbedder()).close()
    for name in CLOSED:
        shutil.rmtree(tmp_path / name)
    with Index.open(tmp_path, embedder=HashingEmbedder()) as index:
        assert index.add(RECORDS).added == 30
    assert verify(tmp_path).ok


HURT = {
    "flipped": lambda told: told[:1] + bytes([told[1] ^ 0xFF]) + told[2:],
    "cut": lambda told: told[: len(told) // 2],
    "emptied": lambda _: b"",
    "zeroed": lambda told: bytes(len(told)),
}


def hurt(file: Path, how: str) -> None:
    if how == "removed":
        file.unlink()
        return
    # Not in its place: this process may have the old one mapped into its memory.
    beside = file.with_suffix(".hurt")
    beside.write_bytes(HURT[how](file.read_bytes()))
    beside.replace(file)


KINDS = ("store", "fieldnorm", "fast", "term", "idx", "pos", "del")


@pytest.mark.parametrize(
    ("kind", "how"),
    [*((kind, "flipped") for kind in KINDS), *(("pos", how) for how in (*HURT, "removed"))],
)
def test_a_damaged_file_of_words_is_found_and_made_anew(folder, kind, how) -> None:
    with Index.open(folder, embedder=HashingEmbedder()) as index:
        index.remove(["30"])
    hurt(next((folder / LEXICAL_FOLDER).glob(f"*.{kind}")), how)
    (finding,) = verify(folder).findings
    assert finding.fault is Fault.WORDS_CLOSED
    assert verify(folder, repair=True).ok
    assert verify(folder).ok


@pytest.mark.parametrize("kind", ["term", "idx", "pos"])
def test_a_search_in_damaged_words_says_what_to_do(folder, kind) -> None:
    next((folder / LEXICAL_FOLDER).glob(f"*.{kind}")).unlink()
    with pytest.raises(IndexDamaged, match="assistant index"):
        Index.open(folder, embedder=HashingEmbedder()).retrieve("figure for topic2")


def test_vectors_that_end_the_process_that_reads_them_are_said_and_made_anew(folder) -> None:
    with Index.open(folder, embedder=HashingEmbedder()) as index:
        index.add(make_record(f"w{n}", text=f"A walrus {n}.") for n in range(1_100))
    assert verify(folder).ok
    forget_clients()
    (header,) = (folder / VECTOR_FOLDER).glob("*/header.bin")
    header.write_bytes(header.read_bytes()[: header.stat().st_size // 2])
    (finding,) = verify(folder).findings
    assert finding.fault is Fault.VECTORS_CLOSED
    assert "ends or hangs" in finding.detail
    assert verify(folder, repair=True).ok
    with Index.open(folder, embedder=HashingEmbedder()) as index:
        assert index.retrieve("figure for topic2")[0].record == RECORDS[1]


def test_a_catalogue_that_cannot_be_read_is_not_told_as_one_that_cannot_be_written(folder) -> None:
    with pytest.raises(IndexDamaged, match="cannot be read"), kept_to_ourselves(folder):
        raise sqlite3.OperationalError("database disk image is malformed")
