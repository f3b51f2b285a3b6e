"""How well each sentence of a record matches a question in meaning, word by word.

Late interaction (Khattab and Zaharia 2020, "ColBERT", section 3.3): every word of the
question takes the likeness of its best counterpart in the sentence, and the mean of these,
weighted by how rare the words are, is the match.  The sentences are embedded together with
their neighbours (Günther et al. 2024, "Late chunking"), so that "It earmarks ..." knows what
"it" is.  The vectors are those of the index's own embedding model: nothing else is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from index.embedding import of_unit_length

from . import words

Span = tuple[int, int]
Vectors = NDArray[np.float32]


@runtime_checkable
class TokenEmbedder(Protocol):
    """What is needed of an embedder; one without it makes the composer go by words alone."""

    @property
    def window(self) -> int: ...
    def token_spans(self, text: str) -> list[Span]: ...
    def token_vectors(self, texts: Sequence[str]) -> list[tuple[list[Span], Vectors]]:
        """Of each text: the spans of its word pieces and their vectors."""


@runtime_checkable
class AnswerReader(Protocol):
    """An embedder that can also tell whether a sentence answers a question."""

    def answering(self, question: Vectors, sentences: Sequence[Vectors]) -> Vectors | None:
        """The logarithm of the odds of each; None where it cannot tell."""


@dataclass(frozen=True, slots=True)
class Match:
    """How well a sentence matches: as a whole, and for each stem of the question, 0 to 1.

    `near` is as `terms`, counting only the words beside the figures that could be meant.
    `vectors` are those of the sentence's word pieces; None of one that was not read.
    """

    value: float = 0.0
    terms: Mapping[str, float] = field(default_factory=dict)
    near: Mapping[str, float] = field(default_factory=dict)
    vectors: Vectors | None = field(default=None, compare=False)


def matches(
    embedder: TokenEmbedder,
    question: str,
    weights: Mapping[str, float],
    texts: Sequence[tuple[str, str, Sequence[Span]]],
    near: Callable[[str], Sequence[Span]] = lambda sentence: (),
) -> tuple[Vectors, list[list[Match]]]:
    """The vectors of the question's word pieces, and the match of each sentence with it.

    `weights` gives the weight of the question's stems; `texts` gives
    ``(heading, text, sentence spans)``; `near` gives the stretches of a sentence that lie
    around figures.
    """
    windows = []
    for at, (heading, text, spans) in enumerate(texts):
        windows += [(at, *window) for window in _windows(embedder, heading, text, spans)]
    read = embedder.token_vectors([question, *(content for _, content, _ in windows)])
    own_pieces, own_vectors = read[0]
    wanted = _weighted(question, own_pieces, weights)
    places = _places(question, own_pieces)
    found = [[Match()] * len(spans) for *_, spans in texts]
    for (at, content, members), (pieces, vectors) in zip(windows, read[1:], strict=True):
        likeness = of_unit_length(own_vectors) @ of_unit_length(vectors).T
        starts = np.array([start for start, _ in pieces])
        ends = np.array([end for _, end in pieces])
        for number, start, end in members:
            inside = (starts >= start) & (ends <= end) & (ends > starts)
            if inside.any():
                best = likeness[:, inside].max(axis=1)
                beside = _beside(starts - start, ends - start, near(content[start:end])) & inside
                found[at][number] = Match(
                    float(wanted @ best),
                    _by_term(best, places),
                    _by_term(likeness[:, beside].max(axis=1), places) if beside.any() else {},
                    vectors[inside],
                )
    return own_vectors, found


def _windows(
    embedder: TokenEmbedder, heading: str, text: str, spans: Sequence[Span]
) -> list[tuple[str, list[tuple[int, int, int]]]]:
    """Runs of sentences that fit the model, each under the heading.

    Gives ``(content, [(sentence number, start, end in content)])``.
    """
    room = embedder.window - 4 - len(embedder.token_spans(heading))
    windows: list[tuple[str, list[tuple[int, int, int]]]] = []
    content, used = heading, 0
    members: list[tuple[int, int, int]] = []
    for number, (start, end) in enumerate(spans):
        sentence = text[start:end]
        size = len(embedder.token_spans(sentence))
        if members and used + size > room:
            windows.append((content, members))
            content, members, used = heading, [], 0
        at = len(content) + 1
        content = f"{content}\n{sentence}"
        members.append((number, at, at + len(sentence)))
        used += size
    if members:
        windows.append((content, members))
    return windows


def _beside(
    starts: NDArray[np.int64], ends: NDArray[np.int64], spans: Sequence[Span]
) -> NDArray[np.bool_]:
    """Which word pieces lie in any of the spans."""
    beside = np.zeros(len(starts), dtype=bool)
    for first, last in spans:
        beside |= (starts >= first) & (ends <= last)
    return beside


def _by_term(best: NDArray[np.float32], places: Mapping[str, Sequence[int]]) -> dict[str, float]:
    return {term: float(best[list(own)].mean()) for term, own in places.items()}


def _places(question: str, pieces: Sequence[Span]) -> dict[str, list[int]]:
    """Which word pieces make up each stem of the question."""
    found: dict[str, list[int]] = {}
    for start, end, term in words.spans(question):
        own = [n for n, (a, b) in enumerate(pieces) if a >= start and b <= end and b > a]
        if own:
            found.setdefault(term, []).extend(own)
    return found


def _weighted(
    question: str, pieces: Sequence[Span], weights: Mapping[str, float]
) -> NDArray[np.float32]:
    """The weight of every word piece of the question: that of its word; they sum to 1."""
    found = np.zeros(len(pieces), dtype=np.float32)
    for start, end, term in words.spans(question):
        for number, (first, last) in enumerate(pieces):
            if first >= start and last <= end and last > first:
                found[number] = weights.get(term, 0.0)
    if not found.any():
        found[:] = 1.0
    share: NDArray[np.float32] = found / found.sum()
    return share
