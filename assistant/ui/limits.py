"""What the reader typed into the filters, as `Filters` and back in words."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from index import make_filters
from index.errors import BadRequest
from index.sources.dates import DATE, parse_date
from index.types import Filters
from prompts import british_date

_DAY = re.compile(DATE, re.IGNORECASE)
_MONTH = re.compile(r"[A-Za-z]{3,9}\.?,? \d{4}")
_YEAR = re.compile(r"\d{4}")


@dataclass(frozen=True, slots=True)
class Limits:
    """The filters as they stand on the page."""

    departments: Sequence[str] = ()
    houses: Sequence[str] = ()
    answered_from: str = ""
    answered_to: str = ""
    asked_from: str = ""
    asked_to: str = ""

    def filters(self) -> Filters:
        """The filters meant.

        Raises:
            BadRequest: a date cannot be read, or a range ends before it begins.
        """
        answered = _between("answered", self.answered_from, self.answered_to)
        asked = _between("asked", self.asked_from, self.asked_to)
        return make_filters(
            department=tuple(self.departments or ()),
            house=tuple(self.houses or ()),
            answered_from=answered[0],
            answered_to=answered[1],
            asked_from=asked[0],
            asked_to=asked[1],
        )


def in_words(filters: Filters) -> str:
    """What the filters allow, for the reader; nothing where they allow everything."""
    parts: list[str] = []
    if filters.department:
        parts.append(" or ".join(filters.department))
    if filters.house:
        parts.append(" or ".join(f"House of {house}" for house in filters.house))
    for verb in ("answered", "asked"):
        first, last = getattr(filters, f"{verb}_from"), getattr(filters, f"{verb}_to")
        if first and last:
            parts.append(f"{verb} {british_date(first)} to {british_date(last)}")
        elif first:
            parts.append(f"{verb} on or after {british_date(first)}")
        elif last:
            parts.append(f"{verb} on or before {british_date(last)}")
    return "; ".join(parts)


def read_date(text: str, *, end: bool = False) -> date | None:
    """A date as people in Britain write it; None for an empty box.

    ``20/07/2022``, ``20 July 2022``, ``2022-07-20``; a month or a year alone means its first
    day, or its last where `end` is set.

    Raises:
        BadRequest: it is none of these, or there is no such day.
    """
    plain = " ".join((text or "").split())
    if not plain:
        return None
    found = _whole_day(plain) or _month_or_year(plain, end=end)
    if found is None:
        raise BadRequest(f"“{plain}” is not a date.", "Write it like 20/07/2022 or 20 July 2022.")
    return found


def _whole_day(plain: str) -> date | None:
    return parse_date(plain) if _DAY.fullmatch(plain) else None


def _month_or_year(plain: str, *, end: bool) -> date | None:
    """The first or last day of a month or year."""
    if _YEAR.fullmatch(plain):
        plain = f"{'December' if end else 'January'} {plain}"
    first = parse_date(f"1 {plain}") if _MONTH.fullmatch(plain) else None
    if first is None or not end:
        return first
    return first.replace(day=monthrange(first.year, first.month)[1])


def _between(verb: str, first: str, last: str) -> tuple[date | None, date | None]:
    begin, end = read_date(first), read_date(last, end=True)
    if begin and end and begin > end:
        raise BadRequest(
            f"The dates {verb} are the wrong way round: {british_date(begin)} is later than "
            f"{british_date(end)}."
        )
    return begin, end
