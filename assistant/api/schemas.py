"""What REST and MCP callers send and get: plain, typed, described for people and programs.

A span ``(start, end)`` counts Unicode code points into the `text` of the record it names, so
``record.text[start:end]`` is exactly what was quoted.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from ..types import ReplyKind

MAX_QUESTION = 4_000
"""Longest question, in characters."""
MAX_TURNS = 20
"""Most earlier questions of a conversation."""

House = Literal["Commons", "Lords"]
Name = Annotated[str, Field(pattern=r"\S")]
"""Not empty: nobody means to be limited to nothing."""


def _day(value: object) -> object:
    """Refuse what pydantic would take for the seconds since 1970."""
    is_day = isinstance(value, date) or (isinstance(value, str) and _DAY.fullmatch(value))
    if not is_day:
        raise PydanticCustomError("date_form", "This is not a date")
    return value


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
Day = Annotated[date, BeforeValidator(_day)]
Question = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MAX_QUESTION,
        description="A question in plain words, or a tabled question as it stands.",
        examples=["How many arrests has the joint intelligence cell in France led to?"],
    ),
]


class Body(BaseModel):
    """Base of every body: what is not described is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FilterBody(Body):
    """Limits on what may be found; alternatives within a field, all fields together.

    Null is no limit, as if the field were left out.
    """

    department: tuple[Name, ...] | None = Field(
        (), max_length=50, description="Full names, any of them.", examples=[["Home Office"]]
    )
    house: tuple[House, ...] | None = Field((), max_length=2)
    member: tuple[Name, ...] | None = Field(
        (), max_length=50, description="Member numbers or parts of names, asking or answering."
    )
    asked_from: Day | None = Field(None, description="Tabled on this day or later.")
    asked_to: Day | None = Field(None, description="Tabled on this day or before.")
    answered_from: Day | None = Field(
        None, description="Answered on this day or later.", examples=["2022-01-01"]
    )
    answered_to: Day | None = Field(None, description="Answered on this day or before.")


class AnswerRequest(Body):
    """A question to be answered."""

    question: Question
    history: tuple[Annotated[str, Field(max_length=MAX_QUESTION)], ...] | None = Field(
        (),
        max_length=MAX_TURNS,
        description="The questions asked before this one, oldest first.",
    )
    filters: FilterBody | None = None


class Person(Body):
    """A member of either House, as far as the source names them."""

    id: int | None = None
    name: str | None = None
    party: str | None = None
    constituency: str | None = None


class AttachmentBody(Body):
    """A file that an answer points to."""

    title: str
    url: str | None = None
    file_type: str | None = None
    size_bytes: int | None = None


class Record(Body):
    """One official record, whole."""

    id: str = Field(examples=["sample-2022-07-06-HL1536"])
    kind: str
    uin: str | None = Field(None, description="Unique within a session of Parliament only.")
    house: House | None = None
    title: str
    heading: str | None = None
    question: str
    asker: Person | None = None
    department: str | None = None
    answerer: Person | None = None
    answerer_role: str | None = Field(None, description="Role on the day of the answer.")
    asked: date | None = None
    answered: date | None = None
    corrected: date | None = None
    text: str = Field(description="The answer as plain text; spans count into it.")
    is_holding: bool
    is_correction: bool
    is_withdrawn: bool
    is_truncated: bool = Field(description="The source cut the question or the answer short.")
    is_summary: bool = Field(description="Bundled sample: not the official text.")
    grouped_uins: tuple[str, ...] = ()
    attachments: tuple[AttachmentBody, ...] = ()
    notes: tuple[str, ...] = Field(
        (), description="What a reader must know before relying on the record."
    )
    url: str | None = Field(None, description="Address of the official record.")
    citation: str = Field(description="The record as a careful reader cites it.")
    content_hash: str


class RecordRefBody(Body):
    """A record named without its text."""

    id: str
    uin: str | None = None


class PassageBody(Body):
    """A span of a record that bears on the question."""

    record_id: str
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    text: str
    score: float = Field(description="Orders passages within one answer; higher is better.")
    ranks: dict[str, int] = Field(description="Place that each stage of the search gave it.")
    similarities: dict[str, float] = Field(description="What each stage measured of it.")
    others: tuple[RecordRefBody, ...] = Field(
        (), description="Near-copies and questions answered together with it."
    )
    title: str
    department: str | None = None
    house: House | None = None
    answered: date | None = None
    uin: str | None = None
    notes: tuple[str, ...] = ()
    url: str | None = None


