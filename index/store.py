"""Vectors in Chroma: the only module that imports chromadb."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import IndexDamaged

log = logging.getLogger(__name__)

COLLECTION = "chunks"

_PAGE = 5_000
"""Ids listed at a time."""

_CONFIGURATION = {"hnsw": {"space": "cosine", "ef_search": 200}}
"""Searching wider than Chroma's default (100) costs about a millisecond and brings the
approximate ranking to the exact one on this material."""


_OPENING = threading.RLock()
"""Chroma's clients of one process share a cache, which must not be cleared while one opens."""


class VectorStore:
    """Chunk numbers and their unit vectors, searched by cosine similarity.

    Chroma's embedded form keeps what it has read in memory and does not notice another
    process's changes, so the index says when to `reopen`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._client, self._collection = self._open()
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

    def numbers(self) -> list[int]:
        """Every chunk number that is here."""
        found: list[int] = []
        while ids := self._collection.get(include=[], limit=_PAGE, offset=len(found))["ids"]:
            found.extend(int(number) for number in ids)
        return found

    def vectors(self, numbers: Sequence[int]) -> dict[int, NDArray[np.float32]]:
        """The vector of each of these chunks that is here."""
        got = self._collection.get(ids=[str(n) for n in numbers], include=["embeddings"])
        pairs = zip(got["ids"], got["embeddings"], strict=True)
        return {int(number): np.asarray(vector, np.float32) for number, vector in pairs}

    def search(
        self, vector: NDArray[np.float32], k: int, allowed: Sequence[int] | None = None
    ) -> list[tuple[int, float]]:
        """The nearest chunk numbers with their cosine, best first; approximate.

        With `allowed` only those chunks are considered, and fewer than `k` may come back
        although more are stored; none do where one of those chunks is not here.
        """
        only = {} if allowed is None else {"ids": [str(n) for n in allowed]}
        try:
            got = self._collection.query(
                query_embeddings=[vector], n_results=k, include=["distances"], **only
            )
        except Exception as error:  # chromadb raises many unrelated types here
            # Chroma gives up where an id that it is limited to is not there (any more).
            if only and "Error finding id" in str(error):
                return []
            raise
        pairs = zip(got["ids"][0], got["distances"][0], strict=True)
        return [(int(number), 1.0 - float(distance)) for number, distance in pairs]

    def reopen(self) -> None:
        """See what another process has written."""
        from chromadb.api.shared_system_client import SharedSystemClient

        with _OPENING:
            # The old client is left to searches that are under way, not closed.
            SharedSystemClient.clear_system_cache()
            self._client, self._collection = self._open()

    def close(self) -> None:
        """Let go of the files, so that the folder can be moved or deleted."""
        self._client.close()

    def _open(self) -> tuple[Any, Any]:
        import chromadb
        from chromadb.config import Settings

        try:
            with _OPENING:
                client = chromadb.PersistentClient(
                    str(self._folder), settings=Settings(anonymized_telemetry=False)
                )
                collection = client.get_or_create_collection(
                    COLLECTION, embedding_function=None, configuration=_CONFIGURATION
                )
        except Exception as error:  # chromadb raises many unrelated types here
            log.debug("opening %s failed", self._folder, exc_info=True)
            raise IndexDamaged(
                f"The vector store in {self._folder} cannot be opened ({type(error).__name__}).",
                "Run: assistant index rebuild",
            ) from error
        return client, collection
