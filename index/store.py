"""Vectors in Chroma: the only module that imports chromadb.

Two forms of one store: Chroma embedded in this process, its files in the data folder, and a
Chroma server (`chroma run`, Chroma's distributed form or its cloud) at an address.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from .database import forked
from .errors import AssistantError, BadRequest, IndexDamaged, VectorsUnreachable
from .guarding import FileGuard
from .model_files import first_line

log = logging.getLogger(__name__)

COLLECTION = "chunks"
VECTORS_FILE = "chroma.sqlite3"
"""The file in Chroma's folder without which it begins with nothing."""

_PAGE = 5_000
"""Ids listed at a time."""

_SERVER_PAGE = 250
"""The same from a server, whose answers would grow too large."""

_CONFIGURATION = {"hnsw": {"space": "cosine", "ef_search": 200}}
"""Searching wider than Chroma's default (100) costs about a millisecond and finds 98 of the 100
nearest chunks among 10,640, so that the records found are as good as those of an exact search."""

_CANNOT_WRITE = ("disk is full", "readonly", "read-only", "No space", "Permission", "too large")
"""What Chroma says where the fault is not in its files."""

_OPENING = threading.RLock()
"""Chroma's clients of one process share a cache, which must not be cleared while one opens."""

_first_opened_in: list[int] = []
"""The process in which Chroma's threads were started; none of those forked from it has them."""


@dataclass(frozen=True, slots=True)
class ChromaServer:
    """Where a Chroma server is, and which of its collections is ours.

    What Chroma's cloud and distributed forms need besides is read from ``CHROMA_TENANT``,
    ``CHROMA_DATABASE`` and ``CHROMA_TOKEN`` and kept nowhere.
    """

    url: str
    collection: str


