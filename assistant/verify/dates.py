"""Dates, however they are written, and whether one date holds another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.dates import MONTH_NUMBERS, MONTHS

from .figures import ORDINAL_ENDINGS, split_number
from .lexing import Lexeme

_DOTTED = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4}|[0-9]{2})")
_BEFORE_MONTH = frozenset(
    "in since until till by from to between of during before after last next this each every "
    "early late mid and through".split()
)
"""Words after which a bare "May" or "March" is the month."""
_JOINING = frozenset({"and", "to", "or", "-", "&", ","})


@dataclass(frozen=True, slots=True)
class Date:
    """A day, a month, a year or a span of years (`until`), as far as it is given."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    until: int | None = None

    def holds(self, other: Date) -> bool:
        """Whether whoever gives this date has given `other`: the day has its month."""
        if self.until != other.until:
            return False
        return all(
            theirs is None or theirs == ours
            for theirs, ours in (
                (other.year, self.year),
                (other.month, self.month),
                (other.day, self.day),
            )
        )


def parse_dates(lexemes: Sequence[Lexeme], at: int) -> tuple[list[Date], int] | None:
    """The dates that begin at lexeme `at` and where they end, or None.

    "6 and 8 July 2022" gives two, as does "6 July to 8 August 2022".
    """
    found = _one(lexemes, at)
    if found is None:
        return _days(lexemes, at)
    date, end = found
    if date.month and not date.year and end < len(lexemes) and lexemes[end].lower in _JOINING:
        # "6 July to 8 August 2022": the year is given once.
        following = _one(lexemes, end + 1) if end + 1 < len(lexemes) else None
        if following and following[0].month and following[0].year:
            earlier = Date(following[0].year, date.month, date.day)
            return [earlier, following[0]], following[1]
    return [date], end


def _days(lexemes: Sequence[Lexeme], at: int) -> tuple[list[Date], int] | None:
    """Days that share a month: "6 and 8 July 2022"."""
    day = _day(lexemes[at])
    if day is None or at + 2 >= len(lexemes) or lexemes[at + 1].lower not in _JOINING:
        return None
    following = _one(lexemes, at + 2)
    if following is None or not following[0].day or not following[0].month:
        return None
    date, end = following
    if lexemes[at + 2].kind != "number":
        return None
    return [Date(date.year, date.month, day), date], end


def _one(lexemes: Sequence[Lexeme], at: int) -> tuple[Date, int] | None:
    first = lexemes[at]
    if first.kind == "number":
        return (
            _numeric(lexemes, at)
            or _month_and_year(lexemes, at)
            or _day_first(lexemes, at)
            or _years(lexemes, at)
        )
    return _month_first(lexemes, at) if first.kind == "word" else None


def _day_first(lexemes: Sequence[Lexeme], at: int) -> tuple[Date, int] | None:
    """``6 July``, ``6th of July``, ``6 July 2022``."""
    day = _day(lexemes[at])
    at += 1
    if at + 1 < len(lexemes) and lexemes[at].lower == "of":
        at += 1
    if day is None or at >= len(lexemes):
        return None
    month = _month(lexemes[at])
    if month is None:
        return None
    year, end = _year_after(lexemes, at + 1)
    return Date(year, month, day), end


def _month_first(lexemes: Sequence[Lexeme], at: int) -> tuple[Date, int] | None:
    """``July``, ``July 2022``, ``July 6, 2022``; "May" and "March" only where months are meant."""
    month = _month(lexemes[at])
    if month is None:
        return None
    year, end = _year_after(lexemes, at + 1)
    if year is not None:
        return Date(year, month), end
    day = _day(lexemes[at + 1]) if at + 1 < len(lexemes) else None
    if day is not None:
        year, end = _year_after(lexemes, at + 2)
        return Date(year, month, day), end
    doubtful = lexemes[at].lower in {"may", "march", "mar"}
    if doubtful and (at == 0 or lexemes[at - 1].lower not in _BEFORE_MONTH):
        return None
    if len(lexemes[at].lower) <= 4 and lexemes[at].lower.capitalize() not in MONTHS:
        return None  # "Dec", "Jan" alone may be a name
    return Date(None, month), at + 1


