"""Only as much work at a time as the machine can do; the rest waits a little, or is told to."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from index.errors import AssistantError

T = TypeVar("T")

RETRY_AFTER = 2
"""Seconds after which those turned away are asked to come back."""


class Overloaded(AssistantError):
    """More is being asked than the machine can answer."""

    code = "overloaded"
    http_status = 503


class Gate:
    """Lets `at_once` pieces of work run and `waiting` more queue; refuses what is beyond.

    One gate serves one event loop.
    """

    def __init__(self, at_once: int, waiting: int) -> None:
        self._most = at_once + waiting
        self._at_once = at_once
        self._inside = 0
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
            Overloaded: everything is taken and the queue is full.
        """
        import anyio

        with self._lock:
            if self._inside >= self._most:
                raise Overloaded(
                    "Too much is being asked at the moment.", "Ask again in a few seconds."
                )
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

        async with self.entered() as limiter:
            return await anyio.to_thread.run_sync(function, limiter=limiter)

    async def walk(self, iterator: Iterator[T]) -> AsyncIterator[T]:
        """The items of a blocking iterator, each made on a worker thread.

        When the caller stops early (its client has gone) the iterator is closed, so that no
        more work is done.
        """
        import anyio
        import anyio.to_thread

        end = object()
        async with self.entered() as limiter:
            try:
                while True:
                    item: Any = await anyio.to_thread.run_sync(next, iterator, end, limiter=limiter)
                    if item is end:
                        return
                    yield item
            finally:
                close = getattr(iterator, "close", None)
                if close is not None:
                    with anyio.CancelScope(shield=True):
                        await anyio.to_thread.run_sync(close, limiter=limiter)
