"""Systems that rank records for a query: ours, and what it is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from index.chunking import chunk
from index.errors import BadRequest
from index.types import Passage

from . import peers
from .cache import CachedEmbedder, built_index
from .haystack import Haystack
from .labels import Query

if TYPE_CHECKING:
    from index import Index

    from .progress import Progress

RRF_K = 60
"""Constant of reciprocal rank fusion (Cormack, Clarke and Buettcher, SIGIR 2009)."""

FUSED_DEPTH = 100
"""Places of each ranking that are fused."""


class System(Protocol):
    """Ranks the records of the haystack it was built over."""

    def rank(self, query: Query, k: int) -> list[str]:
        """Record ids, best first, `k` or more of them where there are as many."""


class Bench:
    """What systems are built from over one haystack; each is built once.

    `own` is the embedding model in use, `base` the plain one that peers start from.
    """

    def __init__(
        self,
        hay: Haystack,
        own: CachedEmbedder,
        base: CachedEmbedder,
        folder: Path,
        progress: Progress,
        index: Index | None = None,
    ) -> None:
        self.hay = hay
        self.own = own
        self.base = base
        self.folder = folder
        self.progress = progress
        self._given = index
        self._built: dict[str, System] = {}

    @cached_property
    def index(self) -> Index:
        """The product's index of the haystack: the one given, or one built for it."""
        return self._given or built_index(self.hay, self.own, self.folder, self.progress)

    def system(self, name: str) -> System:
        """The system of that name over this haystack."""
        if name not in self._built:
            self._built[name] = SYSTEMS[name](self)
        return self._built[name]

    def close(self) -> None:
        """Close the index that was built; a given one is its owner's to close."""
        if self._given is None and "index" in self.__dict__:
            self.index.close()


class Hybrid:
    """This program: `Index.retrieve`, as its users get it or with nothing collapsed."""

    def __init__(self, bench: Bench, collapse: bool = True) -> None:
        self._index = bench.index
        self._collapse = collapse

    def rank(self, query: Query, k: int) -> list[str]:
        found = self._index.retrieve(
            query.text, k=k, history=query.history, collapse=self._collapse
        )
        return expanded(found)


class Dense:
    """Cosine alone, over chunks cut and headed as ours; a record has that of its best chunk."""

    def __init__(
        self,
        ids: Sequence[str],
        owner: NDArray[np.int64],
        vectors: NDArray[np.float32],
        embedder: CachedEmbedder,
    ) -> None:
        self._ids = np.array(ids)
        self._owner = owner
        self._vectors = vectors
        self._embedder = embedder

    @classmethod
    def embedded(cls, bench: Bench, embedder: CachedEmbedder) -> Dense:
        """With the vectors that this model makes of the records."""
        pieces = [chunk(record, embedder) for record in bench.hay.records]
        texts = [piece.embedded_text for own in pieces for piece in own]
        owner = np.repeat(np.arange(len(pieces)), [len(own) for own in pieces])
        with bench.progress.step(f"Embedding {bench.hay.role}", len(texts)) as advance:
            return cls(bench.hay.ids, owner, embedder.encode(texts, advance), embedder)

    @classmethod
    def of_index(cls, bench: Bench) -> Dense:
        """With the vectors that the program's own index holds."""
        catalog = bench.index.catalog
        numbers, vectors = catalog.vectors([number for number, _ in catalog.chunk_owners()])
        chunks = catalog.chunks(numbers)
        place = {record: at for at, record in enumerate(bench.hay.ids)}
        owner = np.array([place[chunks[number].record_id] for number in numbers], dtype=np.int64)
        return cls(bench.hay.ids, owner, vectors, bench.own)

    def rank(self, query: Query, k: int) -> list[str]:
        likeness = self._vectors @ self._embedder.encode_query(query.joined)
        best = np.full(len(self._ids), -np.inf)
        np.maximum.at(best, self._owner, likeness)
        order: list[str] = self._ids[np.argsort(-best, kind="stable")[:k]].tolist()
        return order


class Fused:
    """Equal reciprocal rank fusion of other systems."""

    def __init__(self, *parts: System) -> None:
        self._parts = parts

    def rank(self, query: Query, k: int) -> list[str]:
        depth = max(k, FUSED_DEPTH)
        return reciprocal_rank_fusion([p.rank(query, depth)[:depth] for p in self._parts])[:k]


def reciprocal_rank_fusion(rankings: Sequence[Sequence[str]]) -> list[str]:
    """Ids by the sum of 1 / (60 + rank) over the rankings that have them, best first."""
    scores: dict[str, float] = {}
    for ranking in rankings:
        for place, record in enumerate(ranking, 1):
            scores[record] = scores.get(record, 0.0) + 1 / (RRF_K + place)
    return sorted(scores, key=lambda record: -scores[record])


def expanded(passages: Iterable[Passage]) -> list[str]:
    """Record ids, best first: a collapsed result counts as all its members in order."""
    ids = (
        record
        for passage in passages
        for record in (passage.record.id, *(other.id for other in passage.others))
    )
    return list(dict.fromkeys(ids))


def chosen(names: str) -> list[str]:
    """The systems of a list with commas, the first of which the others are compared with.

    Raises:
        BadRequest: there is no such system.
    """
    wanted = list(dict.fromkeys(name.strip().lower() for name in names.split(",") if name.strip()))
    unknown = [name for name in wanted if name not in SYSTEMS]
    if unknown or not wanted:
        what = f"There is no system {unknown[0]!r}." if unknown else "No system is named."
        raise BadRequest(what, f"There are: {', '.join(SYSTEMS)}.")
    return wanted


SYSTEMS: dict[str, Callable[[Bench], System]] = {
    "hybrid": Hybrid,
    "hybrid-flat": lambda bench: Hybrid(bench, collapse=False),
    "bm25": lambda bench: peers.BM25(bench.hay),
    "dense": lambda bench: Dense.embedded(bench, bench.base),
    "dense-own": Dense.of_index,
    "rrf": lambda bench: Fused(bench.system("bm25"), bench.system("dense")),
    "rrf-own": lambda bench: Fused(bench.system("bm25"), bench.system("dense-own")),
    "txtai": lambda bench: peers.Txtai(bench.hay, bench.base, bench.progress),
    "langchain": lambda bench: peers.LangChain(bench.hay, bench.base, bench.progress),
}
"""Every system by its name; `dense`, `rrf`, `txtai` and `langchain` use the plain base model."""
