"""What goes with an answer besides its sentences: how it was searched for, other times, doubts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from prompts import render

from ..types import GroundedAnswer, TimelineEntry
from .citing import clean


@dataclass(frozen=True, slots=True)
class Section:
    """Lines of plain text under a heading."""

    heading: str
    lines: tuple[str, ...]


def remarks(answer: GroundedAnswer) -> list[str]:
    """What a reader is told of how the answer came about; nothing where all went as usual."""
    searched = render("searched_note", searched=clean(answer.searched)) if answer.searched else ""
    return [line for line in (searched, clean(answer.note)) if line]


def sections(answer: GroundedAnswer) -> Iterator[Section]:
    """The answers on the matter over time, and what a language model said and nobody bears out."""
    entries = answer.timeline
    if len(entries) > 1:
        heading = render("timeline_heading", answers=len(entries))
        yield Section(heading, tuple(map(timeline_line, entries)))
    if answer.withheld:
        heading = render("withheld_heading", withheld=len(answer.withheld))
        lines = [f"{clean(one.text)} [{clean(one.reason)}]" for one in answer.withheld]
        yield Section(heading, tuple(lines))


def timeline_line(entry: TimelineEntry) -> str:
    """One line for an answer on the matter: when, and what it says or says differently."""
    record = entry.record
    return render(
        "timeline_line",
        day=render("timeline_day", answered=record.answered, asked=record.asked),
        department=clean(record.department or "") or None,
        uin=clean(record.uin or ""),
        text=clean(record.text[entry.start : entry.end]),
        change=clean(entry.change),
        is_same=entry.change == render("timeline_same"),
    )
