"""Asked before?  The questions already put on a matter: when, by whom, what was answered.

For whoever drafts a question: the likeness is that of the questions, not of the answers,
because a refusal to an equal question is just what a drafter needs to know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.text import without_address
from index.types import Filters, WrittenAnswer

from .following import follow, put
from .replies import reply_of
from .types import ReplyKind

if TYPE_CHECKING:
    from index import Index
    from index.types import Passage

    from .compose.units import Candidate

LEAST_SIMILARITY = 0.45
"""Cosine of two questions below which they are not on one matter."""
_LOOKED_AT = 3
"""Records retrieved for each one wanted: the nearest answers are not the nearest questions."""


@dataclass(frozen=True, slots=True)
class AskedBefore:
    """An earlier question on the matter.

    `similarity` is the cosine of the two questions, -1 to 1; ``record.text[start:end]`` is
    what the answer comes down to and `kind` what sort of reply it makes.  `referred` is the
    earlier answer that the reply refers to, where it does and the index has it.
    """

    record: WrittenAnswer
    similarity: float
    kind: ReplyKind
    start: int
    end: int
    referred: WrittenAnswer | None = None

    @property
    def key(self) -> str:
        """The sentence that the answer comes down to, as it stands."""
        return self.record.text[self.start : self.end]


def asked_before(
    index: Index, draft: str, k: int = 10, filters: Filters | None = None
) -> list[AskedBefore]:
    """The questions in the index on the matter of `draft`, the most alike first, at most `k`.

    Raises:
        BadRequest: the draft is empty or too long.
    """
    passages = tuple(index.retrieve(draft, k=_LOOKED_AT * k, filters=filters))
    likeness = _likeness(index, draft, passages)
    alike = [
        (near, passage)
        for near, passage in zip(likeness, passages, strict=True)
        if near >= LEAST_SIMILARITY
    ]
    alike.sort(key=lambda pair: -pair[0])
    return [_told(index, draft, near, passage, filters) for near, passage in alike[:k]]


def _likeness(index: Index, draft: str, passages: Sequence[Passage]) -> list[float]:
    """The cosine of the draft with the question of each passage's record."""
    if not passages:
        return []
    questions = [without_address(draft), *(put(passage.record) for passage in passages)]
    vectors = index.embedder.encode(questions)
    return [float(value) for value in vectors[1:] @ vectors[0]]


def _told(
    index: Index, draft: str, near: float, passage: Passage, filters: Filters | None
) -> AskedBefore:
    from .compose.features import study
    from .compose.model import worths
    from .timeline import best_unit

    record = passage.record
    reply = reply_of(record)
    if reply.kind is not ReplyKind.SUBSTANTIVE:
        refers = reply.kind is ReplyKind.REFERS_TO_EARLIER
        referred = follow(index, record, filters) if refers else None
        return AskedBefore(record, near, reply.kind, reply.start, reply.end, referred)
    # By words alone: to embed every sentence of many records would take seconds.
    candidate: Candidate = study(draft, (), (passage,)).found[0]
    (worth,) = worths((candidate,))
    best = candidate.units[best_unit(candidate, worth)]
    return AskedBefore(record, near, reply.kind, best.start, best.end)
