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
    """Applies filters.  Safe from many threads; reloads its columns when the index changes."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._lock = threading.Lock()
        self._columns: _Columns | None = None

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
        if columns is None or columns.generation != generation:
            with self._lock:
                columns = self._columns
                if columns is None or columns.generation != generation:
                    columns = self._columns = _load(self._catalog, generation)
        return columns


def _load(catalog: Catalog, generation: int) -> _Columns:
    rows = catalog.facet_rows()
    departments: dict[str, int] = {}
    houses: dict[str, int] = {}

    def code(names: dict[str, int], name: str | None) -> int:
        return names.setdefault(name.casefold(), len(names)) if name else -1

    @cache
    def day(text: str | None) -> int:
        return date.fromisoformat(text).toordinal() if text else 0

    facets = [
        (number, code(departments, department), code(houses, house), day(asked), day(answered))
        for number, department, house, asked, answered in rows
    ]
    # A last row for chunks whose record is gone.
    by_record = np.array([*facets, (2**62, -1, -1, 0, 0)], dtype=np.int64)
    pairs = np.array(catalog.chunk_owners(), dtype=np.int64).reshape(-1, 2)
    place = np.searchsorted(by_record[:, 0], pairs[:, 1])
    place[by_record[place, 0] != pairs[:, 1]] = -1
    table = by_record[place, 1:].astype(np.int32)
    return _Columns(
        generation=generation,
        chunk=pairs[:, 0],
        record=pairs[:, 1],
        department=table[:, 0],
        house=table[:, 1],
        asked=table[:, 2],
        answered=table[:, 3],
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
