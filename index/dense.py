"""Search by meaning: Chroma for the many, the catalogue's own vectors for the few."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .catalog import Catalog
from .selection import Selection
from .store import VectorStore

EXACT_BELOW = 1_000
"""A filter that leaves fewer chunks than this is answered by comparing with all of them."""

DEEPEST = 2_000
"""Most results of an unfiltered search that are looked through for those that pass a filter."""


class DenseSearch:
    """The nearest chunks by cosine similarity, always `k` of them when `k` exist."""

    def __init__(self, catalog: Catalog, store: VectorStore) -> None:
        self._catalog = catalog
        self._store = store

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
        where many pass, a deeper unfiltered search holds enough of them; for the rest Chroma
        is given the numbers, which costs it most.
        """
        if selection is None:
            found = self._store.search(vector, k)
            # Counting is dear in Chroma, and needless where enough has been found.
            if len(found) >= k or len(found) >= self._store.count():
                return found
            # The approximate search does not always reach every chunk.
            return self._exact(vector, k, [number for number, _ in self._catalog.chunk_owners()])
        if len(selection) < EXACT_BELOW:
            return self._exact(vector, k, selection.numbers.tolist())
        depth = int(1.5 * k / selection.share) + 1
        if depth <= DEEPEST:
            hits = self._store.search(vector, depth)
            found = [hit for hit in hits if hit[0] in selection]
            if len(found) >= (enough or k):
                return found[:k]
        found = self._store.search(vector, k, selection.numbers.tolist())
        # The approximate search can come back short under a filter.
        return found if len(found) >= k else self._exact(vector, k, selection.numbers.tolist())

    def similarities(self, vector: NDArray[np.float32], numbers: Sequence[int]) -> dict[int, float]:
        """The cosine of each of these chunks that the catalogue knows."""
        known, matrix = self._catalog.vectors(numbers)
        if not known:
            return {}
        return dict(zip(known, (matrix @ vector).tolist(), strict=True))

    def _exact(
        self, vector: NDArray[np.float32], k: int, numbers: Sequence[int]
    ) -> list[tuple[int, float]]:
        similarities = self.similarities(vector, numbers)
        return sorted(similarities.items(), key=lambda pair: (-pair[1], pair[0]))[:k]
