"""Reading a whole list by pages while the list may shift under the reader.

When an item joins or leaves the list before the place that has been read, what follows moves by
one, and an item can fall between two pages.  So each page is asked for with the last item of the
page before; where that item is not the first one given, the list has shifted.  A pass counts
only if nothing shifted, every page told the same total, and that many different items were
seen; otherwise the list is read again.  (A server that orders ties anew each time seems to shift
for ever: there a pass counts that brings nothing new to a full count.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..types import Rejected
from .questions import Listed, Page

PASSES = 5
"""Readings of one list at most; then what was seen is used and the list counts as unsettled."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A whole list: every item seen in any pass, by id; the latest sight of each counts."""

    items: tuple[Listed, ...]
    total: int
    settled: bool
    unreadable: tuple[Rejected, ...] = ()


def read_all(page_at: Callable[[int], Page], passes: int = PASSES) -> Reading:
    """Read a list to its end; `page_at` gives the items from a place onwards."""
    seen: dict[int, Listed] = {}
    total = 0
    unreadable: tuple[Rejected, ...] = ()
    for _ in range(passes):
        before = set(seen)
        one, steady_total = _pass(page_at)
        seen.update((item.id, item) for item in one.items)
        total, unreadable = one.total, one.unreadable
        if one.settled:
            # What an earlier pass saw and this one did not has left the list since.
            return one
        if steady_total and before == set(seen) and len(seen) + len(unreadable) == total:
            return Reading(tuple(seen.values()), total, True, unreadable)
    return Reading(tuple(seen.values()), total, False, unreadable)


def _pass(page_at: Callable[[int], Page]) -> tuple[Reading, bool]:
    """One reading, and whether all its pages told the same total."""
    seen: dict[int, Listed] = {}
    unreadable: dict[Rejected, None] = {}
    totals: set[int] = set()
    steady = True
    skip, last = 0, None
    while True:
        page = page_at(skip)
        totals.add(page.total)
        ids = [item.id for item in page.items]
        if last is not None and ids[:1] != [last]:
            steady = False
        seen.update((item.id, item) for item in page.items)
        unreadable.update(dict.fromkeys(page.unreadable))
        reached = skip + page.received
        if reached >= page.total or page.received <= (0 if last is None else 1):
            break
        # One item twice shows whether the pages fit together; where it could not be read, or
        # the page holds nothing else, there is nothing to compare.
        overlap = bool(ids) and page.received > 1 and not page.unreadable
        skip, last = (reached - 1, ids[-1]) if overlap else (reached, None)
    count = len(seen) + len(unreadable)
    settled = steady and len(totals) == 1 and count == page.total
    reading = Reading(tuple(seen.values()), page.total, settled, tuple(unreadable))
    return reading, len(totals) == 1
