"""Serving the page over HTTP."""

from __future__ import annotations

import logging
import socket
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr
import uvicorn
from fastapi import FastAPI

from .app import build_page

if TYPE_CHECKING:
    from ..answer import Assistant

HERE = Path(__file__).parent
CLOSING_TIME = 2
"""Seconds that answers under way are given to finish when the server stops."""
# The system's own fonts: nothing is fetched.
_SANS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Arial", "sans-serif")
_MONO = ("ui-monospace", "Consolas", "monospace")


def serve_page(
    assistant: Assistant,
    *,
    host: str,
    port: int,
    open_browser: bool = False,
    on_ready: Callable[[str], None],
) -> None:
    """Serve the page until the process is told to stop.

    Port 0 takes a free one.  `on_ready` is called once with the page's address.

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
        web_app(assistant),
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=CLOSING_TIME,
    )
    with listener:
        _Server(config, ready).run(sockets=[listener])


def web_app(assistant: Assistant) -> FastAPI:
    """The page as a web application, for a server of one's own."""
    # FastAPI's own pages of documentation fetch scripts from elsewhere.
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    theme = gr.themes.Base(
        primary_hue="blue",
        neutral_hue="slate",
        text_size="lg",
        radius_size="sm",
        font=_SANS,
        font_mono=_MONO,
    )
    gr.mount_gradio_app(
        app,
        build_page(assistant),
        path="/",
        theme=theme,
        css_paths=HERE / "style.css",
        head_paths=HERE / "head.html",
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        mcp_server=False,
        enable_monitoring=False,
        pwa=False,
        max_file_size=1,
    )
    return app


class _Server(uvicorn.Server):
    """A server that says when it has begun to listen, and that stops without a fuss."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Every open page holds a connection that never ends by itself.
        for route in self.config.app.routes:  # type: ignore[union-attr]
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
