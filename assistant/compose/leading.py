"""Which sentence leads an answer: worths passed on to what is pointed at, sought, or newest.

Each function takes and gives the worths of all units, ``worth[record][unit]``.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..following import referrals
from ..replies import kind_of
from ..timeline import day, same_matter
from ..types import ReplyKind
from . import constraints
from .constraints import Wanted
from .features import Candidate

SOUGHT = 0.5
"""How far a sentence has to meet the question to be brought in for what the others lack."""
AS_MUCH, SHORT_OF = 0.66, 0.1
"""How far a sentence of a newer answer has to meet the question, and how little it may fall short
of the best one, to go before it."""
FORWARD = 1.3
"""What puts it first, whatever their lengths."""
HOLDING_TRUST = 0.05
"""What a holding reply counts for beside substantive answers."""

Chosen = tuple[int, list[int]]
"""A record and its units, by their places."""
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


def with_sought(
    found: Sequence[Candidate],
    worth: Worths,
    want: Wanted,
    chosen: Sequence[Chosen],
) -> Worths:
    """The worths, that of the best unit with what is asked for put first if none chosen has it."""
    if any(
        constraints.gives(want, found[at], found[at].units[n]) for at, own in chosen for n in own
    ):
        return worth
    places = [
        (worth[at][n] * met.satisfaction, at, n)
        for at, candidate in enumerate(found)
        for n, unit in enumerate(candidate.units)
        if not unit.is_lead and constraints.gives(want, candidate, unit)
        for met in [constraints.judge(want, candidate, unit)]
        if met.all and met.satisfaction >= SOUGHT
    ]
    if not places:
        return worth
    _, at, n = max(places)
    made = [list(own) for own in worth]
    made[at][n] = max(map(max, worth))
    return made


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
    newer = [
        (day(candidate.record), value * met.satisfaction, at, n)
        for at, candidate in enumerate(found)
        if day(candidate.record) > day(found[lead].record)
        and candidate.record.department == found[lead].record.department
        and trust(candidate) == 1.0
        and same_matter(found[lead].record, candidate.record)
        for n, (unit, value) in enumerate(zip(candidate.units, worth[at], strict=True))
        if not unit.is_lead and constraints.has_sought(want, candidate, unit)
        for met in [constraints.judge(want, candidate, unit)]
        if met.all and met.satisfaction >= max(AS_MUCH, least - SHORT_OF)
    ]
    if not newer:
        return worth
    _, _, at, n = max(newer)
    made = [list(own) for own in worth]
    made[at][n] = best * FORWARD
    return made


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
