"""What a question asks for and nothing shown has: limits, the sort of thing, whole parts."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from prompts import render

from . import asks, constraints, demands, periods
from .asks import Sort
from .constraints import Wanted, explains, has_sought, wanted
from .scope import dated, scope, took_part
from .units import Candidate, Unit, is_row

SPOKEN_OF = 0.42
"""Share of the words of a part that asks for nothing of a form, below which it is not answered."""

_LETTERED = re.compile(r"\((?:[a-h]|i{1,3}|iv|v)\)\s*")
_JOINED = re.compile(
    r"[?;]\s+|,? and (?=(?:how|what|when|who|which|why|where|is|are|does|do|did|will|has|have|can|"
    r"any)\b)",
    re.IGNORECASE,
)
# "Oxfordshire's allocation" is of Oxfordshire; these are called after somebody.
_EPONYM = (
    r"['’]s? (?i:law|rule|bill|act|clause|amendment|charter|review|report|inquiry|fund|principle|"
    r"day|disease|syndrome|palsy)\b"
)

Shown = Sequence[tuple[Candidate, Unit]]


def lacking(want: Wanted, shown: Shown) -> tuple[str, ...]:
    """What the question asks for and none of these units has, in words.

    That a figure is not known is no figure.
    """
    if not shown:
        return ()
    sought = any(has_sought(want, *one) for one in shown)
    missing = () if sought else (render("sought", sort=want.asked.sort),)
    return missing + _limits_lacking(want, shown)


def told_apart(missing: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """The words of the question among what is lacking, each said once, and the sort of thing.

    "Paper" is not named again beside "Green Paper"; the sort ("a number") is empty where it is
    not lacking.
    """
    sorts = {render("sought", sort=sort) for sort in Sort}
    words = [one for one in missing if one not in sorts]
    whole = (
        word
        for word in words
        if not any(word != other and re.search(rf"\b{re.escape(word)}\b", other) for other in words)
    )
    return tuple(whole), next((one for one in missing if one in sorts), "")


def _limits_lacking(want: Wanted, shown: Shown) -> tuple[str, ...]:
    names = (
        _in_full(want.question, name.text)
        for name in want.names
        if not any(
            demands.mentions(scope(*one, name.is_place), name.text) or took_part(name, one[0])
            for one in shown
        )
    )
    return (*names, *_numbers_lacking(want, shown), *_periods_lacking(want.question, shown))


def _in_full(question: str, name: str) -> str:
    """A name with what it is the name of only together: "Martyn's law", not "Martyn"."""
    found = re.search(rf"\b{re.escape(name)}{_EPONYM}", question)
    return found[0] if found else name


def _numbers_lacking(want: Wanted, shown: Shown) -> tuple[str, ...]:
    """The grades, sessions and groups asked for by number, where all rows shown are of others."""
    rows = [one for one in shown if is_row(one[1])]
    return tuple(
        " ".join(numbered)
        for numbered in want.numbered
        if rows
        and all(
            constraints.is_of_other_number(replace(want, numbered=(numbered,)), *one)
            for one in rows
        )
    )


def _periods_lacking(question: str, shown: Shown) -> tuple[str, ...]:
    """Months, years and decades; where a month is lacking its year is not named again."""
    scopes = [dated(question, *one) for one in shown]

    def lacks(asked: Sequence[str], has: Callable[[str, str], bool]) -> list[str]:
        return [one for one in asked if not any(has(text, one) for text in scopes)]

    months = lacks(periods.months(question), periods.has_month)
    years = lacks(periods.years(question), periods.has_year)
    years = [year for year in years if not any(month.endswith(year) for month in months)]
    return (*months, *years, *lacks(periods.decades(question), periods.has_decade))


def parts_lacking(want: Wanted, shown: Shown) -> tuple[str, ...]:
    """The parts of a question of several parts that none of these units answers."""
    every = parts(want.question)
    missing = [part for part in every if _is_open(wanted(part), shown)] if len(every) > 1 else []
    return tuple(missing) if len(missing) < len(every) else ()


def wanted_of_parts(want: Wanted) -> list[Wanted]:
    """What a question asks for, once for each sort of thing that one of its parts wants.

    A part ("and what did they come to?") is of the places and years of the whole.
    """
    every = [want.asked, *(wanted(part).asked for part in parts(want.question))]
    by_sort = {one.sort: one for one in reversed(every) if one.sort is not Sort.OTHER}
    return [replace(want, asked=one) for one in reversed(by_sort.values())]


def answers_a_part(want: Wanted, shown: Shown) -> bool:
    """Whether any part of a question of several is answered by more than why it is not."""
    every = parts(want.question)
    told = [one for one in shown if not explains(one[1].text)]
    return len(every) > 1 and bool(told) and any(not _is_open(wanted(p), told) for p in every)


def _is_open(want: Wanted, shown: Shown) -> bool:
    """Whether a part is not answered; how near a figure is was measured for the whole alone."""
    if not shown:
        return False
    sort = want.asked.sort
    if any(explains(unit.text) for _, unit in shown):
        told = True
    elif sort is Sort.OTHER:
        # Every sentence gives what has no form, so that it must be spoken of at least.
        told = _is_spoken_of(want, shown)
    else:
        told = any(asks.given(sort, unit.text, want.question) for _, unit in shown)
    return not told or bool(_limits_lacking(want, shown))


def _is_spoken_of(want: Wanted, shown: Shown) -> bool:
    """Whether what is shown has enough of a part's words, or comes near them in meaning.

    A part that has no words of its own ("and what for?") rests on the others.
    """
    nearest: dict[str, float] = {}
    for candidate, unit in shown:
        likes = constraints.likes(want, candidate, unit)
        nearest = {term: max(like, nearest.get(term, 0.0)) for term, like in likes.items()}
    return not want.weights or constraints.weighted(want.weights, nearest) >= SPOKEN_OF


def parts(question: str) -> tuple[str, ...]:
    """The parts of a question, as they stand: "(a) ...", "and what did it cost", sentences."""
    lettered = [piece.strip(" ,;.?") for piece in _LETTERED.split(question)[1:]]
    if len(lettered) > 1:
        return tuple(re.sub(r"\s+and$", "", piece) for piece in lettered)
    pieces = [piece.strip(" ,;.?-–") for piece in _JOINED.split(question)]
    return tuple(piece for piece in pieces if len(piece.split()) > 1)
