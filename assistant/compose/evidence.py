"""Whether the evidence bears on the question at all, and what sort of reply came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from index.types import WrittenAnswer

from ..types import AnswerKind, Sentence
from . import Request


@dataclass(frozen=True, slots=True)
class Assessment:
    """Whether to answer, with the records nearest to the question for when not.

    `confidence` orders questions by how likely the evidence answers them, 0 to 1.
    """

    covered: bool
    confidence: float
    nearest: tuple[WrittenAnswer, ...]


NEAREST = 3


def assess(request: Request) -> Assessment:
    """Judge the evidence before anything is written."""
    nearest = tuple(p.record for p in request.passages[:NEAREST])
    return Assessment(bool(nearest), 1.0 if nearest else 0.0, nearest)


def kind_of(sentences: Sequence[Sentence]) -> AnswerKind:
    """What sort of reply the sentences make."""
    return AnswerKind.ANSWERED if sentences else AnswerKind.NOT_COVERED
