"""Replies of the guards themselves, in the one shape of an error (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

PROBLEM = "application/problem+json"


def problem_body(status: int, code: str, title: str, detail: str = "") -> dict[str, Any]:
    """The body of an error reply."""
    return {
        "type": f"urn:government-answers:problem:{code}",
        "title": title,
        "status": status,
        "code": code,
        "detail": detail,
    }


async def refuse(
    send: Send,
    status: int,
    code: str,
    title: str,
    detail: str = "",
    headers: Iterable[tuple[str, str]] = (),
) -> None:
    """Send a whole error reply."""
    body = json.dumps(problem_body(status, code, title, detail)).encode()
    sent = [
        (b"content-type", PROBLEM.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        *((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers),
    ]
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": body})


def header(scope: Scope, name: str) -> str | None:
    """The value of a request's header; None where it is missing or given twice."""
    wanted = name.lower().encode("latin-1")
    found = [value for key, value in scope["headers"] if key == wanted]
    return found[0].decode("latin-1") if len(found) == 1 else None


def client_address(scope: Scope) -> str:
    """The address of whoever is connected."""
    client = scope.get("client")
    return str(client[0]) if client else "unknown"
