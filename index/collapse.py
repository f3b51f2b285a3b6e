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


def merge_alike(
    found: Sequence[list[str]], records: Mapping[str, WrittenAnswer]
) -> list[list[str]]:
    """Clusters with those joined whose first records' answers are near-copies."""
    merged: list[list[str]] = []
    seen: list[tuple[WrittenAnswer, frozenset[str], frozenset[str]]] = []
    for members in found:
        record = records[members[0]]
        words = frozenset(_WORD.findall(record.text.lower()))
        figures = frozenset(_FIGURE.findall(record.text))
        for at, (other, other_words, other_figures) in enumerate(seen):
            if (
                figures == other_figures
                and record.department == other.department
                and record.is_holding == other.is_holding
                and len(words) >= FEWEST
                and len(words & other_words) >= ALIKE * len(words | other_words)
            ):
                merged[at].extend(members)
                break
        else:
            seen.append((record, words, figures))
            merged.append(list(members))
    return merged


FEWEST = 25
"""An answer with fewer different words than this may be a set phrase: no near-copy."""
