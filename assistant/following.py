"""What refers to something earlier: a reply to another answer, a question to the one before it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from index.text import without_address
from index.types import Filters, Passage, Retrieval, WrittenAnswer
from index.understanding import asks_for_number_alone, question_numbers

from .compose import words
from .compose.model import weights
from .replies import references, reply_of
from .types import ReplyKind
from .verify.tokens import tokenise

if TYPE_CHECKING:
    from index import Index

    from .verify.dates import Date

FOLLOWED = 5
"""Passages whose references are followed: those that an answer may be made of."""
GOES_ON = 0.3
"""Share of the question joined with the one before it from which on it goes on with that: 98% of
follow-ups have it, and 11% of questions on something else."""
SPEAKS_OF = 0.3
"""Share of an earlier question, by weight, that a record must have to answer a follow-up
from: of those that answer labelled ones the least has 0.36, a quarter of the others less."""
SESSION = timedelta(days=400)
"""A question number is given again in the next session of Parliament, a year or so later."""


def follow(
    index: Index, record: WrittenAnswer, filters: Filters | None = None
) -> WrittenAnswer | None:
    """The earlier answer that a record refers to, where it does and the index has it."""
    for number in references(record.text):
        earlier = [one for one in index.of_uin(number, filters) if is_meant(record, one)]
        if earlier:
            return max(earlier, key=lambda one: str(one.answered or ""))
    return None


def spelt_out(index: Index, question: str) -> str:
    """A turn that gave nothing but a question's number, as that question put it; others as is."""
    if not asks_for_number_alone(question):
        return question
    records = index.of_uin(question_numbers(question)[0])
    return put(records[0]) if records else question


def gone_on_with(history: tuple[str, ...], found: Retrieval) -> tuple[str, ...]:
    """The questions before, where the one that was searched for goes on with them.

    What a new subject has to meet is its own question alone.
    """
    return history if found.joined >= GOES_ON else ()


def on_subject(passages: tuple[Passage, ...], history: Sequence[str]) -> tuple[Passage, ...]:
    """The passages of records that speak of what any question before asked; all where none does.

    "How many people were sent?" is full of words that are met anywhere.
    """
    earlier = [weights(question) for question in history]

    def speaks(record: WrittenAnswer) -> bool:
        told = words.terms(f"{record.title} {record.question} {record.text}")
        return any(words.share(asked, told) >= SPEAKS_OF for asked in earlier)

    return tuple(passage for passage in passages if speaks(passage.record)) or passages


def put(record: WrittenAnswer) -> str:
    """What a record was asked, without the form of address."""
    return without_address(record.question) or record.title


def with_referred(
    index: Index, passages: Sequence[Passage], filters: Filters | None = None
) -> tuple[Passage, ...]:
    """The passages, each reply that only refers to another answer with that answer behind it.

    The answer takes the place and the score of the reply that refers to it.
    """
    made = list(passages)
    for passage in passages[:FOLLOWED]:
        if not refers(passage.record):
            continue
        referred = follow(index, passage.record, filters)
        if referred is None:
            continue
        # Where one refers to another that refers, this may have been moved behind that.
        at = next(n for n, one in enumerate(made) if one.record.id == passage.record.id)
        if referred.id in {one.record.id for one in made[: at + 1]}:
            continue
        made = [one for one in made if one.record.id != referred.id]
        moved = replace(passage, record=referred, start=0, end=len(referred.text), others=())
        made.insert(at + 1, moved)
    return tuple(made)


def referrals(records: Sequence[WrittenAnswer]) -> Iterable[tuple[int, int]]:
    """``(reply, answer)``: the places of replies that refer to another of these records."""
    for at, record in enumerate(records):
        if refers(record):
            named = references(record.text)
            for other, answer in enumerate(records):
                if answer.uin in named and is_meant(record, answer):
                    yield at, other


@lru_cache(maxsize=1 << 10)
def refers(record: WrittenAnswer) -> bool:
    """Whether a record's reply is that an earlier answer says it."""
    return reply_of(record).kind is ReplyKind.REFERS_TO_EARLIER


def is_meant(reply: WrittenAnswer, answer: WrittenAnswer) -> bool:
    """Whether an answer of the right number is the one that a reply refers to.

    A number is unique within a session only.  The day that the reply names decides; where it
    names none, the answer must have been given in the year before.
    """
    if answer.id == reply.id:
        return False
    if not (answer.answered and reply.answered):
        return True
    if answer.answered > reply.answered:
        return False
    named = _days(reply.text)
    if named:
        return any(_is_day(day, on) for day in named for on in (answer.answered, answer.asked))
    return reply.answered - answer.answered <= SESSION


def _days(text: str) -> list[Date]:
    return [token.date for token in tokenise(text) if token.date and token.date.day]


def _is_day(named: Date, on: date | None) -> bool:
    """Whether a date with or without its year is that day."""
    return (
        on is not None
        and (named.day, named.month) == (on.day, on.month)
        and named.year in (None, on.year)
    )
