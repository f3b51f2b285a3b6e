"""Months of which an index holds no answers, or conspicuously few, for each House.

Counted by the day answered, from the first month held to the last.  Nothing is known here of what
there was to be had: Parliament answers little in a recess and nothing at a general election.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .index import Index

FEW = 0.1
"""Share of a usual month's answers below which a month has conspicuously few."""

_COUNTS = """
SELECT house, substr(answered, 1, 7), COUNT(*) FROM records
WHERE NOT is_summary AND kind = 'written_answer' AND house IS NOT NULL AND answered IS NOT NULL
GROUP BY 1, 2 ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class ThinMonth:
    """A month with no answers or conspicuously few."""

    house: str
    month: str
    """``YYYY-MM``."""
    answers: int
    usual: int
    """Answers in a usual month of this House: the median of those that have any."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """From which month to which there are answers of a House, and what is thin in between."""

    house: str
    first: str
    last: str
    thin: tuple[ThinMonth, ...]


def coverage(index: Index) -> tuple[Coverage, ...]:
    """The coverage of each House of which there are answers, by name.

    The first and the last month are whole as seldom as not, so few in them is nothing conspicuous.
    """
    held: dict[str, dict[str, int]] = {}
    with index.catalog.reading() as db:
        for house, month, count in db.execute(_COUNTS):
            held.setdefault(house, {})[month] = count
    found = []
    for house, months in held.items():
        first, last = min(months), max(months)
        usual = int(median(months.values()))
        thin = tuple(
            ThinMonth(house, month, months.get(month, 0), usual)
            for month in _between(first, last)
            if months.get(month, 0) < FEW * usual or month not in months
        )
        found.append(Coverage(house, first, last, thin))
    return tuple(found)


def _between(first: str, last: str) -> Iterator[str]:
    """The months after `first` and before `last`."""
    year, month = (int(part) for part in first.split("-"))
    while True:
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        now = f"{year:04d}-{month:02d}"
        if now >= last:
            return
        yield now
