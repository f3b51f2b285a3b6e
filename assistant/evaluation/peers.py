"""Other people's recipes in the same harness, each with its own defaults.

All but BM25 share one embedding model and its cached vectors, so that only the recipes
differ.  They know nothing of conversations: a follow-up is searched with its earlier turns
before it.
"""

from __future__ import annotations

import logging
import os
from typing import Any
from uuid import uuid4

from .cache import CachedEmbedder
from .extras import load
from .haystack import Haystack
from .labels import Query
from .progress import Progress

_ADDED = 1_000
"""Texts handed to Chroma at a time, within what it takes at once."""


class BM25:
    """bm25s as its read-me has it: English stop words, Snowball stemming, its own k1 and b."""

    def __init__(self, hay: Haystack) -> None:
        self._bm25s: Any = load("bm25s", "peers")
        logging.getLogger("bm25s").setLevel(logging.WARNING)
        self._stemmer = load("Stemmer", "peers").Stemmer("english")
        self._ids = hay.ids
        self._index = self._bm25s.BM25()
        self._index.index(self._tokens(hay.texts), show_progress=False)

    def rank(self, query: Query, k: int) -> list[str]:
        found, scores = self._index.retrieve(
            self._tokens([query.joined]), k=min(k, len(self._ids)), show_progress=False
        )
        pairs = zip(found[0].tolist(), scores[0].tolist(), strict=True)
        return [self._ids[at] for at, score in pairs if score > 0]

    def _tokens(self, texts: list[str]) -> Any:
        return self._bm25s.tokenize(
            texts, stopwords="en", stemmer=self._stemmer, show_progress=False
        )


class Txtai:
    """txtai's hybrid search (its BM25 and its vector index, equal weights)."""

    def __init__(self, hay: Haystack, base: CachedEmbedder, progress: Progress) -> None:
        texts = hay.texts
        with progress.step(f"Embedding {hay.role} for txtai", len(texts)) as advance:
            base.encode(texts, advance)
        self._ids = hay.ids
        # txtai loads litellm where that is installed, which would fetch a price list.
        os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")

        def transform(some: list[str]) -> Any:
            return base.encode(some)

        self._search: Any = load("txtai", "peers").Embeddings(
            {"method": "external", "transform": transform, "hybrid": True}
        )
        self._search.index((at, text, None) for at, text in enumerate(texts))

    def rank(self, query: Query, k: int) -> list[str]:
        return [self._ids[int(at)] for at, _ in self._search.search(query.joined, k)]


class LangChain:
    """The recipe most people start from: recursive splitter, Chroma, one small model."""

    def __init__(self, hay: Haystack, base: CachedEmbedder, progress: Progress) -> None:
        splitter = load("langchain_text_splitters", "peers").RecursiveCharacterTextSplitter()
        chroma = load("langchain_chroma", "peers").Chroma
        self._store: Any = chroma(
            # Chroma's stores in memory share one space: the name must be new.
            collection_name=f"evaluation-{uuid4()}",
            embedding_function=_LangChainEmbeddings(base),
        )
        pieces = [
            (piece, {"record": record.id})
            for record, text in zip(hay.records, hay.texts, strict=True)
            for piece in splitter.split_text(text)
        ]
        with progress.step(f"Indexing {hay.role} for LangChain", len(pieces)) as advance:
            for first in range(0, len(pieces), _ADDED):
                some = pieces[first : first + _ADDED]
                self._store.add_texts([text for text, _ in some], [about for _, about in some])
                advance(first + len(some))

    def rank(self, query: Query, k: int) -> list[str]:
        # A record can have several pieces: ask for more, and keep each record's best.
        found = self._store.similarity_search(query.joined, k=2 * k)
        return list(dict.fromkeys(piece.metadata["record"] for piece in found))[:k]


class _LangChainEmbeddings:
    """What LangChain asks of an embedding model."""

    def __init__(self, embedder: CachedEmbedder) -> None:
        self._embedder = embedder

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        vectors: list[list[float]] = self._embedder.encode(texts).tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        vector: list[float] = self._embedder.encode_query(text).tolist()
        return vector
