"""What the page shows when it is opened: a kept conversation, a shared question, or nothing yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from index import make_filters
from index.types import Filters

from .limits import member

_DATES = ("answered_from", "answered_to", "asked_from", "asked_to")


@dataclass(frozen=True, slots=True)
class Opening:
    """What an address asks for; empty fields where it does not."""

    view: str = "ask"
    conversation: str = ""
    question: str = ""
    filters: Filters = field(default_factory=Filters)


def read_address(query: Any) -> Opening:
    """The meaning of an address's query, as Starlette gives it.

    Raises:
        BadRequest: a limit in it makes no sense.
    """
    values = _lists(query)
    first = {name: found[0] for name, found in values.items() if found}
    filters = make_filters(
        department=tuple(values.get("department", ())),
        house=tuple(values.get("house", ())),
        member=tuple(map(member, values.get("member", ()))),
        **{name: first.get(name) or None for name in _DATES},
    )
    return Opening(
        view=first.get("view", "ask"),
        conversation=first.get("c", ""),
        question=first.get("q", "").strip()[:2_000],
        filters=filters,
    )


def _lists(query: Any) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    items = query.multi_items() if hasattr(query, "multi_items") else dict(query or {}).items()
    for name, value in items:
        found.setdefault(str(name), []).append(str(value))
    return found
