"""Tables as lines of text, each of which makes sense away from its table.

A search may show one row alone, so every row repeats the headings of its columns.
Official tables rarely mark their headings: most are plain rows, sometimes in bold,
sometimes two deep, and a row that spans the table opens a new part of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

CELLS = " | "
"""What stands between the cells of a row."""

_MAX_CELLS = 200_000
"""A grid larger than this is not spread out: its spans are ignored."""
_MAX_REPEAT = 300
"""A longer cell is not repeated in the further rows that it spans."""
_MAX_SECTION = 90
_MAX_HEADING_ROWS = 4

_YEAR = re.compile(
    r"(?:[A-Za-z]{2,9}\.? ?)?(?:(?:19|20)\d\d(?: ?[/–-] ?(?:19|20)?\d\d)?|\d\d ?/ ?\d\d)"
    r"(?: ?\(.{1,40}\))?[*¹²³⁴⁵⁶⁷⁸⁹]*"
)
_DAY = re.compile(r"\d{1,2}[/.]\d{1,2}[/.]\d{2,4}")
_NUMBER = re.compile(
    r"[~<>≤≥±+(c.\s–—-]{0,4}[£$€]?\s?-?\d[\d,.\s/]{0,24}"
    r"(?:%|p|m|k|bn|million|billion|days?|weeks?|months?|years?|hours?|FTE|kg|g|tonnes?|km|miles|ha|[MG]Wh?)?[)*\]¹²³⁴⁵⁶⁷⁸⁹]{0,3}"
)
_NO_FIGURE = re.compile(
    r"(?:[-–—*~:.]{1,3}|n/?a|nil|none|not available|\[?[a-z]\]?)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as the table gives it."""

    text: str
    head: bool = False
    """It is a `th` or stands in a `thead`."""
    strong: bool = False
    """All of its text is in bold."""
    colspan: int = 1
    rowspan: int = 1


_Hanging = dict[int, tuple[Cell, int]]
"""Column to the cell that reaches down into it, and the rows that it still covers."""


@dataclass(slots=True)
class _Row:
    cells: list[Cell | None]
    origins: list[bool]
    """Whether the cell begins here rather than reaching down from a row above."""

    def filled(self) -> list[Cell]:
        """The different cells with text, in order."""
        seen: list[Cell] = []
        for cell in self.cells:
            if cell is not None and cell.text and (not seen or seen[-1] is not cell):
                seen.append(cell)
        return seen


def render_table(rows: list[list[Cell]], caption: str = "") -> list[str]:
    """The lines of a table: its caption, then one line a row."""
    grid = [row for row in _spread(_evened(rows)) if row.filled()]
    width = max((len(row.cells) for row in grid), default=0)
    lines = [caption] if caption else []
    headings: list[str] = []
    section = ""
    first = True
    i = 0
    while i < len(grid):
        if width > 1 and _is_section(grid[i], width):
            text = grid[i].filled()[0].text
            lines.append(text)
            # What stands above the first row is the title of the whole table.
            section = text if not first and len(text) <= _MAX_SECTION else ""
            i += 1
            continue
        end = i
        while end < len(grid) and not (width > 1 and _is_section(grid[end], width)):
            if end > i and _repeats(grid[end], grid[i], width):
                break
            end += 1
        part = grid[i:end]
        depth = _heading_depth(part, width, headings, first)
        if depth:
            headings = _headings(_aligned(part, depth, width), width)
            if sum(map(len, headings)) * len(part) > 2_000_000:
                headings, depth = [], 0
        lines += [_line(row, headings, section) for row in part[depth:]]
        if depth == len(part):
            lines += [_line(row, [], section) for row in part]
        first = False
        i = end
    return lines


def _evened(rows: list[list[Cell]]) -> list[list[Cell]]:
    """The rows without their spans where those only stretch cells that already match.

    A layout may stretch the second heading and the third figure: by place the figure would
    fall under two headings, by count it has its own.
    """
    counts = {len(row) for row in rows if len(row) > 1}
    if len(counts) != 1 or any(cell.rowspan > 1 for row in rows for cell in row):
        return rows
    return [[replace(cell, colspan=1) for cell in row] if len(row) > 1 else row for row in rows]


def _spread(rows: list[list[Cell]]) -> list[_Row]:
    """The rows with spanning cells repeated in every place that they cover."""
    area = sum(
        min(cell.colspan, 100) * min(cell.rowspan, len(rows)) for row in rows for cell in row
    )
    if area > _MAX_CELLS:
        return [_Row(list[Cell | None](row), [True] * len(row)) for row in rows]
    grid: list[_Row] = []
    hanging: _Hanging = {}
    for row in rows:
        spread, hanging = _spread_row(row, hanging, len(rows))
        grid.append(spread)
    return grid


def _spread_row(row: list[Cell], hanging: _Hanging, height: int) -> tuple[_Row, _Hanging]:
    """One row with what reaches into it from above, and what reaches on into the next."""
    cells: list[Cell | None] = []
    origins: list[bool] = []
    below: _Hanging = {}

    def add(cell: Cell | None, left: int, origin: bool) -> None:
        if cell is not None and left > 0:
            below[len(cells)] = (cell, left)
        cells.append(cell)
        origins.append(origin)

    def add_from_above() -> None:
        while len(cells) in hanging:
            cell, left = hanging.pop(len(cells))
            add(cell, left - 1, False)

    for cell in row:
        for _ in range(min(cell.colspan, 100)):
            add_from_above()
            add(cell, min(cell.rowspan, height) - 1, True)
    add_from_above()
    for column in sorted(hanging):
        while len(cells) < column:
            add(None, 0, True)
        cell, left = hanging[column]
        add(cell, left - 1, False)
    return _Row(cells, origins), below


