"""What is measured of every candidate record: a row of numbers each.

The same numbers feed the ranking and the fit of its weights (`benchmarks/fit_ranking.py`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from .. import lexical
from ..lexical import LexicalIndex
from ..told import FIELDS, Told
from . import style

NAMES = (
    "cosine",
    "cosine_below_best",
    "feedback",
    "repeat_feedback",
    "words",
    "pairs",
    "heading",
    "question",
    "body",
    "covered",
    "covered_by_body",
    "numbers",
    "addressee",
    "style",
    "length",
)
"""The columns that are measured, in order.  docs/retrieval.md says what each is."""

FED_BACK = ("feedback", "repeat_feedback")
"""Those that hang on which records lead by the others."""

DERIVED = (
    "near",
    "near_feedback",
    "words_squared",
    "words_covered",
    "pairs_root",
    "cosine_covered",
)
"""The columns that follow from the measured ones: what is best of all counts for more."""

LONG = (
    "cosine",
    "feedback",
    "repeat_feedback",
    "heading",
    "question",
    "body",
    "covered",
    "near",
    "near_feedback",
    "words_covered",
    "pairs_root",
    "cosine_covered",
)
"""The columns that weigh otherwise in a long question, as one is tabled, than in a few words."""
LONG_FROM, LONG_WITHIN = 16.0, 3.0
"""A question of this many words is half long; so many more make it e times as long as not."""

NEARNESS = 20.0
"""How fast `near` falls with the cosine: to a half at 0.035 below the best."""

FEEDBACK_FROM = 3
"""Likeliest records that are taken to be relevant."""
FEEDBACK_WEIGHT = 0.6
REPEAT_WEIGHT = 4.0
"""What all records together, each by its chance, count beside a question that is asked again."""
REPEATED_FROM = 0.8
"""Share of the question's words, by rarity, that the question of a record must have more of to
be the same."""
COSINE_SHARE = 0.55
"""Share of the cosine in the guess which chunk of a record matters; the rest is BM25's."""

K1, B = 1.2, 0.75
"""Usual constants of BM25 (Robertson and Zaragoza 2009)."""
USUAL_LENGTHS = {"heading": 3.0, "question": 40.0, "body": 77.0, "pairs": 72.0, "addressee": 14.0}
"""Words in a chunk's fields, as written answers have them on average: fixed, so that a record's
features do not hang on what else is indexed."""
_PARTS = {lexical.WORDS: ("heading", "question", "body")}

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Asked:
    """One wording of a question: its text and vector, whom it asks if it says so, the weight
    of further words to search for, and the words that an abbreviation among its own stands
    for."""

    text: str
    vector: NDArray[np.float32]
    addressee: str = ""
    extra: Mapping[str, float] = field(default_factory=dict)
    spelt: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Chunks to be ranked: numbers, unit vectors ``(n, dimension)``, ends, owners and words.

    `owner[i]` is the place of chunk i's record among the `records`; `ends` are where the
    chunks end in their records' texts, in characters.
    """

    numbers: list[int]
    vectors: NDArray[np.float32]
    ends: NDArray[np.int64]
    owner: NDArray[np.int64]
    records: list[str]
    told: Told


@dataclass(frozen=True, slots=True)
class Measured:
    """Rows of features, one a record, and of each chunk its cosine, BM25 score and guess.

    `asked_there` is the share of the question's words that each record's own question has.

    The columns `FED_BACK` are 0 until `with_feedback` fills them.
    """

    rows: Floats
    cosines: Floats
    scores: Floats
    guess: Floats
    asked_there: Floats


def measure(asked: Asked, found: Candidates, words: LexicalIndex) -> Measured:
    """The features of every candidate record for one wording of the question.

    A record has the best of each number over its chunks.
    """
    terms, pairs = words.terms(asked.text), words.pairs(asked.text)
    asks = words.terms(asked.addressee)
    spelt = [term for full in asked.spelt.values() for term in full]
    counted = _Counted(found.told, words, [*terms, *pairs, *asks, *asked.extra, *spelt])
    rarity = counted.rarity(terms, lexical.WORDS)
    further = counted.rarity([t for t in asked.extra if t not in rarity], lexical.WORDS)
    worth = rarity | {term: asked.extra[term] * weight for term, weight in further.items()}
    cosines = (found.vectors @ asked.vector).astype(np.float64)
    scores = counted.bm25(worth, lexical.WORDS)
    guess = COSINE_SHARE * _share(cosines) + (1 - COSINE_SHARE) * _share(scores)
    figures = {term: 1.0 for term in terms if any(c.isdigit() for c in term) and len(term) > 1}

    def scored(own: Sequence[str], name: str) -> Floats:
        return _share(counted.bm25(counted.rarity(own, name), name))

    addressed = counted.rarity(asks, lexical.ADDRESSEE)
    columns = {
        "cosine": cosines,
        "cosine_below_best": cosines - cosines.max(initial=-1.0),
        **dict.fromkeys(FED_BACK, np.zeros(len(cosines))),
        "words": _share(scores),
        "pairs": scored(pairs, lexical.PAIRS),
        "heading": scored(terms, lexical.HEADING),
        "question": scored(terms, lexical.QUESTION),
        "body": scored(terms, lexical.BODY),
        "covered": counted.covered(rarity, lexical.WORDS, asked.spelt),
        "covered_by_body": counted.covered(rarity, lexical.BODY, asked.spelt),
        "numbers": counted.covered(figures, lexical.WORDS),
        "addressee": counted.covered(addressed, lexical.ADDRESSEE),
        "style": style.load().behind(found.told, asked.addressee),
        "length": np.log1p(found.ends / 5.0),
    }
    rows = _best(np.stack([columns[name] for name in NAMES], axis=1), found)
    held = counted.covered(rarity, lexical.QUESTION, asked.spelt)
    return Measured(rows, cosines, scores, guess, _best(held, found))


def with_feedback(
    measured: Measured, vector: NDArray[np.float32], found: Candidates, likely: Floats
) -> Measured:
    """With the cosines to the question moved towards the likeliest records (Rocchio 1971).

    `likely` is the sum of each record's other columns, `vector` the question's.  A record moves
    it by its chunk nearest to the question.  `feedback` moves it a little towards the first few;
    `repeat_feedback` far towards all, each by its chance (Lavrenko and Croft 2001), and is 0
    unless these have the question themselves: what is near its answer comes next.
    """
    nearest = np.argsort(-measured.cosines, kind="stable")
    _, first = np.unique(found.owner[nearest], return_index=True)
    vectors = found.vectors[nearest[first]]
    best = np.argsort(-likely, kind="stable")[:FEEDBACK_FROM]
    chances = np.exp(likely - likely.max())
    chances /= chances.sum()
    held = float(measured.asked_there[best[0]])
    repeated = max(held - REPEATED_FROM, 0.0) / (1 - REPEATED_FROM)
    rows = measured.rows.copy()
    moved = vector + FEEDBACK_WEIGHT * vectors[best].mean(axis=0)
    rows[:, NAMES.index("feedback")] = _behind(moved, found)
    if repeated:
        moved = vector + REPEAT_WEIGHT * chances.astype(np.float32) @ vectors
        rows[:, NAMES.index("repeat_feedback")] = repeated * _behind(moved, found)
    return replace(measured, rows=rows)


def _behind(moved: NDArray[np.float32], found: Candidates) -> Floats:
    """How far each record's cosine to this vector, of any length, is behind the best."""
    cosines = (found.vectors @ moved).astype(np.float64) / max(float(np.linalg.norm(moved)), 1e-9)
    return _best(cosines - cosines.max(initial=-1.0), found)


