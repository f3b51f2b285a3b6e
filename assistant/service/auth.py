"""Who is asking: nobody else can (loopback), a password, or the word of a trusted proxy."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import ipaddress
import secrets
import time
from collections import OrderedDict
from collections.abc import Collection, Sequence
from typing import Protocol

from .identity import LOCAL, SCOPE_KEY, Identity, Role
from .passwords import PasswordFile
from .rates import RateCounter
from .replies import App, Receive, Scope, Send, client_address, header, refuse

OPEN = frozenset({"/healthz", "/readyz"})
"""Addresses that tell nothing but whether the service runs; anybody may see them."""
GUESSES = 10
"""Wrong passwords a minute from one address before it has to wait."""
REMEMBERED = 300.0
"""Seconds that a checked password is not hashed again: argon2 is slow on purpose."""
_MOST_REMEMBERED = 1_000


class Authenticator(Protocol):
    """Tells who sent a request."""

    @property
    def challenge(self) -> str | None:
        """What ``WWW-Authenticate`` says; None where there is nothing to type."""

    async def identify(self, scope: Scope) -> Identity | None:
        """Who it is, or None."""


class AuthGuard:
    """Puts the identity into the scope, or refuses (401; 429 after too many guesses)."""

    def __init__(self, app: App, authenticator: Authenticator) -> None:
        self._app = app
        self._authenticator = authenticator
        self._guesses = RateCounter(GUESSES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or scope["path"] in OPEN:
            await self._app(scope, receive, send)
            return
        address = client_address(scope)
        has_tried = header(scope, "authorization") is not None if scope["headers"] else False
        if has_tried and not self._guesses.has_room(address):
            wait = self._guesses.wait(address)
            title = "Too many wrong passwords came from this address."
            retry = [("Retry-After", str(wait))]
            await refuse(
                send, 429, "too_many_guesses", title, f"Wait {wait} seconds, then try again.", retry
            )
            return
        identity = await self._authenticator.identify(scope)
        if identity is None:
            if has_tried:
                self._guesses.hit(address)
            challenge = self._authenticator.challenge
            headers = [("WWW-Authenticate", challenge)] if challenge else []
            title = "Name and password are needed." if challenge else "You are not signed in."
            await refuse(send, 401, "not_signed_in", title, "Sign in, then try again.", headers)
            return
        scope[SCOPE_KEY] = identity
        await self._app(scope, receive, send)


class LoopbackOnly:
    """Everybody who can connect sits at this machine."""

    challenge = None

    async def identify(self, scope: Scope) -> Identity | None:
        return LOCAL


class Passwords:
    """HTTP Basic (RFC 7617) against a password file."""

    challenge = 'Basic realm="Government Answers", charset="UTF-8"'

    def __init__(self, users: PasswordFile) -> None:
        self._users = users
        self._key = secrets.token_bytes(32)
        self._known: OrderedDict[bytes, tuple[float, Identity]] = OrderedDict()

    async def identify(self, scope: Scope) -> Identity | None:
        given = header(scope, "authorization")
        if given is None:
            return None
        # A keyed digest: neither the password nor anything guessable from it is kept.
        digest = hmac.new(self._key, given.encode(), hashlib.sha256).digest()
        known = self._known.get(digest)
        if known and known[0] > time.monotonic():
            return known[1]
        pair = _credentials(given)
        if pair is None:
            return None
        import anyio.to_thread

        identity = await anyio.to_thread.run_sync(self._users.check, *pair)
        if identity is not None:
            self._known[digest] = (time.monotonic() + REMEMBERED, identity)
            while len(self._known) > _MOST_REMEMBERED:
                self._known.popitem(last=False)
        return identity


class ProxyHeader:
    """A header set by a reverse proxy that has signed the user in (OIDC, SAML, Kerberos).

    Believed only where the connection comes from one of `proxies` (addresses or networks).
    A user or group named in `admins` or `curators` has that role, others are readers.
    """

    challenge = None

    def __init__(
        self,
        user_header: str,
        groups_header: str,
        proxies: Sequence[str],
        curators: Collection[str] = (),
        admins: Collection[str] = (),
    ) -> None:
        self._user_header = user_header
        self._groups_header = groups_header
        self._proxies = [ipaddress.ip_network(proxy, strict=False) for proxy in proxies]
        self._curators = frozenset(curators)
        self._admins = frozenset(admins)

    async def identify(self, scope: Scope) -> Identity | None:
        if not self._is_trusted(client_address(scope)):
            return None
        name = (header(scope, self._user_header) or "").strip()
        if not name:
            return None
        groups = header(scope, self._groups_header) or ""
        names = {name, *(group.strip() for group in groups.split(","))}
        if names & self._admins:
            return Identity(name, Role.ADMIN)
        return Identity(name, Role.CURATOR if names & self._curators else Role.READER)

    def _is_trusted(self, address: str) -> bool:
        try:
            known = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(known in network for network in self._proxies)


def _credentials(value: str) -> tuple[str, str] | None:
    """Name and password of a Basic header; None where it is none."""
    scheme, _, encoded = value.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, sign, password = (
            base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
        )
    except (binascii.Error, ValueError):
        return None
    return (name, password) if sign else None
