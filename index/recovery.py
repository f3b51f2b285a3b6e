"""What a killed process left of Chroma's files (`index.guarding`) is made whole by the next.

The catalogue has every vector, so torn files are thrown away and made anew from it.  Whoever has
the old ones open goes on with them until the new ones are in their place, all at once.
"""

from __future__ import annotations

import logging
from contextlib import closing
from pathlib import Path

from . import swapping
from .catalog import Catalog, count_up
from .errors import IndexBusy, IndexDamaged
from .guarding import FileGuard
from .ingest import fill_vectors
from .locking import write_lock
from .paths import VECTOR_FOLDER
from .place import server_of
from .store import VectorStore, forget_clients

log = logging.getLogger(__name__)


def recover(folder: Path, home: Path, catalog: Catalog, wait: float | None = None) -> None:
    """Make whole the vectors' files in `home`, if a process was stopped while it changed them.

    Raises:
        IndexBusy: they are torn, and another process that writes to the index has not mended
            them after `wait` seconds.
        IndexDamaged: they are torn, and the disk is full or the folder cannot be written.
    """
    if not _is_due(home, catalog):
        return
    guard = FileGuard(home / VECTOR_FOLDER)
    torn = _is_not_to_be_read(home, guard)
    try:
        # A journal alone is nothing to wait for: its writer may be at work.
        with write_lock(folder, wait if torn else 0):
            make_whole(home, catalog)
    except IndexBusy:
        if _is_not_to_be_read(home, guard):
            raise
    except OSError as error:
        if torn:
            raise IndexDamaged(
                f"The vector store in {home} was left half-written by a process that was stopped, "
                f"and cannot be made anew ({error}).",
                "Check the free space and the permissions of the folder, then run: assistant "
                "index verify",
            ) from error


def is_usable(folder: Path, home: Path, catalog: Catalog) -> bool:
    """As `recover`, without waiting: whether the files may be read now."""
    try:
        recover(folder, home, catalog, wait=0)
    except IndexBusy:
        return False
    return True


def make_whole(home: Path, catalog: Catalog) -> None:
    """As `recover`, for a caller that holds the write lock."""
    if not _is_due(home, catalog):
        return
    folder = home / VECTOR_FOLDER
    swapping.finish(folder)
    guard = FileGuard(folder)
    if guard.is_torn():
        log.warning("a stopped process left the vectors in %s half-written; making them anew", home)
        _remake(folder, catalog)
    elif guard.has_journal():
        with closing(VectorStore(folder)) as store:
            store.take_in()


def _is_not_to_be_read(home: Path, guard: FileGuard) -> bool:
    # While new ones take the place of the old there are none for a moment.
    return not (home / VECTOR_FOLDER).is_dir() or guard.is_torn()


def _is_due(home: Path, catalog: Catalog) -> bool:
    folder = home / VECTOR_FOLDER
    left = FileGuard(folder).has_journal() or swapping.is_unfinished(folder)
    return left and server_of(catalog.manifest()) is None


def _remake(folder: Path, catalog: Catalog) -> None:
    made = swapping.beside(folder)
    forget_clients()
    with closing(VectorStore(made)) as store:
        fill_vectors(catalog, store)
    forget_clients()
    swapping.swap(folder)
    with catalog.transaction() as db:
        count_up(db)
