"""How good a ranking is, by the measures of ir-measures (trec_eval's arithmetic)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .extras import load
from .labels import Query

_MEASURES = {
    "nDCG@10": "nDCG@10",
    "MRR@10": "RR@10",
    "recall@5": "R@5",
    "recall@10": "R@10",
    "recall@50": "R@50",
    "hit@5": "Success@5",
}
"""Our names for them, and ir-measures'."""

NAMES = tuple(_MEASURES)
DEPTH = 50
"""Places of a ranking that are looked at."""

Scores = dict[str, NDArray[np.float64]]
"""A measure's name to its score for every query, shape ``(queries,)``."""


def score(queries: Sequence[Query], rankings: Sequence[Sequence[str]]) -> Scores:
    """Every measure of every query; `rankings` are record ids, best first.

    What a query excludes is dropped before anything is counted.

    Raises:
        ExtraMissing: ir-measures is not installed.
    """
    library = load("ir_measures", "eval")
    measures = {library.parse_measure(theirs): ours for ours, theirs in _MEASURES.items()}
    names = [str(at) for at in range(len(queries))]  # a file may use a qid twice
    qrels = {
        name: dict.fromkeys(query.relevant, 1) for name, query in zip(names, queries, strict=True)
    }
    run = {
        name: {record: -float(place) for place, record in enumerate(scored(query, ranking))}
        for name, query, ranking in zip(names, queries, rankings, strict=True)
    }
    found = {ours: np.zeros(len(queries)) for ours in NAMES}
    for metric in library.iter_calc(list(measures), qrels, run):
        found[measures[metric.measure]][int(metric.query_id)] = metric.value
    return found


def scored(query: Query, ranking: Sequence[str]) -> list[str]:
    """The ranking as it is scored: without repetition and what the query excludes."""
    left_out = set(query.exclude)
    return [record for record in dict.fromkeys(ranking) if record not in left_out][:DEPTH]
