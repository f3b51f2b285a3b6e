"""The answers on a matter, oldest first, with what changed from one to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from prompts import render

from ..types import ReplyKind, TimelineEntry
from .markup import panel

REPLIES = {
    ReplyKind.SUBSTANTIVE: "Answered in substance",
    ReplyKind.NOT_HELD: "Information not held",
    ReplyKind.DISPROPORTIONATE_COST: "Too costly to find out",
    ReplyKind.WILL_WRITE: "Will write",
    ReplyKind.NO_PLANS: "No plans",
    ReplyKind.HOLDING: "Holding reply",
    ReplyKind.REFERS_TO_EARLIER: "Refers to an earlier answer",
    ReplyKind.ATTACHED: "In an attached file",
    ReplyKind.WITHDRAWN: "Withdrawn",
}
"""The kinds of reply as readers know them."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the time line, ready to show."""

    day: str
    title: str
    department: str
    text: str
    reply: str
    change: str
    differs: bool
    url: str | None


def timeline(entries: Sequence[TimelineEntry], name: str) -> Markup:
    """The entries as an ordered list; nothing where there are fewer than two."""
    if len(entries) < 2:
        return Markup()
    same = render("timeline_same")
    shown = [
        Entry(
            render("timeline_day", answered=e.record.answered, asked=e.record.asked),
            e.record.title,
            e.record.department or "",
            " ".join(e.record.text[e.start : e.end].split()),
            "" if e.kind is ReplyKind.SUBSTANTIVE else REPLIES[e.kind],
            e.change,
            e.change not in ("", same),
            e.record.url,
        )
        for e in entries
    ]
    return panel("timeline", entries=shown, anchor=name, changed=any(e.differs for e in shown))
