"""Moving an index to another embedding model: everything is chunked and embedded again.

No file is read again, for the catalogue holds the records, and the old index answers until the
new one is whole:

1. A second index is made in a folder inside the data folder, by the usual write path.  What a
   stopped move has left there is gone on with, not embedded again.
2. One transaction of the catalogue takes over the second index's chunks and vectors and notes
   the model and the folder of the search files.  It is the moment of the change.
3. The old search files are removed.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from .catalog import Catalog, count_up
from .chunking import CHUNKER
from .embedding import Embedder
from .errors import IndexDamaged, IndexMismatch
from .locking import kept_to_ourselves
from .models import made_with
from .paths import CATALOG_FILE, HOME_KEY
from .place import COLLECTION_KEY, VECTORS_KEY
from .remaking import drop_left, next_home, sweep
from .types import RECORD_SCHEMA

if TYPE_CHECKING:
    from .index import Index

BEFORE = "model_before"
"""Key of the manifest: the model that the index was moved away from."""

_AFTER = "numbers_after"

Progress = Callable[[int, int], None]
"""Called with the records dealt with and their number."""


def reembed(folder: Path, embedder: Embedder, progress: Progress | None = None) -> int:
    """Move the index of a data folder to another model; returns the number of chunks.

    Raises:
        IndexMissing: there is none.
        IndexBusy: another process is writing.
        IndexMismatch: its records are of another version.
        IndexDamaged: the folder cannot be written.
    """
    with kept_to_ourselves(folder) as catalog:
        return move(folder, catalog, embedder, progress)


def model_before(folder: Path) -> str | None:
    """The model that the index was moved away from last; None where it never was."""
    if not (folder / CATALOG_FILE).is_file():
        return None
    with closing(Catalog(folder / CATALOG_FILE)) as catalog:
        return catalog.manifest().get(BEFORE)


def move(
    folder: Path, catalog: Catalog, embedder: Embedder, progress: Progress | None = None
) -> int:
    """As `reembed`, for a caller that holds the write lock and the open catalogue."""
    before = catalog.manifest()
    if before.get("record_schema") != str(RECORD_SCHEMA):
        raise IndexMismatch(
            f"The records in {folder} were kept by another version "
            f"(schema {before.get('record_schema')} instead of {RECORD_SCHEMA}).",
            "Choose another --data-dir and add the files again.",
        )
    sweep(folder, before)
    home = next_home(folder, before)
    url = before.get(VECTORS_KEY, "")
    with _second_index(home, embedder, _last_number(catalog), url) as second:
        _fill(second, catalog, progress)
        made = second.catalog.manifest()
    now = {
        "model": embedder.name,
        "dimension": str(embedder.dimension),
        "window": str(embedder.window),
        "chunker": CHUNKER,
        HOME_KEY: home.name,
        **{key: made.get(key, "") for key in (VECTORS_KEY, COLLECTION_KEY)},
    }
    if embedder.name != before.get("model"):
        now[BEFORE] = before.get("model", "")
    moved = _take_over(catalog, home / CATALOG_FILE, now)
    sweep(folder, catalog.manifest())
    drop_left(home, before)
    return moved


@contextmanager
def _second_index(home: Path, embedder: Embedder, after: int, url: str) -> Iterator[Index]:
    """The index that a stopped move began with this model, or a new one.

    Its chunks are numbered on from `after`, so that no number means two things.
    """
    from .index import Index

    if not _was_begun(home, embedder, after):
        shutil.rmtree(home, ignore_errors=True)
    with Index.open_or_create(home, embedder=embedder, chroma_url=url) as second:
        _number_after(second._catalog, after)
        second._catalog.set_manifest({_AFTER: str(after)})
        yield second


def _was_begun(home: Path, embedder: Embedder, after: int) -> bool:
    if made_with(home) != embedder.name:
        return False
    from .index import Index

    try:
        with Index.open(home, embedder=embedder) as begun:
            return begun._catalog.manifest().get(_AFTER) == str(after)
    except (IndexDamaged, IndexMismatch):
        return False


def _fill(second: Index, catalog: Catalog, progress: Progress | None) -> None:
    ours, theirs = _hashes(catalog), _hashes(second._catalog)
    # Changed or removed since a stopped move: what it made of them is of no use.
    stale = [record for record, digest in theirs.items() if ours.get(record) != digest]
    if stale:
        second.remove(stale)
    tell = None if progress is None else (lambda done: progress(done, len(ours)))
    second.add(catalog.all_records(), progress=tell)


def _hashes(catalog: Catalog) -> dict[str, str]:
    return dict(catalog.select_all("SELECT id, content_hash FROM records"))


def _last_number(catalog: Catalog) -> int:
    rows = catalog.select_all("SELECT seq FROM sqlite_sequence WHERE name = 'chunks'")
    return int(rows[0][0]) if rows else 0


def _number_after(catalog: Catalog, last: int) -> None:
    if _last_number(catalog) < last:
        with catalog.transaction() as db:
            db.execute("DELETE FROM sqlite_sequence WHERE name = 'chunks'")
            db.execute("INSERT INTO sqlite_sequence VALUES ('chunks', ?)", (last,))


def _take_over(catalog: Catalog, file: Path, manifest: dict[str, str]) -> int:
    """Put the chunks of the catalogue in `file` in the place of all that are here."""
    catalog.select_all("ATTACH DATABASE ? AS second", (str(file),))
    try:
        with catalog.transaction() as db:
            db.execute("DELETE FROM outbox")
            db.execute("DELETE FROM chunks")
            columns = "ordinal, start, end, header, vector, key"
            moved = db.execute(
                f"INSERT INTO chunks (number, record, {columns})"  # noqa: S608
                f" SELECT c.number, ours.number, {columns} FROM second.chunks c"
                " JOIN second.records theirs ON theirs.number = c.record"
                " JOIN main.records ours ON ours.id = theirs.id ORDER BY c.number"
            ).rowcount
            db.execute(
                "INSERT INTO words SELECT chunk, told FROM second.words"
                " WHERE chunk IN (SELECT number FROM main.chunks)"
            )
            db.executemany("INSERT OR REPLACE INTO manifest VALUES (?, ?)", manifest.items())
            count_up(db)
    finally:
        catalog.select_all("DETACH DATABASE second")
    return moved
