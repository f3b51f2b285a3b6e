"""The wordings of a question, what the two searches bring up for them, and its measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .catalog import Catalog, StoredChunk
from .dense import DenseSearch
from .documents import addressee, document
from .embedding import Embedder
from .followups import JOINED_WEIGHT, Likeness, joined_weight, joined_with, points_back
from .lexical import LexicalIndex
from .ranking.features import Asked, Candidates, Measured, longness, measure, with_feedback
from .ranking.model import load, totals
from .selection import Selection
from .text import without_address
from .timing import timed
from .told import Told
from .types import Understanding

NEGLIGIBLE = 0.02
"""A wording of the question that weighs less than this is not searched for."""

EXPANSION_WEIGHT = 0.3
"""What a word of an abbreviation's full name counts for beside a word of the question's 1."""


@dataclass(frozen=True, slots=True)
class Wording:
    """One wording of the question and its share in the ranking, 0 to 1."""

    asked: Asked
    weight: float
    is_joined: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """The candidates, measured.

    `rows` are the features of each candidate record, the wordings' together in their shares;
    `long` says how far the weightiest wording is a long one; `first` is what was measured for
    it; `ranks` gives the place a chunk had in each stage.
    """

    candidates: Candidates
    chunks: list[StoredChunk]
    rows: NDArray[np.float64]
    long: float
    first: Measured
    ranks: dict[int, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Searcher:
    """Brings up candidates and measures them.  Safe from many threads."""

    catalog: Catalog
    dense: DenseSearch
    lexical: LexicalIndex
    embedder: Embedder

    def wordings(
        self, query: str, history: Sequence[str], understood: Understanding
    ) -> list[Wording]:
        """The question alone and, where there is history, joined with it; the weightiest first."""
        terms = self.lexical.terms
        spelt = {
            term: tuple(terms(full))
            for short, full in understood.expansions.items()
            for term in terms(short)
        }
        extra = {term: EXPANSION_WEIGHT for full in spelt.values() for term in full}
        text = without_address(query)
        joined = joined_with(text, history)
        if joined is None:
            vector = self.embedder.encode_query(text)
            return [Wording(Asked(text, vector, addressee(query), extra, spelt), 1.0)]
        before = joined[: -len(text)].strip()
        alone, both = (self.embedder.encode_query(wording) for wording in (text, joined))
        if points_back(text):
            weight = JOINED_WEIGHT
        else:
            earlier = self.embedder.encode_query(before)
            near = (self._nearest(vector) for vector in (alone, both, earlier))
            weight = joined_weight(text, Likeness(float(alone @ earlier), *near), load()["related"])
        asks = addressee(query) or addressee(history[-1])
        made = [Wording(Asked(text, alone, asks, extra, spelt), 1.0 - weight)]
        if weight >= NEGLIGIBLE:
            made.append(Wording(Asked(joined, both, asks, extra, spelt), weight, is_joined=True))
        made.sort(key=lambda wording: -wording.weight)
        return made

    def _nearest(self, vector: NDArray[np.float32]) -> float:
        """The cosine of the nearest text of the index, whatever the limits."""
        return max((cosine for _, cosine in self.dense.search(vector, 1)), default=0.0)

    def search(
        self,
        wordings: Sequence[Wording],
        ranks: dict[int, dict[str, int]],
        depth: int,
        enough: int,
        selection: Selection | None,
        timings: dict[str, float],
    ) -> None:
        """Add to `ranks` the chunks that either search brings up, with their rank in each."""
        for wording in wordings:
            asked = wording.asked
            with timed(timings, "dense"):
                near = self.dense.search(asked.vector, depth, selection, enough)
            with timed(timings, "lexical"):
                worded = self.lexical.search(asked.text, depth, selection, enough, asked.extra)
            for stage, hits in (("dense", near), ("lexical", worded)):
                for rank, (number, _) in enumerate(hits, 1):
                    ranks.setdefault(number, {}).setdefault(stage, rank)

    def measure(
        self, wordings: Sequence[Wording], ranks: dict[int, dict[str, int]]
    ) -> Found | None:
        """The features of the candidates' records; None when none is there any more."""
        # A chunk that the catalogue no longer has was replaced a moment ago.
        stored = self.catalog.chunks(list(ranks))
        numbers, vectors = self.catalog.vectors(list(stored))
        if not numbers:
            return None
        chunks = [stored[number] for number in numbers]
        place: dict[str, int] = {}
        owner = [place.setdefault(chunk.record_id, len(place)) for chunk in chunks]
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        candidates = Candidates(
            numbers=numbers,
            vectors=vectors,
            ends=np.array([chunk.end for chunk in chunks], dtype=np.int64),
            owner=np.array(owner, dtype=np.int64),
            records=list(place),
            told=self._told(numbers),
        )
        measured = [self._measured(wording.asked, candidates) for wording in wordings]
        total = sum(wording.weight for wording in wordings)
        rows = sum(
            (w.weight / total * m.rows for w, m in zip(wordings, measured, strict=True)),
            start=np.zeros_like(measured[0].rows),
        )
        long = longness(wordings[0].asked.text)
        return Found(candidates, chunks, rows, long, measured[0], ranks)

    def _measured(self, asked: Asked, found: Candidates) -> Measured:
        """The features for one wording, feedback from those that lead by all others included."""
        measured = measure(asked, found, self.lexical)
        likely = totals(measured.rows, longness(asked.text), load()["first"])
        return with_feedback(measured, asked.vector, found, likely)

    def _told(self, numbers: Sequence[int]) -> Told:
        """The words of these chunks; those that were never packed are packed now."""
        packed = self.catalog.words(numbers)
        lacking = [number for number in numbers if number not in packed]
        for number, record, text, _ in self.catalog.follower_rows(lacking):
            packed[number] = self.lexical.told(document(number, record, text))
        return Told.unpack([packed[number] for number in numbers])
