"""The sentences, list items and table rows of a record, and what stands over each of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from index.text import CELLS, sentences
from index.types import WrittenAnswer

from . import tables

HEADING_WORDS = 8
"""Words that a line over the rows of a table may have to be their heading."""
TITLE_WORDS = 14
"""The same of a line over such a heading, or of one that is a table's caption by its place."""
HEADINGS = 3
"""Headings that may stand one under another."""
CAPTION_LINES = 6
"""Lines over a table, and over its headings, among which its caption is looked for."""
_ITEM = re.compile(r"\(?(?:[-·•▪*–—]|(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)])\s", re.IGNORECASE)
_TABLE = re.compile(r"\b(?:tables?|below|as follows|following|set out|shown)\b", re.IGNORECASE)
_CAPTION = re.compile(rf":\s*$|\bannex\b|{_TABLE.pattern}", re.IGNORECASE)
_FIGURE = re.compile(r"\d")
_NOTES = re.compile(
    r"\W*(?:foot)?notes?\b(?: (?:to|on|for) (?:the )?tables?(?: \w+)?)?\W*(?:$|\d|[:.]|\s[1a*])",
    re.IGNORECASE,
)
_FEWEST = 6
_STOPS = frozenset(".:;!?…|")
"""A line of so many words that ends in none of these runs on."""
_DATE = re.compile(
    r"\b(?:\d{1,2}(?:st|nd|rd|th)? [A-Z][a-z]{2,8}|(?:19|20)\d\d(?: ?[-/–] ?\d{2,4})?|"
    r"[Tt]ables? \d+|\d{1,2}/\d{1,2}/\d{2,4})\b"
)
_REFERS_BACK = re.compile(
    r"\W*(?:\w+,? )?(?:this|these|those|they|it|its|their|such|both)\b", re.IGNORECASE
)


@dataclass(slots=True)
class Unit:
    """A sentence, list item or table row of a record.

    `lead` is the place, in the same record's units, of the line that introduces it ("The
    areas are:"), `back` that of the sentence before, where the unit opens by pointing there
    ("This will provide ..."); `features` are the numbers the model weighs; `terms` says of
    each stem of the question how near the unit comes to it in meaning, 0 to 1, and `near` the
    same for the words beside the unit's figures (or dates, or names) of the sort asked for.
    `table` is the place of the first row of its table, or of its part under a heading; `is_note`
    is whether it stands under "Notes", about the figures and not of them.
    """

    start: int
    end: int
    text: str
    lead: int | None = None
    back: int | None = None
    is_lead: bool = False
    is_note: bool = False
    table: int | None = None
    features: dict[str, float] = field(default_factory=dict)
    terms: Mapping[str, float] = field(default_factory=dict)
    near: Mapping[str, float] = field(default_factory=dict)

    @property
    def length(self) -> int:
        """Words, as a reader counts them."""
        return len(self.text.split())


@dataclass(slots=True)
class Candidate:
    """A record that may answer, with its units and with the numbers of the whole."""

    record: WrittenAnswer
    units: list[Unit]
    features: dict[str, float] = field(default_factory=dict)
    is_elsewhere: bool = False
    """Whether it was asked about a constituency that the question does not name."""

    def leads(self, unit: Unit) -> list[Unit]:
        """The lines that lead into a unit, the farthest first."""
        lines: list[Unit] = []
        while unit.lead is not None:
            unit = self.units[unit.lead]
            lines.insert(0, unit)
        return lines

    def over(self, unit: Unit) -> str:
        """What these lines say; empty where nothing leads into the unit."""
        return " ".join(line.text for line in self.leads(unit))

    def headings(self, unit: Unit) -> str:
        """Those of them that are headings, be they labels of a row: what all under them is of."""
        return " ".join(
            tables.carried(line.text, unit.text) if is_row(line) else line.text
            for line in self.leads(unit)
            if is_heading(line) or is_row(line)
        )


