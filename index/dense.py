"""Search by meaning: Chroma for the many, the catalogue's own vectors for the few."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .catalog import Catalog
from .store import VectorStore

EXACT_BELOW = 1_000
"""A filter that leaves fewer chunks than this is answered by comparing with all of them."""

UNFILTERED_SHARE = 0.7
"""A filter that leaves at least this share is applied to the results of a wider search."""


class DenseSearch:
    """The nearest chunks by cosine similarity, always `k` of them when `k` exist."""

    def __init__(self, catalog: Catalog, store: VectorStore) -> None:
        self._catalog = catalog
        self._store = store

    def search(
        self, vector: NDArray[np.float32], k: int, allowed: Sequence[int] | None = None
    ) -> list[tuple[int, float]]:
        """The `k` nearest chunk numbers with their cosine, best first."""
        if allowed is None:
            return self._store.search(vector, k)
        if len(allowed) < EXACT_BELOW:
            return self._exact(vector, k, allowed)
        if len(allowed) >= UNFILTERED_SHARE * self._store.count():
            members = frozenset(allowed)
            found = [hit for hit in self._store.search(vector, 2 * k) if hit[0] in members]
            if len(found) >= k:
                return found[:k]
        found = self._store.search(vector, k, allowed)
        # The approximate search can come back short under a filter.
        return found if len(found) >= k else self._exact(vector, k, allowed)

    def similarities(self, vector: NDArray[np.float32], numbers: Sequence[int]) -> dict[int, float]:
        """The cosine of each of these chunks that the catalogue knows."""
        known, matrix = self._catalog.vectors(numbers)
        if not known:
            return {}
        return dict(zip(known, (matrix @ vector).tolist(), strict=True))

    def _exact(
        self, vector: NDArray[np.float32], k: int, allowed: Sequence[int]
    ) -> list[tuple[int, float]]:
        similarities = self.similarities(vector, allowed)
        return sorted(similarities.items(), key=lambda pair: (-pair[1], pair[0]))[:k]
