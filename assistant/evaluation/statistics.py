"""How sure a figure is: intervals, comparisons, and how well confidence tells right from wrong.

The bootstrap and the randomisation test are those of Smucker, Allan and Carterette, "A
comparison of statistical significance tests for information retrieval evaluation", CIKM 2007.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 4_000
_BLOCK = 500
_SEED = 20_240_705

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean with its 95% confidence interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """One system's mean less another's over the same queries.

    `p` is the chance of a difference at least as large, either way, if the two were alike.
    """

    difference: Mean
    p: float


def mean(scores: Numbers) -> Mean:
    """The mean of one score a query, with the percentile bootstrap's interval."""
    if not len(scores):
        return Mean(0.0, 0.0, 0.0)
    rng = np.random.default_rng(_SEED)
    means = np.concatenate(
        [
            scores[rng.integers(0, len(scores), (_BLOCK, len(scores)))].mean(axis=1)
            for _ in range(RESAMPLES // _BLOCK)
        ]
    )
    low, high = np.percentile(means, [2.5, 97.5])
    return Mean(float(scores.mean()), float(low), float(high))


def compare(ours: Numbers, theirs: Numbers) -> Comparison:
    """`ours` against `theirs`, query by query: paired bootstrap and randomisation test."""
    differences = ours - theirs
    observed = abs(differences.mean()) if len(differences) else 0.0
    rng = np.random.default_rng(_SEED)
    as_large = 0
    for _ in range(RESAMPLES // _BLOCK):
        signs = rng.choice([-1.0, 1.0], (_BLOCK, len(differences)))
        # The margin keeps a rounding error from making the observed value rare.
        as_large += int((np.abs((signs * differences).mean(axis=1)) >= observed - 1e-12).sum())
    return Comparison(mean(differences), (as_large + 1) / (RESAMPLES + 1))


def auroc(confidence: Numbers, is_right: NDArray[np.bool_]) -> float:
    """The chance that a right one has the higher confidence of the two; a tie counts half.

    0.5 where there are none of one sort, for nothing can be told apart.
    """
    yes, no = confidence[is_right], confidence[~is_right]
    if not len(yes) or not len(no):
        return 0.5
    higher = (yes[:, None] > no[None, :]).mean()
    return float(higher + 0.5 * (yes[:, None] == no[None, :]).mean())


def risk_coverage(confidence: Numbers, is_right: NDArray[np.bool_]) -> list[tuple[float, float]]:
    """``(coverage, risk)`` as the surest are answered first, then ever less sure ones.

    Coverage is the share of all questions that are answered, risk the share of those
    answered that are wrong.  Questions of one confidence come in together.
    """
    order = np.argsort(-confidence, kind="stable")
    sure, wrong = confidence[order], np.cumsum(~is_right[order])
    ends = [at for at in range(len(sure)) if at + 1 == len(sure) or sure[at] != sure[at + 1]]
    return [((at + 1) / len(sure), float(wrong[at]) / (at + 1)) for at in ends]
