"""Records that give the same answer, put together: near-copies, and questions answered as one.

Each result then stands for all its members.  The best ranked represents them, and the others
are listed behind it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from .types import WrittenAnswer

ALIKE = 0.9
"""Answers that share this much of their words (Jaccard), and all their figures, are copies."""

FEWEST = 25
"""An answer with fewer different words than this may be a set phrase: no near-copy."""

_WORD = re.compile(r"[^\W\d_]+")
_FIGURE = re.compile(r"\d[\d,.]*")

MOST_OTHERS = 200
"""Most members that are listed with one result."""


def clusters(
    order: Sequence[str], marks: Mapping[str, tuple[int, int]], most: int
) -> list[list[str]]:
    """Record ids in rank order, those that share a mark together, at most `most` clusters.

    `marks` gives the marks (`same`, `group`) of a record; a mark of 0 is shared with none.
    What ranks behind the last cluster can still be a member of an earlier one.
    """
    found: list[list[str]] = []
    place: dict[tuple[int, int], int] = {}
    for record_id in order:
        own = [(kind, mark) for kind, mark in enumerate(marks.get(record_id, ())) if mark]
        at = next((place[mark] for mark in own if mark in place), None)
        if at is None:
            if len(found) >= most:
                continue
            at = len(found)
            found.append([])
        found[at].append(record_id)
        for mark in own:
            place.setdefault(mark, at)
    return found


class Merger:
    """Joins clusters whose first records' answers are near-copies.

    What has been read of an answer is remembered, so that a longer list of clusters costs only
    what has come to it.
    """

    def __init__(self) -> None:
        self._words: dict[str, frozenset[str]] = {}
        self._figures: dict[str, frozenset[str]] = {}

    def merged(
        self, found: Sequence[list[str]], records: Mapping[str, WrittenAnswer]
    ) -> list[list[str]]:
        """The clusters, in order, each near-copy's members behind those of the first."""
        merged: list[list[str]] = []
        # Only answers with the same figures, from one department, are compared word by word.
        comparable: dict[object, list[tuple[int, WrittenAnswer]]] = {}
        for members in found:
            record = records[members[0]]
            key = (self._figures_of(record), record.department, record.is_holding)
            before = comparable.setdefault(key, [])
            at = next((at for at, other in before if self._is_copy(record, other)), None)
            if at is None:
                before.append((len(merged), record))
                merged.append(list(members))
            else:
                merged[at].extend(members)
        return merged

    def _is_copy(self, record: WrittenAnswer, other: WrittenAnswer) -> bool:
        words, others = self._words_of(record), self._words_of(other)
        return len(words) >= FEWEST and len(words & others) >= ALIKE * len(words | others)

    def _figures_of(self, record: WrittenAnswer) -> frozenset[str]:
        if record.id not in self._figures:
            self._figures[record.id] = frozenset(_FIGURE.findall(record.text))
        return self._figures[record.id]

    def _words_of(self, record: WrittenAnswer) -> frozenset[str]:
        if record.id not in self._words:
            self._words[record.id] = frozenset(_WORD.findall(record.text.lower()))
        return self._words[record.id]
