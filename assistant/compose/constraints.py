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

from index import departments
from index.text import fold, strip_boilerplate
from prompts import render

from ..replies import is_refusal, kind_of
from . import asks, demands, words
from .asks import Asked, Sort
from .features import Candidate, Unit, asked_weights

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
SPOKEN_OF = 0.42
"""Share of the words of a part that asks for nothing of a form, below which it is not answered."""
NAMES = 0.5
"""Share of a question's names (places aside: all of those) that a record must have."""

_EXPLAINS = re.compile(
    r"\bno (?:specific |formal |such |activity )?(?:assessment|estimate|data|information|figures|"
    r"records)\b.*\b(?:made|held|available|is|are|has|have)\b|"
    r"\bnot (?:been )?(?:possible|(?:able|appropriate) to)\b|"
    r"\b(?:cannot|unable to|do(?:es)? not) (?:\w+ )?(?:comment|provide|publish|disclose|share|"
    r"estimate|give|know|calculate)\b|commercially (?:sensitive|confidential)|\bdepends? on\b|"
    r"\bnot (?:yet )?(?:known|been published|been decided|published|confirmed)\b|\btoo small\b|"
    r"\bmade (?:a|an|any|no) (?:formal )?(?:assessment|estimate)",
    re.IGNORECASE,
)

