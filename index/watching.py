"""Whether the files that were opened are still those that lie in the data folder.

Whoever has files open goes on reading them after somebody has removed the folder or put another
in its place, and what he writes then is lost with them.  So each is known by what the system
calls it (device and inode), which a look at the folder compares.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import chain, starmap
from pathlib import Path

SETTLED = 2.0
"""Seconds that files have to lie still before they are taken for copied to the end."""

_Identity = tuple[int, int] | None


class FileWatch:
    """Remembers which files lie at `paths` now.  Safe from many threads.

    Of those in `renewed`, which their owner replaces himself, it remembers that they are there.
    """

    def __init__(self, paths: Sequence[Path], renewed: Sequence[Path] = ()) -> None:
        self._paths, self._renewed = paths, renewed
        self._opened = self._there()
        self._lock = threading.Lock()
        self._seen: list[tuple[str, int, int]] = []
        self._since = 0.0

    def is_same(self) -> bool:
        """Whether they still lie there: all of them, and no others."""
        if self._there() != self._opened:
            return False
        self._since = 0.0
        return True

    def missing(self) -> list[Path]:
        """Those of them at whose place nothing lies now."""
        there = zip((*self._paths, *self._renewed), self._opened, self._there(), strict=True)
        return [path for path, before, now in there if before and not now]

    def has_settled(self) -> bool:
        """Whether nothing has changed at their places for a while: no copy is under way."""
        seen = sorted(_listing(self._paths))
        with self._lock:
            now = time.monotonic()
            if not self._since or seen != self._seen:
                self._seen, self._since = seen, now
            return now - self._since >= SETTLED

    def _there(self) -> list[_Identity]:
        # `Path.exists` raises where it may not look.
        is_there = [(0, 0) if os.path.exists(path) else None for path in self._renewed]
        return [*map(_identity, self._paths), *is_there]


def _identity(path: Path) -> _Identity:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _listing(paths: Sequence[Path]) -> list[tuple[str, int, int]]:
    found = []
    for path in paths:
        # What goes while it is looked at is passed over, which `Path.rglob` does not do.
        within = ((folder, name) for folder, *names in os.walk(path) for name in chain(*names))
        for file in (str(path), *starmap(os.path.join, within)):
            with suppress(OSError):
                told = os.stat(file)
                found.append((file, told.st_size, told.st_mtime_ns))
    return found
