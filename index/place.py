"""Where an index keeps its vectors: in its folder, or on a Chroma server.

The catalogue's manifest says so, so that whoever opens the index finds them, and names the
collection, which is of this index alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

from .catalog import Catalog
from .paths import VECTOR_FOLDER
from .store import ChromaServer, VectorStore

VECTORS_KEY = "vectors"
"""Key of the manifest: address of the Chroma server; empty or missing for the folder."""
COLLECTION_KEY = "collection"


def server_of(manifest: Mapping[str, str]) -> ChromaServer | None:
    """The server that holds the vectors; None where they are in the folder."""
    url = manifest.get(VECTORS_KEY)
    return ChromaServer(url, manifest[COLLECTION_KEY]) if url else None


def open_vectors(home: Path, manifest: Mapping[str, str]) -> VectorStore:
    """The vectors of an index whose search files lie in `home`.

    Raises:
        IndexDamaged: their files cannot be read.
        VectorsUnreachable: the server does not answer.
    """
    return VectorStore(home / VECTOR_FOLDER, server_of(manifest))


def settle(catalog: Catalog, url: str) -> None:
    """Note that the vectors are to be on the server at `url`, or in the folder if it is empty."""
    wanted = url.rstrip("/")
    known = catalog.manifest()
    if wanted == known.get(VECTORS_KEY, ""):
        return
    catalog.set_manifest(new_place(url))


def new_place(url: str) -> dict[str, str]:
    """What the manifest says of vectors on the server at `url`, or in the folder if it is empty.

    Raises:
        VectorsUnreachable: no server answers there.
    """
    wanted = url.rstrip("/")
    # A name of its own every time: what lies under an earlier one may be half a move.
    name = f"answers-{uuid4().hex[:12]}"
    if wanted:
        # An address that is wrong must not cost the index the place that it has.
        VectorStore(Path(), ChromaServer(wanted, name)).close()
    return {VECTORS_KEY: wanted, COLLECTION_KEY: name}
