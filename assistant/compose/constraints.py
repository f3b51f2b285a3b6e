"""Whether a sentence meets what a question asks: the sort of thing, who, where and when.

How alike a question and a sentence look says little: "UKRI invested £903 million in the
North West" is as near as can be to a question on the North East.  So each limit that the
question sets is looked for by itself, in the sentence where it must hold there (figures,
places), else in the record.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from index.text import strip_boilerplate

from ..replies import is_refusal, kind_of
from . import asks, demands, periods, tables, words
from .asks import Asked, Sort
from .features import asked_weights
from .scope import dated, named_with_place, scope, took_part, with_lead
from .units import Candidate, Unit, is_row

EXPLAINED = 0.8
"""What a sentence that says why there is no figure counts beside one that gives it."""
EXPLAINS_NEAR = 0.6
"""How near such a sentence counts to be to the question's own words, at the least."""
NEAR_ENOUGH = 0.7
"""Nearness of a figure to what the question counts beyond which more says nothing."""
TABLED = 0.8
"""What a word of the question tabled counts beside one of the answer."""
COUNTED = 0.37
"""Nearness in meaning, to what is counted, of the words beside a number that counts it."""
ROW_SPOKEN_OF = 0.65
"""Share of the question's weight that a row with what stands over it must have to count it."""
ROW_COVERED, OF_GROUP = 0.7, 0.7
"""Share of the question's weight that the row asked for must have with what stands over it, and of
the words and numbers that tell it from other rows."""
NAMES = 0.5
"""Share of a question's names (places aside: all of those) that a record must have."""

_EXPLAINS = re.compile(
    r"\bno (?:specific |formal |such |activity )?(?:assessment|estimate|data|information|figures|"
    r"records)\b.*\b(?:made|held|available|is|are|has|have)\b|"
    r"\bnot (?:been )?(?:possible|(?:able|appropriate) to)\b|"
    r"\b(?:cannot|unable to|do(?:es)? not) (?:\w+ )?(?:comment|provide|publish|disclose|share|"
    r"estimate|give|know|calculate)\b|commercially (?:sensitive|confidential)|\bdepends? on\b|"
    r"\bwithhold(?:ing|s)? (?:the|this|that) \w+|\bwould (?:be likely to )?prejudice\b|"
    r"\bnot (?:yet )?(?:known|been published|been decided|published|confirmed)\b|\btoo small\b|"
    r"\bmade (?:a|an|any|no) (?:formal )?(?:assessment|estimate)",
    re.IGNORECASE,
)

