"""What is measured of every candidate record: a row of numbers each.

The same numbers feed the ranking and the fit of its weights (`benchmarks/fit_ranking.py`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .. import lexical
from ..lexical import LexicalIndex

NAMES = (
    "cosine",
    "cosine_below_best",
    "feedback",
    "words",
    "pairs",
    "heading",
    "question",
    "body",
    "covered",
    "covered_by_body",
    "numbers",
    "addressee",
    "length",
)
"""The columns that are measured, in order.  docs/retrieval.md says what each is."""

DERIVED = (
    "near",
    "near_feedback",
    "words_squared",
    "words_covered",
    "pairs_root",
    "cosine_covered",
)
"""The columns that follow from the measured ones: what is best of all counts for more."""

NEARNESS = 20.0
"""How fast `near` falls with the cosine: to a half at 0.035 below the best."""

FEEDBACK_FROM = 3
"""Best candidates whose vectors are taken to be relevant (Rocchio 1971)."""
FEEDBACK_WEIGHT = 0.6
FIRST_GUESS = 0.55
"""Share of the cosine in the first guess of the order; the rest is BM25's."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Asked:
    """One wording of a question: its text and vector, whom it asks if it says so, and the
    weight of further words to search for."""

    text: str
    vector: NDArray[np.float32]
    addressee: str = ""
    extra: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Chunks to be ranked: numbers, unit vectors ``(n, dimension)``, ends, and owners.

    `owner[i]` is the place of chunk i's record among the `records`; `ends` are where the
    chunks end in their records' texts, in characters.
    """

    numbers: list[int]
    vectors: NDArray[np.float32]
    ends: NDArray[np.int64]
    owner: NDArray[np.int64]
    records: list[str]


@dataclass(frozen=True, slots=True)
class Measured:
    """Rows of features, one a record, and of each chunk its cosine, BM25 score and guess."""

    rows: Floats
    cosines: Floats
    scores: Floats
    guess: Floats


def measure(asked: Asked, found: Candidates, words: LexicalIndex) -> Measured:
    """The features of every candidate record for one wording of the question.

    A record has the best of each number over its chunks.
    """
    terms = words.terms(asked.text)
    rarity = _rarity(terms, words, lexical.WORDS)
    cosines = (found.vectors @ asked.vector).astype(np.float64)

    def scored(own: Sequence[str], name: str) -> Floats:
        return _column(found, words.scores(own, found.numbers, name))

    def covered(weights: Mapping[str, float], name: str) -> Floats:
        column = _column(found, words.coverage(weights, found.numbers, name))
        return column / max(sum(weights.values()), 1e-9)

    scores = _column(found, words.scores(terms, found.numbers, lexical.WORDS, asked.extra))
    guess = FIRST_GUESS * _share(cosines) + (1 - FIRST_GUESS) * _share(scores)
    feedback = _feedback(asked.vector, found, guess)
    addressed = _rarity(words.terms(asked.addressee), words, lexical.ADDRESSEE)
    figures = {term: 1.0 for term in terms if any(c.isdigit() for c in term) and len(term) > 1}
    columns = {
        "cosine": cosines,
        "cosine_below_best": cosines - cosines.max(initial=-1.0),
        "feedback": feedback - feedback.max(initial=-1.0),
        "words": _share(scores),
        "pairs": _share(scored(words.pairs(asked.text), lexical.PAIRS)),
        "heading": _share(scored(terms, lexical.HEADING)),
        "question": _share(scored(terms, lexical.QUESTION)),
        "body": _share(scored(terms, lexical.BODY)),
        "covered": covered(rarity, lexical.WORDS),
        "covered_by_body": covered(rarity, lexical.BODY),
        "numbers": covered(figures, lexical.WORDS),
        "addressee": covered(addressed, lexical.ADDRESSEE),
        "length": np.log1p(found.ends / 5.0),
    }
    rows = np.full((len(found.records), len(NAMES)), -np.inf)
    np.maximum.at(rows, found.owner, np.stack([columns[name] for name in NAMES], axis=1))
    return Measured(rows, cosines, scores, guess)


def with_derived(rows: Floats) -> Floats:
    """Rows of the measured columns, with the derived ones behind them."""
    own = dict(zip(NAMES, rows.T, strict=True))
    derived = {
        "near": np.exp(NEARNESS * np.minimum(own["cosine_below_best"], 0.0)),
        "near_feedback": np.exp(NEARNESS * np.minimum(own["feedback"], 0.0)),
        "words_squared": own["words"] ** 2,
        "words_covered": own["words"] * own["covered"],
        "pairs_root": np.sqrt(np.maximum(own["pairs"], 0.0)),
        "cosine_covered": own["cosine"] * own["covered"],
    }
    made: Floats = np.column_stack([rows, *(derived[name] for name in DERIVED)])
    return made


def _feedback(vector: NDArray[np.float32], found: Candidates, guess: Floats) -> Floats:
    """Cosines to the question moved towards the best candidates' vectors."""
    best = np.argsort(-guess, kind="stable")
    _, first = np.unique(found.owner[best], return_index=True)
    likely = best[np.sort(first)[:FEEDBACK_FROM]]
    moved = vector + FEEDBACK_WEIGHT * found.vectors[likely].mean(axis=0)
    moved = moved / max(float(np.linalg.norm(moved)), 1e-9)
    cosines: Floats = (found.vectors @ moved).astype(np.float64)
    return cosines


def _rarity(terms: Sequence[str], words: LexicalIndex, name: str) -> dict[str, float]:
    """Inverse document frequency of each term, as in BM25."""
    total = words.count()
    counts = words.frequencies(terms, name)
    return {t: math.log(1 + (max(total - n, 0) + 0.5) / (n + 0.5)) for t, n in counts.items()}


def _column(found: Candidates, values: Mapping[int, float]) -> Floats:
    return np.array([values.get(number, 0.0) for number in found.numbers], dtype=np.float64)


def _share(values: Floats) -> Floats:
    """Each value's share of the best, 0 where it is negative or there is none."""
    best = float(values.max(initial=0.0))
    shares: Floats = np.maximum(values, 0.0) / best if best > 0 else np.zeros_like(values)
    return shares
