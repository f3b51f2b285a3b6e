"""The write path: records into the catalogue, Chroma and the lexical index, in step.

This is the one place that writes to all three.  The catalogue is written first, in one
transaction that also notes in its outbox what the others lack; they follow, and only then is
the outbox cleared.  `catch_up` finishes what a stopped process left there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice

import numpy as np

from .catalog import Catalog
from .chunking import chunk
from .embedding import Embedder
from .lexical import LexicalIndex
from .memory import give_back_free_memory
from .reports import AddReport, RemoveReport
from .store import VectorStore
from .text import fold, strip_boilerplate
from .types import Rejected, WrittenAnswer

BATCH = 256
"""Records per transaction: what a stopped process can lose, and has to read again."""

_FOLLOW = 2_000
"""Chunks told to the followers at a time."""


class Writer:
    """Changes to an index.  The caller holds the index's write lock."""

    def __init__(
        self, catalog: Catalog, store: VectorStore, lexical: LexicalIndex, embedder: Embedder
    ) -> None:
        self._catalog = catalog
        self._store = store
        self._lexical = lexical
        self._embedder = embedder

    def add(
        self,
        items: Iterable[WrittenAnswer | Rejected],
        progress: Callable[[int], None] | None = None,
    ) -> AddReport:
        """Add records, batch by batch; a refusal is passed on in the report.

        `progress` is called after each batch with the number of items dealt with so far.
        """
        self.catch_up()
        report = AddReport()
        seen = 0
        for batch in _batches(items, BATCH):
            refused = tuple(item for item in batch if isinstance(item, Rejected))
            if refused:
                self._catalog.note_refusals(refused)
            records = [item for item in batch if isinstance(item, WrittenAnswer)]
            report = self._add_batch(records, report)
            report = replace(report, rejected=report.rejected + refused)
            seen += len(batch)
            if progress is not None:
                progress(seen)
        return report

    def remove(self, ids: Iterable[str]) -> RemoveReport:
        """Remove records with everything that was made of them."""
        self.catch_up()
        wanted = list(dict.fromkeys(ids))
        known = self._catalog.hashes(wanted)
        removed = self._catalog.remove(known)
        self.catch_up()
        return RemoveReport(removed, tuple(i for i in wanted if i not in known))

    def catch_up(self) -> None:
        """Tell Chroma and the lexical index all that the catalogue's outbox holds."""
        while True:
            added, deleted = self._catalog.pending(_FOLLOW)
            if not added and not deleted:
                return
            rows = self._catalog.follower_rows(added)
            if deleted:
                self._store.delete(deleted)
            if rows:
                vectors = np.stack([vector for *_, vector in rows])
                self._store.upsert([number for number, *_ in rows], vectors)
            documents = [
                (number, f"{record.heading or ''}\n{strip_boilerplate(record.question)}\n{text}")
                for number, record, text, _ in rows
            ]
            self._lexical.replace(documents, deleted)
            self._catalog.settle([*added, *deleted])

    def _add_batch(self, records: list[WrittenAnswer], report: AddReport) -> AddReport:
        hashes = self._catalog.hashes([record.id for record in records])
        stored = self._catalog.records(
            [r.id for r in records if hashes.get(r.id) not in (None, r.content_hash)]
        )
        fresh: dict[str, WrittenAnswer] = {}
        added = changed = unchanged = kept = 0
        for record in records:
            current = fresh.get(record.id) or stored.get(record.id)
            known_hash = current.content_hash if current else hashes.get(record.id)
            if known_hash == record.content_hash:
                unchanged += 1
            elif current is not None and is_lesser_copy(record, current):
                kept += 1
            else:
                if known_hash is None:
                    added += 1
                else:
                    changed += 1
                fresh[record.id] = record
        chunks = self._store_records(list(fresh.values())) if fresh else 0
        return AddReport(
            added=report.added + added,
            changed=report.changed + changed,
            unchanged=report.unchanged + unchanged,
            kept_fuller=report.kept_fuller + kept,
            chunks=report.chunks + chunks,
            rejected=report.rejected,
        )

    def _store_records(self, records: list[WrittenAnswer]) -> int:
        pieces = [chunk(record, self._embedder) for record in records]
        flat = [piece.embedded_text for own in pieces for piece in own]
        vectors = self._embedder.encode(flat).astype(np.float16)
        at = 0
        rows = []
        for record, own in zip(records, pieces, strict=True):
            rows.append((record, own, vectors[at : at + len(own)]))
            at += len(own)
        self._catalog.replace(rows)
        self.catch_up()
        give_back_free_memory()
        return len(flat)


def is_lesser_copy(new: WrittenAnswer, stored: WrittenAnswer) -> bool:
    """Whether `new` tells less of the same answer than what is stored already.

    So it is with a list endpoint's cut copy of an answer that is stored in full, and with a
    holding reply read after the substantive answer that replaced it.
    """
    if new.is_holding and not stored.is_holding:
        return True
    if stored.is_holding and not new.is_holding:
        return False
    if (new.corrected or new.is_correction) and new.corrected != stored.corrected:
        return False
    if new.is_answer_truncated and not stored.is_answer_truncated:
        return _opens_alike(new.text.removesuffix("..."), stored.text)
    if new.is_question_truncated and not stored.is_question_truncated:
        return fold(new.text) == fold(stored.text)
    return False


def _opens_alike(cut: str, full: str) -> bool:
    # A list gives plain text where the detail gives HTML, so only the letters are compared;
    # the last word of a cut text may be half a word.
    def letters(text: str) -> str:
        return "".join(c for c in fold(text) if c.isalnum())

    return letters(full).startswith(letters(cut)[:200])


def _batches(
    items: Iterable[WrittenAnswer | Rejected], size: int
) -> Iterator[list[WrittenAnswer | Rejected]]:
    stream = iter(items)
    while batch := list(islice(stream, size)):
        yield batch
