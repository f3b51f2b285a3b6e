"""One writer at a time: the lock file of a data folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import IndexBusy

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