_SHORT = re.compile(r"\b[A-Z]{2,}(?=s?\b)")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A question taken apart; `weights` gives the weight of its stems, history's included."""

    question: str
    asked: Asked
    names: tuple[demands.Name, ...] = ()
    years: tuple[str, ...] = ()
    numbered: tuple[tuple[str, str], ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Met:
    """How far a sentence meets a question, each 0 to 1.

    `sort`: it has the sort of thing asked for; `near`: how much of the question stands
    beside that; `names`, `places`, `years`: the share it has; `number`: 0 for a row of another
    grade or session than that of the number asked for; `covered`: the share of the question's
    weight that the sentence, its heading or the question tabled has.
    """

    sort: float
    near: float
    names: float
    places: float
    years: float
    covered: float
    number: float = 1.0

    @property
    def all(self) -> bool:
        """Whether no limit is plainly broken."""
        is_there = self.places == self.years == self.number == 1.0
        return self.sort > 0.0 and is_there and self.names >= NAMES

    @property
    def satisfaction(self) -> float:
        """One number for all: the product of what is met."""
        near = 0.3 + 0.7 * min(1.0, self.near / NEAR_ENOUGH)
        place = 0.3 + 0.7 * (self.places == 1.0)
        return self.sort * self.names * place * self.years * self.number * near * self.covered


def wanted(question: str, history: Sequence[str] = ()) -> Wanted:
    """What a question asks, in the light of the one before it."""
    return Wanted(
        question,
        asks.asked(question, history),
        demands.names(question),
        periods.years(question),
        tables.numbered(question),
        asked_weights(question, history),
    )


@lru_cache(maxsize=1 << 12)
def explains(sentence: str) -> bool:
    """Whether a sentence says why something is not given."""
    return is_refusal(kind_of(sentence)) or bool(_EXPLAINS.search(sentence))


def judge(want: Wanted, candidate: Candidate, unit: Unit) -> Met:
    """How far a unit, read with the line that leads into it, meets a question."""
    before = _before(want, candidate, unit)
    sort, near = _sort(want, unit, before)
    here, in_record = (scope(candidate, unit, is_place) for is_place in (True, False))
    dates = dated(want.question, candidate, unit)
    members = {name for name in want.names if took_part(name, candidate)}
    # "The Minister's" is written as "Oxfordshire's" is.
    places = [name.text for name in want.names if name.is_place and name not in members]
    here += named_with_place(want.question, candidate.record.text, unit.text)
    return Met(
        sort=sort,
        near=near,
        names=_share(
            [
                name in members or demands.mentions(here if name.is_place else in_record, name.text)
                for name in want.names
            ]
        ),
        places=_share([demands.mentions(here, place) for place in places]),
        years=_of_years(want, unit, dates),
        covered=weighted(want.weights, likes(want, candidate, unit)),
        number=float(not is_of_other_number(want, candidate, unit)),
    )


def is_of_other_number(want: Wanted, candidate: Candidate, unit: Unit) -> bool:
    """Whether a row is of another grade, session or group than one that is asked for by number."""
    if not want.numbered or not is_row(unit):
        return False
    over = scope(candidate, unit, is_place=True).replace(unit.text, " ")
    return any(tables.is_of_another(unit.text, over, *one) for one in want.numbered)


def is_row_asked_for(want: Wanted, unit: Unit, met: Met) -> bool:
    """Whether a row gives what is asked and is of the very name, time or group asked for."""
    if not is_row(unit) or not met.all or met.sort < 1.0 or met.covered < ROW_COVERED:
        return False
    months = periods.months(want.question)
    return (
        any(demands.mentions(unit.text, name.text) for name in want.names)
        or any(periods.has_month(unit.text, month) for month in months)
        or (
            not months and any(periods.holds(want.question, unit.text, year) for year in want.years)
        )
        or unit.features.get("told", 0.0) >= OF_GROUP
    )


def _of_years(want: Wanted, unit: Unit, dates: str) -> float:
    """The share of the years asked for that hold; each row of a table is of one of them."""
    held = [periods.holds(want.question, dates, year) for year in want.years]
    return float(any(held)) if held and is_row(unit) else _share(held)


def gives(want: Wanted, candidate: Candidate, unit: Unit) -> bool:
    """Whether a unit has the thing asked for, or says why it is not given."""
    return has_sought(want, candidate, unit) or explains(unit.text)


def has_sought(want: Wanted, candidate: Candidate, unit: Unit) -> bool:
    """Whether a unit has the very thing asked for: of numbers, one of what is to be counted,
    of money a sum and no share.

    What the numbers of a table count may stand over it or in the question tabled.
    """
    sort, text = want.asked.sort, unit.text
    if sort is Sort.MONEY:
        return bool(asks.sums(text))
    if sort is not Sort.COUNT:
        return bool(asks.given(sort, text, want.question))
    found = asks.count_spans(text, want.question)
    if not found or not want.asked.counted or not unit.near:
        return bool(found)
    if is_row(unit) and weighted(want.weights, likes(want, candidate, unit)) >= ROW_SPOKEN_OF:
        return True  # a table seldom says that it counts people, or dads
    beside = " ".join(text[start:end] for start, end in asks.around(found, text))
    if is_row(unit):
        beside += " " + scope(candidate, unit, is_place=True)
    in_words = want.asked.counted & words.terms(beside)
    in_meaning = max(unit.near.get(term, 0.0) for term in want.asked.counted) >= COUNTED
    shortened = (demands.stands_for(short, want.question) for short in _SHORT.findall(beside))
    return bool(in_words) or in_meaning or any(shortened)


def _before(want: Wanted, candidate: Candidate, unit: Unit) -> Mapping[str, float]:
    """How near the lines that say what a unit is about come to each stem of a question.

    "This will provide £842 million a year" is about what the sentence before it is about, a row
    of a table about what its caption and its heading are.
    """
    lines = [candidate.units[unit.back]] if unit.back is not None else []
    if is_row(unit):
        lines += candidate.leads(unit)
    if not lines:
        return {}
    own = words.terms(" ".join(line.text for line in lines))
    return {
        t: 1.0 if t in own else max(_in_meaning(line, t) for line in lines) for t in want.weights
    }


def _in_meaning(unit: Unit, term: str) -> float:
    """How near a unit comes to a stem in meaning; no figure is like another."""
    return 0.0 if any(c.isdigit() for c in term) else unit.terms.get(term, 0.0)


def _sort(want: Wanted, unit: Unit, before: Mapping[str, float]) -> tuple[float, float]:
    """Whether the sort of thing is there, and how much of the question stands beside it."""
    sort = want.asked.sort
    if sort is Sort.OTHER:
        return 1.0, 1.0
    given = asks.near(sort, unit.text, want.question)
    reason = explains(unit.text)
    near = 0.0
    if given:
        beside = frozenset().union(*(words.terms(unit.text[start:end]) for start, end in given))
        nearest = {
            t: 1.0 if t in beside else max(unit.near.get(t, 0.0), before.get(t, 0.0))
            for t in want.weights
        }
        near = weighted(want.weights, nearest)
    if reason:
        near = max(near, EXPLAINS_NEAR)
    return (1.0 if given else EXPLAINED if reason else 0.0), near


def likes(want: Wanted, candidate: Candidate, unit: Unit) -> dict[str, float]:
    """How near a unit, what leads to it and what its record is about come to each stem."""
    record, before = candidate.record, _before(want, candidate, unit)
    own, heading = words.terms(with_lead(candidate, unit)), words.terms(record.title)
    asked = words.terms(strip_boilerplate(record.question))
    found = {}
    for term in want.weights:
        in_words = 1.0 if term in own or term in heading else TABLED if term in asked else 0.0
        found[term] = max(_in_meaning(unit, term), in_words, before.get(term, 0.0))
    return found


def weighted(weights: Mapping[str, float], values: Mapping[str, float]) -> float:
    """The mean of the values, by the weights of all stems."""
    total = sum(weights.values()) or 1.0
    return sum(weights[term] * value for term, value in values.items()) / total


def _share(held: Sequence[bool]) -> float:
    return sum(held) / len(held) if held else 1.0
