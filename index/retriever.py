"""The read path: a question to ranked passages, a straight line of named stages.

understand -> filter -> embed -> search (dense, lexical) -> measure -> rank -> collapse -> load
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from .catalog import Catalog
from .collapse import MOST_OTHERS, clusters, merge_alike
from .dense import DenseSearch
from .embedding import Embedder
from .errors import BadRequest
from .lexical import LexicalIndex
from .ranking.model import scores, totals
from .ranking.reranker import RERANKED, Reranker
from .searching import Found, Searcher, plain
from .selection import Selection, Selector
from .timing import timed
from .types import Filters, Passage, RecordRef, Retrieval, WrittenAnswer
from .understanding import Understander

DEPTH = 100
"""Candidates taken from each stage before they are ranked."""

ENOUGH = 4
"""Under a filter, this many candidates for each passage wanted will do."""

MAX_QUESTION = 4_000
"""Longest question, in characters; the longest ever tabled is about half of that."""


@dataclass(frozen=True, slots=True)
class _Ranked:
    """A candidate record: its score, and the places of its chunks, the best first."""

    record_id: str
    score: float
    chunks: tuple[int, ...]


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
        self._lexical = lexical
        self._reranker = reranker
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
        depth, enough, most = max(DEPTH, 2 * k * per_record), ENOUGH * k * per_record, 2 * k
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
                    self._passages(found, order, k, per_record, collapse, selection, most)
                    if found
                    else []
                )
            # One long record, or one answer that was given often, can take up all
            # candidates: look deeper until `k` are found or there is no more to find.
            if len(passages) >= k or min(depth, enough) >= self._searchable(selection):
                return Retrieval(tuple(passages), text, timings, understood)
            depth, enough, most = 4 * depth, 4 * enough, 4 * most

    def of_uin(self, uin: str, filters: Filters | None = None) -> tuple[WrittenAnswer, ...]:
        """See `Index.of_uin`."""
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
        self, reranker: Reranker, question: str, found: Found, order: list[_Ranked]
    ) -> list[_Ranked]:
        """The best records in the order of a model that reads question and passage together.

        They keep the scores of their places, so that those behind them stay behind.
        """
        best = [ranked for ranked in order[:RERANKED] if not _is_named(found, ranked)]
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

    def _passages(
        self,
        found: Found,
        order: Sequence[_Ranked],
        k: int,
        per_record: int,
        collapse: bool,
        selection: Selection | None,
        most: int,
    ) -> list[Passage]:
        """The best `k` passages, with the records that are collapsed into each.

        `most` results are looked at, more than `k`, so that a holding reply does not push out
        a substantive answer that ranks just behind it, and near-copies do not leave too few.
        """
        by_id = {ranked.record_id: ranked for ranked in order}
        groups = [[record_id] for record_id in list(by_id)[:most]]
        marks: dict[str, tuple[int, int]] = {}
        if collapse:
            told = found.candidates.told.marks.tolist()
            for ranked in order:
                same, group = told[ranked.chunks[0]]
                marks[ranked.record_id] = (same, group)
            groups = clusters(list(by_id), marks, most)
        records = self._catalog.records([members[0] for members in groups])
        groups = [members for members in groups if members[0] in records]
        if collapse:
            groups = merge_alike(groups, records)
        groups.sort(key=lambda members: _is_no_answer(records[members[0]]))
        groups = groups[:k]
        others = self._others(groups, marks, selection) if collapse else {}
        passages: list[Passage] = []
        for members in groups:
            ranked = by_id[members[0]]
            for turn, place in enumerate(ranked.chunks[:per_record]):
                passages.append(
                    _passage(
                        records[members[0]],
                        found,
                        place,
                        ranked.score,
                        others.get(members[0], ()) if not turn else (),
                    )
                )
        return passages[:k]

    def _others(
        self,
        groups: Sequence[Sequence[str]],
        marks: dict[str, tuple[int, int]],
        selection: Selection | None,
    ) -> dict[str, tuple[RecordRef, ...]]:
        """What is collapsed into each group's first record: candidates in rank order, then
        the other records with the same marks."""
        owner: dict[tuple[str, int], str] = {}
        listed: dict[str, list[str]] = {}
        for members in groups:
            listed[members[0]] = list(members[1:])
            for member in members:
                for kind, mark in zip(("same", "group"), marks.get(member, ()), strict=False):
                    if mark:
                        owner.setdefault((kind, mark), members[0])
        refs: dict[str, RecordRef] = {}
        for at, kind in enumerate(("same", "group"), 1):
            values = [mark for name, mark in owner if name == kind]
            hits = self._lexical.marked(kind, values, MOST_OTHERS * max(len(groups), 1))
            allowed = [n for n in sorted(hits) if selection is None or n in selection]
            for number, ref in sorted(self._catalog.chunk_refs(allowed).items()):
                refs[ref.id] = ref
                listed[owner[kind, hits[number][at]]].append(ref.id)
        taken = {members[0] for members in groups}
        made: dict[str, tuple[RecordRef, ...]] = {}
        for leader, ids in listed.items():
            own = [i for i in dict.fromkeys(ids) if i not in taken and i in refs]
            taken.update(own)
            made[leader] = tuple(refs[i] for i in own[:MOST_OTHERS])
        return made


def _ranked(found: Found) -> list[_Ranked]:
    """The candidate records, best first; those asked for by number before all others."""
    sums = totals(found.rows)
    named = np.array(["uin" in found.ranks[n] for n in found.candidates.numbers])
    sums[found.candidates.owner[named]] += sums.max() - sums.min() + 1.0
    values = scores(sums)
    chunks: list[list[int]] = [[] for _ in found.candidates.records]
    for place in np.argsort(-found.first.guess, kind="stable").tolist():
        chunks[found.candidates.owner[place]].append(place)
    ids = found.candidates.records
    order = sorted(range(len(ids)), key=lambda at: (-values[at], ids[at]))
    return [_Ranked(ids[at], float(values[at]), tuple(chunks[at])) for at in order]


def _is_named(found: Found, ranked: _Ranked) -> bool:
    """Whether the question gives the number of this record."""
    return any("uin" in found.ranks[found.chunks[place].number] for place in ranked.chunks)


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
    return plain(query)


def _is_no_answer(record: WrittenAnswer) -> bool:
    """Holding replies and withdrawn questions come after everything else."""
    return record.is_holding or record.is_withdrawn


def _passage(
    record: WrittenAnswer, found: Found, place: int, score: float, others: tuple[RecordRef, ...]
) -> Passage:
    chunk = found.chunks[place]
    measured = {
        "dense": float(found.first.cosines[place]),
        "lexical": float(found.first.scores[place]),
    }
    ranks = found.ranks[chunk.number]
    return Passage(record, chunk.start, chunk.end, score, ranks, measured, others)
