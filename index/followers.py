"""Opening the search files that follow the catalogue, made anew where they are outdated."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import suppress
from pathlib import Path

from . import swapping, told
from .catalog import Catalog
from .errors import IndexBusy, IndexDamaged
from .ingest import fill_lexical, fill_words
from .lexical import LexicalIndex, OutdatedIndex
from .locking import write_lock
from .manifest import WORDS_KEY
from .paths import LEXICAL_FOLDER, VECTOR_FOLDER
from .place import open_vectors, server_of
from .probing import try_once
from .recovery import recover
from .store import VECTORS_FILE, VectorStore
from .wordfiles import META

log = logging.getLogger(__name__)


def open_followers(folder: Path, home: Path, catalog: Catalog) -> tuple[VectorStore, LexicalIndex]:
    """Both search files of an index, which lie in `home`.

    Raises:
        IndexDamaged: they are missing or cannot be read.
        IndexBusy: another process that writes to the index does not let go of them.
        VectorsUnreachable: the Chroma server that holds the vectors does not answer.
    """
    recover(folder, home, catalog)
    if server_of(catalog.manifest()) is None:
        try_once(home / VECTOR_FOLDER)
    store = present_vectors(home, catalog)
    try:
        return store, open_lexical(folder, home, catalog)
    except BaseException:
        store.close()
        raise


def present_vectors(home: Path, catalog: Catalog) -> VectorStore:
    """The vectors in `home`, or on a server, which are not made where they are missing."""
    manifest = catalog.manifest()
    if server_of(manifest) is None:
        _must_be_there(home / VECTOR_FOLDER / VECTORS_FILE, catalog)
    return open_vectors(home, manifest)


def present_lexical(home: Path, catalog: Catalog) -> LexicalIndex:
    """The lexical index in `home`, which is not made where it is missing."""
    place = home / LEXICAL_FOLDER
    _must_be_there(place / META, catalog)
    return LexicalIndex(place)


def _must_be_there(file: Path, catalog: Catalog) -> None:
    # A new index has no search files yet.
    if not file.is_file() and catalog.count_chunks():
        raise gone(file)


def gone(place: Path) -> IndexDamaged:
    """What to say where one of the search files, or the folder that holds it, is not there."""
    folder = place if place.name in (VECTOR_FOLDER, LEXICAL_FOLDER) else place.parent
    what = "vector store" if folder.name == VECTOR_FOLDER else "index of words"
    return IndexDamaged(
        f"The {what} in {folder} is missing.",
        "Put the folder back, or make it anew: assistant index rebuild",
    )


def open_lexical(folder: Path, home: Path, catalog: Catalog) -> LexicalIndex:
    """The lexical index in `home`; one of an earlier layout is made anew from the catalogue."""
    place = home / LEXICAL_FOLDER
    if not swapping.is_unfinished(place):
        with suppress(OutdatedIndex):
            return present_lexical(home, catalog)
    with write_lock(folder):
        swapping.finish(place)
        with suppress(OutdatedIndex):  # another process has made it anew meanwhile
            return present_lexical(home, catalog)
        log.info("making the index of words in %s anew", home)
        fill_lexical(catalog, LexicalIndex(swapping.beside(place)))
        swapping.swap(place)
    return LexicalIndex(place)


def pack_words(folder: Path, catalog: Catalog, lexical: LexicalIndex) -> None:
    """Pack the words of a catalogue from before they were, or in which they were others.

    Where that cannot be done now (another process writes, the disk is full) each search packs
    those of its candidates itself.
    """
    if catalog.manifest().get(WORDS_KEY) == told.VERSION:
        return
    try:
        with write_lock(folder):
            fill_words(catalog, lexical)
            catalog.set_manifest({WORDS_KEY: told.VERSION})
    except (IndexBusy, sqlite3.OperationalError, OSError):
        log.info("the words in %s are packed later", folder, exc_info=True)
