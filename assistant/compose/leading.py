"""Which sentence leads an answer: worths passed on to what is pointed at, sought, or newest.

Each function takes and gives the worths of all units, ``worth[record][unit]``.
"""

from __future__ import annotations

from collections.abc import Sequence

from index import departments
from index.text import strip_boilerplate
from index.types import WrittenAnswer

from ..following import referrals
from ..replies import kind_of
from ..timeline import best_unit, day, same_matter
from ..types import ReplyKind
from . import constraints, words
from .constraints import Wanted
from .units import Candidate, is_row

SOUGHT = 0.5
"""How far a sentence has to meet the question to be brought in for what the others lack."""
AS_MUCH, SHORT_OF = 0.66, 0.1
"""How far a sentence of a newer answer has to meet the question, and how little it may fall short
of the best one, to go before it."""
FORWARD = 1.3
"""What puts it first, whatever their lengths."""
LOOKED_AT = 40
"""Units of each record that are held against the question's limits: those worth most."""
SAME_QUESTION, FEWEST_TERMS = 0.85, 4
"""Share of their stems (Jaccard) from which two questions are one, and how many it must have."""
BROKEN = 0.3
"""What a sentence counts that breaks a limit of the question which another one keeps."""
HOLDING_TRUST = 0.05
"""What a holding reply counts for beside substantive answers."""

Chosen = tuple[int, list[int]]
"""A record and its units, by their places."""
Place = tuple[int, int]
"""A record and one of its units."""
Worths = Sequence[Sequence[float]]


def with_referred(found: Sequence[Candidate], worth: Worths) -> list[list[float]]:
    """The worths, with that of "I refer to my earlier answer" passed on to that answer as well."""
    made = [list(own) for own in worth]
    for reply, answer in referred(found):
        most = max((worth[reply][n] for n in _pointers(found[reply])), default=0.0)
        best = max(worth[answer], default=0.0)
        if 0.0 < best < most:
            made[answer] = [value * most / best for value in worth[answer]]
    return made


def with_pointers(found: Sequence[Candidate], worth: Worths) -> list[list[float]]:
    """The worths, with that of an answer passed on to a nearer question's reply that names it.

    So whoever is shown the one is shown the other.
    """
    made = [list(own) for own in worth]
    for reply, answer in referred(found):
        if reply < answer:
            best = max(worth[answer], default=0.0)
            for number in _pointers(found[reply]):
                made[reply][number] = max(best, worth[reply][number])
    return made


def sought(
    found: Sequence[Candidate], worth: Worths, want: Wanted, chosen: Sequence[Chosen]
) -> Place | None:
    """The best unit with what is asked for, where none chosen has it.

    One of another year or another place than that asked for has it not.
    """
    shown = [(found[at], found[at].units[n]) for at, own in chosen for n in own]
    if any(constraints.gives(want, *one) and constraints.judge(want, *one).all for one in shown):
        return None
    places = [
        (worth[at][n] * met.satisfaction, at, n)
        for at, n in _looked_at(found, worth)
        for candidate, unit in [(found[at], found[at].units[n])]
        if constraints.gives(want, candidate, unit)
        for met in [constraints.judge(want, candidate, unit)]
        if met.all and met.satisfaction >= SOUGHT
    ]
    return max(places)[1:] if places else None


def question_itself(found: Sequence[Candidate], worth: Worths, want: Wanted) -> Place | None:
    """The best unit of the newest record whose tabled question is the one asked, if any is.

    Its reply may share no word with the question: "The Department does not hold this."
    """
    asked = words.terms(strip_boilerplate(want.question))
    if len(asked) < FEWEST_TERMS:
        return None
    same = [
        (day(candidate.record), -at)
        for at, candidate in enumerate(found)
        if trust(candidate) == 1.0
        for tabled in [words.terms(strip_boilerplate(candidate.record.question))]
        if len(asked & tabled) >= SAME_QUESTION * len(asked | tabled)
    ]
    if not same:
        return None
    at = -max(same)[1]
    return (at, best_unit(found[at], worth[at])) if found[at].units else None


def row_asked_for(found: Sequence[Candidate], worth: Worths, want: Wanted) -> Place | None:
    """The best row of the name, the year or the group asked for, where the unit worth most meets
    the question less."""
    judged = [
        (worth[at][n], constraints.judge(want, found[at], unit), unit, at, n)
        for at, n in _looked_at(found, worth)
        for unit in [found[at].units[n]]
    ]
    rows = [
        (f["number"] >= constraints.OF_GROUP, met.satisfaction, f["row_below_best"], value, at, n)
        for value, met, unit, at, n in judged
        if constraints.is_row_asked_for(want, unit, met)
        for f in [unit.features]
    ]
    if not rows:
        return None
    _, satisfaction, *_, at, n = max(rows)
    _, most, _, *first = max(judged, key=lambda one: one[0])
    return (at, n) if most.satisfaction < satisfaction or first == [at, n] else None


