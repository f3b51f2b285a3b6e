"""Search by meaning: Chroma for the many, the catalogue's own vectors for the few."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .catalog import Catalog
from .coarse import MOST_KEPT, CoarseVectors
from .selection import Selection
from .store import VectorStore

EXACT_BELOW = 50_000
"""A filter that leaves fewer chunks than this is answered by comparing with all of them, which
costs 10 ms; `DEEPEST` results of Chroma cost 17 among a million."""

DEEPEST = 2_000
"""Most results of an unfiltered search that are looked through for those that pass a filter."""


class DenseSearch:
    """The nearest chunks by cosine similarity, always `k` of them when `k` exist."""

    def __init__(self, catalog: Catalog, store: VectorStore) -> None:
        self._catalog = catalog
        self._store = store
        self._coarse = CoarseVectors(catalog)

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
        near = self._coarse.within_reach(numbers, vector, k)
        there, matrix = self._catalog.vectors(near.tolist())
        if not there:
            return []
        known, likeness = np.array(there, dtype=np.int64), matrix @ vector
        order = np.lexsort((known, -likeness))[:k]  # ties go by number
        return list(zip(known[order].tolist(), likeness[order].tolist(), strict=True))
