"""Whether an index is whole: the catalogue in itself, and the two followers against it.

`check` reads everything and changes nothing; `index.care` keeps writers out meanwhile and mends
what was found when asked to.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice

import numpy as np

from .auditing import Audit
from .catalog import Catalog
from .errors import AssistantError, IndexDamaged
from .lexical import LexicalIndex
from .rows import load
from .store import VectorStore

_PAGE = 2_000
"""Chunks compared at a time."""

_ALIKE = 0.999
"""Lowest cosine between a vector in Chroma and the catalogue's float16 copy of it."""

EXAMPLES = 5


class Fault(StrEnum):
    """What can be wrong; the values are shown, after a count."""

    PAGES = "damaged places in the catalogue's file"
    UNREADABLE = "records that cannot be read"
    ALTERED = "records whose text is not what was stored"
    BARE = "records without chunks, or with chunks that do not fit their text"
    ORPHANS = "chunks without a record"
    VECTORS_CLOSED = "vector store that cannot be read"
    VECTORS_MISSING = "chunks missing from the vector store"
    VECTORS_STRAY = "chunks in the vector store that are no longer held"
    VECTORS_WRONG = "chunks with a wrong vector in the vector store"
    WORDS_CLOSED = "lexical index that cannot be read"
    WORDS_MISSING = "chunks missing from the lexical index"
    WORDS_STRAY = "chunks in the lexical index that are no longer held"
    WORDS_DOUBLED = "chunks that the lexical index has twice"


