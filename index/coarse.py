"""Vectors of the catalogue in 8 bits, kept in memory, to find which are worth comparing exactly."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from .catalog import Catalog

MOST_KEPT = 600_000
"""Most vectors kept in memory for filtered searches: 230 MB with 384 dimensions."""

_BLOCK = 1_024
"""Vectors compared at a time: what fits into a processor's own memory."""

_STEPS = 127
"""Steps of 8 bits to either side of nothing."""

_SURE = 6.0
"""Standard deviations of its rounding by which a likeness can be off."""


class CoarseVectors:
    """Kept once a filtered search has asked for them.  Safe from many threads.

    A chunk number never means another vector, so what is kept stays true; those of chunks that
    are gone are not asked for any more.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._lock = threading.Lock()
        self._place = np.full(0, -1, dtype=np.int32)
        self._rows: NDArray[np.int8] = np.empty((0, 0), dtype=np.int8)
        self._steps: NDArray[np.float32] = np.empty(0, dtype=np.float32)
        self._used = 0

    def within_reach(
        self, numbers: NDArray[np.int64], vector: NDArray[np.float32], k: int
    ) -> NDArray[np.int64]:
        """Those of these chunks that can be among the `k` nearest to a vector.

        All of them where they are no more than `k`, or more than are kept.
        """
        if len(numbers) <= k or len(numbers) > MOST_KEPT:
            return numbers
        known, likeness, step = self._likeness(numbers, vector)
        if len(known) <= k:
            return known
        least = np.partition(likeness, len(known) - k)[len(known) - k]
        # Rounding to a step is off by step / sqrt(12) in the mean of squares, in each dimension
        # on its own; both the one that is measured against and the others may be.
        off = 2 * _SURE * step / np.sqrt(12) * float(np.linalg.norm(vector))
        reached: NDArray[np.int64] = known[likeness >= least - off]
        return reached

    def _likeness(
        self, numbers: NDArray[np.int64], vector: NDArray[np.float32]
    ) -> tuple[NDArray[np.int64], NDArray[np.float32], float]:
        """Those that are here, about how near each is, and the largest step of any."""
        with self._lock:
            places = self._places(numbers)
            lacking = numbers[places < 0]
            if len(lacking):
                if self._used + len(lacking) > MOST_KEPT:
                    self._forget()
                    lacking = numbers
                self._read(lacking)
                places = self._places(numbers)
            rows, steps = self._rows, self._steps
        there = places >= 0
        places = places[there]
        made = np.empty(len(places), dtype=np.float32)
        for first in range(0, len(places), _BLOCK):
            some = slice(first, first + _BLOCK)
            made[some] = rows[places[some]].astype(np.float32) @ vector
        own = steps[places]
        return numbers[there], made * own, float(own.max(initial=0.0))

    def _places(self, numbers: NDArray[np.int64]) -> NDArray[np.int32]:
        highest = int(numbers.max(initial=0))
        if highest >= len(self._place):
            grown = np.full(highest + 1, -1, dtype=np.int32)
            grown[: len(self._place)] = self._place
            self._place = grown
        places: NDArray[np.int32] = self._place[numbers]
        return places

    def _forget(self) -> None:
        self._place[:] = -1
        self._rows, self._used = np.empty((0, 0), dtype=np.int8), 0
        self._steps = np.empty(0, dtype=np.float32)

    def _read(self, numbers: NDArray[np.int64]) -> None:
        for first in range(0, len(numbers), 64 * _BLOCK):
            known, matrix = self._catalog.vectors(numbers[first : first + 64 * _BLOCK].tolist())
            if known:
                self._keep(known, matrix)

    def _keep(self, known: list[int], matrix: NDArray[np.float32]) -> None:
        wanted = self._used + len(known)
        if wanted > len(self._rows):
            # Searches under way go on with the rows that they have.
            room = max(wanted, min(2 * self._used, MOST_KEPT))
            rows = np.empty((room, matrix.shape[1]), dtype=np.int8)
            steps = np.empty(room, dtype=np.float32)
            if self._used:
                rows[: self._used] = self._rows[: self._used]
                steps[: self._used] = self._steps[: self._used]
            self._rows, self._steps = rows, steps
        step = np.maximum(np.abs(matrix).max(axis=1), 1e-9) / _STEPS
        new = slice(self._used, wanted)
        self._rows[new] = np.rint(matrix / step[:, None]).astype(np.int8)
        self._steps[new] = step
        self._place[known] = np.arange(self._used, wanted, dtype=np.int32)
        self._used = wanted
