"""The years, months and decades that a question insists on, and whether a text speaks of them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.dates import MONTHS

from . import words

_YEAR = re.compile(r"\b(?:19|20)\d\d(?:[-/–](?:19|20)?\d\d)?\b|\b\d\d/\d\d\b")
_MONTH = "|".join(rf"{name[:3]}(?:{name[3:]}|t)?" for name in MONTHS)
_MONTH_OF = re.compile(rf"\b({_MONTH})\.?,?\s+((?:19|20)?\d\d)\b(?!\d|[-/–]\d)", re.IGNORECASE)
_NO_DAY = r"(?![\d,.:]|st|nd|rd|th|,? \d{4})"
"""What may not follow the year of "Mar-24": "Mar 24th", "Mar 24, 2023"."""
_SHORT = re.compile(rf"\b(?:{_MONTH})\.?(?:[-–/ ]|[ -]?[’'])(\d\d){_NO_DAY}")
"""The year of "Mar-24"."""
_MONTH_YEAR = re.compile(rf"\b({_MONTH})\.?,?[-–/ ’']{{1,2}}((?:20)?\d\d){_NO_DAY}")
_RANGE = re.compile(
    rf"\b(?:{_MONTH})\.?,? ((?:19|20)\d\d)\s*(?:to|until|[-–—])\s*"
    rf"(?:end )?(?:\d{{1,2}}(?:st|nd|rd|th)? )?(?:{_MONTH})\.?,? ((?:19|20)\d\d)\b",
    re.IGNORECASE,
)
_RELATIVE = re.compile(
    r"\b(?:(?P<after>(?:year|one) after(?! \w)|(?:following|subsequent) (?:\w+ )?year|year later)|"
    r"(?:year|one) before(?! \w)|(?:previous|preceding|prior) (?:\w+ )?year|year earlier)\b",
    re.IGNORECASE,
)
_LATEST = re.compile(
    r"\b(?:latest|most recent|newest|now|currently|current|at present|at the moment)\b(?! \d)",
    re.IGNORECASE,
)
_DECADE = re.compile(r"\b((?:19|20)\d0)[’']?s\b")
_SAID = re.compile(
    r"\b(?:sa(?:y|id|ys)|answer(?:s|ed)?|tell|told|announced?|repl(?:y|ied)|respon(?:d|se|ded)|"
    r"statements?)\b",
    re.IGNORECASE,
)


def years(text: str) -> tuple[str, ...]:
    """The years in a text: ``2024``, ``2023-24``, ``23/24``."""
    return tuple(_YEAR.findall(text))


def names_year(text: str) -> bool:
    """Whether a text names any year, be it as in "Mar-24"."""
    return bool(_YEAR.search(text) or _SHORT.search(text))


def spelt_out(question: str, history: Sequence[str]) -> str:
    """A question with the year that "the year after" is, where those before it name one.

    After "How many passed in 2021-22?" "And the year after?" is "How many passed in 2022-23?",
    and "And how many failed the year before?" is that with "(2020-21)" at its end.
    """
    asked = known = ""
    for text in (*history, question):
        relative = _RELATIVE.search(text)
        if named := (*years(text), *months(text)):
            asked, known = text, named[-1]
        elif known and relative:
            before, known = known, _moved(known, 1 if relative["after"] else -1)
            has_more = bool(words.terms(_RELATIVE.sub(" ", text)))
            if not has_more and before in asked:
                asked = asked.replace(before, known)
            else:
                asked = f"{(text if has_more else asked).rstrip(' ?.!')} ({known})?"
        else:
            asked = text
    return asked if known and _RELATIVE.search(question) and not years(question) else question


def _moved(time: str, by: int) -> str:
    """A year, a span of years or a month of a year, later or earlier by so many years."""
    return re.sub(r"\d{2,4}", lambda found: _year(found.group(), by), time)


def _year(digits: str, by: int) -> str:
    return str(int(digits) + by) if len(digits) > 2 else f"{(int(digits) + by) % 100:02}"


def has_year(scope: str, year: str) -> bool:
    """Whether a text speaks of a year; of a span, its first year will do (its last if short).

    "April 2021 to March 2022" is 2021-22 and no part of 2022-23.
    """
    if len(year) > len("2023"):
        scope = _RANGE.sub(_as_span, scope)
    if len(year) == len("23/24"):
        first, last = year[:2], year[-2:]
        spelt = rf"(?<!\d)(?:20)?{first} ?[-/–] ?(?:20)?{last}(?!\d)|(?<!\d)20{last}(?!\d)"
    else:
        # Of "2021-2022" the second year is not where the year 2022-23 begins.
        begins = r"(?<!\d[-/–])(?<!\d [-/–] )" if len(year) > len("2023") else ""
        spelt = rf"{begins}(?<!\d){year[:4]}(?!\d)"
    short = (found.group(1) for found in _SHORT.finditer(scope))
    return bool(re.search(spelt, scope)) or year[2:4] in short


def _as_span(found: re.Match[str]) -> str:
    first, last = found.groups()
    return f"{first}-{last[2:]}" if int(last) == int(first) + 1 else found.group()


def holds(question: str, scope: str, year: str) -> bool:
    """Whether a text speaks of a year that a question asks for, or of one since, where it does."""
    if has_year(scope, year):
        return True
    since = re.search(rf"\bsince (?:\w+ )?{year[:4]}\b", question, re.IGNORECASE)
    return bool(since) and any(
        len(one) >= len("2024") and one[:4] >= year[:4] for one in years(scope)
    )


def latest(text: str) -> tuple[int, int]:
    """The last year and month that a text names, the month 0 where it names none; (0, 0) if none.

    "Mar-24" and "March 2024" are (2024, 3), "2023/24" is (2023, 0).
    """
    named = [
        (int(year) % 100 + 2000, MONTHS.index(_named(month)) + 1)
        for month, year in _MONTH_YEAR.findall(text)
    ]
    return max(
        [*named, *((int(year[:4]), 0) for year in years(text) if len(year) > 5)], default=(0, 0)
    )


def asks_latest(question: str) -> bool:
    """Whether a question asks how things stand, or stood last, and names no time."""
    return bool(_LATEST.search(question)) and not years(question)


def months(question: str) -> tuple[str, ...]:
    """The months of a year in a question: ``March 2024``."""
    return tuple(
        f"{_named(month)} {year if len(year) == len('2024') else '20' + year}"
        for month, year in _MONTH_OF.findall(question)
    )


def has_month(scope: str, month: str) -> bool:
    """Whether a text speaks of a month as ``months`` gives it, or has a day of it (ISO)."""
    name, year = month.split()
    number = MONTHS.index(name) + 1
    short = rf"{name[:3]}(?:{name[3:]}|t)?"
    spoken = rf"\b{short}\b.{{0,30}}\b(?:{year}|[’']?{year[2:]})\b"
    written = rf"\b{year}-{number:02}\b|\b{number:02}/(?:{year}|{year[2:]})\b"
    return bool(re.search(f"{spoken}|{written}", scope, re.IGNORECASE))


def decades(question: str) -> tuple[str, ...]:
    """The decades in a question: ``1990s``."""
    return tuple(f"{decade}s" for decade in _DECADE.findall(question))


def has_decade(scope: str, decade: str) -> bool:
    """Whether a text speaks of a decade or of any year of it."""
    return bool(re.search(rf"\b{decade[:3]}\d(?!\d)", scope))


def is_of_what_was_said(question: str) -> bool:
    """Whether a question asks what was said, so that the day of an answer is what it is about."""
    return bool(_SAID.search(question))


def _named(month: str) -> str:
    """The month in full."""
    return next(name for name in MONTHS if name.startswith(month[:3].capitalize()))
