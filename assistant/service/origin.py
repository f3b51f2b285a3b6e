"""Requests that a foreign page or a foreign name sends here are refused.

A page of the internet that is open in the same browser can send requests to this machine
(cross-site request forgery) and can give its own name this machine's address (DNS
rebinding).  The first shows in ``Sec-Fetch-Site`` and ``Origin``, the second in ``Host``.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from .replies import App, Receive, Scope, Send, header, refuse

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class OriginGuard:
    """Refuses hosts that are not `hosts` (empty allows any) and changes from other sites."""

    def __init__(self, app: App, hosts: Collection[str] = ()) -> None:
        self._app = app
        self._hosts = frozenset(name.lower() for name in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            if self._hosts and host_name(header(scope, "host")) not in self._hosts:
                title = "This service does not answer to that host name."
                await refuse(send, 421, "wrong_host", title, "Use the address it was started with.")
                return
            if scope["method"] not in _SAFE and _is_foreign(scope):
                title = "A page of another site sent this request."
                await refuse(send, 403, "foreign_origin", title, "Open this service's own page.")
                return
        await self._app(scope, receive, send)


def host_name(value: str | None) -> str:
    """The name in a ``Host`` header, without its port."""
    if not value:
        return ""
    try:
        return (urlsplit(f"//{value}").hostname or "").lower()
    except ValueError:
        return ""


def _is_foreign(scope: Scope) -> bool:
    site = header(scope, "sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = header(scope, "origin")
    # Programs send neither; old browsers send the origin.
    return (
        origin is not None
        and urlsplit(origin).netloc.lower() != (header(scope, "host") or "").lower()
    )