_THING_IN_PLACE = re.compile(r"\b(\w+) (?:in|at|of|for) (?:the )?[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)*")
_SHORT = re.compile(r"\b[A-Z]{2,}(?=s?\b)")
_LETTERED = re.compile(r"\((?:[a-h]|i{1,3}|iv|v)\)\s*")
_JOINED = re.compile(
    r"[?;]\s+|,? and (?=(?:how|what|when|who|which|why|where|is|are|does|do|did|will|has|have|can|"
    r"any)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A question taken apart; `weights` gives the weight of its stems, history's included."""

    question: str
    asked: Asked
    names: tuple[demands.Name, ...] = ()
    years: tuple[str, ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Met:
    """How far a sentence meets a question, each 0 to 1.

    `sort`: it has the sort of thing asked for; `near`: how much of the question stands
    beside that; `names`, `places`, `years`: the share it has; `covered`: the share of the
    question's weight that the sentence, its heading or the question tabled has.
    """

    sort: float
    near: float
    names: float
    places: float
    years: float
    covered: float

    @property
    def all(self) -> bool:
        """Whether no limit is plainly broken."""
        return self.sort > 0.0 and self.places == self.years == 1.0 and self.names >= NAMES

    @property
    def satisfaction(self) -> float:
        """One number for all: the product of what is met."""
        near = 0.3 + 0.7 * min(1.0, self.near / NEAR_ENOUGH)
        place = 0.3 + 0.7 * (self.places == 1.0)
        return self.sort * self.names * place * self.years * near * self.covered


def wanted(question: str, history: Sequence[str] = ()) -> Wanted:
    """What a question asks, in the light of the one before it."""
    return Wanted(
        question,
        asks.asked(question, history),
        demands.names(question),
        demands.years(question),
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
    here, in_record = (_scope(candidate, unit, is_place) for is_place in (True, False))
    dates = _dated(candidate, unit)
    took_part = {name for name in want.names if _took_part(name, candidate)}
    # "The Minister's" is written as "Oxfordshire's" is.
    places = [name.text for name in want.names if name.is_place and name not in took_part]
    here += _named_with_place(want.question, candidate.record.text, unit.text)
    return Met(
        sort=sort,
        near=near,
        names=_share(
            [
                name in took_part
                or demands.mentions(here if name.is_place else in_record, name.text)
                for name in want.names
            ]
        ),
        places=_share([demands.mentions(here, place) for place in places]),
        years=_share([demands.has_year(dates, year) for year in want.years]),
        covered=_weighted(want.weights, _likes(want, candidate, unit, before)),
    )


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
    beside = " ".join(text[start:end] for start, end in asks.around(found, text))
    if " | " in text:
        beside += " " + _scope(candidate, unit, is_place=True)
    in_words = want.asked.counted & words.terms(beside)
    in_meaning = max(unit.near.get(term, 0.0) for term in want.asked.counted) >= COUNTED
    shortened = (demands.stands_for(short, want.question) for short in _SHORT.findall(beside))
    return bool(in_words) or in_meaning or any(shortened)


def lacking(want: Wanted, shown: Sequence[tuple[Candidate, Unit]]) -> tuple[str, ...]:
    """What the question asks for and none of these units has, in words.

    That a figure is not known is no figure.
    """
    if not shown:
        return ()
    sought = any(has_sought(want, *one) for one in shown)
    missing = () if sought else (render("sought", sort=want.asked.sort),)
    return missing + _limits_lacking(want, shown)


def _limits_lacking(want: Wanted, shown: Sequence[tuple[Candidate, Unit]]) -> tuple[str, ...]:
    names = (
        name.text
        for name in want.names
        if not any(
            demands.mentions(_scope(*one, name.is_place), name.text) or _took_part(name, one[0])
            for one in shown
        )
    )
    years = (
        year
        for year in want.years
        if not any(demands.has_year(_dated(*one), year) for one in shown)
    )
    return (*names, *years)


def parts_lacking(want: Wanted, shown: Sequence[tuple[Candidate, Unit]]) -> tuple[str, ...]:
    """The parts of a question of several parts that none of these units answers."""
    every = parts(want.question)
    missing = [part for part in every if _is_open(wanted(part), shown)] if len(every) > 1 else []
    return tuple(missing) if len(missing) < len(every) else ()


def _is_open(want: Wanted, shown: Sequence[tuple[Candidate, Unit]]) -> bool:
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


def _is_spoken_of(want: Wanted, shown: Sequence[tuple[Candidate, Unit]]) -> bool:
    """Whether what is shown has enough of a part's words, or comes near them in meaning.

    A part that has no words of its own ("and what for?") rests on the others.
    """
    nearest: dict[str, float] = {}
    for candidate, unit in shown:
        likes = _likes(want, candidate, unit, _before(want, candidate, unit))
        nearest = {term: max(like, nearest.get(term, 0.0)) for term, like in likes.items()}
    return not want.weights or _weighted(want.weights, nearest) >= SPOKEN_OF


def parts(question: str) -> tuple[str, ...]:
    """The parts of a question, as they stand: "(a) ...", "and what did it cost", sentences."""
    lettered = [piece.strip(" ,;.?") for piece in _LETTERED.split(question)[1:]]
    if len(lettered) > 1:
        return tuple(re.sub(r"\s+and$", "", piece) for piece in lettered)
    pieces = [piece.strip(" ,;.?-–") for piece in _JOINED.split(question)]
    return tuple(piece for piece in pieces if len(piece.split()) > 1)


def _named_with_place(question: str, text: str, sentence: str) -> str:
    """The phrases "thing in Place" of a question that the record has and the sentence means.

    A thing that is told apart by its place ("the cell in France") is called by its name alone
    afterwards ("the cell has ..."): the place then holds for that sentence as well.
    """
    folded, here = fold(text), words.terms(sentence)
    return "".join(
        f" {found.group()}"
        for found in _THING_IN_PLACE.finditer(question)
        if fold(found.group()) in folded and words.terms(found.group(1)) <= here
    )


def _scope(candidate: Candidate, unit: Unit, is_place: bool) -> str:
    """Where a name must stand: a place by the sentence or over it, others in the record."""
    record = candidate.record
    here = f"{_with_lead(candidate, unit)} {record.title} {record.question} {record.department}"
    return here if is_place else f"{here} {record.text}"


def _with_lead(candidate: Candidate, unit: Unit) -> str:
    """A unit behind the line that leads into it, if one does."""
    lead = candidate.units[unit.lead].text if unit.lead is not None else ""
    return f"{lead} {unit.text}"


def _took_part(name: demands.Name, candidate: Candidate) -> bool:
    """Whether a name is that of who asked or answered, or the department's ("Defra")."""
    record, own = candidate.record, set(name.text.casefold().split())
    members = [one.name for one in (record.answerer, record.asker) if one]
    known = [one for one in (*members, record.answerer_role) if one]
    if any(own <= set(one.casefold().split()) for one in known):
        return True
    return bool(record.department and departments.named(name.text, [record.department]))


def _dated(candidate: Candidate, unit: Unit) -> str:
    record = candidate.record
    return f"{_scope(candidate, unit, True)} {record.answered} {record.asked}"


def _before(want: Wanted, candidate: Candidate, unit: Unit) -> Mapping[str, float]:
    """How near the sentence that a unit points back to comes to each stem of a question.

    "This will provide £842 million a year" is about what that sentence is about.
    """
    if unit.back is None:
        return {}
    before = candidate.units[unit.back]
    own = words.terms(before.text)
    return {t: 1.0 if t in own else _in_meaning(before, t) for t in want.weights}


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
        likes = {
            t: 1.0 if t in beside else max(unit.near.get(t, 0.0), before.get(t, 0.0))
            for t in want.weights
        }
        near = _weighted(want.weights, likes)
    if reason:
        near = max(near, EXPLAINS_NEAR)
    return (1.0 if given else EXPLAINED if reason else 0.0), near


def _likes(
    want: Wanted, candidate: Candidate, unit: Unit, before: Mapping[str, float]
) -> dict[str, float]:
    """How near a unit, what leads to it and what its record is about come to each stem."""
    record = candidate.record
    own, heading = words.terms(_with_lead(candidate, unit)), words.terms(record.title)
    asked = words.terms(strip_boilerplate(record.question))
    likes = {}
    for term in want.weights:
        in_words = 1.0 if term in own or term in heading else TABLED if term in asked else 0.0
        likes[term] = max(_in_meaning(unit, term), in_words, before.get(term, 0.0))
    return likes


def _weighted(weights: Mapping[str, float], values: Mapping[str, float]) -> float:
    total = sum(weights.values()) or 1.0
    return sum(weights[term] * value for term, value in values.items()) / total


def _share(held: Sequence[bool]) -> float:
    return sum(held) / len(held) if held else 1.0
