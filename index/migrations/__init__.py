"""The catalogue's schema, step by step: ``NNNN_name.sql``, each brings it to version NNNN.

A step that has been released is never changed; what comes later is a new file with the next
number.  Steps only add (tables, columns that may be NULL, indexes), so that a program that is
still running from before an upgrade goes on working.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Step:
    """One step: the version it leads to, its file's name and its SQL statements."""

    version: int
    name: str
    statements: tuple[str, ...]


@lru_cache(maxsize=1)
def steps() -> tuple[Step, ...]:
    """Every step, in order.

    Raises:
        ValueError: two steps have the same number, or a statement has no end.
    """
    found: list[Step] = []
    for file in sorted(files(__name__).iterdir(), key=lambda f: f.name):
        if file.name.endswith(".sql"):
            statements = split_statements(file.read_text("utf-8"))
            found.append(Step(int(file.name.split("_", 1)[0]), file.name, statements))
    numbers = [step.version for step in found]
    if len(set(numbers)) != len(numbers):
        raise ValueError(f"two migrations have the same number: {[s.name for s in found]}")
    return tuple(found)


def newest() -> int:
    """The version that this program writes."""
    return steps()[-1].version


def upgrade(db: sqlite3.Connection, path: tuple[Step, ...] | None = None) -> list[str]:
    """Bring a catalogue up to date; returns the names of the steps taken.

    Each step is one transaction that also notes the new version: a stop between two leaves a
    catalogue of a version in between, which the next start takes further.  Safe against another
    process that does the same: who comes second finds the step done.
    """
    taken = []
    for step in path or steps():
        db.execute("BEGIN IMMEDIATE")
        try:
            if version(db) < step.version:
                for statement in step.statements:
                    db.execute(statement)
                # A pragma takes no parameters; the version is a number of our own files.
                db.execute(f"PRAGMA user_version = {step.version:d}")
                taken.append(step.name)
        except BaseException:
            db.rollback()
            raise
        db.commit()
    return taken


def version(db: sqlite3.Connection) -> int:
    """The version of a catalogue; 0 where nothing has been made yet."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def split_statements(text: str) -> tuple[str, ...]:
    """The statements of an SQL text, triggers with their inner semicolons included."""
    found: list[str] = []
    pending = ""
    for line in text.splitlines(keepends=True):
        if not pending and (not line.strip() or line.lstrip().startswith("--")):
            continue
        pending += line
        if sqlite3.complete_statement(pending):
            found.append(pending.strip())
            pending = ""
    if pending.strip():
        raise ValueError(f"an SQL statement has no end: {pending.strip()[:80]}")
    return tuple(found)
