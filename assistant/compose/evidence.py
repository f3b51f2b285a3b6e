"""Whether the evidence bears on the question, and what sort of reply it makes.

A question can be near a record in every word and still ask for what the record does not
give: another place, a sum where only a date is told.  So what the question insists on is
looked for in what would be shown, before anything is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from index.types import WrittenAnswer

from ..types import AnswerKind, Sentence
from . import Request, cues, demands, extractive, model
from .features import Candidate, Unit

NEAREST = 3
"""Records offered when the question is not covered."""

LEAST_CONFIDENCE = 0.5
"""Below this the question counts as not covered."""

_TOP = 3


@dataclass(frozen=True, slots=True)
class Assessment:
    """Whether to answer, with the records nearest to the question for when not.

    `confidence` orders questions by how likely the evidence answers them, 0 to 1; `lacking`
    says what the question insists on and the evidence has not; `declined` is the sentence
    that says the Government does not give what is asked, where that is the best there is.
    """

    confidence: float
    nearest: tuple[WrittenAnswer, ...]
    lacking: tuple[str, ...] = ()
    declined: str | None = None

    @property
    def covered(self) -> bool:
        return self.confidence >= LEAST_CONFIDENCE


def assess(request: Request) -> Assessment:
    """Judge the evidence before anything is written."""
    nearest = tuple(candidate.record for candidate in request.found[:NEAREST])
    if not request.found:
        return Assessment(0.0, nearest)
    worth = model.worths(request.found)
    missing = lacking(request, worth)
    best = _best(request.found, worth)
    return Assessment(
        confidence=model.confidence(features(request, worth, missing)),
        nearest=nearest,
        lacking=tuple(missing),
        declined=best.text if cues.declines(best.text) else None,
    )


def lacking(request: Request, worth: Sequence[Sequence[float]]) -> dict[str, str]:
    """What the question insists on and the sentences worth quoting have not."""
    found = request.found
    chosen = extractive.select(found, worth, extractive.MAX_WORDS)
    shown = [found[at].units[n].text for at, numbers in chosen for n in numbers]
    return demands.lacking(request.question, shown, [found[at].record for at, _ in chosen])


def features(
    request: Request, worth: Sequence[Sequence[float]], missing: Mapping[str, str]
) -> dict[str, float]:
    """The numbers that the confidence is weighed from."""
    best = sorted((value for own in worth for value in own), reverse=True)[:_TOP]
    cosines = [passage.similarities.get("dense", 0.0) for passage in request.passages]
    return {
        "cosine": max(cosines, default=0.0),
        "worth": sum(best),
        "amount_lacking": float("amount" in missing.values()),
        "name_lacking": float("name" in missing.values()),
    }


def kind_of(sentences: Sequence[Sentence], assessment: Assessment) -> AnswerKind:
    """What sort of reply the sentences make."""
    quoted = [sentence.text for sentence in sentences if sentence.citations]
    if not quoted:
        return AnswerKind.NOT_COVERED
    return AnswerKind.DECLINED if assessment.declined in quoted else AnswerKind.ANSWERED


def _best(found: Sequence[Candidate], worth: Sequence[Sequence[float]]) -> Unit:
    """The unit worth most; a line that only leads into a list says nothing."""
    pairs = [
        (value, unit)
        for own, candidate in zip(worth, found, strict=True)
        for value, unit in zip(own, candidate.units, strict=True)
        if not unit.is_lead
    ]
    return max(pairs, key=lambda pair: pair[0], default=(0.0, found[0].units[0]))[1]
