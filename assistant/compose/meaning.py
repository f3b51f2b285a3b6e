"""How well each sentence of a record matches a question in meaning, word by word.

Late interaction (Khattab and Zaharia 2020, "ColBERT", section 3.3): every word of the
question takes the likeness of its best counterpart in the sentence, and the mean of these,
weighted by how rare the words are, is the match.  The sentences are embedded together with
their neighbours (Günther et al. 2024, "Late chunking"), so that "It earmarks ..." knows what
"it" is.  The vectors are those of the index's own embedding model: nothing else is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from . import words

Span = tuple[int, int]
Weigh = Callable[[str], float]


@runtime_checkable
class TokenEmbedder(Protocol):
    """What is needed of an embedder; one without it makes the composer go by words alone."""

    @property
    def window(self) -> int: ...
    def token_spans(self, text: str) -> list[Span]: ...
    def token_vectors(self, texts: Sequence[str]) -> list[tuple[list[Span], NDArray[np.float32]]]:
        """Of each text: the spans of its word pieces and their vectors of unit length."""


def matches(
    embedder: TokenEmbedder,
    questions: Sequence[str],
    texts: Sequence[tuple[str, str, Sequence[Span]]],
    weigh: Weigh,
) -> list[list[tuple[float, ...]]]:
    """The match of each sentence with each question.

    `texts` gives ``(heading, text, sentence spans)``; `weigh` the weight of a stem.
    Returns, for each text and each of its sentences, one number (0 to 1) per question.
    """
    windows = []
    for at, (heading, text, spans) in enumerate(texts):
        windows += [(at, *window) for window in _windows(embedder, heading, text, spans)]
    vectors = embedder.token_vectors([*questions, *(content for _, content, _ in windows)])
    wanted = [
        _weighted(question, *own, weigh)
        for question, own in zip(questions, vectors[: len(questions)], strict=True)
    ]
    found: list[list[tuple[float, ...]]] = [[(0.0,) * len(questions)] * len(t[2]) for t in texts]
    for (at, _, members), (pieces, matrix) in zip(windows, vectors[len(questions) :], strict=True):
        starts = np.array([start for start, _ in pieces])
        ends = np.array([end for _, end in pieces])
        for number, start, end in members:
            inside = (starts >= start) & (ends <= end) & (ends > starts)
            if inside.any():
                own = matrix[inside]
                found[at][number] = tuple(_late_interaction(w, q, own) for w, q in wanted)
    return found


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


def _weighted(
    question: str, pieces: list[Span], vectors: NDArray[np.float32], weigh: Weigh
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weight and vector of every word piece that is part of a word that matters."""
    weights = np.zeros(len(pieces), dtype=np.float32)
    for start, end, term in words.spans(question):
        for number, (first, last) in enumerate(pieces):
            if first >= start and last <= end and last > first:
                weights[number] = weigh(term)
    if not weights.any():
        weights[:] = 1.0
    return weights / weights.sum(), vectors


def _late_interaction(
    weights: NDArray[np.float32], question: NDArray[np.float32], sentence: NDArray[np.float32]
) -> float:
    return float(weights @ (question @ sentence.T).max(axis=1))
