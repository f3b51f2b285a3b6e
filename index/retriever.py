"""The read path: a question to ranked passages, a straight line of named stages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .catalog import Catalog
from .dense import DenseSearch
from .embedding import Embedder
from .errors import BadRequest
from .followups import with_history
from .lexical import LexicalIndex
from .selection import Selection, Selector
from .text import strip_boilerplate
from .timing import timed
from .types import Filters, Passage, Retrieval, WrittenAnswer

DEPTH = 100
"""Candidates taken from each stage before they are fused."""

ENOUGH = 4
"""Under a filter, this many candidates for each passage wanted will do."""

MAX_QUESTION = 4_000
"""Longest question, in characters; the longest ever tabled is about half of that."""

DENSE_WEIGHT = 0.55
"""Share of the cosine in the fused score; the rest is BM25's."""


@dataclass(slots=True)
class _Candidate:
    score: float = 0.0
    ranks: dict[str, int] = field(default_factory=dict)
    similarities: dict[str, float] = field(default_factory=dict)


class Retriever:
    """Searches an index.  Safe from many threads."""

    def __init__(
        self, catalog: Catalog, dense: DenseSearch, lexical: LexicalIndex, embedder: Embedder
    ) -> None:
        self._catalog = catalog
        self._selector = Selector(catalog)
        self._dense = dense
        self._lexical = lexical
        self._embedder = embedder

    def retrieve(
        self,
        query: str,
        k: int = 8,
        filters: Filters | None = None,
        history: Sequence[str] = (),
        per_record: int = 1,
    ) -> Retrieval:
        """See `index.retrieve`."""
        timings: dict[str, float] = {}
        text = _checked(query, k, per_record)
        with timed(timings, "filter"):
            selection = self._selector.select(filters) if filters else None
        if selection is not None and not len(selection):
            return Retrieval((), text, timings)
        variants = []
        for variant, weight in with_history(text, history):
            with timed(timings, "embed"):
                variants.append((variant, weight, self._embedder.encode_query(variant)))
        depth, enough = max(DEPTH, 2 * k * per_record), ENOUGH * k * per_record
        while True:
            fused = self._search(variants, depth, enough, selection, timings)
            with timed(timings, "load"):
                passages = self._passages(fused, k, per_record)
            # One long record can take up all candidates: look deeper until `k` are found
            # or there is nothing more to find.
            if len(passages) >= k or min(depth, enough) >= self._searchable(selection):
                return Retrieval(tuple(passages), text, timings)
            depth, enough = 4 * depth, 4 * enough

    def _searchable(self, selection: Selection | None) -> int:
        return self._catalog.count_chunks() if selection is None else len(selection)

    def _search(
        self,
        variants: Sequence[tuple[str, float, NDArray[np.float32]]],
        depth: int,
        enough: int,
        selection: Selection | None,
        timings: dict[str, float],
    ) -> dict[int, _Candidate]:
        """Candidates of both stages for every variant of the question, fused."""
        fused: dict[int, _Candidate] = {}
        for variant, weight, vector in variants:
            with timed(timings, "dense"):
                dense = self._dense.search(vector, depth, selection, min(depth, enough))
            with timed(timings, "lexical"):
                lexical = self._lexical.search(variant, depth, selection, min(depth, enough))
            with timed(timings, "fuse"):
                found = self._fuse(variant, vector, dense, lexical)
                _merge(fused, found, weight)
        return fused

    def _fuse(
        self,
        text: str,
        vector: NDArray[np.float32],
        dense: list[tuple[int, float]],
        lexical: list[tuple[int, float]],
    ) -> dict[int, _Candidate]:
        """Weighted sum of both stages' scores, each scaled by its best.

        What only one stage has brought up is scored by the other as well: a passage must
        not lose because it came 101st.
        """
        ranks: dict[int, dict[str, int]] = {}
        for stage, hits in (("dense", dense), ("lexical", lexical)):
            for rank, (number, _) in enumerate(hits, 1):
                ranks.setdefault(number, {})[stage] = rank
        cosines = dict(dense)
        cosines.update(self._dense.similarities(vector, [n for n in ranks if n not in cosines]))
        scores = dict(lexical)
        scores.update(self._lexical.scores(text, [n for n in ranks if n not in scores]))
        best_cosine = max(cosines.values(), default=0.0)
        best_score = max(scores.values(), default=0.0)
        found = {}
        for number, own in ranks.items():
            cosine, score = cosines.get(number, 0.0), scores.get(number, 0.0)
            total = DENSE_WEIGHT * _share(cosine, best_cosine)
            total += (1 - DENSE_WEIGHT) * _share(score, best_score)
            found[number] = _Candidate(total, own, {"dense": cosine, "lexical": score})
        return found

    def _passages(self, fused: Mapping[int, _Candidate], k: int, per_record: int) -> list[Passage]:
        order = sorted(fused, key=lambda n: (-fused[n].score, n))
        chunks = self._catalog.chunks(order)
        picked: list[int] = []
        taken: dict[str, int] = {}
        for number in order:
            # A chunk that the catalogue no longer has was replaced a moment ago.
            if number not in chunks:
                continue
            owner = chunks[number].record_id
            if taken.get(owner, 0) < per_record:
                taken[owner] = taken.get(owner, 0) + 1
                picked.append(number)
        # Look a little further than k so that a holding reply does not push out a
        # substantive answer that ranks just behind it.
        picked = picked[: 2 * k]
        records = self._catalog.records(list({chunks[n].record_id for n in picked}))
        passages = [
            _passage(records[chunks[n].record_id], chunks[n].start, chunks[n].end, fused[n])
            for n in picked
            if chunks[n].record_id in records
        ]
        return _substantive_first(passages)[:k]


def _checked(query: str, k: int, per_record: int) -> str:
    if not query.strip():
        raise BadRequest("The question is empty.", "Type what you want to know.")
    if len(query) > MAX_QUESTION:
        raise BadRequest(
            f"The question has {len(query):,} characters; the most is {MAX_QUESTION:,}.",
            "Shorten it.",
        )
    if k < 1 or per_record < 1:
        raise BadRequest("The number of passages must be 1 or more.")
    return " ".join(strip_boilerplate(query).split()) or query.strip()


def _share(value: float, best: float) -> float:
    return max(value, 0.0) / best if best > 0 else 0.0


def _merge(into: dict[int, _Candidate], found: dict[int, _Candidate], weight: float) -> None:
    for number, candidate in found.items():
        have = into.setdefault(number, _Candidate(0.0, candidate.ranks, candidate.similarities))
        have.score += weight * candidate.score


def _substantive_first(passages: list[Passage]) -> list[Passage]:
    """Holding replies and withdrawn questions after everything else, else as they are."""
    return sorted(passages, key=lambda p: p.record.is_holding or p.record.is_withdrawn)


def _passage(record: WrittenAnswer, start: int, end: int, candidate: _Candidate) -> Passage:
    return Passage(record, start, end, candidate.score, candidate.ranks, candidate.similarities)
