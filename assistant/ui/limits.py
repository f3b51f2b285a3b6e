"""What the reader typed into the filters, as `Filters` and back in words."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from index import make_filters
from index.errors import BadRequest
from index.sources.dates import DATE, parse_date
from index.types import Filters, Suggestion
from prompts import british_date

from .markup import panel

BETWEEN = "answered"
"""The name of a range of days, written ``first/last``."""
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
    members: str = ""

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
            member=tuple(member(name) for name in (self.members or "").split(";") if name.strip()),
        )


def with_limit(filters: Filters, name: str, value: str) -> Filters:
    """The filters with one more limit, as `offered_limits` names it and its value as text.

    Raises:
        ValueError: there is no such field, or the value cannot stand there.
    """
    given = filters.model_dump()
    if name == BETWEEN:
        given["answered_from"], _, given["answered_to"] = value.partition("/")
    elif name in given:
        given[name] = (*given[name], value) if isinstance(given[name], tuple) else value
    else:
        raise ValueError(f"{name} is not a filter")
    return Filters.model_validate(given)


def without_limit(filters: Filters, name: str, value: str) -> Filters:
    """The filters without one of `limits_of`; the same where it is none of them."""
    given = filters.model_dump()
    if isinstance(given.get(name), tuple):
        given[name] = tuple(one for one in given[name] if str(one) != value)
    elif name in given and str(given[name]) == value:
        given[name] = None
    return Filters.model_validate(given)


def changed(
    filters: Filters, offered: Sequence[Suggestion], name: str, value: str, *, away: bool
) -> Filters | None:
    """The filters after a press of one of `limit_chips`; None for a limit not offered any more."""
    if away:
        return without_limit(filters, name, value)
    if (name, value) not in [(one.field, one.value) for one in offered]:
        return None
    return with_limit(filters, name, value)


def offered_limits(filters: Filters, suggestions: Sequence[Suggestion]) -> tuple[Suggestion, ...]:
    """The suggestions that can be added to the filters and say something they do not.

    The two ends of a range are offered as one, under the name `BETWEEN`.
    """
    fit = [s for s in suggestions if not getattr(filters, s.field) and _fits(filters, s)]
    ends = [s for s in fit if s.field in ("answered_from", "answered_to")]
    if len(ends) == 2:
        fit = [s for s in fit if s not in ends]
        fit.append(Suggestion(BETWEEN, "/".join(s.value for s in ends), _days(*ends)))
    return tuple(fit)


def limits_of(filters: Filters) -> Iterator[Suggestion]:
    """Each single limit in force, as it can be taken away again."""
    for name in filters.department:
        yield Suggestion("department", name, name)
    for house in filters.house:
        yield Suggestion("house", house, f"House of {house}")
    for member in filters.member:
        yield Suggestion("member", str(member), _named(member))
    for verb in ("answered", "asked"):
        for end, word in (("from", "on or after"), ("to", "on or before")):
            day = getattr(filters, f"{verb}_{end}")
            if day:
                label = f"{verb} {word} {british_date(day)}"
                yield Suggestion(f"{verb}_{end}", day.isoformat(), label)


def limit_chips(via: str, filters: Filters, offered: Sequence[Suggestion]) -> Markup:
    """Buttons that add an offered limit or take one away; `via` is the attribute they act by."""
    return panel("limits", via=via, in_force=list(limits_of(filters)), offered=offered)


def in_words(filters: Filters) -> str:
    """What the filters allow, for the reader; nothing where they allow everything."""
    parts: list[str] = []
    if filters.department:
        parts.append(" or ".join(filters.department))
    if filters.house:
        parts.append(" or ".join(f"House of {house}" for house in filters.house))
    if filters.member:
        parts.append("asked or answered by " + " or ".join(map(_named, filters.member)))
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


def member(name: str) -> int | str:
    """A member's number where digits alone are given, else the name."""
    plain = " ".join(name.split())
    return int(plain) if plain.isascii() and plain.isdigit() else plain


def _named(member: int | str) -> str:
    return f"member {member}" if isinstance(member, int) else member


def _days(first: Suggestion, last: Suggestion) -> str:
    if first.value == last.value:
        return f"answered on {british_date(date.fromisoformat(first.value))}"
    return f"answered {first.label} {last.label}"


def _fits(filters: Filters, one: Suggestion) -> bool:
    try:
        return with_limit(filters, one.field, one.value) != filters
    except ValueError:
        return False


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
