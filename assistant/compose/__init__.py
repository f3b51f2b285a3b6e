"""Composers: a question and its evidence to the sentences of an answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from index.errors import AssistantError
from index.types import Passage, Understanding, WrittenAnswer

from ..types import Sentence

if TYPE_CHECKING:
    from .units import Candidate


@dataclass(frozen=True, slots=True)
class Request:
    """What a composer works from.

    `history` holds the earlier questions of the conversation, oldest first; `passages` is
    the evidence, best first; `found` are the records of the first passages, with what
    `features.study` could tell of each of their sentences; `reserved` are words of a limit
    on length that are needed for what is said around the composer's sentences; `understood` is
    what could be told of the question when it was searched for.
    """

    question: str
    history: tuple[str, ...]
    passages: tuple[Passage, ...]
    found: tuple[Candidate, ...] = ()
    reserved: int = 0
    understood: Understanding = field(default_factory=Understanding)

    @property
    def records(self) -> dict[str, WrittenAnswer]:
        """The records that may be cited, by id."""
        held = {passage.record.id: passage.record for passage in self.passages}
        return held | {candidate.record.id: candidate.record for candidate in self.found}


class ComposerFailed(AssistantError):
    """A composer could not finish its answer; the message says why, in a sentence."""

    code = "composer_failed"
    http_status = 502


class Composer(Protocol):
    """Makes the sentences of an answer.

    `name` is shown beside the answer.  A sentence cites the spans of the records that it was
    made from; what it says is then checked against them, whatever verdict it comes with, and
    the citations are numbered (see `writing`).
    """

    name: str

    def compose(self, request: Request) -> Iterator[Sentence]:
        """The sentences in reading order; none when the evidence holds no answer.

        Raises:
            ComposerFailed: it cannot go on; what it gave so far does not count.
        """
