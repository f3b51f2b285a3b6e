"""Conversations as they are kept: listed, searched, renamed, deleted, read again."""

from __future__ import annotations

import json
import secrets
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from index.types import Filters, WrittenAnswer

from . import codec
from .database import Database
from .types import Conversation, ConversationMissing, KeptTurn, Summary

LONGEST_TITLE = 120
"""Characters of a title; a longer one is cut."""
MOST_LISTED = 200


class Conversations:
    """The conversations of a data folder.  Each belongs to its `owner` and to nobody else.

    Every method raises `HistoryDamaged` where the file cannot be read or written, and those
    that name a conversation raise `ConversationMissing` where the owner has none of that id.
    """

    def __init__(self, folder: Path) -> None:
        self._database = Database(folder)

    def keep(self, owner: str, conversation: str, turn: KeptTurn) -> str:
        """Keep a turn and return the conversation's id.

        An empty `conversation` begins a new one, named after the question.  The turn takes
        the place of the one of its number and of all that came after it.
        """
        if turn.answer is None:
            raise ValueError("only a finished answer is kept")
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        text, records = codec.dump(turn.answer)
        with self._database.work() as db:
            if conversation:
                _owned(db, owner, conversation)
            else:
                conversation = secrets.token_urlsafe(9)
                db.execute(
                    "INSERT INTO conversations VALUES (?, ?, ?, ?, ?)",
                    (conversation, owner, _title(turn.question), now, now),
                )
            db.execute(
                "DELETE FROM turns WHERE conversation = ? AND number >= ?",
                (conversation, turn.number),
            )
            db.execute(
                "INSERT INTO turns VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    conversation,
                    turn.number,
                    turn.question,
                    turn.filters.model_dump_json(exclude_defaults=True),
                    text,
                    _folded(f"{turn.question}\n{turn.answer.text}"),
                    now,
                ),
            )
            for key, record in records.items():
                db.execute(
                    "INSERT OR IGNORE INTO snapshots VALUES (?, ?)",
                    (key, codec.dump_record(record)),
                )
                db.execute(
                    "INSERT INTO turn_snapshots VALUES (?, ?, ?)", (conversation, turn.number, key)
                )
            db.execute("UPDATE conversations SET updated = ? WHERE id = ?", (now, conversation))
        return conversation

    def list(self, owner: str, search: str = "") -> list[Summary]:
        """The owner's conversations that hold every word of `search`, the latest first."""
        clause, values = "", []
        for word in _folded(search).split():
            clause += (
                " AND (c.title_folded LIKE ? ESCAPE '\\' OR EXISTS (SELECT 1 FROM turns t"
                " WHERE t.conversation = c.id AND t.words LIKE ? ESCAPE '\\'))"
            )
            values += [_pattern(word)] * 2
        with self._database.work() as db:
            db.create_function("folded", 1, _folded, deterministic=True)
            rows = db.execute(
                "SELECT c.id, c.title, (SELECT COUNT(*) FROM turns t WHERE t.conversation = c.id),"  # noqa: S608
                " c.created, c.updated FROM (SELECT *, folded(title) AS title_folded"
                f" FROM conversations WHERE owner = ?) c WHERE 1{clause}"
                " ORDER BY c.updated DESC, c.created DESC LIMIT ?",
                (owner, *values, MOST_LISTED),
            ).fetchall()
        return [
            Summary(key, title, turns, datetime.fromisoformat(made), datetime.fromisoformat(last))
            for key, title, turns, made, last in rows
        ]

    def read(self, owner: str, conversation: str) -> Conversation:
        """The conversation with its turns."""
        with self._database.work() as db:
            title = _owned(db, owner, conversation)
            rows = db.execute(
                "SELECT number, question, filters, answer, asked FROM turns"
                " WHERE conversation = ? ORDER BY number",
                (conversation,),
            ).fetchall()
            bodies = db.execute(
                "SELECT DISTINCT s.hash, s.body FROM turn_snapshots t"
                " JOIN snapshots s ON s.hash = t.hash WHERE t.conversation = ?",
                (conversation,),
            ).fetchall()
        records = _records(bodies)
        return Conversation(conversation, title, tuple(_turn(row, records) for row in rows))

    def rename(self, owner: str, conversation: str, title: str) -> str:
        """Give the conversation another title; returns it as it is kept."""
        kept = _title(title)
        with self._database.work() as db:
            old = _owned(db, owner, conversation)
            db.execute(
                "UPDATE conversations SET title = ? WHERE id = ?", (kept or old, conversation)
            )
        return kept or old

    def delete(self, owner: str, conversation: str) -> None:
        """Delete the conversation and the copies of records that only it needed."""
        with self._database.work() as db:
            _owned(db, owner, conversation)
            db.execute("DELETE FROM conversations WHERE id = ?", (conversation,))
            db.execute(
                "DELETE FROM snapshots WHERE NOT EXISTS"
                " (SELECT 1 FROM turn_snapshots t WHERE t.hash = snapshots.hash)"
            )


def _owned(db: sqlite3.Connection, owner: str, conversation: str) -> str:
    """The conversation's title, if it is the owner's."""
    row = db.execute(
        "SELECT title FROM conversations WHERE id = ? AND owner = ?", (conversation, owner)
    ).fetchone()
    if row is None:
        raise ConversationMissing(
            "There is no such conversation.", "It may have been deleted: ask the question again."
        )
    return str(row[0])


def _records(bodies: list[tuple[str, str]]) -> dict[str, WrittenAnswer]:
    records: dict[str, WrittenAnswer] = {}
    for key, body in bodies:
        try:
            records[key] = codec.load_record(body)
        except ValueError:  # written by another version
            continue
    return records


def _turn(row: tuple[int, str, str, str, str], records: dict[str, WrittenAnswer]) -> KeptTurn:
    number, question, filters, answer, asked = row
    try:
        whole = codec.load(answer, records)
    except (ValueError, KeyError):  # written by another version
        whole = None
    return KeptTurn(
        number, question, whole, Filters(**json.loads(filters)), datetime.fromisoformat(asked)
    )


def _title(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= LONGEST_TITLE else f"{plain[: LONGEST_TITLE - 1].rstrip()}…"


def _folded(text: str) -> str:
    """Text for searching: SQLite's own LIKE folds only ASCII."""
    return " ".join(text.casefold().split()).encode("utf-8", "replace").decode("utf-8")


def _pattern(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
