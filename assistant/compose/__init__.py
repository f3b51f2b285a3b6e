"""Composers: a question and its evidence to the sentences of an answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from index.types import Passage

from ..types import Sentence

if TYPE_CHECKING:
    from .features import Candidate


@dataclass(frozen=True, slots=True)
class Request:
    """What a composer works from.

    `history` holds the earlier questions of the conversation, oldest first; `passages` is
    the evidence, best first; `found` are the records of the first passages, with what
    `features.study` could tell of each of their sentences.
    """

    question: str
    history: tuple[str, ...]
    passages: tuple[Passage, ...]
    found: tuple[Candidate, ...] = ()


class Composer(Protocol):
    """Makes the sentences of an answer.

    `name` is shown beside the answer.  Citation numbers count the cited records from 1 in
    the order of their first use.
    """

    name: str

    def compose(self, request: Request) -> Iterator[Sentence]:
        """The sentences in reading order; none when the evidence holds no answer."""