class SuggestionBody(Body):
    """A limit that the question seems to ask for; it has not been applied."""

    field: str
    value: str
    label: str


class PassagesBody(Body):
    """A page of passages, best first."""

    query: str = Field(description="What was searched for once the question was understood.")
    passages: tuple[PassageBody, ...]
    offset: int = Field(ge=0)
    limit: int = Field(ge=1)
    next: str | None = Field(None, description="Address of the next page, where there is one.")
    suggestions: tuple[SuggestionBody, ...] = ()


class CitationBody(Body):
    """The span that a sentence rests on; `number` is the mark that a reader sees."""

    number: int
    record_id: str
    start: int
    end: int


class SentenceBody(Body):
    """One sentence with its citations and how far they bear it out."""

    text: str
    framing: bool = Field(description="Fixed wording filled in from the record's own fields.")
    verdict: Literal["supported", "partly", "unsupported", "uncited"]
    reason: str
    citations: tuple[CitationBody, ...]


class TimelineBody(Body):
    """One answer on the matter, with what changed since the one before."""

    record_id: str
    answered: date | None = None
    title: str
    start: int
    end: int
    text: str
    kind: ReplyKind
    change: str


class AnswerBody(Body):
    """A grounded answer; `not_covered` is a normal result."""

    id: str = Field("", description="Names the answer in feedback, for a while.")
    question: str
    kind: Literal["answered", "partly", "not_covered", "declined"]
    reply: ReplyKind = Field(
        ReplyKind.SUBSTANTIVE,
        description="Where kind is declined: what the Government says instead of answering.",
        examples=["disproportionate_cost"],
    )
    text: str = Field(description="The sentences, each followed by its numbers in brackets.")
    sentences: tuple[SentenceBody, ...]
    records: tuple[Record, ...] = Field(description="The cited records; the first is number 1.")
    nearest: tuple[Record, ...] = Field(
        description="The closest records where none answers, those quoted first."
    )
    passages: tuple[PassageBody, ...] = Field((), description="What was retrieved, best first.")
    timeline: tuple[TimelineBody, ...] = ()
    uncovered: tuple[str, ...] = Field((), description="What the answer does not cover.")
    withheld: tuple[SentenceBody, ...] = Field(
        (), description="Sentences of a language model that their sources did not bear out."
    )
    confidence: float = Field(ge=0, le=1, description="Chance that the evidence answers.")
    composer: str
    searched: str = Field("", description="The question as it was rewritten, where it was.")
    note: str = ""


class AskedBeforeBody(Body):
    """An earlier question on the matter of a draft, and what came of it."""

    record: Record
    similarity: float
    kind: ReplyKind
    start: int
    end: int
    text: str = Field(description="The sentence of the answer that says most.")


class CountBody(Body):
    """A name with the number of records behind it."""

    name: str
    records: int


class FacetsBody(Body):
    """What one can filter by."""

    departments: tuple[CountBody, ...]
    houses: tuple[CountBody, ...]
    first_answered: date | None = None
    last_answered: date | None = None


class StatusBody(Body):
    """What the index holds."""

    version: str
    model: str
    records: int
    summaries: int
    holding: int
    truncated: int
    corrected: int
    withdrawn: int
    chunks: int
    pending: int
    refused: int
    size_bytes: int
    first_answered: date | None = None
    last_answered: date | None = None


class FeedbackRequest(Body):
    """Whether an answer was of use, and why or why not."""

    answer_id: str = Field(max_length=64, description="The `id` that came with the answer.")
    useful: bool
    reason: str | None = Field(
        None, max_length=2_000, description="In words.", examples=["It gives no date."]
    )


class FeedbackBody(Body):
    """The feedback was kept, under this number."""

    id: int


class AddBody(Body):
    """What became of the records of an uploaded file."""

    added: int
    changed: int
    unchanged: int
    kept_fuller: int
    refused: tuple[str, ...] = Field(description="One sentence each: what was refused and why.")


class RemovedBody(Body):
    """The record is gone."""

    id: str


class Problem(BaseModel):
    """What went wrong, as RFC 9457 has it, with what to do about it."""

    type: str = Field("about:blank", description="Name of the sort of problem.")
    title: str = Field(description="What went wrong, in a sentence.")
    status: int
    code: str = Field(description="The same for every problem of this sort.")
    detail: str = Field("", description="What to do about it.")
