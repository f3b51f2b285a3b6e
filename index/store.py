"""Vectors in Chroma: the only module that imports chromadb."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import IndexDamaged

log = logging.getLogger(__name__)

COLLECTION = "chunks"

_EXACT_BELOW = 200
"""A filter that leaves fewer chunks than this is answered by comparing with all of them."""


class VectorStore:
    """Chunk numbers and their unit vectors, searched by cosine similarity."""

    def __init__(self, folder: Path) -> None:
        import chromadb
        from chromadb.config import Settings

        try:
            self._client = chromadb.PersistentClient(
                str(folder), settings=Settings(anonymized_telemetry=False)
            )
            # Searching wider than Chroma's default (100) costs about a millisecond and
            # brings the approximate ranking to the exact one on this material.
            self._collection: Any = self._client.get_or_create_collection(
                COLLECTION,
                embedding_function=None,
                configuration={"hnsw": {"space": "cosine", "ef_search": 200}},
            )
        except Exception as error:  # chromadb raises many unrelated types here
            log.debug("opening %s failed", folder, exc_info=True)
            raise IndexDamaged(
                f"The vector store in {folder} cannot be opened ({type(error).__name__}).",
                "Run: assistant index rebuild",
            ) from error
        self._most = int(self._client.get_max_batch_size())

    def upsert(self, numbers: Sequence[int], vectors: NDArray[np.float32]) -> None:
        for at in range(0, len(numbers), self._most):
            some = slice(at, at + self._most)
            self._collection.upsert(ids=[str(n) for n in numbers[some]], embeddings=vectors[some])

    def delete(self, numbers: Sequence[int]) -> None:
        for at in range(0, len(numbers), self._most):
            self._collection.delete(ids=[str(n) for n in numbers[at : at + self._most]])

    def count(self) -> int:
        return int(self._collection.count())

    def clear(self) -> None:
        """Forget everything."""
        self._client.delete_collection(COLLECTION)
        self._collection = self._client.create_collection(
            COLLECTION,
            embedding_function=None,
            configuration={"hnsw": {"space": "cosine", "ef_search": 200}},
        )

    def search(
        self, vector: NDArray[np.float32], k: int, allowed: Sequence[int] | None = None
    ) -> list[tuple[int, float]]:
        """The `k` nearest chunk numbers with their cosine, best first.

        With `allowed`, only those chunks are considered, and `k` come back whenever that
        many of them are stored.
        """
        if allowed is None:
            return self._nearest(vector, k, None)
        if len(allowed) < _EXACT_BELOW:
            return self._exact(vector, k, allowed)
        found = self._nearest(vector, k, allowed)
        # The approximate search can come back short under a filter.
        return found if len(found) >= k else self._exact(vector, k, allowed)

    def similarities(self, vector: NDArray[np.float32], numbers: Sequence[int]) -> dict[int, float]:
        """The cosine of each of these chunks that is stored."""
        if not numbers:
            return {}
        got = self._collection.get(ids=[str(n) for n in numbers], include=["embeddings"])
        if not got["ids"]:
            return {}
        cosines = np.asarray(got["embeddings"], dtype=np.float32) @ vector
        return {int(n): float(c) for n, c in zip(got["ids"], cosines, strict=True)}

    def close(self) -> None:
        """Let go of the files, so that the folder can be moved or deleted."""
        close = getattr(self._client, "close", None)
        if close is not None:
            close()

    def _nearest(
        self, vector: NDArray[np.float32], k: int, allowed: Sequence[int] | None
    ) -> list[tuple[int, float]]:
        got = self._collection.query(
            query_embeddings=[vector],
            n_results=k,
            include=["distances"],
            **({"ids": [str(n) for n in allowed]} if allowed is not None else {}),
        )
        pairs = zip(got["ids"][0], got["distances"][0], strict=True)
        return [(int(number), 1.0 - float(distance)) for number, distance in pairs]

    def _exact(
        self, vector: NDArray[np.float32], k: int, allowed: Sequence[int]
    ) -> list[tuple[int, float]]:
        similarities = self.similarities(vector, allowed)
        return sorted(similarities.items(), key=lambda pair: (-pair[1], pair[0]))[:k]