def _is_section(row: _Row, width: int) -> bool:
    """Whether one cell with text reaches across (most of) the table, alone in its row."""
    filled = row.filled()
    if len(filled) != 1 or filled[0].rowspan > 1:
        return False
    return filled[0].colspan > 1 and (filled[0].colspan * 2 >= width or len(row.cells) < width)


def _is_figure(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text)) and not _is_date(text)


def _is_date(text: str) -> bool:
    return bool(_YEAR.fullmatch(text) or _DAY.fullmatch(text))


def _heading_depth(part: list[_Row], width: int, known: list[str], first: bool) -> int:
    """How many of the first rows of a part are headings (0: none of its own)."""
    if not part:
        return 0
    marked = 0
    while marked < len(part) and all(c.head for c in part[marked].filled()):
        marked += 1
    if marked:
        return min(marked, _MAX_HEADING_ROWS)
    if len(part) < 2 or width < 2:
        return 0
    if known and _repeats(part[0], _Row([Cell(name) for name in known], []), width):
        return 1
    if not _looks_like_heading(part, width, weak=first):
        return 0
    depth = 1
    while depth < min(len(part) - 1, _MAX_HEADING_ROWS) and _continues_heading(part, depth, width):
        depth += 1
    return depth


def _looks_like_heading(part: list[_Row], width: int, weak: bool) -> bool:
    top, rest = part[0], part[1:]
    filled = top.filled()
    if any(_is_figure(cell.text) for cell in filled):
        return False
    bold = all(cell.strong for cell in filled)
    if bold and any(not all(c.strong for c in row.filled()) for row in rest):
        return True
    columns = [
        (_text(top, column), [text for row in rest if (text := _text(row, column))])
        for column in range(width)
    ]
    # A date over dates is the first of them, and heads nothing.
    first = any(under and all(map(_is_date, [over, *under])) for over, under in columns)
    if first or not weak:
        return False
    if len(filled) > 1 and (top.cells[0] is None or not top.cells[0].text):
        return True
    for over, under in columns:
        figures = sum(bool(_NUMBER.match(text) or _NO_FIGURE.fullmatch(text)) for text in under)
        if over and under and figures * 2 >= len(under):
            return True
    # Words only: the headings are brief and there is one over every column.
    brief = all(len(c.text) <= 60 and not c.text.endswith((".", ";", ":")) for c in filled)
    return brief and len(filled) == width and (width > 2 or _heads_two(top, rest))


def _heads_two(top: _Row, rest: list[_Row]) -> bool:
    """Whether the top of a table of two columns of words is a heading, not a first pair."""
    one, two = _text(top, 0), _text(top, 1)
    longer = sum(len(_text(row, 1)) > 2 * len(two) for row in rest)
    return len(one) <= 40 and len(two) <= 40 and len(rest) > 1 and longer * 2 > len(rest)


def _continues_heading(part: list[_Row], depth: int, width: int) -> bool:
    """Whether the row at `depth` is a further row of headings under those before."""
    above, row = part[depth - 1], part[depth]
    filled = row.filled()
    if any(_is_figure(cell.text) for cell in filled):
        return False
    grouped = any(cell.colspan > 1 for cell in above.filled()) or not all(row.origins)
    sparse = len(above.filled()) * 2 < width and len(filled) > len(above.filled())
    if not grouped and not sparse:
        return False
    below = [_text(r, c) for r in part[depth + 1 :] for c in range(1, width)]
    return any(_is_figure(text) or _NO_FIGURE.fullmatch(text) for text in below if text) or all(
        cell.strong for cell in filled
    )


def _aligned(part: list[_Row], depth: int, width: int) -> list[_Row]:
    """The rows of headings, moved right where the corner above the first column is left out."""
    heads, rest = part[:depth], part[depth:]
    short = all(len(row.cells) == width - 1 for row in heads)
    if not (short and rest and all(len(row.cells) == width for row in rest)):
        return heads
    return [_Row([None, *row.cells], [True, *row.origins]) for row in heads]


def _headings(rows: list[_Row], width: int) -> list[str]:
    names = []
    for column in range(width):
        parts: list[str] = []
        for row in rows:
            text = _text(row, column).rstrip(" :")
            if text and text not in parts:
                parts.append(text)
        names.append(" – ".join(parts))
    return names


def _repeats(row: _Row, headings: _Row, width: int) -> bool:
    """Whether a row gives the headings again; the first may differ, as where it names a year."""
    pairs = [(_text(row, c), _text(headings, c)) for c in range(1, width)]
    words = [(a, b) for a, b in pairs if a and not _is_figure(a) and not _NO_FIGURE.fullmatch(a)]
    same = sum(_letters(a) == _letters(b) for a, b in words)
    return len(words) > 1 and same == len(words) == len([b for _, b in pairs if b])


def _letters(text: str) -> str:
    """What is left of a heading without brackets, stops and spaces: "Paid (£):" is "Paid £"."""
    return "".join(c for c in text.casefold() if c.isalnum() or c in "£$€%")


def _text(row: _Row, column: int) -> str:
    cell = row.cells[column] if column < len(row.cells) else None
    return cell.text if cell is not None else ""


def _line(row: _Row, headings: list[str], section: str) -> str:
    shown = [section] if section else []
    column = 0
    while column < len(row.cells):
        cell, start = row.cells[column], column
        while column < len(row.cells) and row.cells[column] is cell:
            column += 1
        if cell is None or not cell.text:
            continue
        if not row.origins[start] and len(cell.text) > _MAX_REPEAT:
            continue
        names = list(dict.fromkeys(name for name in headings[start:column] if name))
        shown.append(f"{', '.join(names)}: {cell.text}" if names else cell.text)
    return CELLS.join(shown)
