"""Batches of like with like: the other answers of a batch are the hard negatives.

Questions are placed by TF-IDF and a truncated singular value decomposition ("latent semantic
analysis") and grouped; a batch is drawn from neighbouring groups.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from ..text import fold
from .pairs import Pair

DIMENSIONS = 64
GROUP = 400
"""Pairs in a group, on average; batches are drawn at random within it."""


def topical_batches(pairs: Sequence[Pair], size: int, seed: int) -> list[list[int]]:
    """Places of pairs, `size` to a batch, every pair at most once.

    No two pairs of a batch share their answer or their question: what is the same text
    cannot be wrong.
    """
    chance = random.Random(seed)  # noqa: S311
    batches: list[list[int]] = []
    rest: list[int] = []
    for group in _groups(pairs, seed):
        chance.shuffle(group)
        batches += _packed(pairs, group, size, rest)
    batches += _packed(pairs, rest, size, [])
    chance.shuffle(batches)
    return batches


def _packed(
    pairs: Sequence[Pair], places: list[int], size: int, rest: list[int]
) -> list[list[int]]:
    """Full batches of these places; those that are left over go into `rest`."""
    made: list[list[int]] = []
    waiting = places
    while len(waiting) >= size:
        batch: list[int] = []
        seen: set[str] = set()
        later: list[int] = []
        for place in waiting:
            texts = {fold(pairs[place].answer)[:400], fold(pairs[place].question)}
            if len(batch) < size and not texts & seen:
                batch.append(place)
                seen |= texts
            else:
                later.append(place)
        if len(batch) < size:
            later = waiting
            break
        made.append(batch)
        waiting = later
    rest += waiting
    return made


def _groups(pairs: Sequence[Pair], seed: int) -> list[list[int]]:
    from sklearn.cluster import MiniBatchKMeans
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import normalize

    count = max(1, len(pairs) // GROUP)
    if count == 1:
        return [list(range(len(pairs)))]
    words = TfidfVectorizer(sublinear_tf=True, min_df=2, max_df=0.2, stop_words="english")
    matrix = words.fit_transform(f"{pair.question} {pair.answer[:500]}" for pair in pairs)
    places = normalize(TruncatedSVD(DIMENSIONS, random_state=seed).fit_transform(matrix))
    labels = MiniBatchKMeans(count, random_state=seed, n_init=3).fit_predict(places)
    groups: list[list[int]] = [[] for _ in range(count)]
    for place, label in enumerate(labels):
        groups[label].append(place)
    return [group for group in groups if group]