def _numeric(lexemes: Sequence[Lexeme], at: int) -> tuple[Date, int] | None:
    """``06/07/2022`` (day first), ``06.07.22``, ``2022-07-06``."""
    dotted = _DOTTED.fullmatch(lexemes[at].text)
    if dotted:
        return _checked(dotted[3], dotted[2], dotted[1], at + 1)
    run = lexemes[at : at + 5]
    if len(run) < 5 or not all(lexeme.glued for lexeme in run[1:]):
        return None
    if any(not run[n].is_sign("/", "-") for n in (1, 3)) or run[1].text != run[3].text:
        return None
    one, two, three = (run[n].text for n in (0, 2, 4))
    if not all(part.isascii() and part.isdigit() for part in (one, two, three)):
        return None
    if len(one) == 4:
        return _checked(one, two, three, at + 5)
    return _checked(three, two, one, at + 5) if len(three) in (2, 4) else None


def _month_and_year(lexemes: Sequence[Lexeme], at: int) -> tuple[Date, int] | None:
    """``03/2022``."""
    run = lexemes[at : at + 3]
    if len(run) < 3 or not run[1].is_sign("/") or not (run[1].glued and run[2].glued):
        return None
    month, year = run[0].text, _year(run[2])
    if year is None or len(month) != 2 or not month.isdecimal() or not 1 <= int(month) <= 12:
        return None
    return Date(year, int(month)), at + 3


def _checked(year: str, month: str, day: str, end: int) -> tuple[Date, int] | None:
    if max(len(year), len(month), len(day)) > 4:
        return None
    y = int(year) + (2000 if len(year) == 2 else 0)
    m, d = int(month), int(day)
    return (Date(y, m, d), end) if 1 <= m <= 12 and 1 <= d <= 31 else None


def _years(lexemes: Sequence[Lexeme], at: int) -> tuple[Date, int] | None:
    """``2022``, ``2023-24``, ``2023/2024``, ``2023 to 2024``, ``between 2023 and 2024``."""
    year = _year(lexemes[at])
    if year is None:
        return None
    if at + 2 < len(lexemes):
        joined, last = lexemes[at + 1], lexemes[at + 2]
        glued = joined.is_sign("-", "/") and joined.glued == last.glued
        until = _year(last)
        if until is None and glued and len(last.text) == 2 and last.text.isdecimal():
            until = year - year % 100 + int(last.text)
        between = at > 0 and lexemes[at - 1].lower == "between" and joined.lower == "and"
        if until is not None and until > year and (glued or joined.lower == "to" or between):
            return Date(year, until=until), at + 3
    return Date(year), at + 1


def _year_after(lexemes: Sequence[Lexeme], at: int) -> tuple[int | None, int]:
    """The year that follows a month, over a comma or "of", and where it ends."""
    skip = at
    if skip < len(lexemes) and (lexemes[skip].is_sign(",", ".") or lexemes[skip].lower == "of"):
        skip += 1
    if skip < len(lexemes):
        year = _year(lexemes[skip])
        if year is not None:
            return year, skip + 1
    return None, at


def _year(lexeme: Lexeme) -> int | None:
    text = lexeme.text
    if lexeme.kind == "number" and len(text) == 4 and text.isdecimal():
        return int(text) if 1900 <= int(text) <= 2099 else None
    return None


def _day(lexeme: Lexeme) -> int | None:
    if lexeme.kind != "number":
        return None
    digits, ending = split_number(lexeme.text)
    if len(digits) > 2 or not digits.isdecimal() or (ending and ending not in ORDINAL_ENDINGS):
        return None
    return int(digits) if 1 <= int(digits) <= 31 else None


def _month(lexeme: Lexeme) -> int | None:
    return MONTH_NUMBERS.get(lexeme.lower) if lexeme.text[:1].isupper() else None
