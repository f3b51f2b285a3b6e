"""Who is asking, and what they may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from index.errors import AssistantError

SCOPE_KEY = "assistant.identity"


class Role(IntEnum):
    """What somebody may do; each role may do all that those before it may.

    Readers ask, curators add records, admins remove them and see the service's figures.
    """

    READER = 1
    CURATOR = 2
    ADMIN = 3

    @classmethod
    def named(cls, name: str) -> Role:
        """The role of that name, in any case; raises `KeyError` where there is none."""
        return cls[name.strip().upper()]


@dataclass(frozen=True, slots=True)
class Identity:
    """A user: the name is shown in logs and counted by rate limits."""

    name: str
    role: Role


LOCAL = Identity("local", Role.ADMIN)
"""Whoever sits at this machine, where nobody else can reach the service."""


class NotAllowed(AssistantError):
    """The user is known, but may not do this."""

    code = "not_allowed"
    http_status = 403


def identity_of(scope: Mapping[str, Any]) -> Identity:
    """The identity that `auth` put into a request's scope; a plain reader where it did not."""
    found = scope.get(SCOPE_KEY)
    return found if isinstance(found, Identity) else Identity("unknown", Role.READER)


def require(scope: Mapping[str, Any], role: Role) -> Identity:
    """The identity of a request that needs `role`.

    Raises:
        NotAllowed: the user's role is too low.
    """
    identity = identity_of(scope)
    if identity.role < role:
        raise NotAllowed(
            f"This needs the role {role.name.lower()}; you have {identity.role.name.lower()}.",
            "Ask whoever runs the service.",
        )
    return identity
