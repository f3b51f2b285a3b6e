"""The read path: a question to ranked passages, a straight line of named stages.

understand -> filter -> embed -> search (dense, lexical) -> measure -> rank -> collapse -> load
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from . import arguments
from .catalog import Catalog
from .dense import DenseSearch
from .embedding import Embedder
from .errors import BadRequest
from .lexical import LexicalIndex
from .ranking.model import scores, totals
from .ranking.reranker import RERANKED, Reranker
from .results import Ranked, Results, is_named
from .searching import Found, Searcher
from .selection import Selection, Selector
from .text import without_address
from .timing import timed
from .types import Filters, Retrieval, WrittenAnswer
from .understanding import Understander

DEPTH = 100
"""Candidates taken from each stage before they are ranked."""

ENOUGH = 4
"""Under a filter, this many candidates for each passage wanted will do."""

MAX_QUESTION = 4_000
"""Longest question, in characters; the longest ever tabled is about half of that."""


class Retriever:
    """Searches an index.  Safe from many threads."""

    def __init__(
        self,
        catalog: Catalog,
        dense: DenseSearch,
        lexical: LexicalIndex,
        embedder: Embedder,
        reranker: Reranker | None = None,
    ) -> None:
        self._catalog = catalog
        self._reranker = reranker
        self._results = Results(catalog, lexical)
        self._selector = Selector(catalog)
        self._understander = Understander(catalog, lexical)
        self.searcher = Searcher(catalog, dense, lexical, embedder)

    def retrieve(
        self,
        query: str,
        k: int = 8,
        filters: Filters | None = None,
        history: Sequence[str] = (),
        per_record: int = 1,
        collapse: bool = True,
    ) -> Retrieval:
        """See `index.retrieve`."""
        timings: dict[str, float] = {}
        query = arguments.text(query, "question")
        history, filters = arguments.turns(history), arguments.limits(filters)
        text = _checked(query, k, per_record)
        with timed(timings, "understand"):
            understood = self._understander.read(query)
            named = self._catalog.chunks_of_uins(understood.uins)
        with timed(timings, "filter"):
            selection = self._selector.select(filters) if filters else None
        if selection is not None:
            named = [number for number in named if number in selection]
            if not len(selection):
                return Retrieval((), text, timings, understood)
        with timed(timings, "embed"):
            wordings = self.searcher.wordings(query, history, understood)
        wanted = k * per_record
        if wanted > DEPTH:
            wanted = min(wanted, self._searchable(selection))
        depth, enough = max(DEPTH, 2 * wanted), ENOUGH * wanted
        while True:
            ranks = {number: {"uin": rank} for rank, number in enumerate(named, 1)}
            self.searcher.search(wordings, ranks, depth, min(depth, enough), selection, timings)
            with timed(timings, "rank"):
                found = self.searcher.measure(wordings, ranks)
                order = _ranked(found) if found else []
            if self._reranker and found:
                with timed(timings, "rerank"):
                    order = self._reranked(self._reranker, wordings[0].asked.text, found, order)
            with timed(timings, "load"):
                passages = (
                    self._results.passages(found, order, k, per_record, collapse, selection)
                    if found
                    else []
                )
            # One long record, or one answer that was given often, can take up all
            # candidates: look deeper until `k` are found or there is no more to find.
            if len(passages) >= k or min(depth, enough) >= self._searchable(selection):
                joined = sum(wording.weight for wording in wordings if wording.is_joined)
                return Retrieval(tuple(passages), text, timings, understood, joined)
            depth, enough = 4 * depth, 4 * enough

    def of_uin(self, uin: str, filters: Filters | None = None) -> tuple[WrittenAnswer, ...]:
        """See `Index.of_uin`."""
        with self._catalog.snapshot():
            numbers = self._catalog.chunks_of_uins([uin])
            if filters is not None:
                selection = self._selector.select(filters)
                numbers = [n for n in numbers if selection is None or n in selection]
            chunks = self._catalog.chunks(numbers)
            ids = dict.fromkeys(chunks[number].record_id for number in numbers if number in chunks)
            records = self._catalog.records(list(ids))
            return tuple(records[record_id] for record_id in ids if record_id in records)

    def _searchable(self, selection: Selection | None) -> int:
        return self._catalog.count_chunks() if selection is None else len(selection)

    def _reranked(
        self, reranker: Reranker, question: str, found: Found, order: list[Ranked]
    ) -> list[Ranked]:
        """The best records in the order of a model that reads question and passage together.

        They keep the scores of their places, so that those behind them stay behind.
        """
        best = [ranked for ranked in order[:RERANKED] if not is_named(found, ranked)]
        named = order[: len(order[:RERANKED]) - len(best)]
        records = self._catalog.records([ranked.record_id for ranked in best])
        best = [ranked for ranked in best if ranked.record_id in records]
        if not best:
            return order
        texts = []
        for ranked in best:
            chunk, record = found.chunks[ranked.chunks[0]], records[ranked.record_id]
            texts.append(f"{record.title}\n{record.text[chunk.start : chunk.end]}")
        by_model = np.argsort(-reranker.scores(question, texts), kind="stable").tolist()
        moved = [
            replace(best[at], score=place.score) for at, place in zip(by_model, best, strict=True)
        ]
        return [*named, *moved, *order[RERANKED:]]


def _ranked(found: Found) -> list[Ranked]:
    """The candidate records, best first; those asked for by number before all others."""
    sums = totals(found.rows, found.long)
    named = np.array(["uin" in found.ranks[n] for n in found.candidates.numbers])
    sums[found.candidates.owner[named]] += sums.max() - sums.min() + 1.0
    values = scores(sums)
    chunks: list[list[int]] = [[] for _ in found.candidates.records]
    for place in np.argsort(-found.first.guess, kind="stable").tolist():
        chunks[found.candidates.owner[place]].append(place)
    ids = found.candidates.records
    order = sorted(range(len(ids)), key=lambda at: (-values[at], ids[at]))
    return [Ranked(ids[at], float(values[at]), tuple(chunks[at])) for at in order]


def _checked(query: str, k: int, per_record: int) -> str:
    if not query.strip():
        raise BadRequest("The question is empty.", "Type what you want to know.")
    if len(query) > MAX_QUESTION:
        raise BadRequest(
            f"The question has {len(query):,} characters; the most is {MAX_QUESTION:,}.",
            "Shorten it.",
        )
    arguments.number(k, "passages")
    arguments.number(per_record, "passages of a record")
    return without_address(query)