def units(text: str) -> list[Unit]:
    """The units of a record's text: list items tied to the line that leads into them, and the rows
    of a table to the heading or the caption that stands right over them, a heading to its caption.
    """
    found = [Unit(start, end, text[start:end]) for start, end in _whole(text)]
    lead: int | None = None
    over: int | None = None
    notes, first = False, 0
    for number, unit in enumerate(found):
        is_item = bool(_ITEM.match(unit.text))
        previous = found[number - 1] if number else None
        if previous is not None and previous.text.endswith(":") and not _ITEM.match(previous.text):
            lead = number - 1
        elif not is_item:
            lead = None
        notes = (notes or bool(_NOTES.match(unit.text))) and not is_row(unit)
        unit.is_note = notes
        if is_row(unit):
            if previous is None or not is_row(previous):
                over, first = _over(found, number), number
            elif tables.starts(previous.text, unit.text):
                first = number
            lead, unit.table = over, first
        unit.lead = lead
        if unit.lead is not None:
            found[unit.lead].is_lead |= _only_leads(found[unit.lead].text)
        elif number and _REFERS_BACK.match(unit.text):
            unit.back = number - 1
    _tie_rows(found)
    return found


def _tie_rows(found: Sequence[Unit]) -> None:
    """Tie the rows of each table that stand under another row of it to that."""
    parts: dict[int, list[int]] = {}
    for number, unit in enumerate(found):
        if unit.table is not None:
            parts.setdefault(unit.table, []).append(number)
    for rows in parts.values():
        for number, above in zip(
            rows, tables.stand_under([found[n].text for n in rows]), strict=True
        ):
            if above is not None:
                found[number].lead = rows[above]
                found[rows[above]].is_lead |= _only_leads(found[rows[above]].text)


def _whole(text: str) -> list[tuple[int, int]]:
    """The sentences of a text, those that a break between paragraphs runs through put together."""
    spans: list[tuple[int, int]] = []
    for start, end in sentences(text):
        if spans and text[start].islower() and not _ITEM.match(text[start : start + 8]):
            first, last = spans[-1]
            goes_on = text[last - 1] not in _STOPS and CELLS not in text[first:end]
            if goes_on and len(text[first:last].split()) >= _FEWEST:
                spans[-1] = (first, end)
                continue
        spans.append((start, end))
    return spans


def _over(found: Sequence[Unit], row: int) -> int | None:
    """The line over the first row of a table that says what its rows are of."""
    if not row or not is_heading(found[row - 1]):
        return _caption(found, row)
    # "Number of prosecutions", "Year": a heading may stand under another, all under a caption.
    top = row - 1
    while top and top > row - 1 - HEADINGS and found[top].lead is None:
        over = found[top - 1]
        if not _is_title(over):
            break
        found[top].lead = top - 1
        over.is_lead |= _only_leads(over.text)
        top -= 1
        if not is_heading(over):
            break
    if found[top].lead is None:
        found[top].lead = caption = _caption(found, top)
        if caption is not None:
            found[caption].is_lead |= _only_leads(found[caption].text)
    return row - 1


def _caption(found: Sequence[Unit], row: int) -> int | None:
    """The nearest line over a table that leads into it, no other table between."""
    for at in range(row - 1, max(-1, row - 1 - CAPTION_LINES), -1):
        if is_row(found[at]):
            break
        is_over = at == row - 1
        if (_CAPTION if is_over else _TABLE).search(found[at].text):
            return at
        if is_over and _is_title(found[at]):
            return at
    return None


def _is_title(unit: Unit) -> bool:
    """Whether a line is as long as a title may be, and no sentence."""
    return unit.length <= TITLE_WORDS and unit.text[-1] not in _STOPS and not is_row(unit)


def _only_leads(line: str) -> bool:
    """Whether a line says nothing by itself; a caption may give the total of its table."""
    return line.endswith(":") or not _FIGURE.search(_DATE.sub(" ", line))


def is_row(unit: Unit) -> bool:
    """Whether it is a row of a table."""
    return CELLS in unit.text


def is_heading(unit: Unit) -> bool:
    """Whether a line names what the rows below it are of: "Royal Navy"."""
    is_short = len(unit.text.split()) <= HEADING_WORDS
    return is_short and unit.text[-1] not in ".!?:;" and not is_row(unit)
