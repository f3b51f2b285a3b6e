"""Is a figure of a table given for the row and the column that it stands in?"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from index.text import CELLS

from .tokens import Token, tokenise
from .types import Missing

_MOST_ROWS = 400


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table: what it is of, and of each further cell its heading and its value."""

    head: Sequence[Token]
    labels: Sequence[Sequence[Token]]
    values: Sequence[Sequence[Token]]
    shown: Sequence[str]


@dataclass(slots=True)
class CellCheck:
    """What a table says of a claim: what is wrong, and the tokens that need no further look."""

    issues: list[Missing] = field(default_factory=list)
    settled: set[int] = field(default_factory=set)


def rows(evidence: Sequence[str]) -> list[Row]:
    """The rows of the tables in the evidence, as `index.tables` writes them."""
    lines = [line for text in evidence if CELLS in text for line in text.splitlines()]
    return [_row(line) for line in lines if CELLS in line][:_MOST_ROWS]


def check_cells(
    claim: Sequence[Token], table: Sequence[Row], sentences: Sequence[Sequence[Token]]
) -> CellCheck:
    """Look at the claim's figures that only a table of the evidence gives.

    Each is of what is said behind it or of what is said before it, in all of the claim alike;
    what is said only before the first, or only behind the last, is said of all.
    """
    told = CellCheck()
    if not table or _is_row(claim):
        return told
    prose = [one for one in sentences if not _is_row(one)]
    cells = {
        i: found
        for i, token in enumerate(claim)
        if token.figure
        and (found := _cells(token, table))
        and not any(token.is_in(t) for one in prose for t in one)
    }
    at = list(cells)
    if not at:
        return told
    ways = [
        [
            _borne_out(claim, table, i, cells[i], a, b)
            for i, a, b in zip(at, heads, labels, strict=True)
        ]
        for heads in _stretches(claim, at, _heads(claim, table))
        for labels in _stretches(claim, at, _labels(claim, table))
    ]
    best = min(ways, key=lambda way: sum(good is None for good in way))
    for i, good in zip(at, best, strict=True):
        if good is None:
            row, n = cells[i][0]
            of = " ".join([t.text for t in row.head] + [row.shown[n]]).strip()
            note = f"The cited text gives {claim[i].text} for “{of}”."
            told.issues.append(Missing("figure", claim[i].text, note))
        else:
            told.settled |= good
    return told


_Stretches = tuple[range, range]
"""Where the claim may name a figure's own row (or column), and where that of all its figures."""


def _stretches(
    claim: Sequence[Token], at: Sequence[int], named: Collection[int]
) -> list[list[_Stretches]]:
    """For each figure where it may be named, in each way that the claim can be read."""
    first, last, end = at[0], at[-1], len(claim)
    none = range(0)
    if all(i < first for i in named):
        return [[(none, range(first))] * len(at)]
    if all(i > last for i in named):
        return [[(none, range(last + 1, end))] * len(at)]
    behind = [(range(a + 1, b), range(first)) for a, b in zip(at, [*at[1:], end], strict=True)]
    before = [(range(a, b), range(last + 1, end)) for a, b in zip([0, *at], at, strict=False)]
    if not any(i < first for i in named):
        return [behind]
    return [behind, before] if any(i > last for i in named) else [before]


def _borne_out(
    claim: Sequence[Token],
    table: Sequence[Row],
    figure: int,
    cells: Sequence[tuple[Row, int]],
    rows: _Stretches,
    labels: _Stretches,
) -> set[int] | None:
    """The figure and the tokens that name its cell, or None where the claim names another cell.

    None of the tokens where the claim names neither row nor column: it is not told from the table.
    """
    # Where the claim names any row: in the figure's own words, else in those for all its figures.
    where = next((s for s in rows if any(_naming(claim, s, one.head) for one in table)), None)
    for row, n in cells:
        said = set() if where is None else _naming(claim, where, row.head)
        under = _under(claim, labels, row, n)
        if (said or where is None) and under is not None:
            return said | under | {figure} if said or under else set()
    return None


def _under(claim: Sequence[Token], labels: _Stretches, row: Row, n: int) -> set[int] | None:
    """The tokens that name this column of the row; None where they name another one."""
    mine = {t.key for t in row.labels[n]}
    others = {t.key for k, label in enumerate(row.labels) if k != n for t in label}
    for stretch in labels:
        said = {i for i in stretch if claim[i].key in mine - others}
        if said:
            return said
        if mine - others and any(claim[i].key in others - mine for i in stretch):
            return None
    return set()


def _heads(claim: Sequence[Token], table: Sequence[Row]) -> set[int]:
    """The tokens of the claim that name a row."""
    return {i for row in table for i in _naming(claim, range(len(claim)), row.head)}


def _labels(claim: Sequence[Token], table: Sequence[Row]) -> set[int]:
    """The tokens of the claim that tell one column from another."""
    runs = {tuple(frozenset(t.key for t in label) for label in row.labels) for row in table}
    telling = {
        key for run in runs for label in run for key in label if sum(key in o for o in run) == 1
    }
    return {i for i, token in enumerate(claim) if token.key in telling} if telling else set()


def _naming(claim: Sequence[Token], stretch: range, head: Sequence[Token]) -> set[int]:
    """The tokens of the claim that say all that a row is of; none where something is lacking."""
    found: set[int] = set()
    for token in (t for t in head if t.is_content):
        here = [i for i in stretch if token.is_in(claim[i]) or claim[i].is_in(token)]
        if not here:
            return set()
        found.update(here)
    return found


def _cells(figure: Token, table: Sequence[Row]) -> list[tuple[Row, int]]:
    """The cells that give this figure."""
    return [
        (row, n)
        for row in table
        for n, value in enumerate(row.values)
        if any(_is_same(figure, t) for t in value)
    ]


def _is_same(figure: Token, other: Token) -> bool:
    units = {token.figure.unit for token in (figure, other) if token.figure}
    return figure.is_in(other) and len(units) == 1


def _is_row(sentence: Sequence[Token]) -> bool:
    return any("|" in token.before for token in sentence)


def _row(line: str) -> Row:
    first, *rest = line.split(CELLS)
    parted = [cell.rpartition(": ") for cell in rest]
    return Row(
        tokenise(first.rpartition(": ")[2]),
        [tokenise(label) for label, _, _ in parted],
        [tokenise(value) for _, _, value in parted],
        [label for label, _, _ in parted],
    )
