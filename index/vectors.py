"""Vectors of texts, each text embedded once: what the catalogue knows is not asked again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .catalog import Catalog
from .embedding import Embedder


def key_of(model: str, text: str) -> bytes:
    """The name of a text's vector: SHA-256 of the model's name and of what it is given."""
    return hashlib.sha256(f"{model}\0{text}".encode("utf-8", "surrogatepass")).digest()


def vectors_of(
    texts: Sequence[str], embedder: Embedder, catalog: Catalog | None
) -> tuple[NDArray[np.float16], list[bytes], int]:
    """The vector and the key of each text, and how many texts had to be embedded.

    A text that a chunk of the catalogue was made of keeps that chunk's vector, to the bit;
    without a catalogue every text is embedded.
    """
    keys = [key_of(embedder.name, text) for text in texts]
    wanted = list(dict.fromkeys(keys))
    size = embedder.dimension
    known = catalog.vectors_by_key(wanted) if catalog is not None else {}
    known = {key: vector for key, vector in known.items() if len(vector) == size}
    missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
    if missing:
        made = embedder.encode(list(missing.values())).astype(np.float16)
        known.update(zip(missing, made, strict=True))
    vectors = np.empty((len(texts), size), dtype=np.float16)
    for row, key in enumerate(keys):
        vectors[row] = known[key]
    return vectors, keys, len(missing)
