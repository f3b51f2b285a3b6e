"""Which chunks pass a filter: the catalogue's facets as columns in memory.

A filter over SQL costs 40 ms at 100,000 chunks, most of it spent handing rows to Python;
over these columns it costs less than one.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np
from numpy.typing import NDArray

from .catalog import Catalog
from .types import Filters


@dataclass(frozen=True, slots=True)
class Selection:
    """The chunks that may be returned; `flags[number]` tells of each whether it is one."""

    numbers: NDArray[np.int64]
    flags: NDArray[np.bool_]
    total: int

    def __len__(self) -> int:
        return len(self.numbers)

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and number < len(self.flags) and bool(self.flags[number])

    def has(self, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Of each chunk number whether it is one."""
        known = np.minimum(numbers, max(len(self.flags) - 1, 0))
        found: NDArray[np.bool_] = self.flags[known] & (numbers < len(self.flags))
        return found

    @property
    def share(self) -> float:
        """How much of the index passes, 0 to 1."""
        return len(self.numbers) / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class _Columns:
    generation: int
    chunk: NDArray[np.int64]
    record: NDArray[np.int64]
    department: NDArray[np.int32]
    house: NDArray[np.int32]
    asked: NDArray[np.int32]
    answered: NDArray[np.int32]
    departments: dict[str, int]
    houses: dict[str, int]


class Selector:
    """Applies filters.  Safe from many threads; its columns follow the changes of the index."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._lock = threading.Lock()
        self._columns = _EMPTY

    def select(self, filters: Filters) -> Selection | None:
        """The chunks that pass, or None when all do."""
        if filters.is_empty:
            return None
        columns = self._current()
        passes = np.ones(len(columns.chunk), dtype=np.bool_)
        _one_of(passes, columns.department, columns.departments, filters.department)
        _one_of(passes, columns.house, columns.houses, filters.house)
        _between(passes, columns.asked, filters.asked_from, filters.asked_to)
        _between(passes, columns.answered, filters.answered_from, filters.answered_to)
        if filters.member or filters.record_id:
            named = Filters(member=filters.member, record_id=filters.record_id)
            passes &= np.isin(columns.record, self._catalog.matching_records(named))
        if passes.all():
            return None
        numbers = columns.chunk[passes]
        flags = np.zeros(int(columns.chunk.max(initial=0)) + 1, dtype=np.bool_)
        flags[numbers] = True
        return Selection(numbers, flags, len(columns.chunk))

    def _current(self) -> _Columns:
        generation = self._catalog.generation()
        columns = self._columns
        if columns.generation != generation:
            with self._lock:
                columns = self._columns
                if columns.generation != generation:
                    columns = self._columns = _grown(self._catalog, columns, generation)
        return columns


_NONE = np.empty(0, dtype=np.int64)
_NO_FACET = np.empty(0, dtype=np.int32)
_EMPTY = _Columns(-1, _NONE, _NONE, _NO_FACET, _NO_FACET, _NO_FACET, _NO_FACET, {}, {})


def _grown(catalog: Catalog, old: _Columns, generation: int) -> _Columns:
    """The columns as they are now: what was read before, without what is gone, and what is new.

    A chunk never changes: that of a record that did has a new number, higher than all before.
    """
    rows = catalog.chunk_facets(int(old.chunk.max(initial=0)))
    stays = np.ones(len(old.chunk), dtype=np.bool_)
    if catalog.count_chunks() != len(old.chunk) + len(rows):
        held = np.array(catalog.select_all("SELECT number FROM chunks"), dtype=np.int64).ravel()
        stays = np.isin(old.chunk, held, assume_unique=True)
    departments, houses = dict(old.departments), dict(old.houses)

    def code(names: dict[str, int], name: str | None) -> int:
        return names.setdefault(name.casefold(), len(names)) if name else -1

    @cache
    def day(text: str | None) -> int:
        return date.fromisoformat(text).toordinal() if text else 0

    new = np.array(
        [
            (number, record, code(departments, department), code(houses, house), day(a), day(b))
            for number, record, department, house, a, b in rows
        ],
        dtype=np.int64,
    ).reshape(-1, 6)

    def facet(column: NDArray[np.int32], at: int) -> NDArray[np.int32]:
        return np.concatenate([column[stays], new[:, at].astype(np.int32)])

    return _Columns(
        generation=generation,
        chunk=np.concatenate([old.chunk[stays], new[:, 0]]),
        record=np.concatenate([old.record[stays], new[:, 1]]),
        department=facet(old.department, 2),
        house=facet(old.house, 3),
        asked=facet(old.asked, 4),
        answered=facet(old.answered, 5),
        departments=departments,
        houses=houses,
    )


def _one_of(
    passes: NDArray[np.bool_],
    column: NDArray[np.int32],
    codes: dict[str, int],
    names: Sequence[str],
) -> None:
    if names:
        passes &= np.isin(column, [codes.get(name.casefold(), -2) for name in names])


def _between(
    passes: NDArray[np.bool_], column: NDArray[np.int32], first: date | None, last: date | None
) -> None:
    # A record without the date has 0 there and passes no limit on it.
    if first:
        passes &= column >= first.toordinal()
    if last:
        passes &= (column <= last.toordinal()) & (column > 0)
