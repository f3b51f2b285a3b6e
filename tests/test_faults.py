"""What goes wrong with disks and files is said in a sentence, and nothing stored is lost."""

from __future__ import annotations

import multiprocessing
import os
import random
import resource
import shutil
import time
from pathlib import Path

import pytest

from benchmarks.kill import context
from index import Index
from index.checking import Fault
from index.errors import AssistantError, IndexDamaged
from index.paths import CATALOG_FILE, LEXICAL_FOLDER, VECTOR_FOLDER

from .fakes import GRAPH, HashingEmbedder, make_record, with_graph


def open_index(folder: Path) -> Index:
    return Index.open(folder, embedder=HashingEmbedder())


def verify(folder: Path, **options):
    return Index.verify(folder, embedder=HashingEmbedder(), **options)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    return with_graph(tmp_path_factory.mktemp("whole") / "data")


@pytest.fixture
def folder(whole, tmp_path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "data"))


def in_another_process(task, *arguments) -> list[str]:
    """What `task` sends; a process of its own, for it changes its limits or may die."""
    processes = context()
    ours, theirs = processes.Pipe(duplex=False)
    process = processes.Process(target=task, args=(*arguments, theirs))
    process.start()
    theirs.close()
    told: list[str] = []
    try:
        while True:
            told.append(ours.recv())
    except EOFError:
        pass
    process.join()
    return told


def fill_the_disk(folder: Path, room: int, told) -> None:
    largest = max(f.stat().st_size for f in folder.rglob("*") if f.is_file())
    index = open_index(folder)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest + room, hard))
    try:
        index.add(
            make_record(f"more{n}", text=f"Walrus {n}. " + "word " * 300) for n in range(1500)
        )
    except AssistantError as error:
        told.send(str(error))
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


@pytest.mark.parametrize("room", [0, 300_000])
def test_a_full_disk_is_said_and_what_was_stored_stays(folder, room) -> None:
    (said,) = in_another_process(fill_the_disk, folder, room)
    assert "cannot be written" in said
    assert "free space" in said
    # With room again, it goes on from there.
    with open_index(folder) as index:
        before = [record.id for record in index.records()]
        assert before[:GRAPH] == [str(n) for n in range(GRAPH)]
        index.add([make_record("new", heading="Narwhal", text="A narwhal.")])
        assert index.retrieve("narwhal")[0].record.id == "new"
    assert verify(folder).ok


def rebuild(folder: Path) -> None:
    Index.rebuild(folder)


def read_only(folder: Path, told) -> None:
    if os.getuid() == 0:
        # The superuser may write anywhere; others may not be let into the folder that the
        # libraries lie in, so all that is needed is loaded before.
        open_index(folder).close()
        rebuild(folder)
        os.setuid(65534)
    for attempt in (open_index, rebuild):
        try:
            attempt(folder)
        except AssistantError as error:
            told.send(str(error))


def test_a_folder_that_cannot_be_written_is_said(folder) -> None:
    for path in list(folder.parents)[:3]:  # pytest keeps them from others
        path.chmod(path.stat().st_mode | 0o555)
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        said = in_another_process(read_only, folder)
    finally:
        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
    assert len(said) == 2
    assert all("cannot be written" in sentence for sentence in said), said


def spoil(file: Path, start: int = 0) -> None:
    content = bytearray(file.read_bytes())
    chance = random.Random(1)
    for at in range(start, len(content), 7):
        content[at] = chance.randrange(256)
    file.write_bytes(content)


SPOILED = [
    (f"{VECTOR_FOLDER}/chroma.sqlite3", Fault.VECTORS_CLOSED),
    (f"{LEXICAL_FOLDER}/meta.json", Fault.WORDS_CLOSED),
]


@pytest.mark.parametrize(("pattern", "fault"), SPOILED)
def test_spoiled_search_files_are_said_and_mended_from_the_catalogue(
    folder, pattern, fault
) -> None:
    (file, *_) = sorted(folder.glob(pattern), key=lambda f: -f.stat().st_size)
    spoil(file)
    with pytest.raises(IndexDamaged, match=r"Run: assistant index (verify --repair|rebuild)"):
        open_index(folder)
    assert [found.fault for found in verify(folder).findings] == [fault]
    repaired = verify(folder, repair=True)
    assert repaired.ok
    assert [found.fault for found in repaired.mended] == [fault]
    with open_index(folder) as index:
        assert index._store.count() == index._lexical.count() == GRAPH
        assert index.retrieve("topic7 otter")[0].record.id == "7"


@pytest.mark.parametrize("start", [0, 8192])
def test_a_spoiled_catalogue_is_said_and_points_to_a_backup(folder, start) -> None:
    spoil(folder / CATALOG_FILE, start)
    for attempt in (open_index, verify):
        with pytest.raises(IndexDamaged, match="assistant index restore"):
            attempt(folder)


def test_a_catalogue_that_spoils_while_it_is_open_is_said(folder) -> None:
    with open_index(folder) as index:
        index.close()  # what it held in memory goes
        spoil(folder / CATALOG_FILE, 8192)
        with pytest.raises(IndexDamaged, match="restore a backup"):
            index.get("7")


def write_versions(folder: Path, stop, told) -> None:
    from index import ingest

    ingest.BATCH = 10
    version = 0
    with open_index(folder) as index:
        while not stop.is_set():
            version += 1
            index.add(
                make_record(str(n), heading=f"Topic{n}", text=f"Topic{n} in version {version}.")
                for n in range(40)
            )
    told.send(str(version))


def test_a_reader_sees_the_old_or_the_new_never_a_mixture_never_neither(tmp_path) -> None:
    folder = tmp_path / "data"
    with Index.open_or_create(folder, embedder=HashingEmbedder()) as index:
        index.add(
            make_record(str(n), heading=f"Topic{n}", text=f"Topic{n} in version 0.")
            for n in range(40)
        )
        processes = multiprocessing.get_context("spawn")
        stop = processes.Event()
        ours, theirs = processes.Pipe(duplex=False)
        writer = processes.Process(target=write_versions, args=(folder, stop, theirs))
        writer.start()
        seen: dict[str, int] = {}
        deadline = time.monotonic() + 240
        try:
            # Until readers have seen several versions come in under their eyes.
            while max(seen.values(), default=0) < 4 and time.monotonic() < deadline:
                for n in range(0, 40, 3):
                    best = index.retrieve(f"topic{n}", k=1)[0]
                    assert best.record.id == str(n)
                    version = int(best.record.text.split()[-1].rstrip("."))
                    assert best.text == best.record.text == f"Topic{n} in version {version}."
                    assert version >= seen.get(str(n), 0), "time runs backwards"
                    seen[str(n)] = version
        finally:
            stop.set()
            writer.join(120)
            writer.kill()
    assert max(seen.values()) >= 4
    assert int(ours.recv()) >= 4
    assert verify(folder).ok
