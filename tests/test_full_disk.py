"""A full disk is told as one, whichever part meets it first."""

from __future__ import annotations

import errno
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from assistant import cli
from index import Index
from index.backup import back_up, restore
from index.errors import AssistantError, IndexDamaged
from index.sync.state import SyncStore

from .fakes import HashingEmbedder, make_record

SQLITE = sqlite3.OperationalError("database or disk is full")
SYSTEM = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "somewhere")


@pytest.fixture
def index(tmp_path) -> Iterator[Index]:
    with Index.open_or_create(tmp_path / "answers", embedder=HashingEmbedder()) as opened:
        opened.add([make_record("1")])
        yield opened


def failing(error: Exception):
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize("error", [SQLITE, SYSTEM])
def test_adding_says_so(index, monkeypatch, error) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(index.catalog, "reserve", failing(error))
        with pytest.raises(IndexDamaged, match=r"the disk is full.* what was added before is kept"):
            index.add([make_record("2")])
    assert [record.id for record in index.records()] == ["1"]
    assert index.add([make_record("2")]).added == 1


def test_a_sync_says_so_although_it_cannot_note_its_end(index, monkeypatch) -> None:
    @contextmanager
    def full() -> Iterator[None]:
        raise SQLITE
        yield

    def run() -> None:
        with SyncStore(index.catalog).run("questions", "all", dict):
            monkeypatch.setattr(index.catalog, "transaction", full)
            raise IndexDamaged("It cannot be written.")

    with pytest.raises(IndexDamaged, match="the disk is full"):
        run()


@pytest.mark.parametrize("error", [SQLITE, SYSTEM])
def test_a_backup_and_a_restore_say_so_and_leave_nothing_half(index, tmp_path, monkeypatch, error):
    file, folder = tmp_path / "answers.backup", tmp_path / "restored"
    with monkeypatch.context() as patched:
        patched.setattr("index.backup._copy_catalogue", failing(error))
        with pytest.raises(AssistantError, match=r"full|No space") as caught:
            back_up(index.folder, file)
        assert "free space" in caught.value.remedy
    assert not file.exists()
    back_up(index.folder, file)
    with monkeypatch.context() as patched:
        patched.setattr("index.backup._make_ready", failing(error))
        with pytest.raises(AssistantError, match=r"full|No space") as caught:
            restore(file, folder)
        assert "free space" in caught.value.remedy
    assert not Index.exists(folder)
    restore(file, folder)
    assert Index.exists(folder)


@pytest.mark.parametrize(
    ("error", "told"), [(SQLITE, str(SQLITE)), (SYSTEM, "No space left on device: somewhere")]
)
def test_a_command_that_meets_it_elsewhere_says_so(monkeypatch, capsys, error, told) -> None:
    monkeypatch.setattr(cli, "app", failing(error))
    monkeypatch.setattr(sys, "argv", ["assistant", "index", "status"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert capsys.readouterr().err == (
        f"The disk is full ({told}). Make free space, then run this again; what was stored before "
        "is kept.\n"
    )
