"""Request bodies: no larger than allowed, and no slower."""

from __future__ import annotations

import asyncio

from .replies import App, Message, Receive, Scope, Send, header, refuse

PATIENCE = 60.0
"""Seconds for the whole body of a request to arrive."""


class BodyGuard:
    """Refuses a body larger than `most` bytes (413) or slower than `patience` seconds (408)."""

    def __init__(self, app: App, most: int, patience: float = PATIENCE) -> None:
        self._app = app
        self._most = most
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        told = header(scope, "content-length")
        if told is not None and (not told.isdigit() or int(told) > self._most):
            await self._refuse_large(send)
            return
        loop = asyncio.get_running_loop()
        until = loop.time() + self._patience
        got = 0
        is_complete = has_begun = False
        failure: type[_Failure] | None = None

        async def limited() -> Message:
            nonlocal got, is_complete, failure
            if is_complete:
                # What follows is the end of the connection, however late.
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), max(until - loop.time(), 0.001))
            except TimeoutError:
                failure = _TooSlow
                raise _TooSlow from None
            got += len(message.get("body", b""))
            is_complete = not message.get("more_body", False)
            if got > self._most:
                failure = _TooLarge
                raise _TooLarge
            return message

        async def watched(message: Message) -> None:
            nonlocal has_begun
            if failure is not None and not has_begun:
                # The application took the failure for its own: ours is the reply.
                raise failure
            has_begun = True
            await send(message)

        try:
            await self._app(scope, limited, watched)
        except _Failure as error:
            if has_begun:
                raise
            if isinstance(error, _TooLarge):
                await self._refuse_large(send)
            else:
                await refuse(send, 408, "too_slow", "The request took too long to arrive.")

    async def _refuse_large(self, send: Send) -> None:
        title = f"The request is larger than {self._most / 2**20:.0f} MiB."
        await refuse(send, 413, "too_large", title, "Send less at a time.")


class _Failure(Exception):
    """The body cannot be taken."""


class _TooLarge(_Failure):
    """More came than is allowed."""


class _TooSlow(_Failure):
    """It did not come in time."""
