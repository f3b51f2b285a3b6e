"""The words of chunks as numbers, so that a candidate's words can be counted without a search.

A chunk's words are packed when it is stored and lie in the catalogue beside it: for each field
the CRC-32 of every word, repetitions included, behind the marks of its record and the number of
words of each field.  All are 32-bit, least significant byte first.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

VERSION = "1"
"""Changes with the words that are packed, or how: an index of another is packed anew."""

FIELDS = ("heading", "question", "body", "pairs", "addressee")
"""The fields of a chunk, in the order in which they are packed."""

_MARKS = 4
_HEAD = _MARKS + len(FIELDS)

Floats = NDArray[np.float64]


def pack(marks: Sequence[int], fields: Sequence[Sequence[str]]) -> bytes:
    """Two 63-bit marks and the words of each of `FIELDS`."""
    head = np.array(marks, dtype="<u8").view("<u4")
    sizes = [len(words) for words in fields]
    numbers = [number(word) for words in fields for word in words]
    return np.concatenate([head, np.array([*sizes, *numbers], dtype="<u4")]).tobytes()


def number(word: str) -> int:
    """What stands for a word: its CRC-32."""
    return zlib.crc32(word.encode("utf-8", "surrogatepass"))


@dataclass(frozen=True, slots=True)
class Told:
    """The words of `n` chunks.

    `marks` has shape ``(n, 2)``, `lengths` ``(n, len(FIELDS))`` in words; of each word of all
    chunks, `words` has its number, `field` the place of its field and `owner` of its chunk.
    """

    marks: NDArray[np.int64]
    lengths: Floats
    words: NDArray[np.uint32]
    field: NDArray[np.int64]
    owner: NDArray[np.int64]

    @classmethod
    def unpack(cls, packed: Sequence[bytes]) -> Self:
        """What `pack` made of some chunks, in their order."""
        whole = np.frombuffer(b"".join(packed), dtype="<u4")
        ends = np.cumsum([len(own) // 4 for own in packed], dtype=np.int64)
        starts = np.concatenate([[0], ends[:-1]]).astype(np.int64)
        heads = whole[starts[:, None] + np.arange(_HEAD)]
        sizes = heads[:, _MARKS:].astype(np.int64)
        is_word = np.ones(len(whole), dtype=np.bool_)
        is_word[(starts[:, None] + np.arange(_HEAD)).ravel()] = False
        kinds = np.tile(np.arange(len(FIELDS)), len(packed))
        return cls(
            marks=np.ascontiguousarray(heads[:, :_MARKS]).view("<u8").astype(np.int64),
            lengths=sizes.astype(np.float64),
            words=whole[is_word],
            field=np.repeat(kinds, sizes.ravel()),
            owner=np.repeat(np.arange(len(packed)), sizes.sum(axis=1)),
        )

    def counts(self, words: Sequence[str]) -> Floats:
        """How often each word stands in each field of each chunk.

        Shape ``(len(FIELDS), n, len(words))``; no word may be given twice.
        """
        n = len(self.marks)
        if not words:
            return np.zeros((len(FIELDS), n, 0))
        wanted = np.array([number(word) for word in words], dtype=np.uint32)
        order = np.argsort(wanted)
        place = np.searchsorted(wanted[order], self.words).clip(max=len(words) - 1)
        hits = np.flatnonzero(wanted[order][place] == self.words)
        cell = (self.field[hits] * n + self.owner[hits]) * len(words) + order[place[hits]]
        found = np.bincount(cell, minlength=len(FIELDS) * n * len(words))
        return found.reshape(len(FIELDS), n, len(words)).astype(np.float64)