class VectorStore:
    """Chunk numbers and their unit vectors, searched by cosine similarity.

    Chroma's embedded form keeps what it has read in memory and does not notice another
    process's changes, so the index says when to `reopen`.  Every method may raise:

    Raises:
        IndexDamaged: its files cannot be read or written.
        BadRequest: they were opened in a process that this one was forked from.
        VectorsUnreachable: the server does not answer.
    """

    def __init__(self, folder: Path, server: ChromaServer | None = None) -> None:
        self._folder = folder
        self._server = server
        self._page = _SERVER_PAGE if server else _PAGE
        self._guard = None if server else FileGuard(folder)
        self._client, self._collection = self._open()
        with self._telling():
            self._most = int(self._client.get_max_batch_size())

    def upsert(self, numbers: Sequence[int], vectors: NDArray[np.float32]) -> None:
        for at in range(0, len(numbers), self._most):
            some = slice(at, at + self._most)
            ids = [str(n) for n in numbers[some]]
            with self._changing():
                self._collection.upsert(ids=ids, embeddings=vectors[some])

    def delete(self, numbers: Sequence[int]) -> None:
        for at in range(0, len(numbers), self._most):
            with self._changing():
                self._collection.delete(ids=[str(n) for n in numbers[at : at + self._most]])

    def count(self) -> int:
        with self._reading():
            return int(self._collection.count())

    def numbers(self) -> list[int]:
        """Every chunk number that is here."""
        found: list[int] = []
        with self._reading():
            while ids := self._collection.get(include=[], limit=self._page, offset=len(found))[
                "ids"
            ]:
                found.extend(int(number) for number in ids)
        return found

    def vectors(self, numbers: Sequence[int]) -> dict[int, NDArray[np.float32]]:
        """The vector of each of these chunks that is here."""
        found: dict[int, NDArray[np.float32]] = {}
        with self._reading():
            for at in range(0, len(numbers), self._page):
                ids = [str(n) for n in numbers[at : at + self._page]]
                got = self._collection.get(ids=ids, include=["embeddings"])
                for number, vector in zip(got["ids"], got["embeddings"], strict=True):
                    found[int(number)] = np.asarray(vector, np.float32)
        return found

    def search(
        self, vector: NDArray[np.float32], k: int, allowed: Sequence[int] | None = None
    ) -> list[tuple[int, float]]:
        """The nearest chunk numbers with their cosine, best first; approximate.

        With `allowed` only those chunks are considered, and fewer than `k` may come back
        although more are stored; none do where one of those chunks is not here.
        """
        only = {} if allowed is None else {"ids": [str(n) for n in allowed]}
        with self._reading():
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
        if self._server is not None:
            return  # a server shows it at once
        with _OPENING:
            # The old client is left to searches that are under way, not closed.
            forget_clients()
            self._client, self._collection = self._open()

    def clear(self) -> None:
        """Throw away everything and begin anew."""
        self.drop()
        self._client, self._collection = self._open()

    def drop(self) -> None:
        """Throw away everything for good."""
        with self._changing(), suppress(ValueError):
            self._client.delete_collection(self._name)

    def settle(self) -> None:
        """The changes that were in hand are done."""
        if self._guard is not None:
            self._guard.settle()

    def is_torn(self) -> bool:
        """Whether a process was stopped while it wrote the files, which must not be used then."""
        return self._guard is not None and self._guard.is_torn()

    def take_in(self) -> None:
        """Write into the files what a stopped process had told, but not written there."""
        with self._changing():
            self._collection.get(limit=1, include=["embeddings"])

    def close(self) -> None:
        """Let go of the files, so that the folder can be moved or deleted."""
        self.settle()
        self._client.close()

    @staticmethod
    def check_address(url: str) -> tuple[str, int, bool]:
        """Host, port and whether the address is encrypted.

        Raises:
            BadRequest: it is none.
        """
        address = urlsplit(url)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise BadRequest(
                f"{url!r} is not the address of a Chroma server.",
                "Write it as http://chroma.example:8000.",
            )
        encrypted = address.scheme == "https"
        return address.hostname, address.port or (443 if encrypted else 8000), encrypted

    @property
    def _name(self) -> str:
        return self._server.collection if self._server else COLLECTION

    def _open(self) -> tuple[Any, Any]:
        guarded = self._guard.opening() if self._guard else nullcontext()
        # Loading it takes seconds, and tens of them on a busy machine: not while files are held.
        with self._telling(opening=True):
            import chromadb  # noqa: F401
        with self._telling(opening=True), _OPENING, guarded:
            client = self._connect()
            collection = client.get_or_create_collection(
                self._name, embedding_function=None, configuration=_CONFIGURATION
            )
            if self._guard:
                collection.count()  # the first look, which may write
        return client, collection

    def _connect(self) -> Any:
        import chromadb
        from chromadb.config import Settings

        settings = Settings(anonymized_telemetry=False)
        if self._server is None:
            if not _first_opened_in:
                _first_opened_in.append(os.getpid())
            if _first_opened_in != [os.getpid()]:
                raise forked()
            return chromadb.PersistentClient(str(self._folder), settings=settings)
        host, port, encrypted = self.check_address(self._server.url)
        token = os.environ.get("CHROMA_TOKEN")
        return chromadb.HttpClient(
            host=host,
            port=port,
            ssl=encrypted,
            headers={"x-chroma-token": token} if token else None,
            settings=settings,
            tenant=os.environ.get("CHROMA_TENANT", "default_tenant"),
            database=os.environ.get("CHROMA_DATABASE", "default_database"),
        )

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._telling(), self._guard.reading() if self._guard else nullcontext():
            yield

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with self._telling(), self._guard.writing() if self._guard else nullcontext():
            yield

    @contextmanager
    def _telling(self, *, opening: bool = False) -> Iterator[None]:
        """Turn Chroma's errors, of many unrelated types, into ours."""
        try:
            yield
        except AssistantError:
            raise
        except Exception as error:
            log.debug("Chroma failed", exc_info=True)
            raise self._in_words(error, opening) from error

    def _in_words(self, error: Exception, opening: bool) -> AssistantError:
        if self._server is not None:
            return VectorsUnreachable(
                f"The Chroma server at {self._server.url} does not answer as it should "
                f"({first_line(error)}).",
                "Check that it runs (chroma run), or move the vectors: assistant index rebuild "
                "--chroma-url URL",
            )
        if opening:
            forget_clients()  # a client that failed is not to be used again
        if any(word in str(error) for word in _CANNOT_WRITE):
            return IndexDamaged(
                f"The vector store in {self._folder} cannot be written ({first_line(error)}).",
                "Check the free space and the permissions of the folder; what was added before "
                "is kept.",
            )
        return IndexDamaged(
            f"The vector store in {self._folder} cannot be read ({first_line(error)}).",
            "Run: assistant index verify --repair",
        )


def forget_clients() -> None:
    """Let the next store of this process open its files anew, not take over an open client."""
    from chromadb.api.shared_system_client import SharedSystemClient

    with _OPENING:
        SharedSystemClient.clear_system_cache()
