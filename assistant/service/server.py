"""Listening for requests until the process is told to stop."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from .replies import App

if TYPE_CHECKING:
    from fastapi import FastAPI

CLOSING_TIME = 2
"""Seconds that answers under way are given to finish when the server stops."""
PATIENCE = 20.0
"""Seconds that a new connection has for the head of its first request."""
IDLE = 30
"""Seconds that a connection is kept open between requests: longer than clients keep theirs, so
that none sends its next request into a connection that is being closed."""
SWITCH = 0.0005
"""Seconds after which a thread that computes lets another go on, a tenth of Python's own: a
look-up gives its turn away dozens of times, and gets it back only after this long each time."""
CONNECTIONS = 1_000
"""Connections and requests under way before further ones are turned away (503)."""


def serve(
    app: App,
    *,
    host: str,
    port: int,
    page: FastAPI | None = None,
    open_browser: bool = False,
    on_ready: Callable[[str], None],
) -> None:
    """Serve an application until the process is told to stop.

    Port 0 takes a free one.  `on_ready` is called once with the address.  `page` is the inner
    application that holds open connections, which are told to end when the server stops.

    Raises:
        OSError: the address cannot be served on.
    """
    listener = _listen(host, port)
    url = _url(host, listener.getsockname()[1])

    def ready() -> None:
        on_ready(url)
        if open_browser:
            threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()

    config = uvicorn.Config(
        app,
        http=_Patient,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=IDLE,
        timeout_graceful_shutdown=CLOSING_TIME,
    )
    sys.setswitchinterval(SWITCH)
    with listener:
        _Server(config, ready, page).run(sockets=[listener])


class _Patient(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """Closes a connection that has sent no whole request head in time: half-open, or drip-fed."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        loop = asyncio.get_running_loop()
        self._patience = loop.call_later(PATIENCE, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        self._patience.cancel()
        super().connection_lost(exc)

    def _give_up(self) -> None:
        if self.cycle is None:
            self.transport.close()


class _Server(uvicorn.Server):
    """A server that says when it has begun to listen, and that stops without a fuss."""

    def __init__(
        self, config: uvicorn.Config, on_ready: Callable[[], None], page: FastAPI | None
    ) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self._page = page

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Every open page holds a connection that never ends by itself.
        for route in self._page.routes if self._page else ():
            if stop := getattr(getattr(route, "app", None), "stop_event", None):
                stop.set()
        # An answer cut off by stopping is no error to report.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        await super().shutdown(sockets)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def _url(host: str, port: int) -> str:
    """The address to type into a browser on this machine."""
    if host in ("0.0.0.0", "::", ""):  # noqa: S104
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
