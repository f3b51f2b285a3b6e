"""Search by meaning: Chroma for the many, the catalogue's own vectors for the few."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from .catalog import Catalog
from .selection import Selection
from .store import VectorStore

EXACT_BELOW = 20_000
"""A filter that leaves fewer chunks than this is answered by comparing with all of them."""

DEEPEST = 2_000
"""Most results of an unfiltered search that are looked through for those that pass a filter."""

MOST_KEPT = 100_000
"""Most vectors kept in memory for filtered searches: 154 MB with 384 dimensions.  They are kept
in 32 bits, for turning them from 16 costs more than comparing them."""

_BLOCK = 1_024
"""Vectors compared at a time: what fits into a processor's own memory."""


class DenseSearch:
    """The nearest chunks by cosine similarity, always `k` of them when `k` exist."""

    def __init__(self, catalog: Catalog, store: VectorStore) -> None:
        self._catalog = catalog
        self._store = store
        self._kept = KeptVectors(catalog)

    def search(
        self,
        vector: NDArray[np.float32],
        k: int,
        selection: Selection | None = None,
        enough: int | None = None,
    ) -> list[tuple[int, float]]:
        """The `k` nearest chunk numbers with their cosine, best first.

        Under a filter `enough` of them will do (`k` if not given) where more are dear.

        How a filter is applied follows its selectivity: few chunks are compared one by one;
        where many pass, a deeper unfiltered search holds enough of them, or they are compared
        one by one after all; where they are too many for that, Chroma is given the numbers,
        which costs it most.
        """
        if selection is None:
            found = self._store.search(vector, k)
            # Counting is dear in Chroma, and needless where enough has been found.
            if len(found) >= k or len(found) >= self._store.count():
                return found
            # The approximate search does not always reach every chunk.
            owners = self._catalog.chunk_owners()
            return self._exact(vector, k, np.array([n for n, _ in owners], dtype=np.int64))
        if len(selection) < EXACT_BELOW:
            return self._exact(vector, k, selection.numbers)
        depth = int(1.5 * k / selection.share) + 1
        if depth <= DEEPEST:
            hits = self._store.search(vector, depth)
            found = [hit for hit in hits if hit[0] in selection]
            if len(found) >= (enough or k):
                return found[:k]
        if len(selection) <= MOST_KEPT:
            return self._exact(vector, k, selection.numbers)
        found = self._store.search(vector, k, selection.numbers.tolist())
        # The approximate search can come back short under a filter.
        return found if len(found) >= k else self._exact(vector, k, selection.numbers)

    def _exact(
        self, vector: NDArray[np.float32], k: int, numbers: NDArray[np.int64]
    ) -> list[tuple[int, float]]:
        known, likeness = self._kept.likeness(numbers, vector)
        if len(known) > k:
            # All that are as near as the nearest `k`, so that ties go by number.
            least = np.partition(likeness, len(known) - k)[len(known) - k]
            known, likeness = known[likeness >= least], likeness[likeness >= least]
        order = np.lexsort((known, -likeness))[:k]
        return list(zip(known[order].tolist(), likeness[order].tolist(), strict=True))


class KeptVectors:
    """Vectors of the catalogue, kept once a filtered search has asked for them.

    A chunk number never means another vector, so what is kept stays true; those of chunks that
    are gone are not asked for any more.  Safe from many threads.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._lock = threading.Lock()
        self._place = np.full(0, -1, dtype=np.int32)
        self._rows: NDArray[np.float32] = np.empty((0, 0), dtype=np.float32)
        self._used = 0

    def likeness(
        self, numbers: NDArray[np.int64], vector: NDArray[np.float32]
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Those of these chunks that are here, with their products with `vector`."""
        if len(numbers) > MOST_KEPT:
            known, matrix = self._catalog.vectors(numbers.tolist())
            return np.array(known, dtype=np.int64), (
                matrix @ vector if known else np.empty(0, dtype=np.float32)
            )
        with self._lock:
            places = self._places(numbers)
            lacking = numbers[places < 0]
            if len(lacking):
                if self._used + len(lacking) > MOST_KEPT:
                    self._forget()
                    lacking = numbers
                self._read(lacking)
                places = self._places(numbers)
            rows = self._rows
        there = places >= 0
        places = places[there]
        made = np.empty(len(places), dtype=np.float32)
        for first in range(0, len(places), _BLOCK):
            some = slice(first, first + _BLOCK)
            made[some] = rows[places[some]] @ vector
        return numbers[there], made

    def _places(self, numbers: NDArray[np.int64]) -> NDArray[np.int32]:
        highest = int(numbers.max(initial=0))
        if highest >= len(self._place):
            grown = np.full(highest + 1, -1, dtype=np.int32)
            grown[: len(self._place)] = self._place
            self._place = grown
        places: NDArray[np.int32] = self._place[numbers]
        return places

    def _forget(self) -> None:
        self._place[:] = -1
        self._rows, self._used = np.empty((0, 0), dtype=np.float32), 0

    def _read(self, numbers: NDArray[np.int64]) -> None:
        known, matrix = self._catalog.vectors(numbers.tolist())
        if not known:
            return
        wanted = self._used + len(known)
        if wanted > len(self._rows):
            # Searches under way go on with the rows that they have.
            grown = np.empty((max(wanted, 2 * self._used), matrix.shape[1]), dtype=np.float32)
            if self._used:
                grown[: self._used] = self._rows[: self._used]
            self._rows = grown
        self._rows[self._used : wanted] = matrix
        self._place[known] = np.arange(self._used, wanted, dtype=np.int32)
        self._used = wanted
