"""One writer at a time: the lock file of a data folder."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from .catalog import Catalog
from .database import damaged, is_damage, unwritable
from .errors import IndexBusy, IndexMissing
from .paths import CATALOG_FILE

LOCK_FILE = "write.lock"

WAIT = 5.0
"""Seconds that a writer waits for another before it gives up."""


@contextmanager
def write_lock(folder: Path, wait: float | None = None) -> Iterator[None]:
    """Hold the write lock of a data folder; it dies with its process.

    Raises:
        IndexBusy: another process has held it for `wait` seconds (`WAIT` if not given).
    """
    from filelock import FileLock, Timeout

    lock = FileLock(folder / LOCK_FILE)
    try:
        lock.acquire(timeout=WAIT if wait is None else wait)
    except Timeout as error:
        raise IndexBusy(
            f"Another process is writing to the index in {folder}.",
            "Wait until it has finished, then run this again.",
        ) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def kept_to_ourselves(folder: Path) -> Iterator[Catalog]:
    """The catalogue of a data folder that nobody else writes to meanwhile.

    Raises:
        IndexMissing: there is none.
        IndexBusy: another process is writing.
        IndexDamaged: the catalogue cannot be read, or the folder not be written.
    """
    if not (folder / CATALOG_FILE).is_file():
        raise IndexMissing(f"There is no index in {folder}.", "Run: assistant index add PATH")
    try:
        with write_lock(folder), closing(Catalog(folder / CATALOG_FILE)) as catalog:
            yield catalog
    except (sqlite3.DatabaseError, OSError) as error:
        told = damaged if is_damage(error) else unwritable
        raise told(folder, error) from error
