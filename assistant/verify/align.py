"""A claim laid beside the sentence of the evidence that is most like it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from .tokens import Token

CANDIDATES = 5
"""Sentences that are compared word by word; more have too few words in common."""
MOST_CELLS = 400_000
"""Longer pairs than this (the product of their lengths) are compared at their ends only."""


@dataclass(frozen=True)
class Alignment:
    """Which token of the claim answers to which of the sentence.

    `kept` are those that come in the same order, `moved` those that stand elsewhere in it.
    """

    claim: Sequence[Token]
    sentence: Sequence[Token]
    kept: dict[int, int]
    moved: dict[int, int] = field(default_factory=dict)

    @cached_property
    def places(self) -> dict[int, int]:
        """Every matched token of the claim and its place in the sentence."""
        return {**self.kept, **self.moved}

    def gaps(self) -> Iterator[tuple[range, range]]:
        """The stretches between neighbouring kept tokens: of the claim, of the sentence."""
        i = j = 0
        ends = [*sorted(self.kept.items()), (len(self.claim), len(self.sentence))]
        for at, to in ends:
            if at > i or to > j:
                yield range(i, at), range(j, to)
            i, j = at + 1, to + 1


def best(claim: Sequence[Token], sentences: Sequence[Sequence[Token]]) -> Alignment:
    """The claim beside the sentence that has most of it in the same order."""
    wanted = Counter(token.key for token in claim)
    ranked = sorted(
        range(len(sentences)),
        key=lambda n: (-_shared(wanted, claim, sentences[n]), len(sentences[n])),
    )
    found = [align(claim, sentences[n]) for n in ranked[:CANDIDATES]]
    if not found:
        return Alignment(claim, (), {})
    return max(found, key=_worth)


def align(claim: Sequence[Token], sentence: Sequence[Token]) -> Alignment:
    """Match as many tokens as possible in order, then those that have moved."""
    kept = _in_order(claim, sentence)
    taken = set(kept.values())
    free: dict[Hashable, list[int]] = {}
    for j, token in enumerate(sentence):
        if j not in taken:
            free.setdefault(token.key, []).append(j)
    moved = {}
    for i, token in enumerate(claim):
        if i in kept or not token.is_content:
            continue
        places = free.get(token.key)
        if places is None and (token.date or token.figure):
            places = next((at for at in free.values() if at and token.is_in(sentence[at[0]])), None)
        if places:
            moved[i] = places.pop(0)
    return Alignment(claim, sentence, kept, moved)


def _shared(wanted: Counter[Hashable], claim: Sequence[Token], sentence: Sequence[Token]) -> float:
    held = Counter(token.key for token in sentence)
    shared = float(sum(min(n, held[key]) for key, n in wanted.items()))
    dates = [token for token in sentence if token.date]
    return shared + sum(
        0.9 for token in claim if token.date and any(token.is_in(other) for other in dates)
    )


def _worth(found: Alignment) -> float:
    """How much is matched; a little less for what the sentence says besides."""
    kept = sum(1.0 if found.claim[i].is_content else 0.6 for i in found.kept)
    return kept + 0.4 * len(found.moved) - 0.01 * len(found.sentence)


def _in_order(claim: Sequence[Token], sentence: Sequence[Token]) -> dict[int, int]:
    """The longest common subsequence, shared ends first."""
    kept: dict[int, int] = {}
    first, i_end, j_end = 0, len(claim), len(sentence)
    while first < i_end and first < j_end and claim[first].is_in(sentence[first]):
        kept[first] = first
        first += 1
    while i_end > first and j_end > first and claim[i_end - 1].is_in(sentence[j_end - 1]):
        i_end, j_end = i_end - 1, j_end - 1
        kept[i_end] = j_end
    rows, columns = i_end - first, j_end - first
    if not rows or not columns or rows * columns > MOST_CELLS:
        return kept
    same = [[claim[i].is_in(sentence[j]) for j in range(first, j_end)] for i in range(first, i_end)]
    length = [[0] * (columns + 1) for _ in range(rows + 1)]
    for i in range(rows - 1, -1, -1):
        row, below, equal = length[i], length[i + 1], same[i]
        for j in range(columns - 1, -1, -1):
            row[j] = below[j + 1] + 1 if equal[j] else max(below[j], row[j + 1])
    i = j = 0
    while i < rows and j < columns:
        if same[i][j] and length[i][j] == length[i + 1][j + 1] + 1:
            kept[first + i] = first + j
            i, j = i + 1, j + 1
        elif length[i + 1][j] >= length[i][j + 1]:
            i += 1
        else:
            j += 1
    return kept
