"""What a check reads of the catalogue and a repair writes into it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .catalog import Catalog

_SOME = 500


@dataclass(frozen=True, slots=True)
class RawRecord:
    """A record as it lies there; `chunks` are ``(start, end, bytes of the vector)``."""

    id: str
    content_hash: str
    body: str
    chunks: list[tuple[int, int, int]]


class Audit:
    """A catalogue seen as rows that may be wrong."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def damaged_pages(self) -> list[str]:
        """What SQLite finds wrong with the file; empty when nothing is."""
        rows = self._catalog.select_all("PRAGMA integrity_check(20)")
        return [str(row[0]) for row in rows if row[0] != "ok"]

    def vector_bytes(self) -> int:
        """The size of a vector: two bytes for each dimension."""
        return 2 * int(self._catalog.manifest().get("dimension", 0))

    def records(self) -> Iterator[RawRecord]:
        """Every record with its chunks, in order."""
        last = 0
        while rows := self._catalog.select_all(
            "SELECT number, id, content_hash, body FROM records WHERE number > ?"
            " ORDER BY number LIMIT ?",
            (last, _SOME),
        ):
            first, last = rows[0][0], rows[-1][0]
            chunks: dict[int, list[tuple[int, int, int]]] = {}
            for owner, *chunk in self._catalog.select_all(
                "SELECT record, start, end, LENGTH(vector) FROM chunks"
                " WHERE record BETWEEN ? AND ? ORDER BY number",
                (first, last),
            ):
                chunks.setdefault(owner, []).append((chunk[0], chunk[1], chunk[2]))
            for number, record_id, content_hash, body in rows:
                yield RawRecord(record_id, content_hash, body, chunks.get(number, []))

    def comparable(self) -> list[int]:
        """Numbers of the chunks whose vector has its proper size."""
        rows = self._catalog.select_all(
            "SELECT number FROM chunks WHERE LENGTH(vector) = ? ORDER BY number",
            (self.vector_bytes(),),
        )
        return [row[0] for row in rows]

    def orphans(self) -> list[int]:
        """Numbers of the chunks whose record is not there."""
        rows = self._catalog.select_all(
            "SELECT number FROM chunks WHERE record NOT IN (SELECT number FROM records)"
        )
        return [row[0] for row in rows]

    def ask_for(self, *, add: Iterable[int] = (), delete: Iterable[int] = ()) -> None:
        """Have the followers told of these chunks at the next opportunity."""
        with self._catalog.transaction() as db:
            for action, numbers in (("add", add), ("delete", delete)):
                db.executemany(
                    "INSERT OR REPLACE INTO outbox VALUES (?, ?)", ((n, action) for n in numbers)
                )

    def drop(self, chunks: Iterable[int]) -> None:
        """Take chunks out of the catalogue and, in time, out of the followers."""
        numbers = list(chunks)
        with self._catalog.transaction() as db:
            db.executemany("DELETE FROM chunks WHERE number = ?", ((n,) for n in numbers))
        self.ask_for(delete=numbers)

    def distrust(self, ids: Iterable[str]) -> None:
        """Let the next copy of these records take their place, whatever it says."""
        with self._catalog.transaction() as db:
            db.executemany("UPDATE records SET content_hash = '' WHERE id = ?", ((i,) for i in ids))
