"""How often one user may ask, and how often anybody may guess a password."""

from __future__ import annotations

import math
import time

from .identity import identity_of
from .replies import App, Receive, Scope, Send, refuse

COUNTED = ("/api/", "/mcp", "/gradio_api/queue/join", "/gradio_api/call/", "/gradio_api/upload")
"""Addresses that cost work; the page's files and its heartbeat do not count."""


_WINDOW = 60


class RateCounter:
    """A moving window of one minute over the requests of each key."""

    def __init__(self, per_minute: int) -> None:
        from limits import RateLimitItemPerMinute
        from limits.storage import MemoryStorage
        from limits.strategies import MovingWindowRateLimiter

        self._item = RateLimitItemPerMinute(per_minute)
        self._storage = MemoryStorage()
        self._limiter = MovingWindowRateLimiter(self._storage)

    def hit(self, key: str) -> bool:
        """Count one request; False where it is one too many."""
        self._mind_the_clock(key)
        return bool(self._limiter.hit(self._item, key))

    def has_room(self, key: str) -> bool:
        """Whether one more would be allowed; nothing is counted."""
        self._mind_the_clock(key)
        return bool(self._limiter.test(self._item, key))

    def wait(self, key: str) -> int:
        """Seconds until there is room again, at least 1."""
        return max(1, math.ceil(self._left(key)))

    def _left(self, key: str) -> float:
        return float(self._limiter.get_window_stats(self._item, key).reset_time) - time.time()

    def _mind_the_clock(self, key: str) -> None:
        # What was counted before the clock was set back would count until it has caught up.
        if self._left(key) > _WINDOW + 1:
            self._storage.reset()


class RateGuard:
    """Refuses (429) what one user asks beyond `per_minute` requests that cost work."""

    def __init__(self, app: App, per_minute: int) -> None:
        self._app = app
        self._counter = RateCounter(per_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(COUNTED):
            user = identity_of(scope).name
            if not self._counter.hit(user):
                wait = self._counter.wait(user)
                title = "You have asked a great deal in the last minute."
                detail = f"Wait {wait} seconds, then ask again."
                retry = [("Retry-After", str(wait))]
                await refuse(send, 429, "too_many_requests", title, detail, retry)
                return
        await self._app(scope, receive, send)
