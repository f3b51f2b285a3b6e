"""Columns over time as SVG: drawn here, so that no plotting program is loaded by the browser.

Every plot is an image with its meaning in words and the same figures as a table beneath it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from index.dates import MONTHS

from .markup import panel

WIDTH, HEIGHT = 720, 150
"""Units of the drawing, which scales with its place."""
_FOOT = 20
_BY_YEAR_ABOVE = 60
"""Months; a longer time is shown by year."""
_LABELS = 8
"""Most labels under the columns."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the plot; measures in units of the drawing, `tick` where it is labelled.

    Every second label is `minor`: there is no room for it on a narrow screen.
    """

    label: str
    count: int
    x: float
    y: float
    width: float
    height: float
    tick: str
    is_minor: bool


def over_time(days: Iterable[date | None], title: str, name: str) -> Markup:
    """How many fall into each month, or each year where that would be too many.

    Nothing is drawn for fewer than two periods.  `name` is an id that is unique on the page.
    """
    known = [day for day in days if day]
    if not known:
        return Markup()
    periods = _periods(known)
    if len(periods) < 2:
        return Markup()
    most = max(count for _, count in periods)
    busiest = next(label for label, count in periods if count == most)
    words = (
        f"{title}, {periods[0][0]} to {periods[-1][0]}: {sum(n for _, n in periods):,} in all, "
        f"most in {busiest} ({most:,})."
    )
    return panel(
        "plot",
        columns=_columns(periods, most),
        title=title,
        words=words,
        anchor=name,
        width=WIDTH,
        height=HEIGHT,
        foot=HEIGHT - _FOOT,
        most=most,
    )


def _periods(days: Sequence[date]) -> list[tuple[str, int]]:
    """Every period from the first to the last, also those in which nothing falls."""
    first, last = min(days), max(days)
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    if months > _BY_YEAR_ABOVE:
        years = Counter(day.year for day in days)
        return [(str(year), years[year]) for year in range(first.year, last.year + 1)]
    counts = Counter((day.year, day.month) for day in days)
    found = []
    for number in range(months):
        year, month = divmod(first.year * 12 + first.month - 1 + number, 12)
        found.append((f"{MONTHS[month][:3]} {year}", counts[(year, month + 1)]))
    return found


def _columns(periods: Sequence[tuple[str, int]], most: int) -> list[Column]:
    room = WIDTH / len(periods)
    every = -(-len(periods) // _LABELS)
    # A label begins at its column and needs the room of several.
    ticks = {0, *range(0, len(periods) - every + 1, every)}
    found = []
    for place, (label, count) in enumerate(periods):
        height = (HEIGHT - _FOOT - 14) * count / most
        found.append(
            Column(
                label,
                count,
                round(place * room + room * 0.1, 2),
                round(HEIGHT - _FOOT - height, 2),
                round(room * 0.8, 2),
                round(height, 2),
                label if place in ticks else "",
                place // every % 2 == 1,
            )
        )
    return found
