"""Starting the service from the command line."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import typer

from index.errors import AssistantError, BadRequest

from .building import ensure_index
from .settings import open_assistant

if TYPE_CHECKING:
    from .answer import Assistant
    from .settings import Settings


def serve(settings: Settings, *, open_browser: bool = False) -> None:
    """Serve the page, REST and MCP until they are stopped.

    Raises:
        BadRequest: others could reach the service and nothing would ask who they are.
        AssistantError: the address cannot be served on.
    """
    _check_exposure(settings)
    _check_address(settings.host, settings.port)
    ensure_index(settings)
    # The page's library and the model take seconds each, much of it spent reading files.
    with ThreadPoolExecutor(1) as pool:
        opened = pool.submit(_open_warm, settings)
        from .service.app import build_service
        from .service.observe import write_requests
        from .service.server import serve as listen
        from .ui import mount_page

        assistant = opened.result()
    write_requests(settings)
    with assistant:
        service = build_service(assistant, settings, mount_page)
        listen(
            service.app,
            page=service.inner,
            host=settings.host,
            port=settings.port,
            open_browser=open_browser,
            on_ready=lambda url: typer.echo(f"Open {url} in a browser. Stop with Ctrl+C."),
        )


def _open_warm(settings: Settings) -> Assistant:
    from index.embedding import SentenceTransformerEmbedder

    assistant = open_assistant(settings)
    if isinstance(embedder := assistant.index.embedder, SentenceTransformerEmbedder):
        # A look-up is not to wait for the evidence of somebody's answer.
        embedder.gives_way = True
    assistant.index.embedder.encode_query("warm up")
    return assistant


def _check_exposure(settings: Settings) -> None:
    """Refuse to be open to other machines while nothing asks who is there."""
    from .service.app import authenticator_for
    from .service.origin import LOOPBACK

    if settings.auth == "none" and settings.host not in LOOPBACK:
        raise BadRequest(
            f"On {settings.host} other machines could use the service without signing in.",
            "Set auth to password or proxy (docs/security.md), or serve on 127.0.0.1.",
        )
    authenticator_for(settings)


def _check_address(host: str, port: int) -> None:
    """Fail before the slow part of the start, and in words."""
    try:
        family = socket.getaddrinfo(host, port)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            # As servers do: a port whose last connections are still closing is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        raise AssistantError(
            f"The page cannot be served on {host} port {port} ({error.strerror or error}).",
            "Choose another with --host and --port.",
        ) from error
