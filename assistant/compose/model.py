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
    from .features import Candidate

FILE = "model.json"


class Model(TypedDict):
    """What `model.json` holds.

    `rarity` is the inverse document frequency (natural logarithm) of common stems, `unknown`
    that of all others.  `record` and `sentence` weigh features, `evidence` whether to
    answer at all.
    """

    rarity: dict[str, float]
    unknown: float
    record: dict[str, float]
    sentence: dict[str, float]
    bias: float
    evidence: dict[str, float]
    evidence_bias: float


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


def record_chances(found: Sequence[Candidate], model: Model | None = None) -> list[float]:
    """The chance of each record to be the one that answers; they sum to 1."""
    weights = (model or load())["record"]
    scores = [_dot(weights, candidate.features) for candidate in found]
    top = max(scores, default=0.0)
    powers = [math.exp(score - top) for score in scores]
    return [power / sum(powers) for power in powers]


def worths(found: Sequence[Candidate], model: Model | None = None) -> list[list[float]]:
    """The chance of each unit of each record to be part of the answer."""
    model = model or load()
    values = []
    for candidate, chance in zip(found, record_chances(found, model), strict=True):
        scores = (model["bias"] + _dot(model["sentence"], u.features) for u in candidate.units)
        values.append([chance * _chance(score) for score in scores])
    return values


def confidence(features: Mapping[str, float], model: Model | None = None) -> float:
    """How likely the evidence answers the question, 0 to 1."""
    model = model or load()
    return _chance(model["evidence_bias"] + _dot(model["evidence"], features))


def _dot(weights: Mapping[str, float], features: Mapping[str, float]) -> float:
    return sum(weight * features[name] for name, weight in weights.items())


def _chance(score: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(min(score, 50.0), -50.0)))
