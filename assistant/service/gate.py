"""Only as much work at a time as the machine can do; the rest waits a little, or is told to."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from index.errors import AssistantError

if TYPE_CHECKING:
    from ..settings import Settings

T = TypeVar("T")

RETRY_AFTER = 2
"""Seconds after which those turned away are asked to come back."""
LOOKUP_PATIENCE = 0.5
"""Longest wait, in seconds, of a look-up; an answer takes several times as long to make."""
ANSWER_PATIENCE = 10.0
"""Longest wait, in seconds, of an answer."""
_NEWEST = 0.2
"""Weight of the newest piece of work in the mean of what a piece takes."""


class Overloaded(AssistantError):
    """More is being asked than the machine can answer."""

    code = "overloaded"
    http_status = 503


class Gate:
    """Lets `at_once` pieces of work run and `waiting` more queue; refuses what is beyond.

    It also refuses what would have to wait longer than `patience` seconds, going by how long
    pieces took of late (at first `guess` seconds): a queue that nobody waits for to the end only
    makes all others slow.  What waited twice as long all the same is refused when its turn comes.
    One gate serves one event loop.
    """

    def __init__(
        self, at_once: int, waiting: int, patience: float = math.inf, guess: float = 0.0
    ) -> None:
        self._most = at_once + waiting
        self._at_once = at_once
        self._patience = patience
        self._inside = 0
        self._seconds = guess
        self._lock = threading.Lock()
        self._limiter: Any = None

    @property
    def inside(self) -> int:
        """Pieces of work running or queued now."""
        return self._inside

    @asynccontextmanager
    async def entered(self) -> AsyncIterator[Any]:
        """A place inside, as long as the block runs; gives the limiter of worker threads.

        Raises:
            Overloaded: everything is taken and the queue is full, or moves too slowly.
        """
        import anyio

        with self._lock:
            ahead = max(0, self._inside + 1 - self._at_once)
            wait = ahead * self._seconds / self._at_once
            if self._inside >= self._most or wait > self._patience:
                raise _overloaded()
            self._inside += 1
        try:
            if self._limiter is None:
                self._limiter = anyio.CapacityLimiter(self._at_once)
            yield self._limiter
        finally:
            with self._lock:
                self._inside -= 1

    async def run(self, function: Callable[[], T]) -> T:
        """Run a blocking function on a worker thread."""
        import anyio.to_thread

        asked = time.perf_counter()

        def clocked() -> T:
            began = self._in_time(asked)
            try:
                return function()
            finally:
                self._took(time.perf_counter() - began)

        async with self.entered() as limiter:
            return await anyio.to_thread.run_sync(clocked, limiter=limiter)

    async def walk(self, iterator: Iterator[T]) -> AsyncIterator[T]:
        """The items of a blocking iterator, each made on a worker thread.

        When the caller stops early (its client has gone) the iterator is closed, so that no
        more work is done.
        """
        import anyio
        import anyio.to_thread

        end = object()
        # What a slow reader takes is not counted: others can work meanwhile.
        took, asked = 0.0, time.perf_counter()

        def step() -> Any:
            nonlocal took
            began = time.perf_counter() if took else self._in_time(asked)
            try:
                return next(iterator, end)
            finally:
                took += time.perf_counter() - began

        async with self.entered() as limiter:
            try:
                while (item := await anyio.to_thread.run_sync(step, limiter=limiter)) is not end:
                    yield item
                self._took(took)
            finally:
                close = getattr(iterator, "close", None)
                if close is not None:
                    with anyio.CancelScope(shield=True):
                        await anyio.to_thread.run_sync(close, limiter=limiter)

    def _in_time(self, asked: float) -> float:
        """The time now, unless it is too late for what was asked then."""
        now = time.perf_counter()
        if now - asked > 2 * self._patience:
            raise _overloaded()
        return now

    def _took(self, seconds: float) -> None:
        with self._lock:
            self._seconds += _NEWEST * (seconds - self._seconds)


def _overloaded() -> Overloaded:
    return Overloaded("Too much is being asked at the moment.", "Ask again in a few seconds.")


@dataclass(frozen=True, slots=True)
class Gates:
    """Two queues, so that a look-up need not stand behind answers, which take far longer."""

    lookups: Gate
    answers: Gate

    @classmethod
    def of(cls, settings: Settings) -> Gates:
        """The gates that the settings ask for.

        Making an answer from quotations keeps a processor busy; a language model is waited for.
        """
        processors = max(2, os.cpu_count() or 2)
        at_once = settings.at_once or (8 if settings.llm_model else processors)
        return cls(
            Gate(2 * processors, settings.waiting, LOOKUP_PATIENCE, guess=0.2),
            Gate(at_once, settings.waiting, ANSWER_PATIENCE, guess=1.0),
        )

    @property
    def inside(self) -> int:
        """Pieces of work running or queued now."""
        return self.lookups.inside + self.answers.inside