def _best(values: Floats, found: Candidates) -> Floats:
    """The best value of each record's chunks, in each column."""
    made: Floats = np.full((len(found.records), *values.shape[1:]), -np.inf)
    np.maximum.at(made, found.owner, values)
    return made


class _Counted:
    """Candidates' words weighed: BM25 and coverage in a field, for words of `asked` alone."""

    def __init__(self, told: Told, words: LexicalIndex, asked: Sequence[str]) -> None:
        self._place = {word: at for at, word in enumerate(dict.fromkeys(asked))}
        # Looking through all words of all candidates is what costs, so it is done once.
        self._found = told.counts(list(self._place))
        self._told = told
        self._words = words
        self._total = words.count()

    def rarity(self, terms: Sequence[str], name: str) -> dict[str, float]:
        """Inverse document frequency of each term in the field, as in BM25."""
        total = self._total
        counts = self._words.frequencies(terms, name)
        return {t: math.log(1 + (max(total - n, 0) + 0.5) / (n + 0.5)) for t, n in counts.items()}

    def bm25(self, weights: Mapping[str, float], name: str) -> Floats:
        """Okapi BM25 of each chunk in the field, with these weights of the terms."""
        counts, lengths = self._counts(list(weights), name)
        usual = sum(USUAL_LENGTHS[field] for field in _PARTS.get(name, (name,)))
        damped = K1 * (1 - B + B * lengths / usual)
        scores: Floats = (counts * (K1 + 1) / (counts + damped[:, None])) @ _array(weights)
        return scores

    def covered(
        self,
        weights: Mapping[str, float],
        name: str,
        spelt: Mapping[str, Sequence[str]] | None = None,
    ) -> Floats:
        """Share of the terms, by weight, that each chunk has in the field, 0 to 1.

        A term is there too where all those stand that `spelt` gives for it.
        """
        counts, _ = self._counts(list(weights), name)
        has = counts > 0
        for at, term in enumerate(weights):
            if full := (spelt or {}).get(term):
                has[:, at] |= (self._counts(list(full), name)[0] > 0).all(axis=1)
        share: Floats = has @ _array(weights) / max(sum(weights.values()), 1e-9)
        return share

    def _counts(self, terms: Sequence[str], name: str) -> tuple[Floats, Floats]:
        places = [FIELDS.index(field) for field in _PARTS.get(name, (name,))]
        own = self._found[:, :, [self._place[term] for term in terms]]
        counts: Floats = own[places].sum(axis=0)
        lengths: Floats = self._told.lengths[:, places].sum(axis=1)
        return counts, lengths


def longness(text: str) -> float:
    """How far a question is a long one, 0 to 1."""
    return 1.0 / (1.0 + math.exp((LONG_FROM - len(text.split())) / LONG_WITHIN))


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


def _array(weights: Mapping[str, float]) -> Floats:
    return np.array(list(weights.values()), dtype=np.float64)


def _share(values: Floats) -> Floats:
    """Each value's share of the best, 0 where it is negative or there is none."""
    best = float(values.max(initial=0.0))
    shares: Floats = np.maximum(values, 0.0) / best if best > 0 else np.zeros_like(values)
    return shares
