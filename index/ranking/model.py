"""The fitted numbers of the ranking, kept in `weights.json`."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from .features import DERIVED, NAMES, with_derived

FILE = "weights.json"


class Sum(TypedDict):
    """`record` weighs the features of a record: a difference of 1 between two records' sums
    makes the one e times as likely to be the wanted one.  `long` is added to that, in so far as
    the question is a long one.
    """

    record: dict[str, float]
    long: dict[str, float]


class Weights(Sum):
    """What `weights.json` holds.

    `first` weighs the features without those of feedback, which is taken from the records that
    lead by it.  `related` weighs what tells whether a question goes on with the one before it.
    """

    first: Sum
    related: dict[str, float]


@lru_cache(maxsize=1)
def load() -> Weights:
    """The numbers in `weights.json`."""
    weights: Weights = json.loads(files(__package__).joinpath(FILE).read_text("utf-8"))
    return weights


def totals(
    rows: NDArray[np.float64], long: float, weights: Sum | None = None
) -> NDArray[np.float64]:
    """The weighted sum of each row of features, columns as in `NAMES`.

    `long` says how far the question is a long one (`features.longness`).
    """
    found = weights or load()
    record, more = found["record"], found["long"]
    each = np.array([record[name] + long * more.get(name, 0.0) for name in (*NAMES, *DERIVED)])
    summed: NDArray[np.float64] = with_derived(rows) @ each
    return summed


def chance(features: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """Logistic regression: the chance that goes with these features; ``bias`` counts always."""
    total = weights["bias"] + sum(weights[name] * value for name, value in features.items())
    return 1.0 / (1.0 + math.exp(-max(min(total, 50.0), -50.0)))


def scores(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums as scores between 0 and 1: 1 for the best, a half for one behind it by `HALF`."""
    behind = sums.max(initial=-np.inf) - sums
    made: NDArray[np.float64] = 1.0 / (1.0 + behind / HALF)
    return made


HALF = 8.0
