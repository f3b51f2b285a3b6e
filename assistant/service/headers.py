"""Security headers on every reply."""

from __future__ import annotations

from .replies import App, Message, Receive, Scope, Send

# The page's library writes its settings and styles into the page itself ('unsafe-inline') and
# makes functions of its components' templates ('unsafe-eval'); nothing is loaded from, or sent
# to, anywhere else.
PAGE_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
# Replies for programs, and the page that describes them, run no script at all.
PLAIN_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_PLAIN = ("/api/", "/mcp", "/healthz", "/readyz", "/metrics")
_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)


class SecurityHeaders:
    """Adds the headers that a reply does not have yet."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = list(message.get("headers", ()))
                names = {name.lower() for name, _ in own}
                policy = PLAIN_POLICY if scope["path"].startswith(_PLAIN) else PAGE_POLICY
                every = (*_ALWAYS, (b"content-security-policy", policy.encode()))
                own += [pair for pair in every if pair[0] not in names]
                message = {**message, "headers": own}
            await send(message)

        await self._app(scope, receive, guarded)
