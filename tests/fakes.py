"""Small stand-ins for the edges: an embedder that hashes words, and invented records."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index import Index
from index.types import Member, WrittenAnswer


class HashingEmbedder:
    """Words hashed into a small vector: similar words give similar vectors, fast."""

    def __init__(self, name: str = "hashing", dimension: int = 64, window: int = 64) -> None:
        self.name = name
        self.dimension = dimension
        self.window = window
        self.special_tokens = 2
        self.encoded = 0

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        # Four characters to a piece, as word pieces are parts of words.
        spans = []
        for word in re.finditer(r"\S+", text):
            starts = range(word.start(), word.end(), 4)
            spans.extend((start, min(start + 4, word.end())) for start in starts)
        return spans

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.encoded += len(texts)
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            vectors[row, 0] = 1e-3  # so that a text without words still has a direction
            for word in re.findall(r"\w+", text.lower()):
                vectors[row, zlib.crc32(word.encode()) % self.dimension] += 1
        norms: NDArray[np.float32] = np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors / norms

    def encode_query(self, text: str) -> NDArray[np.float32]:
        return self.encode([text])[0]


def make_record(record_id: str = "1", **changes: Any) -> WrittenAnswer:
    """An invented answer; any field may be given."""
    fields: dict[str, Any] = {
        "uin": record_id,
        "house": "Commons",
        "heading": "Examples: Supply",
        "question": "To ask the Secretary of State for Example, how many examples were supplied.",
        "asker": Member(id=1, name="Ada Example"),
        "department": "Department for Example",
        "answerer": Member(id=2, name="Bob Answer"),
        "asked": date(2024, 5, 1),
        "answered": date(2024, 5, 9),
        "text": "We supplied 412 examples in 2023. They were all of good quality.",
        "url": f"https://questions-statements.parliament.uk/written-questions/detail/2024-05-01/{record_id}",
        "source": "test",
    }
    return WrittenAnswer.model_validate({"id": record_id, **fields, **changes})


GRAPH = 1100
"""Records that are enough for Chroma to write its graph to disk."""


def with_graph(folder: Path) -> Path:
    """An index of `GRAPH` records in this folder."""
    with Index.open_or_create(folder, embedder=HashingEmbedder()) as index:
        index.add(
            make_record(str(n), heading=f"Topic{n}", text=f"Otter {n}.") for n in range(GRAPH)
        )
    return folder
