"""The values that flow through the index: records in, passages out.

Nothing heavy is imported here (pydantic and the standard library only) and nothing
knows of Chroma, SQLite or a user interface.  Every value is immutable.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, overload

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, computed_field, model_validator

RECORD_SCHEMA = 1
"""Version of `WrittenAnswer`; an index made with another version must be rebuilt."""

House = Literal["Commons", "Lords"]


class Kind(StrEnum):
    """What sort of official document a record is."""

    WRITTEN_ANSWER = "written_answer"
    STATEMENT = "statement"
    DOCUMENT = "document"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Member(_Frozen):
    """A member of either House, as far as the source names them.

    The official API often gives only the number, plain pages only the name.
    """

    id: int | None = None
    name: str | None = None
    party: str | None = None
    constituency: str | None = None

    @property
    def label(self) -> str:
        """The name, or the Parliament member number when the source gives no name."""
        return self.name or (f"Member {self.id}" if self.id is not None else "not given")


class Attachment(_Frozen):
    """A file that the answer points to; its contents are not indexed."""

    title: str
    url: str | None = None
    file_type: str | None = None
    size_bytes: int | None = None


class WrittenAnswer(_Frozen):
    """One official record, whatever source it was read from.

    `text` is the answer as plain text and the only text that may be quoted: every
    chunk and every citation is a span ``(start, end)`` of it, counted in Python
    characters (Unicode code points).  For a plain document it is the body.

    `id` is stable across runs and sources; a change of content shows in
    `content_hash`, never in `id`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=False)

    id: str = Field(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]*$")
    kind: Kind = Kind.WRITTEN_ANSWER
    uin: str | None = None
    house: House | None = None
    heading: str | None = None
    question: str = ""
    asker: Member | None = None
    asker_has_interest: bool = False
    department: str | None = None
    answerer: Member | None = None
    answerer_role: str | None = None
    """Role held on the day of the answer; None when the source does not say."""
    asked: date | None = None
    answered: date | None = None
    due: date | None = None
    holding_answered: date | None = None
    corrected: date | None = None
    text: str = Field(min_length=1)
    original_text: str = ""
    """The answer before its correction, where the source gives it."""
    is_holding: bool = False
    is_correction: bool = False
    is_withdrawn: bool = False
    is_answer_truncated: bool = False
    is_question_truncated: bool = False
    is_summary: bool = False
    """True for the bundled sample: our own summary, not the official text."""
    grouped_uins: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    url: str | None = Field(default=None, pattern=r"^https?://\S+$")
    source: str = ""
    """Which reader made the record and from which file; not part of `content_hash`."""

    @model_validator(mode="after")
    def _has_words(self) -> WrittenAnswer:
        if not self.text.strip():
            raise ValueError("the answer is empty")
        return self

    @property
    def is_truncated(self) -> bool:
        """True when the source cut the question or the answer short."""
        return self.is_answer_truncated or self.is_question_truncated

    @property
    def is_corrected(self) -> bool:
        """True where the source marks the answer as corrected, or says when it was."""
        return self.is_correction or self.corrected is not None

    @property
    def is_put_off(self) -> bool:
        """True for a holding reply that gives no answer: sources mark some full answers so too."""
        from .text import puts_off

        return self.is_holding and puts_off(self.text)

    @property
    def title(self) -> str:
        """The heading, or the opening of the question where the source gives none."""
        from .text import strip_boilerplate

        if self.heading:
            return self.heading
        plain = strip_boilerplate(self.question) or self.text
        return plain if len(plain) <= 90 else plain[:87].rsplit(" ", 1)[0] + "…"

    @computed_field  # type: ignore[prop-decorator]
    @property
    def content_hash(self) -> str:
        """SHA-256 (hex) of every field but `source`."""
        fields = self.model_dump(mode="json", exclude={"source", "content_hash"})
        canonical = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a record said before a changed one of the same id took its place (UTC)."""

    record: WrittenAnswer
    replaced: datetime


@dataclass(frozen=True, slots=True)
class Rejected:
    """A file or record that could not be read, in words a person can act on."""

    file: str
    record: str
    """Which record: an id, ``line 12``, ``item 3``; empty when the whole file is meant."""
    reason: str

    def __str__(self) -> str:
        where = f"{self.file}, {self.record}" if self.record else self.file
        return f"{where}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Chunk:
    """A span of a record's text, sized for the embedding model.

    ``record.text[start:end] == text`` always holds.  `header` is embedded with the
    text but is not part of the record and must never be quoted.
    """

    record_id: str
    ordinal: int
    start: int
    end: int
    text: str
    header: str

    @property
    def embedded_text(self) -> str:
        """What the embedding model sees: the header, a line break, the text."""
        return f"{self.header}\n{self.text}" if self.header else self.text


def _as_tuple(value: Any) -> Any:
    """Accept one value where several are allowed."""
    if value is None:
        return ()
    return (value,) if isinstance(value, str | int) else tuple(value)


class Filters(_Frozen):
    """Limits on what `retrieve` may return; an empty filter allows everything.

    Values within one field are alternatives; different fields must all hold.  Date
    limits are inclusive; a record without that date does not pass a limit on it.
    """

    department: Annotated[tuple[str, ...], BeforeValidator(_as_tuple)] = ()
    house: Annotated[tuple[House, ...], BeforeValidator(_as_tuple)] = ()
    asked_from: date | None = None
    asked_to: date | None = None
    answered_from: date | None = None
    answered_to: date | None = None
    member: Annotated[tuple[int | str, ...], BeforeValidator(_as_tuple)] = ()
    """Member numbers or names (any case, part of a name will do), asking or answering."""
    record_id: Annotated[tuple[str, ...], BeforeValidator(_as_tuple)] = ()

    @model_validator(mode="after")
    def _dates_in_order(self) -> Filters:
        for name in ("asked", "answered"):
            first, last = getattr(self, f"{name}_from"), getattr(self, f"{name}_to")
            if first and last and first > last:
                raise ValueError(f"{name}_from ({first}) is later than {name}_to ({last})")
        return self

    @property
    def is_empty(self) -> bool:
        return self == Filters()


@dataclass(frozen=True, slots=True)
class RecordRef:
    """A record named without its text: its id and, where it has one, its UIN."""

    id: str
    uin: str | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A limit that the question seems to ask for, offered and never applied unasked.

    ``Filters(**{field: value})`` applies it; `label` is what a reader is shown.
    """

    field: str
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Understanding:
    """What could be told of a question without a language model.

    `suggestions` are limits to offer; `uins` the question numbers that were looked up
    exactly; `only_uins` is whether nothing else was asked ("PQ 5480", "what does question 5480
    say?"); `expansions` maps an abbreviation to what the index says it stands for; `unheld` are
    the words that no record of the index has in any form, `subjects` those that more than one is
    headed with; `cased` is the question with the capitals of places that it gives in small letters,
    empty where it has none.
    """

    suggestions: tuple[Suggestion, ...] = ()
    uins: tuple[str, ...] = ()
    only_uins: bool = False
    expansions: Mapping[str, str] = field(default_factory=dict)
    unheld: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    cased: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """A retrieved span of a record.

    `score` orders passages within one retrieval (higher is better) and means nothing
    across retrievals.  `ranks` maps a stage ("dense", "lexical") to the 1-based rank
    the passage had there; `similarities` maps it to that stage's own raw score.
    `others` are the records that were collapsed into this one: near-copies of its answer
    and questions answered together with it, in their own order.
    """

    record: WrittenAnswer
    start: int
    end: int
    score: float
    ranks: Mapping[str, int] = field(default_factory=dict)
    similarities: Mapping[str, float] = field(default_factory=dict)
    others: tuple[RecordRef, ...] = ()

    @property
    def text(self) -> str:
        return self.record.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Retrieval(Sequence[Passage]):
    """What `retrieve` returns: a sequence of passages, best first.

    `query` is what was searched for once the question had been understood;
    `timings` maps a stage to seconds; `understood` is what could be told of the question.
    `joined` is the share, 0 to 1, that the question joined with the one before it had in the
    ranking: little where the question stands alone.
    """

    passages: tuple[Passage, ...]
    query: str
    timings: Mapping[str, float] = field(default_factory=dict)
    understood: Understanding = field(default_factory=Understanding)
    joined: float = 0.0

    @overload
    def __getitem__(self, i: int) -> Passage: ...
    @overload
    def __getitem__(self, i: slice) -> tuple[Passage, ...]: ...
    def __getitem__(self, i: int | slice) -> Passage | tuple[Passage, ...]:
        return self.passages[i]

    def __len__(self) -> int:
        return len(self.passages)

    def __iter__(self) -> Iterator[Passage]:
        return iter(self.passages)
