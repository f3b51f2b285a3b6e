"""Which rows of a table are put before the others: those of the name, group and time asked for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from index import departments
from index.text import CELLS
from prompts import render

from . import asks, demands, periods, tables
from .units import Candidate, Unit, is_row

TOLD, TOLD_BY_NUMBER = 0.3, 1.0
"""What a row of the name or the group asked for has over one of another, and what one has of the
month, the year or the number ("grade 7") that is asked for."""
TOTAL = 0.05
"""What a total has over rows that have no more of the question."""

_SEVERAL = re.compile(r"\b(?:each|every|all|by|since|per)\b", re.IGNORECASE)
_TOTAL = re.compile(r"(?:[^|:]{1,60}: )?(?:grand )?totals?\b", re.IGNORECASE)


def prefer(candidate: Candidate, question: str) -> None:
    """Raise `row_overlap` of the rows that are asked for.

    Sets `told` and `number` as well: how far a row's labels are what the question names, and the
    numbers in them alone.
    """
    _prefer_told(candidate, question)
    _prefer_sort(candidate, question)
    _prefer_latest(candidate, question)
    _prefer_total(candidate)


def _prefer_told(candidate: Candidate, question: str) -> None:
    """Put the rows of the time, the name and the group that are asked for before the others."""
    rows = [unit for unit in candidate.units if is_row(unit)]
    told = _Told(
        question,
        [name.text for name in demands.names(question)],
        departments.known(question),
        periods.months(question),
        periods.years(question),
    )
    captions = dict.fromkeys(
        line.text for unit in rows for line in candidate.leads(unit) if not is_row(line)
    )
    about = " ".join([candidate.record.title, candidate.record.question, *captions])
    common = [name for name in told.names if demands.mentions(about, name)]
    over = [candidate.headings(unit) for unit in rows]
    groups, numbers = tables.telling(
        _without(question, common),
        [[*tables.labels(u.text), tables.tokens(up)] for u, up in zip(rows, over, strict=True)],
    )
    for unit, up, group, number in zip(rows, over, groups, numbers, strict=True):
        unit.features |= {"number": number, "told": max(group, number)}
        unit.features["row_overlap"] += TOLD * (group + told.named(unit.text, up, common))
        unit.features["row_overlap"] += TOLD_BY_NUMBER * (number + told.times(unit.text, up))


def _without(question: str, names: Sequence[str]) -> str:
    """A question without the names that all rows are about."""
    for name in names:
        question = question.replace(name, " ")
    return question


def _prefer_sort(candidate: Candidate, question: str) -> None:
    """Put the rows that give nothing of the sort asked for behind others: numbers behind shares."""
    sort = asks.asked(question).sort
    rows = [unit for unit in candidate.units if is_row(unit)]
    without = [unit for unit in rows if not asks.given(sort, unit.text, question)]
    if len(without) < len(rows):
        for unit in without:
            unit.features["row_overlap"] -= TOLD


@dataclass(frozen=True, slots=True)
class _Told:
    """What tells one row of a table from another: the names and the times of a question."""

    question: str
    names: Sequence[str]
    departments: Sequence[str]
    months: Sequence[str]
    years: Sequence[str]

    def times(self, row: str, headings: str) -> float:
        """The share of the months that a row has, or, half of that where it has none, of the years.

        It has what its headings have: "2013-14" may stand over all rows of a year.  A month that
        stands alone is that of the year asked for.
        """
        said = f"{headings} {tables.times(row) or row}"
        is_bare = bool(tables.times(row)) and not periods.names_year(said)
        months = [
            periods.has_month(f"{said} {month.split()[1]}" if is_bare else said, month)
            for month in self.months
        ]
        years = [periods.holds(self.question, said, year) for year in self.years]
        if any(months) or not years:
            return sum(months) / (len(months) or 1)
        return sum(years) / len(years) / (2 if months else 1)

    def named(self, row: str, headings: str, common: Sequence[str]) -> float:
        """The share of the names and departments that it has; those that all are about count half.

        What the columns are called is the same in every row.
        """
        values = CELLS.join([headings, *(cell.value for cell in tables.cells(row))])
        held = [
            demands.mentions(values, name) * (0.5 if name in common else 1.0) for name in self.names
        ]
        held += [float(bool(departments.named(values, [one]))) for one in self.departments]
        return sum(held) / len(held) if held else 0.0


def _prefer_latest(candidate: Candidate, question: str) -> None:
    """Put the rows of the last year or month before the others, where that is asked for."""
    rows = [u for u in candidate.units if is_row(u)] if periods.asks_latest(question) else []
    last = max((periods.latest(unit.text) for unit in rows), default=(0, 0))
    for unit in rows:
        if any(last) and periods.latest(unit.text) == last:
            unit.features["row_overlap"] += TOLD
            unit.features["told"] = 1.0


def _prefer_total(candidate: Candidate) -> None:
    """Put the total before the other rows of its table, where the question names none of them."""
    by_table: dict[int | None, list[Unit]] = {}
    for unit in candidate.units:
        if is_row(unit):
            by_table.setdefault(unit.table, []).append(unit)
    for rows in by_table.values():
        best = max(unit.features["row_overlap"] for unit in rows)
        for unit in rows:
            if _TOTAL.match(unit.text) and unit.features["row_overlap"] == best:
                unit.features["row_overlap"] += TOTAL


def left_out(candidate: Candidate, shown: Sequence[Unit], question: str) -> str:
    """Says how many rows of the table that most of `shown` are of are not among them.

    Empty where all are, and where a single row is shown and only one may have been asked for.
    """
    shown_of = Counter(unit.table for unit in shown if is_row(unit))
    if not shown_of:
        return ""
    ((table, count),) = shown_of.most_common(1)
    total = sum(unit.table == table for unit in candidate.units if is_row(unit))
    asks_several = asks.asked(question).sort is asks.Sort.LIST or _SEVERAL.search(question)
    if count == total or (count == 1 and not asks_several):
        return ""
    return render("rows_shown", shown=count, total=total)
