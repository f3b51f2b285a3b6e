"""What the model makes of sentences beside a question: how alike they are, whether they answer.

Both come from one reading half-way through the model (`meaning`); only the few sentences that
promise most are read further, together with the question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from . import asks
from .meaning import AnswerReader, TokenEmbedder, Vectors, matches
from .model import worths
from .units import is_row

if TYPE_CHECKING:
    from .units import Candidate, Unit

EMBEDDED = 12
"""Units of one record that are compared in meaning; the rest of a long one counts as far off."""
READ = 8
"""Units of all records together that are read beside the question: those worth most before that."""
UNREAD = -6.0
"""What the others count as, and what no unit counts less than."""


@dataclass(frozen=True, slots=True)
class Read:
    """Vectors of word pieces: the question's, and those of units by record and place in it."""

    question: Vectors
    units: Mapping[tuple[int, int], Vectors] = field(default_factory=dict)


def likeness(
    found: Sequence[Candidate],
    put: str,
    history: Sequence[str],
    asked: Mapping[str, float],
    embedder: object,
) -> Read | None:
    """Sets `match`, the likeness in meaning, of the question read after the one before it.

    Gives what was read; None where the embedder cannot read words.
    """
    question = " ".join([*history[-1:], put])
    if not isinstance(embedder, TokenEmbedder):
        for candidate in found:
            for unit in candidate.units:
                unit.features["match"] = unit.features["overlap"]
        return None
    chosen = [_most_promising(candidate.units) for candidate in found]
    texts = [
        (c.record.title, c.record.text, [(c.units[n].start, c.units[n].end) for n in own])
        for c, own in zip(found, chosen, strict=True)
    ]
    sort = asks.asked(put, history).sort
    vectors, made = matches(
        embedder, question, asked, texts, lambda text: asks.near(sort, text, question)
    )
    units: dict[tuple[int, int], Vectors] = {}
    for at, (candidate, own, values) in enumerate(zip(found, chosen, made, strict=True)):
        for unit in candidate.units:
            unit.features["match"] = min((match.value for match in values), default=0.0)
        for number, match in zip(own, values, strict=True):
            unit = candidate.units[number]
            unit.features["match"] = match.value
            unit.terms, unit.near = match.terms, match.near
            if match.vectors is not None:
                units[at, number] = match.vectors
    return Read(vectors, units)


def odds(found: Sequence[Candidate], read: Read | None, embedder: object) -> bool:
    """Sets `read`, the logarithm of the odds that a unit answers, of those worth most.

    Gives whether the embedder can tell; where it cannot, no unit has the number.
    """
    if read is None or not isinstance(embedder, AnswerReader):
        return False
    worth = worths(found)
    best = sorted(
        ((at, n) for at, n in read.units if not found[at].units[n].is_lead),
        key=lambda place: -worth[place[0]][place[1]],
    )[:READ]
    scores = embedder.answering(read.question, [_in_full(found, read, place) for place in best])
    if scores is None:
        return False
    for candidate in found:
        for unit in candidate.units:
            unit.features["read"] = UNREAD
    for (at, number), score in zip(best, scores, strict=True):
        found[at].units[number].features["read"] = max(UNREAD, float(score))
    return True


def _in_full(found: Sequence[Candidate], read: Read, place: tuple[int, int]) -> Vectors:
    """The vectors of a unit; those of a row of a table behind those of the line over it."""
    at, number = place
    unit = found[at].units[number]
    over = read.units.get((at, unit.lead)) if unit.lead is not None and is_row(unit) else None
    own = read.units[place]
    return own if over is None else np.concatenate([over, own])


def _most_promising(every: Sequence[Unit]) -> list[int]:
    """The units worth the time to embed, in their order: a table can have a thousand rows."""
    alike = [max(unit.features["overlap"], unit.features["row_overlap"]) for unit in every]
    return sorted(sorted(range(len(every)), key=lambda n: -alike[n])[:EMBEDDED])
