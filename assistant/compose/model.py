"""The fitted numbers of the composer: how rare words are, what each feature weighs.

They are kept in `model.json`, made by ``python -m benchmarks.fit_composer``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, TypedDict

from . import words

if TYPE_CHECKING:
    from .units import Candidate

FILE = "model.json"
ELSEWHERE = 0.4
"""What an answer about one constituency counts where that was not asked about."""
NOTE = 0.3
"""What a note under a table counts beside what the record says."""


class Fit(TypedDict):
    """Weights of features: `record` and `sentence` of what to quote, `evidence` of whether to."""

    record: dict[str, float]
    sentence: dict[str, float]
    bias: float
    evidence: dict[str, float]
    evidence_bias: float


class Model(TypedDict):
    """What `model.json` holds.

    `rarity` is the inverse document frequency (natural logarithm) of common stems, `unknown`
    that of all others.  `read` are the weights where sentences were read beside the question
    (`features.READ`), `unread` those where nothing can.
    """

    rarity: dict[str, float]
    unknown: float
    read: Fit
    unread: Fit


@lru_cache(maxsize=1)
def load() -> Model:
    """The numbers in `model.json`."""
    model: Model = json.loads(files(__package__).joinpath(FILE).read_text("utf-8"))
    return model


def weigh(term: str) -> float:
    """How much a stem tells: little for one that every answer has."""
    model = load()
    return model["rarity"].get(term, model["unknown"])


def weights(text: str) -> dict[str, float]:
    """How much each stem of a text tells."""
    return {term: weigh(term) for term in words.terms(text)}


def fit_for(features: Mapping[str, float]) -> Fit:
    """The weights for a unit, a record or the evidence with these features."""
    return load()["read" if is_read(features) else "unread"]


def is_read(features: Mapping[str, float]) -> bool:
    """Whether these are features of what was read beside the question."""
    return "read" in features


def record_chances(found: Sequence[Candidate], fit: Fit) -> list[float]:
    """The chance of each record to be the one that answers; they sum to 1."""
    scores = [_dot(fit["record"], candidate.features) for candidate in found]
    top = max(scores, default=0.0)
    powers = [math.exp(score - top) for score in scores]
    return [power / sum(powers) for power in powers]


def worths(found: Sequence[Candidate], fit: Fit | None = None) -> list[list[float]]:
    """The chance of each unit of each record to be part of the answer."""
    if not found:
        return []
    fit = fit or fit_for(found[0].units[0].features)
    values = []
    for candidate, chance in zip(found, record_chances(found, fit), strict=True):
        scores = (fit["bias"] + _dot(fit["sentence"], u.features) for u in candidate.units)
        trusted = chance * (ELSEWHERE if candidate.is_elsewhere else 1.0)
        values.append(
            [
                trusted * chance_of(score) * (NOTE if unit.is_note else 1.0)
                for score, unit in zip(scores, candidate.units, strict=True)
            ]
        )
    return values


def confidence(features: Mapping[str, float], fit: Fit | None = None) -> float:
    """How likely the evidence answers the question, 0 to 1."""
    fit = fit or fit_for(features)
    return chance_of(fit["evidence_bias"] + _dot(fit["evidence"], features))


def _dot(weights: Mapping[str, float], features: Mapping[str, float]) -> float:
    return sum(weight * features[name] for name, weight in weights.items())


def chance_of(score: float) -> float:
    """The chance of which a score is the logarithm of the odds."""
    return 1.0 / (1.0 + math.exp(-max(min(score, 50.0), -50.0)))
