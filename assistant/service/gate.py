"""Only as much work at a time as the machine can do; the rest waits a little, or is told to."""

from __future__ import annotations

import asyncio
import math
import os
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
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
PAUSE = 0.05
"""Seconds that a stream may take to hand an event on before another has its turn.  Were it to
queue for every event, it would take many times as long as an answer in one piece."""
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
        self._turns = _Turns(at_once)

    @property
    def inside(self) -> int:
        """Pieces of work running or queued now."""
        return self._inside

    @asynccontextmanager
    async def entered(self) -> AsyncIterator[None]:
        """A place inside, as long as the block runs.

        Raises:
            Overloaded: everything is taken and the queue is full, or moves too slowly.
        """
        with self._lock:
            ahead = max(0, self._inside + 1 - self._at_once)
            wait = ahead * self._seconds / self._at_once
            if self._inside >= self._most or wait > self._patience:
                raise _overloaded()
            self._inside += 1
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1

    async def run(self, function: Callable[[], T]) -> T:
        """Run a blocking function on a worker thread."""
        asked = time.perf_counter()

        def clocked() -> T:
            began = self._in_time(asked)
            try:
                return function()
            finally:
                self._took(time.perf_counter() - began)

        async with self.entered(), self._turns.taken() as turn:
            return await turn.run(clocked)

    async def walk(self, iterator: Iterator[T]) -> AsyncIterator[T]:
        """The items of a blocking iterator, each made on a worker thread.

        When the caller stops early (its client has gone) the iterator is closed, so that no
        more work is done.
        """
        import anyio

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

        async with self.entered(), self._turns.taken() as turn:
            try:
                while (item := await turn.run(step)) is not end:
                    with turn.lent(PAUSE):
                        yield item
                self._took(took)
            finally:
                close = getattr(iterator, "close", None)
                if close is not None:
                    with anyio.CancelScope(shield=True):
                        await turn.run(close)

    def _in_time(self, asked: float) -> float:
        """The time now, unless it is too late for what was asked then."""
        now = time.perf_counter()
        if now - asked > 2 * self._patience:
            raise _overloaded()
        return now

    def _took(self, seconds: float) -> None:
        with self._lock:
            self._seconds += _NEWEST * (seconds - self._seconds)


class _Turns:
    """Lets `at_once` worker threads compute; who has had a turn before comes before others."""

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._back: deque[asyncio.Future[None]] = deque()
        self._new: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[_Turn]:
        """A turn, for as long as the block runs."""
        await self.come(is_back=False)
        turn = _Turn(self)
        try:
            yield turn
        finally:
            turn.give()

    async def come(self, is_back: bool) -> None:
        """Wait for a turn."""
        if self._free:
            self._free -= 1
            return
        called = asyncio.get_running_loop().create_future()
        (self._back if is_back else self._new).append(called)
        try:
            await called
        except BaseException:
            if not called.cancelled():
                # It came at the moment at which nobody wanted it any more.
                self.pass_on()
            raise

    def pass_on(self) -> None:
        """Let the next one have a turn that is over."""
        for queue in (self._back, self._new):
            while queue:
                called = queue.popleft()
                if not called.done():
                    called.set_result(None)
                    return
        self._free += 1


class _Turn:
    """A turn that may be given away for a while and taken again."""

    def __init__(self, turns: _Turns) -> None:
        self._turns = turns
        self._held = True

    async def run(self, function: Callable[[], T]) -> T:
        """Run a blocking function on a worker thread."""
        import anyio
        import anyio.to_thread

        if not self._held:
            await self._turns.come(is_back=True)
            self._held = True
        # The turns bound the threads.
        return await anyio.to_thread.run_sync(function, limiter=anyio.CapacityLimiter(1))

    @contextmanager
    def lent(self, after: float) -> Iterator[None]:
        """Give the turn to another if the block takes longer than `after` seconds."""
        timer = asyncio.get_running_loop().call_later(after, self.give)
        try:
            yield
        finally:
            timer.cancel()

    def give(self) -> None:
        """Let another have it."""
        if self._held:
            self._held = False
            self._turns.pass_on()


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
