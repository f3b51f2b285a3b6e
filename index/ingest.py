"""The write path: records into the catalogue, Chroma and the lexical index, in step.

This is the one place that writes to all three.  A batch is read, compared with what is stored,
chunked and embedded; while that happens the batch before it is written:

1. The catalogue reserves chunk numbers.  Its outbox says to forget them.
2. Chroma and the lexical index are told the chunks.  No search shows a number that the
   catalogue has no chunk for, so nothing has changed for a reader yet.
3. One catalogue transaction puts the new records and chunks in the place of the old ones.
   It is the moment at which the batch is in, for every reader at once.
4. Chroma and the lexical index forget the chunks that were replaced.

Wherever a process is stopped, the outbox says what the next writer has to clear away first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from .catalog import Catalog
from .chunking import chunk
from .documents import Document, document
from .embedding import Embedder
from .lexical import LexicalIndex
from .memory import give_back_free_memory
from .reports import AddReport, RemoveReport
from .rows import Prepared
from .store import VectorStore
from .text import fold
from .types import Rejected, WrittenAnswer
from .vectors import vectors_of

BATCH = 256
"""Records per transaction: what a stopped process can lose, and has to read again."""

_FOLLOW = 2_000
"""Chunks told to the followers at a time."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """What is to be written of one batch, and what to report of it once that is done."""

    report: AddReport
    items: int
    rows: list[Prepared] = field(default_factory=list)

    @property
    def records(self) -> dict[str, WrittenAnswer]:
        return {row.record.id: row.record for row in self.rows}


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
        When this returns, everything is stored.
        """
        self.catch_up()
        report = AddReport()
        seen = 0
        # Two batches at most are in hand: one being made ready here, one being written there.
        with ThreadPoolExecutor(1, thread_name_prefix="index-writer") as background:
            for batch in self._written(items, background):
                report = report + batch.report
                seen += batch.items
                if progress is not None:
                    progress(seen)
        self.catch_up()
        return report

    def remove(self, ids: Iterable[str]) -> RemoveReport:
        """Remove records with everything that was made of them."""
        self.catch_up()
        wanted = list(dict.fromkeys(ids))
        known = self._catalog.hashes(wanted)
        removed = self._catalog.remove(known)
        self.catch_up()
        return RemoveReport(removed, tuple(i for i in wanted if i not in known))

    def store(self, rows: Sequence[Prepared]) -> None:
        """Write prepared records, whole: the four steps at the top of this module."""
        total = sum(len(row.chunks) for row in rows)
        numbers = self._catalog.reserve(total)
        documents = _documents(rows, numbers)
        if total:
            vectors = np.concatenate([row.vectors for row in rows])
            self._store.upsert(numbers, vectors.astype(np.float32))
            self._lexical.replace(documents, [])
        self._catalog.replace(rows, numbers, [self._lexical.told(made) for made in documents])
        if self._catalog.count_pending() >= _FOLLOW:
            self.catch_up()

    def remake(self, ids: Sequence[str]) -> None:
        """Chunk and embed records that are stored already once more."""
        records = list(self._catalog.records(ids).values())
        for at in range(0, len(records), BATCH):
            rows, _ = self._embed(records[at : at + BATCH], None)
            self.store(rows)
        self.catch_up()

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
            documents = [document(number, record, text) for number, record, text, _ in rows]
            self._lexical.replace(documents, deleted)
            self._catalog.settle(added, deleted)

    def _written(
        self, items: Iterable[WrittenAnswer | Rejected], background: ThreadPoolExecutor
    ) -> Iterator[_Batch]:
        """Every batch, once it has been written; the next is made ready meanwhile."""
        before: tuple[_Batch, Future[None]] | None = None
        for batch in _batches(items, BATCH):
            ready = self._prepare(batch, before[0].records if before else {})
            if before:
                before[1].result()
                yield before[0]
            before = ready, background.submit(self._write, ready)
        if before:
            before[1].result()
            yield before[0]

    def _write(self, batch: _Batch) -> None:
        if batch.report.rejected:
            self._catalog.note_refusals(batch.report.rejected)
        if batch.rows:
            self.store(batch.rows)
            give_back_free_memory()

    def _prepare(
        self, batch: list[WrittenAnswer | Rejected], in_hand: Mapping[str, WrittenAnswer]
    ) -> _Batch:
        """Compare a batch with what is stored and with the batch being written; embed it."""
        refused = tuple(item for item in batch if isinstance(item, Rejected))
        records = [item for item in batch if isinstance(item, WrittenAnswer)]
        hashes = self._catalog.hashes([record.id for record in records])
        # An empty one is of a record that was found damaged: what is stored is not compared with.
        stored = self._catalog.records(
            [r.id for r in records if hashes.get(r.id) not in (None, "", r.content_hash)]
        )
        fresh: dict[str, WrittenAnswer] = {}
        added = changed = unchanged = kept = 0
        for record in records:
            current = fresh.get(record.id) or in_hand.get(record.id) or stored.get(record.id)
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
        rows, embedded = self._embed(list(fresh.values()), self._catalog)
        report = AddReport(
            added=added,
            changed=changed,
            unchanged=unchanged,
            kept_fuller=kept,
            chunks=sum(len(row.chunks) for row in rows),
            embedded=embedded,
            rejected=refused,
        )
        return _Batch(report, len(batch), rows)

    def _embed(
        self, records: Sequence[WrittenAnswer], known: Catalog | None
    ) -> tuple[list[Prepared], int]:
        pieces = [chunk(record, self._embedder) for record in records]
        flat = [piece.embedded_text for own in pieces for piece in own]
        vectors, keys, embedded = vectors_of(flat, self._embedder, known)
        rows, at = [], 0
        for record, own in zip(records, pieces, strict=True):
            span = slice(at, at + len(own))
            rows.append(Prepared(record, own, vectors[span], keys[span]))
            at += len(own)
        return rows, embedded


