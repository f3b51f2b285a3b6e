"""What an index was made with, noted in its catalogue, and whether it is what we would use."""

from __future__ import annotations

from pathlib import Path

from .catalog import Catalog
from .chunking import CHUNKER
from .embedding import Embedder
from .errors import IndexMismatch
from .told import VERSION
from .types import RECORD_SCHEMA

WORDS_KEY = "words"
"""Key of the manifest: the version of the words that are packed in the catalogue."""


def match(folder: Path, catalog: Catalog, embedder: Embedder, *, create: bool = False) -> None:
    """Write the manifest of a new index, or refuse an index made differently.

    Raises:
        IndexMismatch: it was made with another model, chunker or record schema.
    """
    ours = {
        "model": embedder.name,
        "dimension": str(embedder.dimension),
        "window": str(embedder.window),
        "chunker": CHUNKER,
        "record_schema": str(RECORD_SCHEMA),
    }
    theirs = catalog.manifest()
    # A process that was stopped while it made the index has left it empty.
    if not theirs and (create or not catalog.counts()["records"]):
        catalog.set_manifest({**ours, WORDS_KEY: VERSION})
        return
    differing = [key for key in ours if theirs.get(key) != ours[key]]
    if "model" in differing:
        raise IndexMismatch(
            f"The index in {folder} was made with the model {theirs.get('model')!r}, "
            f"not {ours['model']!r}.",
            "Leave the model setting out to use the index's own model, or move the index to "
            "this one: assistant index reembed --model MODEL",
        )
    if differing:
        what = ", ".join(
            f"{key.replace('_', ' ')} {theirs.get(key)} instead of {ours[key]}" for key in differing
        )
        raise IndexMismatch(
            f"The index in {folder} was made by another version ({what}).",
            "Run: assistant index reembed (or choose another --data-dir and add the files again)"
            if "record_schema" not in differing
            else "Choose another --data-dir and add the files again.",
        )
