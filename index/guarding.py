"""Chroma's files in a data folder: written by one while nobody reads them, or known to be torn.

Chroma's embedded form keeps what is new in its SQLite file, which a kill cannot hurt, and every
thousand changes writes its graph over the files that it has (``data_level0.bin`` and others,
then ``index_metadata.pickle``).  A process that is killed in the middle leaves them half new and
half old, and one that opens them in the middle reads them so.  A process that only searches
writes them too, at its first look: it takes in what it had not been told, and where there are
less than a thousand vectors it lays the files out anew.  Hence two things:

- Writing excludes reading, between processes too (`FileGuard.writing`, `FileGuard.reading`),
  and a first look counts as writing (`FileGuard.opening`).
- A journal beside the files says, while a process has changes in hand, what they were like
  after its last whole step.  If they are otherwise while nobody writes, they are torn, and the
  vectors are made anew from the catalogue (`index.recovery`).

A third file says what the graph was like when it was last known to be good, so that one which
somebody else has put there, or written into, is tried before it is read (`index.probing`).

A process may be suspended while it holds the files (``kill -STOP``, a frozen container), so
nobody waits for them without end.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .errors import IndexBusy

try:
    import fcntl
except ImportError:  # a system without it: one process at a time is then safe
    fcntl = None  # type: ignore[assignment]

_LOCK, _TURN, _JOURNAL, _KNOWN = "files.lock", "files.turn", "files.journal", "files.known"
_GRAPH = ("*/*.bin", "*/*.pickle")

WAIT = 10.0
"""Seconds that the files are waited for; whoever writes them holds them for one at most."""
_PAUSE = 0.005
"""Seconds between two looks at whether they are free."""


class FileGuard:
    """Guards the files of one embedded store.  Safe from many threads and processes.

    Neither `reading` nor `writing` may be entered by a thread that is inside one already.

    Raises:
        IndexBusy: another process has held the files for `WAIT` seconds.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._journal, self._known = folder / _JOURNAL, folder / _KNOWN

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Nobody writes the files meanwhile."""
        # A writer that waits holds the turn, so that readers in an unbroken row let it in.
        deadline = time.monotonic() + WAIT
        with self._held(_TURN, deadline, exclusive=False):
            lock = self._held(_LOCK, deadline, exclusive=False)
            lock.__enter__()
        try:
            yield
        finally:
            lock.__exit__(None, None, None)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Nobody else reads or writes the files meanwhile, and a stop in here is found out."""
        with self._alone():
            before = self._graph()
            if before != _noted(self._journal):
                _note(self._journal, before)
            with self._knowing(before):
                yield
            after = self._graph()
            if after != before:
                _note(self._journal, after)

    @contextmanager
    def opening(self) -> Iterator[None]:
        """Nobody else reads or writes the files meanwhile: for the first look of a process.

        What it writes is not taken for a stopped process's; what was torn before stays so.
        """
        with self._alone():
            noted, before = _noted(self._journal), self._graph()
            with self._knowing(before):
                yield
            if noted == before and noted != (after := self._graph()):
                _note(self._journal, after)

    def settle(self) -> None:
        """The changes in hand are whole; nothing is noted any more.

        Where another process does not let go of the files the next writer clears up.
        """
        if not self.has_journal():
            return
        with suppress(IndexBusy), self._alone():
            if _noted(self._journal) == self._graph():
                with suppress(OSError):
                    self._journal.unlink()

    def has_journal(self) -> bool:
        """Whether a process has changes in hand, or was stopped while it had."""
        return self._journal.exists()

    def is_torn(self) -> bool:
        """Whether a process was stopped while it wrote the files."""
        if not self.has_journal():
            return False
        with self.reading():
            noted = _noted(self._journal)
            try:
                return noted is not None and noted != self._graph()
            except FileNotFoundError:  # another process puts whole ones in their place just now
                return True

    def is_known(self) -> bool:
        """Whether the graph is as it was when it was last known to be good."""
        if self._is_as_known():
            return True
        with self.reading():  # whoever is writing it says so at the end
            return self._is_as_known()

    def vouch(self) -> None:
        """The graph, as it lies there now, is good."""
        with suppress(OSError, IndexBusy), self._alone():
            _note(self._known, self._graph())

    def _is_as_known(self) -> bool:
        try:
            return self._is_known(self._graph())
        except FileNotFoundError:  # others are put in their place just now
            return False

    def _is_known(self, graph: dict[str, list[int]]) -> bool:
        return not graph or graph == _noted(self._known)

    @contextmanager
    def _knowing(self, before: dict[str, list[int]]) -> Iterator[None]:
        """What is made of a graph that is known to be good is so as well."""
        is_known = self._is_known(before)
        yield
        if is_known and before != (after := self._graph()):
            with suppress(OSError):
                _note(self._known, after)

    def _graph(self) -> dict[str, list[int]]:
        """Size and time of change of the files that are written over."""
        found = {}
        for pattern in _GRAPH:
            for file in self._folder.glob(pattern):
                told = file.stat()
                found[str(file.relative_to(self._folder))] = [told.st_size, told.st_mtime_ns]
        return found

    @contextmanager
    def _alone(self) -> Iterator[None]:
        deadline = time.monotonic() + WAIT
        with (
            self._held(_TURN, deadline, exclusive=True),
            self._held(_LOCK, deadline, exclusive=True),
        ):
            yield

    @contextmanager
    def _held(self, name: str, deadline: float, *, exclusive: bool) -> Iterator[None]:
        # A descriptor of its own each time: these locks belong to descriptors, not to threads.
        try:
            way = os.O_RDWR if exclusive else os.O_RDONLY
            lock = os.open(self._folder / name, way | os.O_CREAT, 0o644)
        except OSError:  # a folder that cannot be written: nobody writes its files
            yield
            return
        try:
            if fcntl is not None:
                self._take(lock, deadline, exclusive)
            yield
        finally:
            os.close(lock)

    def _take(self, lock: int, deadline: float, exclusive: bool) -> None:
        how = fcntl.LOCK_NB | (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
        while True:
            try:
                fcntl.flock(lock, how)
                return
            except BlockingIOError as error:
                if time.monotonic() > deadline:
                    raise self._busy() from error
                time.sleep(_PAUSE)

    def _busy(self) -> IndexBusy:
        # Whoever has the turn may itself wait for this one.
        file = self._folder / _LOCK
        return IndexBusy(
            f"Another process holds {file}: it has not been free for {WAIT:g} seconds.",
            "If that one is only slow, try again; if it was suspended, see which one it is "
            f"(fuser -v {file}) and let it go on or end it.",
        )


def _noted(file: Path) -> dict[str, list[int]] | None:
    try:
        noted = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return {}
    return noted if isinstance(noted, dict) else {}


def _note(file: Path, graph: dict[str, list[int]]) -> None:
    beside = file.with_name(f"{file.name}.new")
    beside.write_text(json.dumps(graph), "utf-8")
    beside.replace(file)
