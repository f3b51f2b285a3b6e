"""The text of a record as HTML: paragraphs, lists and tables, with what is cited marked.

Positions are always those of the record's own text, so a mark holds exactly the characters
that its citation names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from markupsafe import Markup

from index.text import CELLS

from .markup import linked

FOLD_ABOVE = 1_500
"""Characters of a text from which what lies away from the marks is folded up."""
LEAVE_OUT_ABOVE = 60_000
"""Characters of a text from which that is left out altogether: a book is no card."""
NEAR = 1
"""Blocks on either side of a mark that stay in view."""
WORTH_FOLDING = 240
"""Characters; less than this is shown rather than folded."""
MAX_COLUMNS = 12


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of text to highlight; `anchor` is the id that links lead to."""

    start: int
    end: int
    anchor: str


@dataclass(slots=True)
class _Block:
    kind: str
    lines: list[tuple[int, int]] = field(default_factory=list)

    @property
    def start(self) -> int:
        return self.lines[0][0]

    @property
    def end(self) -> int:
        return self.lines[-1][1]


def passage(text: str, marks: Iterable[Mark] = ()) -> Markup:
    """The whole text with its marks; what is long and unmarked is folded up."""
    apart = separated(marks)
    blocks = list(_blocks(text))
    shown = [_Writer(text, apart).block(block) for block in blocks]
    if len(text) <= FOLD_ABOVE:
        return Markup("").join(shown)
    keep = _in_view(blocks, apart)
    parts: list[Markup] = []
    for kept, group in groupby(range(len(blocks)), key=lambda number: keep[number]):
        numbers = list(group)
        inner = Markup("").join(shown[number] for number in numbers)
        size = blocks[numbers[-1]].end - blocks[numbers[0]].start
        if kept or size < WORTH_FOLDING:
            parts.append(inner)
        elif len(text) > LEAVE_OUT_ABOVE:
            parts.append(
                Markup('<p class="gap">{:,} characters of the text are not shown here.</p>').format(
                    size
                )
            )
        else:
            words = len(text[blocks[numbers[0]].start : blocks[numbers[-1]].end].split())
            parts.append(
                Markup(
                    '<details class="more"><summary>Show {:,} more words</summary>{}</details>'
                ).format(words, inner)
            )
    return Markup("").join(parts)


def separated(marks: Iterable[Mark]) -> list[Mark]:
    """The marks in order, none overlapping another; each beginning keeps its anchor."""
    ordered = sorted(marks, key=lambda mark: (mark.start, -mark.end))
    found: list[Mark] = []
    reach = 0
    for mark in ordered:
        if found and mark.start == found[-1].start:
            continue
        if found and mark.start < found[-1].end:
            found[-1] = Mark(found[-1].start, mark.start, found[-1].anchor)
        reach = max(reach, mark.end)
        found.append(Mark(mark.start, reach, mark.anchor))
    return found


def _blocks(text: str) -> Iterator[_Block]:
    """Runs of lines of one kind; a blank line ends a run."""
    current: _Block | None = None
    at = 0
    for line in text.splitlines(keepends=True):
        start = at + len(line) - len(line.lstrip())
        end = at + len(line.rstrip())
        at += len(line)
        kind = _kind(text[start:end])
        if current is not None and (kind != current.kind or start >= end):
            yield current
            current = None
        if start < end:
            current = current or _Block(kind)
            current.lines.append((start, end))
    if current is not None:
        yield current


def _kind(line: str) -> str:
    if line.startswith("- "):
        return "list"
    return "table" if CELLS in line else "paragraph"


