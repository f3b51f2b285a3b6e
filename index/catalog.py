"""The catalogue: what is indexed.  SQLite, and the source of truth.

Chroma and the lexical index follow it.  The outbox holds what they have not been told yet.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np
from numpy.typing import NDArray

from .conditions import where
from .database import Database
from .types import Chunk, Earlier, Filters, Rejected, WrittenAnswer

_GENERATION = "generation"

_SOME = 500
"""Most values put into one SQL statement."""


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk as the catalogue keeps it; `number` names it in the other two stores."""

    number: int
    record_id: str
    start: int
    end: int


class Catalog(Database):
    """What is indexed, in one SQLite file."""

    # -- manifest ---------------------------------------------------------------

    def manifest(self) -> dict[str, str]:
        return dict(self._db.execute("SELECT key, value FROM manifest"))

    def set_manifest(self, values: Mapping[str, str]) -> None:
        with self.transaction() as db:
            db.executemany("INSERT OR REPLACE INTO manifest VALUES (?, ?)", values.items())

    # -- writing ----------------------------------------------------------------

    def replace(
        self, records: Sequence[tuple[WrittenAnswer, Sequence[Chunk], NDArray[np.float16]]]
    ) -> None:
        """Store records with their chunks and vectors, replacing what they had before."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self.transaction() as db:
            for record, chunks, vectors in records:
                _keep_earlier(db, record, now)
                number = _put_record(db, record, now)
                db.execute("DELETE FROM refusals WHERE record = ?", (record.id,))
                _drop_chunks(db, number)
                for piece, vector in zip(chunks, vectors, strict=True):
                    cursor = db.execute(
                        "INSERT INTO chunks (record, ordinal, start, end, header, vector)"
                        " VALUES (?, ?, ?, ?, ?, ?)",
                        (
                            number,
                            piece.ordinal,
                            piece.start,
                            piece.end,
                            piece.header,
                            np.asarray(vector, dtype=np.float16).tobytes(),
                        ),
                    )
                    db.execute("INSERT INTO outbox VALUES (?, 'add')", (cursor.lastrowid,))

    def remove(self, ids: Iterable[str]) -> int:
        """Take records out; returns how many there were."""
        removed = 0
        with self.transaction() as db:
            for record_id in dict.fromkeys(ids):
                row = db.execute("SELECT number FROM records WHERE id = ?", (record_id,)).fetchone()
                if row:
                    _drop_chunks(db, row[0])
                    db.execute("DELETE FROM history WHERE record = ?", (record_id,))
                    db.execute("DELETE FROM records WHERE number = ?", row)
                    removed += 1
        return removed

    def note_refusals(self, refusals: Sequence[Rejected]) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self.transaction() as db:
            db.executemany(
                "INSERT OR REPLACE INTO refusals VALUES (?, ?, ?, ?)",
                [(r.file, r.record, r.reason, now) for r in refusals],
            )

    # -- the outbox -------------------------------------------------------------

    def pending(self, limit: int) -> tuple[list[int], list[int]]:
        """Chunk numbers the followers still have to add and to delete."""
        rows = self._db.execute(
            "SELECT chunk, action FROM outbox ORDER BY chunk LIMIT ?", (limit,)
        ).fetchall()
        added = [n for n, action in rows if action == "add"]
        return added, [n for n, action in rows if action == "delete"]

    def settle(self, numbers: Iterable[int]) -> None:
        """The followers have done these."""
        with self.transaction() as db:
            db.executemany("DELETE FROM outbox WHERE chunk = ?", ((n,) for n in numbers))
            db.execute(
                "INSERT INTO manifest VALUES (?, '1') ON CONFLICT (key)"
                " DO UPDATE SET value = CAST(value AS INTEGER) + 1",
                (_GENERATION,),
            )

    def refill_outbox(self) -> None:
        """Ask the followers to be told of every chunk again."""
        with self.transaction() as db:
            db.execute("DELETE FROM outbox")
            db.execute("INSERT INTO outbox SELECT number, 'add' FROM chunks")

    # -- reading ----------------------------------------------------------------

    def hashes(self, ids: Sequence[str]) -> dict[str, str]:
        """Content hash of each of these records that is here."""
        return dict(self._select("SELECT id, content_hash FROM records WHERE id IN ({})", ids))

    def records(self, ids: Sequence[str]) -> dict[str, WrittenAnswer]:
        """The records of these ids that are here, by id."""
        rows = self._select("SELECT id, body FROM records WHERE id IN ({})", ids)
        return {row[0]: _load(row[1]) for row in rows}

    def history(self, record_id: str) -> list[Earlier]:
        """What the record said before, oldest first."""
        rows = self._db.execute(
            "SELECT body, replaced FROM history WHERE record = ? ORDER BY number", (record_id,)
        )
        return [Earlier(_load(body), datetime.fromisoformat(when)) for body, when in rows]

    def all_records(self) -> Iterator[WrittenAnswer]:
        """Every record, in the order of first addition."""
        last = 0
        while rows := self._db.execute(
            "SELECT number, body FROM records WHERE number > ? ORDER BY number LIMIT ?",
            (last, _SOME),
        ).fetchall():
            last = rows[-1][0]
            for row in rows:
                yield _load(row[1])

    def chunks(self, numbers: Sequence[int]) -> dict[int, StoredChunk]:
        """These chunks, by number; numbers the catalogue does not know are left out."""
        rows = self._select(
            "SELECT c.number, r.id, c.start, c.end FROM chunks c"
            " JOIN records r ON r.number = c.record WHERE c.number IN ({})",
            numbers,
        )
        return {row[0]: StoredChunk(*row) for row in rows}

    def vectors(self, numbers: Sequence[int]) -> tuple[list[int], NDArray[np.float32]]:
        """Those of these chunks that are here, with their vectors, shape ``(n, dimension)``."""
        rows = self._select("SELECT number, vector FROM chunks WHERE number IN ({})", numbers)
        if not rows:
            return [], np.empty((0, 0), dtype=np.float32)
        joined = np.frombuffer(b"".join(row[1] for row in rows), dtype=np.float16)
        return [row[0] for row in rows], joined.reshape(len(rows), -1).astype(np.float32)

    def follower_rows(
        self, numbers: Sequence[int]
    ) -> list[tuple[int, WrittenAnswer, str, NDArray[np.float32]]]:
        """Chunk number, record, chunk text and vector: what the followers store."""
        rows = self._select(
            "SELECT c.number, c.record, c.start, c.end, c.vector FROM chunks c"
            " WHERE c.number IN ({})",
            numbers,
        )
        owners = sorted({row[1] for row in rows})
        bodies = {
            number: _load(body)
            for number, body in self._select(
                "SELECT number, body FROM records WHERE number IN ({})", owners
            )
        }
        return [
            (
                number,
                bodies[owner],
                bodies[owner].text[start:end],
                np.frombuffer(vector, dtype=np.float16).astype(np.float32),
            )
            for number, owner, start, end, vector in sorted(rows)
        ]

    def matching_records(self, filters: Filters) -> list[int]:
        """Numbers of the records that pass the filters."""
        clause, values = where(filters)
        rows = self._db.execute(f"SELECT r.number FROM records r WHERE {clause}", values)  # noqa: S608
        return [row[0] for row in rows]

    def facet_rows(self) -> list[tuple[int, str | None, str | None, str | None, str | None]]:
        """Number, department, House, days asked and answered of every record."""
        rows = self._db.execute("SELECT number, department, house, asked, answered FROM records")
        return rows.fetchall()

    def chunk_owners(self) -> list[tuple[int, int]]:
        """Number of every chunk and of its record, in the order of the chunks."""
        return self._db.execute("SELECT number, record FROM chunks ORDER BY number").fetchall()

    def chunk_numbers(self, record_id: str) -> list[int]:
        """Numbers of the chunks of one record, in order."""
        rows = self._db.execute(
            "SELECT c.number FROM chunks c JOIN records r ON r.number = c.record"
            " WHERE r.id = ? ORDER BY c.number",
            (record_id,),
        )
        return [row[0] for row in rows]

    def count_chunks(self) -> int:
        return int(self._db.execute("SELECT COUNT(*) FROM chunks").fetchone()[0])

    def counts(self) -> dict[str, int]:
        """How many records, by flag, and how many chunks."""
        row = self._db.execute(
            "SELECT COUNT(*), TOTAL(is_holding), TOTAL(is_truncated), TOTAL(is_summary),"
            " TOTAL(is_correction), TOTAL(is_withdrawn) FROM records"
        ).fetchone()
        names = ("records", "holding", "truncated", "summaries", "corrected", "withdrawn")
        found = {name: int(value) for name, value in zip(names, row, strict=True)}
        found["chunks"] = self.count_chunks()
        found["pending"] = self._db.execute("SELECT COUNT(*) FROM outbox").fetchone()[0]
        found["refused"] = self._db.execute("SELECT COUNT(*) FROM refusals").fetchone()[0]
        return found

    def count_by(self, column: str) -> list[tuple[str, int]]:
        """Records by ``department`` or ``house``, the most frequent first."""
        if column not in ("department", "house"):
            raise ValueError(f"records are not counted by {column}")
        rows = self._db.execute(
            f"SELECT {column}, COUNT(*) AS n FROM records WHERE {column} IS NOT NULL"  # noqa: S608
            f" GROUP BY {column} ORDER BY n DESC, {column}"
        )
        return [(name, n) for name, n in rows]

    def answered_range(self) -> tuple[date | None, date | None]:
        first, last = self._db.execute(
            "SELECT MIN(answered), MAX(answered) FROM records"
        ).fetchone()
        return (
            date.fromisoformat(first) if first else None,
            date.fromisoformat(last) if last else None,
        )

    def summary_ids(self) -> list[str]:
        """Ids of the bundled sample's records that are here."""
        return [r[0] for r in self._db.execute("SELECT id FROM records WHERE is_summary")]

    def pick_questions(self, limit: int) -> list[str]:
        """Ids of substantive records with a short question, spread over departments."""
        rows = self._db.execute(
            "SELECT id FROM (SELECT id, number, ROW_NUMBER() OVER ("
            "   PARTITION BY department ORDER BY LENGTH(body), number) AS turn,"
            "   COUNT(*) OVER (PARTITION BY department) AS size"
            " FROM records WHERE NOT is_holding AND NOT is_truncated AND NOT is_withdrawn"
            " AND department IS NOT NULL) ORDER BY turn, size DESC, number LIMIT ?",
            (limit,),
        )
        return [row[0] for row in rows]

    def generation(self) -> int:
        """A number that grows whenever the followers have been told something."""
        row = self._db.execute("SELECT value FROM manifest WHERE key = ?", (_GENERATION,))
        found = row.fetchone()
        return int(found[0]) if found else 0

    def _select(self, sql: str, values: Sequence[str] | Sequence[int]) -> list[tuple]:  # type: ignore[type-arg]
        rows: list[tuple] = []  # type: ignore[type-arg]
        for at in range(0, len(values), _SOME):
            some = values[at : at + _SOME]
            marks = ",".join("?" * len(some))
            rows.extend(self._db.execute(sql.format(marks), some))
        return rows


def _load(body: str) -> WrittenAnswer:
    return WrittenAnswer.model_validate(json.loads(body))


def _drop_chunks(db: sqlite3.Connection, record: int) -> None:
    # A chunk still waiting to be added need only be forgotten by the followers as well:
    # one that was half added before a crash must not stay behind.
    db.execute(
        "INSERT OR REPLACE INTO outbox SELECT number, 'delete' FROM chunks WHERE record = ?",
        (record,),
    )
    db.execute("DELETE FROM chunks WHERE record = ?", (record,))


def _keep_earlier(db: sqlite3.Connection, record: WrittenAnswer, now: str) -> None:
    db.execute(
        "INSERT INTO history (record, content_hash, replaced, body)"
        " SELECT id, content_hash, ?, body FROM records WHERE id = ? AND content_hash != ?",
        (now, record.id, record.content_hash),
    )


def _put_record(db: sqlite3.Connection, record: WrittenAnswer, now: str) -> int:
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
