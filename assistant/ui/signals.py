"""Messages to the browser's own script (`head.html`): say, save, address, basket.

Gradio has no way to hand the browser a file or an address without leaving a copy on the
disk or running a string as a program, so a hidden element carries the message as data.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from index.types import Filters

from .markup import panel

Message = Mapping[str, Any]


def signal(*messages: Message) -> str:
    """The hidden element's content; each call differs, so that the browser notices it."""
    return panel("signal", messages=json.dumps([*messages]), number=str(time.time_ns()))


def say(text: str) -> Message:
    """A line that is shown for a moment and read out."""
    return {"do": "say", "text": text}


def save(name: str, content: str, kind: str = "text/plain") -> Message:
    """A file for the reader to keep."""
    return {"do": "save", "name": name, "text": content, "kind": kind}


def address(query: str) -> Message:
    """What the browser's address line shows after the path."""
    return {"do": "address", "query": query}


def basket(ids: Sequence[str]) -> Message:
    """Which records the basket holds."""
    return {"do": "basket", "ids": list(ids)}


def link_to(question: str, filters: Filters, view: str = "") -> str:
    """The query of an address that asks the question again under the same limits."""
    values: list[tuple[str, str]] = [("view", view)] if view else []
    values.append(("q", question))
    values += [("department", name) for name in filters.department]
    values += [("house", name) for name in filters.house]
    values += [("member", str(member)) for member in filters.member]
    for name in ("answered_from", "answered_to", "asked_from", "asked_to"):
        day = getattr(filters, name)
        if day:
            values.append((name, day.isoformat()))
    return f"?{urlencode(values, errors='replace')}"
