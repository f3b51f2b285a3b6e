"""The SQLite file that conversations and feedback share."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from index.database import use_wal

from .types import HistoryDamaged

HISTORY_FILE = "history.sqlite3"
_SCHEMA = Path(__file__).with_name("schema.sql")
_VERSION = 1


class Database:
    """One file, opened for each piece of work: safe from many threads and processes."""

    def __init__(self, folder: Path) -> None:
        """The file is made at first use; opening a data folder writes nothing."""
        self.file = folder / HISTORY_FILE

    @contextmanager
    def work(self) -> Iterator[sqlite3.Connection]:
        """A transaction: all of what is done inside, or none of it.

        Raises:
            HistoryDamaged: the file cannot be read or written.
        """
        try:
            db = sqlite3.connect(self.file, timeout=30, isolation_level=None)
        except sqlite3.Error as error:
            raise self._damaged(error) from error
        try:
            use_wal(db)
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("BEGIN IMMEDIATE")
            self._match_version(db)
            yield db
            db.commit()
        except sqlite3.Error as error:
            raise self._damaged(error) from error
        finally:
            db.close()

    def _match_version(self, db: sqlite3.Connection) -> None:
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            for statement in _SCHEMA.read_text("utf-8").split(";\n"):
                if statement.strip():
                    db.execute(statement)
        elif version != _VERSION:
            raise HistoryDamaged(
                f"The file {self.file} has version {version}, this program reads {_VERSION}.",
                "Use the program that made it, or move the file away.",
            )

    def _damaged(self, error: Exception) -> HistoryDamaged:
        return HistoryDamaged(
            f"Conversations cannot be kept in {self.file} ({error}).",
            "Check the free space and the permissions of the folder.",
        )
