"""Records and chunks as rows of the catalogue: the SQL that its transactions are made of."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .types import Chunk, WrittenAnswer


@dataclass(frozen=True, slots=True)
class Prepared:
    """A record ready to be stored: its chunks, their vectors ``(n, dimension)`` and keys.

    A key is a hash of what was embedded (see `index.vectors`), None where that is not known.
    """

    record: WrittenAnswer
    chunks: Sequence[Chunk]
    vectors: NDArray[np.float16]
    keys: Sequence[bytes | None]


def load(body: str) -> WrittenAnswer:
    """The record that a row's body holds."""
    return WrittenAnswer.model_validate(json.loads(body))


def drop_chunks(db: sqlite3.Connection, record: int) -> None:
    """Forget a record's chunks, and note that the followers must do so too."""
    db.execute(
        "INSERT OR REPLACE INTO outbox SELECT number, 'delete' FROM chunks WHERE record = ?",
        (record,),
    )
    db.execute("DELETE FROM chunks WHERE record = ?", (record,))


def put_words(db: sqlite3.Connection, words: Iterable[tuple[int, bytes]]) -> None:
    """Store the packed words (see `index.told`) of chunks that are here, by number."""
    db.executemany(
        "INSERT OR REPLACE INTO words SELECT number, ? FROM chunks WHERE number = ?",
        ((told, number) for number, told in words),
    )


def put_chunks(
    db: sqlite3.Connection, record: int, prepared: Prepared, numbers: Sequence[int]
) -> None:
    """Store a record's chunks under numbers that were reserved for them."""
    db.executemany(
        "INSERT INTO chunks (number, record, ordinal, start, end, header, vector, key)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                number,
                record,
                piece.ordinal,
                piece.start,
                piece.end,
                piece.header,
                np.asarray(vector, dtype=np.float16).tobytes(),
                key,
            )
            for number, piece, vector, key in zip(
                numbers, prepared.chunks, prepared.vectors, prepared.keys, strict=True
            )
        ],
    )


def keep_earlier(db: sqlite3.Connection, record: WrittenAnswer, now: str) -> None:
    """Keep what the record said, where it says something else now and was not found damaged."""
    db.execute(
        "INSERT INTO history (record, content_hash, replaced, body)"
        " SELECT id, content_hash, ?, body FROM records WHERE id = ?"
        " AND content_hash NOT IN (?, '')",
        (now, record.id, record.content_hash),
    )


def put_record(db: sqlite3.Connection, record: WrittenAnswer, now: str) -> int:
    """Store a record, replacing one of the same id; returns its number, which stays the same."""
    asker, answerer = record.asker, record.answerer
    row = {
        "id": record.id,
        "content_hash": record.content_hash,
        "body": record.model_dump_json(exclude={"content_hash"}, exclude_defaults=True),
        "kind": record.kind.value,
        "house": record.house,
        "department": record.department,
        "asked": record.asked.isoformat() if record.asked else None,
        "answered": record.answered.isoformat() if record.answered else None,
        "asker_id": asker.id if asker else None,
        "asker_name": asker.name if asker else None,
        "answerer_id": answerer.id if answerer else None,
        "answerer_name": answerer.name if answerer else None,
        "uin": record.uin,
        "is_holding": record.is_holding,
        "is_truncated": record.is_truncated,
        "is_summary": record.is_summary,
        "is_correction": record.is_correction,
        "is_withdrawn": record.is_withdrawn,
        "added": now,
    }
    changed = ", ".join(f"{name} = excluded.{name}" for name in row if name != "id")
    cursor = db.execute(
        f"INSERT INTO records ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})"  # noqa: S608
        f" ON CONFLICT (id) DO UPDATE SET {changed} RETURNING number",
        list(row.values()),
    )
    return int(cursor.fetchone()[0])
