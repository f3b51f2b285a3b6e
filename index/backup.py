"""A data folder in one file, and back: the catalogue, from which everything else is made.

The file is a zip of `catalog.sqlite3`, the tuned adapters that lie beside it, and
`manifest.json`, which names the SHA-256 of each.  The vectors are in the catalogue, so nothing
is embedded at a restore.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from . import migrations
from .care import rebuild
from .errors import AssistantError, BackupDamaged, BadRequest, IndexDamaged, IndexMissing
from .locking import LOCK_FILE, write_lock
from .models import is_adapter
from .paths import CATALOG_FILE, HOME_KEY, LEXICAL_FOLDER, VECTOR_FOLDER
from .place import COLLECTION_KEY, VECTORS_KEY

MANIFEST = "manifest.json"
FORMAT = "government-answers-backup"

_BLOCK = 1 << 20
_SCRATCH = ".restore-"


@dataclass(frozen=True, slots=True)
class BackupReport:
    """What a backup holds; `sha256` is of the catalogue inside, `made` in UTC.

    `adapters` has the SHA-256 of each adapter file by its name.
    """

    records: int
    chunks: int
    size: int
    sha256: str
    schema: int
    made: str
    adapters: dict[str, str]


def back_up(folder: Path, file: Path) -> BackupReport:
    """Write a backup of a data folder; others may read and write the index meanwhile.

    The file appears whole or not at all.

    Raises:
        IndexMissing: there is no index.
        IndexDamaged: the catalogue cannot be read.
        BadRequest: the file cannot be written, or is there and is no backup.
    """
    if not (folder / CATALOG_FILE).is_file():
        raise IndexMissing(f"There is no index in {folder}.", "Run: assistant index add PATH")
    if file.exists() and not zipfile.is_zipfile(file):
        raise BadRequest(f"{file} is there already and is no backup.", "Name another file.")
    try:
        with TemporaryDirectory(dir=file.resolve().parent, prefix=".backup-") as scratch:
            return _write(folder, file, Path(scratch))
    except sqlite3.DatabaseError as error:
        raise IndexDamaged(
            f"The catalogue in {folder} cannot be backed up ({error}).",
            "Check the free space and the permissions of the folder; assistant index verify says "
            "what is wrong with it.",
        ) from error
    except OSError as error:
        raise BadRequest(
            f"The backup {file} cannot be written ({error}).",
            "Check the free space and the permissions, or name another file.",
        ) from error


def inspect(file: Path) -> BackupReport:
    """What a backup holds, once every byte of it has been compared with its checksum.

    Raises:
        BackupDamaged: it is no backup, or not the one that was written.
    """
    with _archive(file) as archive:
        report = _manifest(archive, file)
        for name, expected in _parts(report).items():
            with archive.open(name) as stream:
                if _digest(stream) != expected:
                    raise _broken(file, f"the checksum of {name} is wrong")
    return report


def restore(file: Path, folder: Path, *, force: bool = False) -> BackupReport:
    """Put a backup into a data folder and make the search files anew.

    Nothing in the folder is touched before the backup has proved whole and its search files are
    made: a restore that is stopped leaves the folder as it was.

    Raises:
        BackupDamaged: the backup is not what was written, or of a newer version.
        BadRequest: the folder is not empty and `force` is not given.
        IndexBusy: another process is writing to the index there.
        IndexDamaged: the folder cannot be written.
    """
    if folder.is_dir() and not force and any(map(_counts, folder.iterdir())):
        raise BadRequest(
            f"The folder {folder} is not empty.",
            "Choose another --data-dir, or give --force to replace the index there.",
        )
    report = inspect(file)
    if report.schema > migrations.newest():
        raise BackupDamaged(
            f"The backup {file} was made by a newer program (catalogue version "
            f"{report.schema}; this one reads up to {migrations.newest()}).",
            "Install the newer program.",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with write_lock(folder), TemporaryDirectory(dir=folder, prefix=_SCRATCH) as scratch:
            with zipfile.ZipFile(file) as archive:
                archive.extractall(scratch, _parts(report))  # names that `_manifest` has checked
            _make_ready(Path(scratch) / CATALOG_FILE)
            rebuild(Path(scratch))
            _put_in_place(Path(scratch), folder, report)
    except (sqlite3.DatabaseError, OSError) as error:
        raise IndexDamaged(
            f"The backup cannot be put into {folder} ({error}).",
            "Check the free space and the permissions of the folder, then restore it again.",
        ) from error
    return report


def _counts(path: Path) -> bool:
    """Whether something in a folder is more than what a restore that was stopped left there."""
    return not (path.name.startswith(_SCRATCH) or path.name == LOCK_FILE)


def _write(folder: Path, file: Path, scratch: Path) -> BackupReport:
    copy, partial = scratch / CATALOG_FILE, scratch / "backup"
    _copy_catalogue(folder / CATALOG_FILE, copy)
    # After the catalogue: an adapter is there before the catalogue names it.
    adapters = sorted(path for path in folder.iterdir() if is_adapter(path.name))
    report = _describe(copy, adapters)
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for part in (copy, *adapters):
            archive.write(part, part.name)
        archive.writestr(MANIFEST, json.dumps({"format": FORMAT, **asdict(report)}, indent=1))
    with partial.open("rb") as written:
        os.fsync(written.fileno())
    partial.replace(file)
    return report


def _copy_catalogue(source: Path, target: Path) -> None:
    # SQLite's own copy of a file in use: one moment of it, without keeping others out.
    with closing(sqlite3.connect(source)) as theirs, closing(sqlite3.connect(target)) as ours:
        theirs.backup(ours)
        ours.execute("PRAGMA journal_mode = DELETE")


def _describe(copy: Path, adapters: list[Path]) -> BackupReport:
    with closing(sqlite3.connect(copy)) as db:
        records, chunks = (
            int(db.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0])  # noqa: S608
            for table in ("records", "chunks")
        )
        schema = migrations.version(db)
    return BackupReport(
        records,
        chunks,
        copy.stat().st_size,
        _digest_of(copy),
        schema,
        datetime.now(UTC).isoformat(timespec="seconds"),
        {adapter.name: _digest_of(adapter) for adapter in adapters},
    )


def _digest_of(path: Path) -> str:
    with path.open("rb") as stream:
        return _digest(stream)


def _digest(stream: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while block := stream.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()


@contextmanager
def _archive(file: Path) -> Iterator[zipfile.ZipFile]:
    if not file.is_file():
        raise BadRequest(f"There is no file {file}.")
    try:
        with zipfile.ZipFile(file) as archive:
            yield archive
    except AssistantError:
        raise
    except Exception as error:  # a damaged zip raises errors of many kinds
        raise _broken(file, str(error)) from error


def _manifest(archive: zipfile.ZipFile, file: Path) -> BackupReport:
    told = json.loads(archive.read(MANIFEST))
    if told.pop("format", None) != FORMAT:
        raise _broken(file, "it is no backup of this program")
    report = BackupReport(**told)
    if not all(is_adapter(name) for name in report.adapters):
        raise _broken(file, "its manifest is not understood")
    return report


def _parts(report: BackupReport) -> dict[str, str]:
    """The files in a backup, each with its SHA-256."""
    return {CATALOG_FILE: report.sha256, **report.adapters}


def _broken(file: Path, reason: str) -> BackupDamaged:
    return BackupDamaged(
        f"The backup {file} is damaged or is none ({reason}); nothing was restored.",
        "Use another backup.",
    )


def _make_ready(fresh: Path) -> None:
    """Have every chunk told to search files that are not there yet, in the folder itself."""
    with closing(sqlite3.connect(fresh)) as db:
        db.execute("DELETE FROM outbox")
        db.execute("INSERT INTO outbox SELECT number, 'add' FROM chunks")
        elsewhere = (HOME_KEY, VECTORS_KEY, COLLECTION_KEY)
        db.executemany("DELETE FROM manifest WHERE key = ?", ((key,) for key in elsewhere))
        db.commit()


def _put_in_place(fresh: Path, folder: Path, report: BackupReport) -> None:
    for adapter in report.adapters:
        (fresh / adapter).replace(folder / adapter)
    current = folder / CATALOG_FILE
    if current.is_file():
        # What the old catalogue still has beside it must not be taken for the new one's.
        with (
            suppress(sqlite3.DatabaseError),  # it is damaged, which may be why it is replaced
            closing(sqlite3.connect(current)) as db,
        ):
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for follower in (VECTOR_FOLDER, LEXICAL_FOLDER, "search-[0-9]*"):
        for old in folder.glob(follower):
            shutil.rmtree(old, ignore_errors=True)
        for made in fresh.glob(follower):
            made.replace(folder / made.name)
    for ending in ("-wal", "-shm"):
        current.with_name(current.name + ending).unlink(missing_ok=True)
    (fresh / CATALOG_FILE).replace(current)
    for left in folder.glob(f"{_SCRATCH}*"):
        if left != fresh:
            shutil.rmtree(left, ignore_errors=True)
