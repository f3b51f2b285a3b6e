"""Where a name or date must stand for a sentence to be about it: itself, its lead, its record."""

from __future__ import annotations

import re

from index import departments
from index.text import fold

from . import demands, periods, tables, words
from .units import Candidate, Unit, is_row

_THING_IN_PLACE = re.compile(r"\b(\w+) (?:in|at|of|for) (?:the )?[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)*")


def scope(candidate: Candidate, unit: Unit, is_place: bool) -> str:
    """Where a name must stand: a place by the sentence or over it, others in the record."""
    record = candidate.record
    here = f"{with_lead(candidate, unit)} {record.title} {record.question} {record.department}"
    return here if is_place else f"{here} {record.text}"


def with_lead(candidate: Candidate, unit: Unit) -> str:
    """A unit behind the lines that lead into it."""
    return f"{candidate.over(unit)} {unit.text}"


def took_part(name: demands.Name, candidate: Candidate) -> bool:
    """Whether a name is that of who asked or answered, or the department's ("Defra")."""
    record, own = candidate.record, set(name.text.casefold().split())
    members = [one.name for one in (record.answerer, record.asker) if one]
    known = [one for one in (*members, record.answerer_role) if one]
    if any(own <= set(one.casefold().split()) for one in known):
        return True
    return bool(record.department and departments.named(name.text, [record.department]))


def dated(question: str, candidate: Candidate, unit: Unit) -> str:
    """Where a year or a month must stand.

    The days of a record tell what a sentence is about only where it names no year itself, or
    where what was said then is asked for.
    """
    here, record = scope(candidate, unit, is_place=True), candidate.record
    if is_row(unit):
        # A caption may name all the years of its table, a heading names those of its rows, and a
        # remark in a row of one year may name others.
        for own in (tables.times(unit.text), unit.text, candidate.headings(unit)):
            if periods.names_year(own):
                return own
    if periods.years(with_lead(candidate, unit)) and not periods.is_of_what_was_said(question):
        return here
    return f"{here} {record.answered} {record.asked}"


def named_with_place(question: str, text: str, sentence: str) -> str:
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
