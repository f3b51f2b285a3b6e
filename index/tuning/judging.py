"""Is a tuned model better?  Question to own answer, among later answers it has not seen.

Two kinds of question are asked: the question as it was tabled, and a few of its words as
somebody types them; a model that gains on the one and forgets the other has not become better.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..embedding import Embedder
from ..text import fold
from .pairs import Pair, plain_view

DEPTH = 10
RESAMPLES = 2_000
MOST_LOST = 0.005
"""How much any one figure may fall where the whole gets better."""

_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Ranks:
    """Of each question, the place of its own answer, 0 where it is not in the first `DEPTH`."""

    tabled: NDArray[np.int64]
    plain: NDArray[np.int64]

    def figures(self) -> dict[str, float]:
        """MRR@10 and nDCG@10 of both kinds of question.

        One answer is right for each question, so the ideal gain is 1 and nDCG is the discount
        of the place (Järvelin and Kekäläinen 2002).
        """
        return {
            "tabled MRR@10": float(_reciprocal(self.tabled).mean()),
            "tabled nDCG@10": float(_discounted(self.tabled).mean()),
            "plain MRR@10": float(_reciprocal(self.plain).mean()),
            "plain nDCG@10": float(_discounted(self.plain).mean()),
        }

    def gains(self) -> NDArray[np.float64]:
        """nDCG@10 of each pair, the mean of its two questions."""
        return (_discounted(self.tabled) + _discounted(self.plain)) / 2


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the second model is better: by how much in nDCG@10, with a 95% interval.

    `lost` names the figures that fell by more than `MOST_LOST`.
    """

    gain: float
    low: float
    high: float
    lost: tuple[str, ...]

    @property
    def is_better(self) -> bool:
        """True when the gain is beyond chance and nothing was paid for it."""
        return self.low > 0 and not self.lost


def rank(
    embedder: Embedder,
    pairs: Sequence[Pair],
    seed: int,
    progress: Callable[[int], None] | None = None,
) -> Ranks:
    """Where each pair's own answer comes among all their answers, by cosine similarity.

    Answers of the same words count as one.  `progress` is called with the number of texts
    embedded so far, of ``texts_of(pairs)``.
    """
    answers, own = _answers(pairs)
    chance = random.Random(seed)  # noqa: S311
    tabled = [pair.question for pair in pairs]
    plain = [plain_view(pair, chance) for pair in pairs]
    vectors = _embedded(embedder, [*answers, *tabled, *plain], progress)
    documents = vectors[: len(answers)]
    first, second = np.split(vectors[len(answers) :], 2)
    return Ranks(_places(first, documents, own), _places(second, documents, own))


def texts_of(pairs: Sequence[Pair]) -> int:
    """How many texts `rank` embeds."""
    return len(_answers(pairs)[0]) + 2 * len(pairs)


def compare(before: Ranks, after: Ranks, seed: int) -> Verdict:
    """A paired bootstrap over the pairs (Sakai 2006) of the gain in nDCG@10."""
    gains = after.gains() - before.gains()
    chance = np.random.default_rng(seed)
    drawn = chance.integers(0, len(gains), (RESAMPLES, len(gains)))
    low, high = np.percentile(gains[drawn].mean(axis=1), (2.5, 97.5))
    old, new = before.figures(), after.figures()
    lost = tuple(name for name in old if new[name] < old[name] - MOST_LOST)
    return Verdict(float(gains.mean()), float(low), float(high), lost)


def _answers(pairs: Sequence[Pair]) -> tuple[list[str], NDArray[np.int64]]:
    """The different answers, and which of them is each pair's own."""
    numbers: dict[str, int] = {}
    texts: list[str] = []
    own = []
    for pair in pairs:
        key = fold(pair.answer)
        if key not in numbers:
            numbers[key] = len(texts)
            texts.append(pair.answer)
        own.append(numbers[key])
    return texts, np.array(own, dtype=np.int64)


def _embedded(
    embedder: Embedder, texts: Sequence[str], progress: Callable[[int], None] | None
) -> NDArray[np.float32]:
    parts = []
    for at in range(0, len(texts), _AT_ONCE):
        parts.append(embedder.encode(texts[at : at + _AT_ONCE]))
        if progress is not None:
            progress(min(at + _AT_ONCE, len(texts)))
    return np.concatenate(parts)


def _places(
    queries: NDArray[np.float32], documents: NDArray[np.float32], own: NDArray[np.int64]
) -> NDArray[np.int64]:
    similar = queries @ documents.T
    rights = similar[np.arange(len(own)), own]
    # What ties with the right answer comes before it: luck is no merit.
    places = (similar >= rights[:, None]).sum(axis=1)
    return np.where(places <= DEPTH, places, 0).astype(np.int64)


def _reciprocal(places: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.where(places > 0, 1 / np.maximum(places, 1), 0.0)


def _discounted(places: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.where(places > 0, 1 / np.log2(np.maximum(places, 1) + 1), 0.0)
