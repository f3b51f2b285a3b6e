"""Opening the search files that follow the catalogue, made anew where they are outdated."""

from __future__ import annotations

import logging
import shutil
import sqlite3
from pathlib import Path

from . import told
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
    try:
        return LexicalIndex(home / LEXICAL_FOLDER)
    except OutdatedIndex:
        log.info("making the index of words in %s anew", home)
    with write_lock(folder):
        shutil.rmtree(home / LEXICAL_FOLDER)
        made = LexicalIndex(home / LEXICAL_FOLDER)
        fill_lexical(catalog, made)
    return made


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