def _documents(rows: Sequence[Prepared], numbers: Sequence[int]) -> list[Document]:
    pieces = [(row.record, piece.text) for row in rows for piece in row.chunks]
    return [document(n, record, text) for n, (record, text) in zip(numbers, pieces, strict=True)]


def fill_vectors(catalog: Catalog, store: VectorStore) -> None:
    """Tell an empty vector store every chunk of the catalogue."""
    numbers = [number for number, _ in catalog.chunk_owners()]
    for at in range(0, len(numbers), _FOLLOW):
        store.upsert(*catalog.vectors(numbers[at : at + _FOLLOW]))


def fill_lexical(catalog: Catalog, lexical: LexicalIndex) -> None:
    """Tell an empty lexical index every chunk of the catalogue."""
    numbers = [number for number, _ in catalog.chunk_owners()]
    for at in range(0, len(numbers), _FOLLOW):
        rows = catalog.follower_rows(numbers[at : at + _FOLLOW])
        lexical.replace([document(n, record, text) for n, record, text, _ in rows], [])
    lexical.release()


def fill_words(catalog: Catalog, lexical: LexicalIndex) -> None:
    """Pack the words of every chunk of the catalogue."""
    numbers = [number for number, _ in catalog.chunk_owners()]
    for at in range(0, len(numbers), _FOLLOW):
        rows = catalog.follower_rows(numbers[at : at + _FOLLOW])
        catalog.set_words({n: lexical.told(document(n, r, text)) for n, r, text, _ in rows})


def is_lesser_copy(new: WrittenAnswer, stored: WrittenAnswer) -> bool:
    """Whether `new` tells less of the same answer than what is stored already.

    So it is with a list endpoint's cut copy of an answer that is stored in full, and with a
    holding reply read after the substantive answer that replaced it.
    """
    if new.is_holding and not stored.is_holding:
        return True
    if stored.is_holding and not new.is_holding:
        return False
    if new.is_corrected and new.corrected != stored.corrected:
        return False
    if new.is_answer_truncated and not stored.is_answer_truncated:
        return opens_alike(new.text.removesuffix("..."), stored.text)
    if new.is_question_truncated and not stored.is_question_truncated:
        return fold(new.text) == fold(stored.text)
    return False


def opens_alike(cut: str, full: str) -> bool:
    """Whether a cut text is the beginning of a full one, whatever became of its markup."""

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