LOST = frozenset({Fault.UNREADABLE, Fault.ALTERED})
"""What the catalogue alone cannot make good: the record has to come from its file again."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of fault: how often, and the numbers or ids of what it concerns."""

    fault: Fault
    concerned: tuple[int | str, ...]
    detail: str = ""

    @property
    def count(self) -> int:
        return max(len(self.concerned), 1)

    def __str__(self) -> str:
        some = ", ".join(str(name) for name in self.concerned[:EXAMPLES])
        more = ", ..." if len(self.concerned) > EXAMPLES else ""
        inside = f" ({some}{more})" if some else f" ({self.detail})" if self.detail else ""
        return f"{self.count:,} {self.fault.value}{inside}"


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What was looked at and what was wrong; `waiting` chunks were left by a stopped ingest.

    `mended` are the findings that a repair has put right, `findings` those that remain.
    """

    records: int
    chunks: int
    waiting: int
    findings: tuple[Finding, ...]
    mended: tuple[Finding, ...] = field(default=())

    @property
    def ok(self) -> bool:
        return not self.findings


Progress = Callable[[str, int, int], None]
"""Called with what is being looked at, how far it has come, and how much there is."""


def check(
    catalog: Catalog,
    store: VectorStore | AssistantError,
    lexical: LexicalIndex | AssistantError,
    progress: Progress = lambda *_: None,
) -> CheckReport:
    """Look at everything.  A follower that could not be opened is given as the error it raised.

    The caller keeps writers out.
    """
    damaged = tuple(_pages(catalog))
    if damaged:
        return CheckReport(0, 0, 0, damaged)
    counts = catalog.counts()
    findings = list(_records(catalog, counts["records"], progress))
    held = [number for number, _ in catalog.chunk_owners()]
    waiting = {number for numbers in catalog.pending(2**62) for number in numbers}
    findings += _vectors(catalog, store, held, waiting, progress)
    findings += _words(lexical, held, waiting, progress)
    return CheckReport(counts["records"], counts["chunks"], len(waiting), tuple(findings))


def _pages(catalog: Catalog) -> Iterator[Finding]:
    try:
        problems = Audit(catalog).damaged_pages()
    except sqlite3.DatabaseError as error:
        problems = [str(error)]
    if problems:
        yield Finding(Fault.PAGES, (), "; ".join(problems[:EXAMPLES]))


def _records(catalog: Catalog, total: int, progress: Progress) -> Iterator[Finding]:
    unreadable: list[str] = []
    altered: list[str] = []
    bare: list[str] = []
    audit = Audit(catalog)
    size = audit.vector_bytes()
    for done, row in enumerate(audit.records(), 1):
        if done % 500 == 0 or done == total:
            progress("records", done, total)
        try:
            record = load(row.body)
        except ValueError:
            unreadable.append(row.id)
            continue
        if record.id != row.id or record.content_hash != row.content_hash:
            altered.append(row.id)
        elif not _fits(row.chunks, len(record.text), size):
            bare.append(row.id)
    yield from _if_any(Fault.UNREADABLE, unreadable)
    yield from _if_any(Fault.ALTERED, altered)
    yield from _if_any(Fault.BARE, bare)
    yield from _if_any(Fault.ORPHANS, audit.orphans())


def _fits(chunks: list[tuple[int, int, int]], length: int, vector_bytes: int) -> bool:
    return bool(chunks) and all(
        0 <= start < end <= length and size == vector_bytes for start, end, size in chunks
    )


def _vectors(
    catalog: Catalog,
    store: VectorStore | AssistantError,
    held: list[int],
    waiting: set[int],
    progress: Progress,
) -> Iterator[Finding]:
    if isinstance(store, AssistantError):
        yield Finding(Fault.VECTORS_CLOSED, (), store.message)
        return
    missing: list[int] = []
    wrong: list[int] = []
    comparable = Audit(catalog).comparable()
    try:
        for at in range(0, len(comparable), _PAGE):
            numbers, ours = catalog.vectors(comparable[at : at + _PAGE])
            theirs = store.vectors(numbers)
            for number, vector in zip(numbers, ours, strict=True):
                if number in waiting:
                    continue
                if number not in theirs:
                    missing.append(number)
                elif float(np.dot(vector, theirs[number])) < _ALIKE * float(
                    np.linalg.norm(vector) * np.linalg.norm(theirs[number])
                ):
                    wrong.append(number)
            progress("vectors", at + len(numbers), len(comparable))
        stray = set(store.numbers()) - set(held) - waiting
        if comparable:
            store.search(catalog.vectors(comparable[:1])[1][0], 1)
    except IndexDamaged as error:
        yield Finding(Fault.VECTORS_CLOSED, (), error.message)
        return
    yield from _if_any(Fault.VECTORS_MISSING, missing)
    yield from _if_any(Fault.VECTORS_WRONG, wrong)
    yield from _if_any(Fault.VECTORS_STRAY, sorted(stray))


def _words(
    lexical: LexicalIndex | AssistantError, held: list[int], waiting: set[int], progress: Progress
) -> Iterator[Finding]:
    if isinstance(lexical, AssistantError):
        yield Finding(Fault.WORDS_CLOSED, (), lexical.message)
        return
    try:
        if damaged := lexical.damaged_files():
            yield Finding(Fault.WORDS_CLOSED, (), f"damaged: {', '.join(damaged[:EXAMPLES])}")
            return
        numbers = lexical.numbers()
    except IndexDamaged as error:
        yield Finding(Fault.WORDS_CLOSED, (), error.message)
        return
    progress("words", len(held), len(held))
    known = set(numbers)
    twice = sorted(numbers)
    doubled = [a for a, b in zip(twice, islice(twice, 1, None), strict=False) if a == b]
    yield from _if_any(
        Fault.WORDS_MISSING, [n for n in held if n not in known and n not in waiting]
    )
    yield from _if_any(Fault.WORDS_STRAY, sorted(known - set(held) - waiting))
    yield from _if_any(Fault.WORDS_DOUBLED, sorted(set(doubled) - waiting))


def _if_any(fault: Fault, concerned: Iterable[int | str]) -> Iterator[Finding]:
    names = tuple(concerned)
    if names:
        yield Finding(fault, names)