def _in_view(blocks: Sequence[_Block], marks: Sequence[Mark]) -> list[bool]:
    """Which blocks stay in view: the marked ones and their neighbours, else the opening."""
    marked = [
        number
        for number, block in enumerate(blocks)
        if any(mark.start < block.end and block.start < mark.end for mark in marks)
    ]
    if not marked:
        return [block.end <= FOLD_ABOVE // 2 or number == 0 for number, block in enumerate(blocks)]
    return [any(abs(number - at) <= NEAR for at in marked) for number in range(len(blocks))]


class _Writer:
    """Writes blocks of one text."""

    def __init__(self, text: str, marks: Sequence[Mark]) -> None:
        self._text = text
        self._marks = marks

    def block(self, block: _Block) -> Markup:
        if block.kind == "list":
            items = (
                Markup("<li>{}</li>").format(self._span(start + 2, end))
                for start, end in block.lines
            )
            return Markup("<ul>{}</ul>").format(Markup("").join(items))
        if block.kind == "table" and (table := self._table(block)):
            return table
        lines = (self._span(start, end) for start, end in block.lines)
        return Markup("<p>{}</p>").format(Markup("<br>").join(lines))

    def _span(self, start: int, end: int) -> Markup:
        """The text from `start` to `end`, the marks in it highlighted."""
        parts: list[Markup] = []
        at = start
        for mark in self._marks:
            first, last = max(mark.start, start), min(mark.end, end)
            if first >= last:
                continue
            parts.append(linked(self._text[at:first]))
            # A mark that goes on from the line before has its anchor there.
            anchor = mark.anchor if self._begins(mark, first) else None
            parts.append(_marked(linked(self._text[first:last]), anchor))
            at = last
        parts.append(linked(self._text[at:end]))
        return Markup("").join(parts)

    def _begins(self, mark: Mark, first: int) -> bool:
        """Whether nothing of the mark but spaces and a list dash lies before `first`."""
        return self._text[mark.start : first].strip() in ("", "-")

    def _table(self, block: _Block) -> Markup | None:
        """The rows as a table, if they share their headings and no mark cuts a row in two."""
        if any(
            start < edge < end
            for start, end in block.lines
            for mark in self._marks
            for edge in (mark.start, mark.end)
        ):
            return None
        rows = [self._cells(start, end) for start, end in block.lines]
        columns = _columns(rows)
        if not columns:
            return None
        anchors = {mark.start: mark.anchor for mark in self._marks}
        body = Markup("").join(
            _row(cells, columns, self._is_marked(start), anchors.get(start))
            for cells, (start, _) in zip(rows, block.lines, strict=True)
        )
        head = Markup("").join(Markup('<th scope="col">{}</th>').format(linked(c)) for c in columns)
        return Markup(
            '<div class="table" tabindex="0" role="group" aria-label="Table">'
            "<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>"
        ).format(head, body)

    def _is_marked(self, at: int) -> bool:
        return any(mark.start <= at < mark.end for mark in self._marks)

    def _cells(self, start: int, end: int) -> list[tuple[str, str]]:
        """``(heading, value)`` of each cell of a row; no heading where the cell gives none."""
        cells = []
        for cell in self._text[start:end].split(CELLS):
            heading, colon, value = cell.partition(": ")
            cells.append((heading, value) if colon else ("", cell))
        return cells


def _columns(rows: Sequence[Sequence[tuple[str, str]]]) -> list[str]:
    """The headings the rows share, in order; none if the rows make no table."""
    if len(rows) < 2:
        return []
    found: list[str] = []
    for cells in rows:
        headings = [heading for heading, _ in cells]
        if len(set(headings)) < len(headings) or "" in headings[1:]:
            return []
        found += [heading for heading in headings if heading not in found]
    if "" in found:
        found = ["", *(heading for heading in found if heading)]
    # Rows that hardly share a heading are not one table.
    return found if len(found) <= min(max(map(len, rows)) + 1, MAX_COLUMNS) else []


def _row(
    cells: Sequence[tuple[str, str]], columns: Sequence[str], marked: bool, anchor: str | None
) -> Markup:
    values = dict(cells)
    written: list[Markup] = []
    for heading in columns:
        value = linked(values.get(heading, ""))
        if marked and heading in values:
            value, anchor = _marked(value, anchor), None
        written.append(Markup("<td>{}</td>").format(value))
    return Markup("<tr>{}</tr>").format(Markup("").join(written))


def _marked(inner: Markup, anchor: str | None) -> Markup:
    if anchor is None:
        return Markup("<mark>{}</mark>").format(inner)
    return Markup('<mark id="{}" tabindex="-1">{}</mark>').format(anchor, inner)
