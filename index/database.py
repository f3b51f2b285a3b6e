"""One SQLite file in WAL mode: a connection for each thread, transactions, snapshots."""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import migrations
from .errors import BadRequest, IndexDamaged

_WAIT = 30.0
"""Seconds that a statement waits for another process's transaction."""


class Database:
    """The catalogue's file.  Safe from many threads.

    An older file is brought up to date when it is opened.

    Raises:
        IndexDamaged: the file is no catalogue, is damaged, is of a newer version, or is of an
            older one and cannot be written.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._process = os.getpid()
        self._local = threading.local()
        self._opened: weakref.WeakSet[_Held] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._is_made = False
        try:
            self._bring_up_to_date()
        except BaseException:
            self.close()
            raise
        self._is_made = True

    @property
    def is_inherited(self) -> bool:
        """Whether this process was forked from the one that opened the file."""
        return os.getpid() != self._process

    @property
    def _db(self) -> sqlite3.Connection:
        if self.is_inherited:
            raise forked()
        held: _Held | None = getattr(self._local, "held", None)
        if held is None:
            if self._is_made and not self.file.is_file():
                # SQLite would make an empty one, which would pass for the index later.
                raise missing(self.file.parent)
            held = _Held(
                sqlite3.connect(
                    self.file, timeout=_WAIT, isolation_level=None, check_same_thread=False
                )
            )
            with self._lock:
                self._opened.add(held)
            use_wal(held.db)
            held.db.execute("PRAGMA synchronous = FULL")
            held.db.execute("PRAGMA foreign_keys = ON")
            self._local.held = held
        return held.db

    def close(self) -> None:
        """Close the connections of every thread."""
        with self._lock:
            for held in list(self._opened):
                held.db.close()
            self._opened.clear()
        self._local = threading.local()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of what is done inside, or none of it."""
        db = self._db
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
        except BaseException:
            db.rollback()
            raise
        db.commit()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Everything this thread reads inside is of one moment, whatever others write.

        Inside another snapshot or a transaction of this thread it changes nothing.
        """
        db = self._db
        if db.in_transaction:
            yield
            return
        db.execute("BEGIN")
        try:
            yield
        finally:
            db.rollback()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """This thread's connection, to read with inside one snapshot."""
        with self.snapshot():
            yield self._db

    def _bring_up_to_date(self) -> None:
        try:
            found = migrations.version(self._db)
            strange = found == 0 and self._has_tables()
        except sqlite3.DatabaseError as error:
            if any(word in str(error) for word in ("readonly", "unable to open")):
                raise IndexDamaged(
                    f"The data folder {self.file.parent} cannot be written, which even reading "
                    f"needs ({error}).",
                    "Let its owner give you the right to write there, or copy the folder.",
                ) from error
            raise IndexDamaged(
                f"The catalogue {self.file} cannot be read ({error}).",
                "Restore it from a backup (assistant index restore), or build the index anew "
                "in another folder.",
            ) from error
        if strange:
            raise IndexDamaged(
                f"The file {self.file} is not a catalogue of this program.",
                "Choose another --data-dir.",
            )
        if found > migrations.newest():
            raise IndexDamaged(
                f"The catalogue {self.file} has version {found}; this program reads versions "
                f"up to {migrations.newest()}.",
                "Install the newer program that made it, or build the index anew in another "
                "folder.",
            )
        if found < migrations.newest():
            self._upgrade(found)

    def _upgrade(self, found: int) -> None:
        try:
            migrations.upgrade(self._db)
        except sqlite3.OperationalError as error:
            if found == 0:
                raise  # a folder that cannot be written: the caller says so
            raise IndexDamaged(
                f"The catalogue {self.file} is of version {found} and could not be brought to "
                f"version {migrations.newest()} ({error}).",
                "Let somebody who may write there run: assistant index status",
            ) from error

    def _has_tables(self) -> bool:
        return self._db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is not None


class _Held:
    """A thread's connection, closed when the thread ends and lets go of what it kept.

    A service starts and ends threads all day; each connection keeps some 2 MiB of the file.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db

    def __del__(self) -> None:
        self.db.close()


def use_wal(db: sqlite3.Connection) -> None:
    """Keep the file's changes in a log beside it, so that readers and a writer do not wait."""
    # SQLite does not wait here as it does elsewhere when another connection is doing the same.
    deadline = time.monotonic() + _WAIT
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def is_damage(error: Exception) -> bool:
    """Whether an error means that the file is broken, not locked, full or not to be written."""
    if not isinstance(error, sqlite3.DatabaseError):
        return False
    return not isinstance(error, sqlite3.OperationalError) or "malformed" in str(error)


def forked() -> BadRequest:
    """What to say to a process that was forked from one that had opened an index.

    SQLite forbids it the connections, and Chroma's threads are not in it: it would wait for ever.
    """
    return BadRequest(
        "This process was forked from one that had opened the index, and cannot use it.",
        'Start it with multiprocessing.get_context("spawn") and open the index there.',
    )


def missing(folder: Path) -> IndexDamaged:
    """What to say where the catalogue of an open index is not in its folder any more."""
    return IndexDamaged(
        f"The catalogue of the index in {folder} is missing.",
        "Put it back where it was, or restore a backup (assistant index restore FILE) and start "
        "this program again.",
    )


def damaged(folder: Path, error: Exception) -> IndexDamaged:
    """What to say when the catalogue of a data folder cannot be read."""
    return IndexDamaged(
        f"The catalogue in {folder} cannot be read ({error}).",
        "Run assistant index verify to see what is wrong, or restore a backup: assistant index "
        "restore FILE --force",
    )


def is_full(error: Exception) -> bool:
    """Whether an error means that the disk has no room left."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return isinstance(error, sqlite3.OperationalError) and "disk is full" in str(error)


def unwritable(folder: Path, error: Exception) -> IndexDamaged:
    """What to say when a data folder cannot be written."""
    if is_full(error):
        return IndexDamaged(
            f"The index in {folder} cannot be written: the disk is full ({error}).",
            "Make free space, then run this again; what was added before is kept.",
        )
    return IndexDamaged(
        f"The index in {folder} cannot be written ({error}).",
        "Check the free space and the permissions of the folder; what was added before is kept.",
    )
