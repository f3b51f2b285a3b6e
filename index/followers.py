"""Opening the search files that follow the catalogue, made anew where they are outdated."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import suppress
from pathlib import Path

from . import swapping, told
from .catalog import Catalog
from .errors import IndexBusy
from .ingest import fill_lexical, fill_words
from .lexical import LexicalIndex, OutdatedIndex
from .locking import write_lock
from .manifest import WORDS_KEY
from .paths import LEXICAL_FOLDER

log = logging.getLogger(__name__)


def open_lexical(folder: Path, home: Path, catalog: Catalog) -> LexicalIndex:
    """The lexical index in `home`; one of an earlier layout is made anew from the catalogue."""
    place = home / LEXICAL_FOLDER
    if not swapping.is_unfinished(place):
        with suppress(OutdatedIndex):
            return LexicalIndex(place)
    with write_lock(folder):
        swapping.finish(place)
        with suppress(OutdatedIndex):  # another process has made it anew meanwhile
            return LexicalIndex(place)
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
