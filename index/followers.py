"""Opening the search files that follow the catalogue."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

from .catalog import Catalog
from .ingest import fill_lexical
from .lexical import LexicalIndex, OutdatedIndex
from .locking import write_lock
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