def put_first(worth: Worths, place: Place, by: float = 1.0) -> list[list[float]]:
    """The worths, that of one unit `by` so much above the highest."""
    made = [list(own) for own in worth]
    at, n = place
    made[at][n] = by * max(map(max, worth))
    return made


def within_limits(found: Sequence[Candidate], worth: Worths, want: Wanted) -> list[list[float]]:
    """The worths, less for what breaks a limit of the question where something else keeps it.

    That is a row of another year or place, and all of a record that has none of the names, or is
    another department's than the one that is named and does not speak of it.
    """
    asked = departments.known(want.question)
    if not (want.names or want.years or want.numbered or asked):
        return [list(own) for own in worth]
    units = {place: found[place[0]].units[place[1]] for place in _looked_at(found, worth)}
    met = {(at, n): constraints.judge(want, found[at], unit) for (at, n), unit in units.items()}
    has_row = any(constraints.is_row_asked_for(want, units[one], m) for one, m in met.items())
    if not has_row and not any(
        m.all
        and m.satisfaction >= SOUGHT
        and constraints.has_sought(want, found[place[0]], units[place])
        for place, m in met.items()
    ):
        return [list(own) for own in worth]
    spoken_of = {at for (at, _), m in met.items() if m.names > 0.0 or not want.names}
    named = {at for at in spoken_of if not _is_of_another(asked, found[at].record)}
    if not named:
        return [list(own) for own in worth]
    made = [[v * (1.0 if at in named else BROKEN) for v in own] for at, own in enumerate(worth)]
    for (at, n), m in met.items():
        is_other = min(m.years, m.places, m.number) < 1.0
        if at in named and is_other and (has_row or is_row(units[at, n])):
            made[at][n] *= BROKEN
    return made


def _is_of_another(asked: Sequence[str], record: WrittenAnswer) -> bool:
    """Whether a record is another department's than those asked, and does not speak of them."""
    if not asked or not record.department or departments.named(record.text, asked):
        return False
    return not any(departments.are_one(record.department, one) for one in asked)


def _looked_at(found: Sequence[Candidate], worth: Worths) -> list[tuple[int, int]]:
    """The places of each record's units that are worth most: a table can have thousands."""
    places = []
    for at, (candidate, own) in enumerate(zip(found, worth, strict=True)):
        told = [n for n, unit in enumerate(candidate.units) if not unit.is_lead]
        places += [(at, n) for n in sorted(told, key=own.__getitem__, reverse=True)[:LOOKED_AT]]
    return places


def with_newest(found: Sequence[Candidate], worth: Worths, want: Wanted) -> Worths:
    """The worths, that of a newer answer on the leading one's matter that says as much put first.

    Where a department answers again, it is the latest that counts, however alike the older one
    is to the question.  What another department was asked in the same words is its own matter.
    """
    places = ((value, at, n) for at, own in enumerate(worth) for n, value in enumerate(own))
    best, lead, number = max(places, default=(0.0, 0, 0))
    if not best:
        return worth
    least = constraints.judge(want, found[lead], found[lead].units[number]).satisfaction
    later = {
        at
        for at, candidate in enumerate(found)
        if day(candidate.record) > day(found[lead].record)
        and departments.are_one(candidate.record.department, found[lead].record.department)
        and trust(candidate) == 1.0
        and same_matter(found[lead].record, candidate.record)
    }
    newer = [
        (day(candidate.record), value * met.satisfaction, at, n)
        for at, n in _looked_at(found, worth)
        if at in later
        for candidate, unit, value in [(found[at], found[at].units[n], worth[at][n])]
        if constraints.has_sought(want, candidate, unit)
        for met in [constraints.judge(want, candidate, unit)]
        if met.all and met.satisfaction >= max(AS_MUCH, least - SHORT_OF)
    ]
    if not newer:
        return worth
    return put_first(worth, max(newer)[2:], FORWARD)


def trust(candidate: Candidate) -> float:
    """What the record's sentences count beside those of a substantive answer."""
    held_back = candidate.record.is_put_off or candidate.record.is_withdrawn
    return HOLDING_TRUST if held_back else 1.0


def referred(found: Sequence[Candidate]) -> list[tuple[int, int]]:
    """``(reply, answer)``: each record that refers to another one here, by their places."""
    return list(referrals([candidate.record for candidate in found]))


def _pointers(candidate: Candidate) -> list[int]:
    """The units that refer to another answer."""
    return [
        number
        for number, unit in enumerate(candidate.units)
        if kind_of(unit.text) is ReplyKind.REFERS_TO_EARLIER
    ]
