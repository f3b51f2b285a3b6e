"""The search files made anew from the catalogue, beside the old ones, which answer meanwhile.

1. Chroma and the lexical index are filled in the next folder ``search-N`` of the data folder, or
   in another collection of the Chroma server.
2. One transaction of the catalogue names them.  It is the moment of the change, for every reader.
3. The old ones are removed.
"""

from __future__ import annotations

import re
import shutil
from contextlib import closing, suppress
from pathlib import Path

from .catalog import Catalog, count_up
from .errors import VectorsUnreachable
from .ingest import fill_lexical, fill_vectors
from .lexical import LexicalIndex
from .locking import LOCK_FILE
from .paths import CATALOG_FILE, HOME_KEY, LEXICAL_FOLDER, VECTOR_FOLDER, followers_home
from .place import VECTORS_KEY, new_place, open_vectors, server_of
from .store import forget_clients

_HOME = re.compile(r"search-\d+")


def remake(folder: Path, catalog: Catalog, chroma_url: str | None = None) -> int:
    """Make both followers anew; returns the chunks told.  The caller holds the write lock.

    With a `chroma_url` the vectors go to the Chroma server there, with an empty one into the
    folder; otherwise they stay where they are.
    """
    before = catalog.manifest()
    sweep(folder, before)
    home = next_home(folder, before)
    # A move to another model that was stopped there has to begin anew.
    shutil.rmtree(home, ignore_errors=True)
    url = before.get(VECTORS_KEY, "") if chroma_url is None else chroma_url
    now = {HOME_KEY: home.name, **new_place(url)}
    try:
        told = _fill(catalog, home, now)
    except BaseException:
        # The disk may be full, and of no use to anybody is what was made so far.
        shutil.rmtree(home, ignore_errors=True)
        raise
    with catalog.transaction() as db:
        db.execute("DELETE FROM outbox")
        db.executemany("INSERT OR REPLACE INTO manifest VALUES (?, ?)", now.items())
        count_up(db)
    sweep(folder, catalog.manifest())
    drop_left(home, before)
    return told


def _fill(catalog: Catalog, home: Path, manifest: dict[str, str]) -> int:
    forget_clients()
    with closing(open_vectors(home, manifest)) as store:
        fill_vectors(catalog, store)
        fill_lexical(catalog, LexicalIndex(home / LEXICAL_FOLDER))
        return store.count()


def sweep(folder: Path, manifest: dict[str, str]) -> None:
    """Remove search files that no longer count; a move that was stopped keeps what it has."""
    home = followers_home(folder, manifest)
    if home != folder:
        for name in (VECTOR_FOLDER, LEXICAL_FOLDER):
            shutil.rmtree(folder / name, ignore_errors=True)
        for file in (*home.glob(f"{CATALOG_FILE}*"), home / LOCK_FILE):
            file.unlink(missing_ok=True)
    keep = {home.name, next_home(folder, manifest).name}
    for other in folder.iterdir():
        if other.is_dir() and _HOME.fullmatch(other.name) and other.name not in keep:
            shutil.rmtree(other, ignore_errors=True)


def next_home(folder: Path, manifest: dict[str, str]) -> Path:
    """Where the search files that come after the present ones are made."""
    current = manifest.get(HOME_KEY, "search-0")
    return folder / f"search-{int(current.rpartition('-')[2]) + 1}"


def drop_left(home: Path, before: dict[str, str]) -> None:
    """Remove the vectors that were left behind on a server, if it is still there."""
    if server_of(before) is None:
        return
    with suppress(VectorsUnreachable), closing(open_vectors(home, before)) as left:
        left.drop()
