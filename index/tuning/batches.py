"""Batches of like with like: the other answers of a batch are the hard negatives.

Questions are placed by TF-IDF and a truncated singular value decomposition ("latent semantic
analysis") and grouped; a batch is drawn from neighbouring groups.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..text import fold, sentences
from .pairs import Pair

Matters = NDArray[np.float64]

DIMENSIONS = 64
GROUP = 400
"""Pairs in a group, on average; batches are drawn at random within it."""
ASKED_SHARE = 0.35
"""Share of the batches that are of pairs which people have asked for in their own words."""
MOST_ROUNDS = 8
"""Times that each of these is seen beyond the others, at most."""
FEWEST_BATCHES = 4
"""Batches that even a few pairs are made into."""
FEWEST_PLACED = 2 * GROUP
"""Pairs below which their words are too few to place them by."""
TELLING = 60
"""Letters of a sentence from which on it tells one answer from another."""


def all_batches(
    pairs: Sequence[Pair], size: int, seed: int, matters: Matters | None = None
) -> list[list[int]]:
    """`topical_batches` of all pairs, and of those with questions of people's own among them.

    The latter are few beside all pairs, so they come several times, in other batches.
    """
    batches = topical_batches(pairs, size, seed, matters)
    asked = [at for at, pair in enumerate(pairs) if pair.asked]
    if not asked:
        return batches
    wanted = ASKED_SHARE / (1 - ASKED_SHARE) * len(batches)
    own = matters[asked] if matters is not None and len(asked) >= FEWEST_PLACED else None
    some = [pairs[at] for at in asked]
    for turn in range(MOST_ROUNDS):
        made = topical_batches(some, size, seed + 1_000 * (turn + 1), own)
        made = made[: max(0, round(wanted))]
        wanted -= len(made)
        batches += [[asked[at] for at in batch] for batch in made]
        if wanted < 1:
            break
    random.Random(seed).shuffle(batches)  # noqa: S311
    return batches


def topical_batches(
    pairs: Sequence[Pair], size: int, seed: int, matters: Matters | None = None
) -> list[list[int]]:
    """Places of pairs, `size` to a batch, every pair at most once.

    `matters` is what `matters_of` makes of these pairs, which spares making it again.

    No two pairs of a batch share their question or their answer, nor the longest sentences
    of it: what says the same cannot be wrong.  Where the pairs are few, batches are smaller;
    none comes back only where no two pairs differ.
    """
    size = min(size, max(2, len(pairs) // FEWEST_BATCHES))
    chance = random.Random(seed)  # noqa: S311
    marks = [_marks(pair) for pair in pairs]
    batches: list[list[int]] = []
    rest: list[int] = []
    for group in _groups(pairs, seed, matters):
        chance.shuffle(group)
        batches += _packed(marks, group, size, rest)
    left: list[int] = []
    batches += _packed(marks, rest, size, left)
    if not batches:
        # Too many alike for a whole batch: some that differ, whichever of them comes first.
        orders = (left[at:] + left[:at] for at in range(len(left)))
        some = (_differing(marks, order, size)[0] for order in orders)
        batches = [batch for batch in some if len(batch) > 1][:1]
    chance.shuffle(batches)
    return batches


def _packed(
    marks: Sequence[frozenset[str]], places: list[int], size: int, rest: list[int]
) -> list[list[int]]:
    """Full batches of these places; those that are left over go into `rest`."""
    made: list[list[int]] = []
    waiting = places
    while len(waiting) >= size:
        batch, later = _differing(marks, waiting, size)
        if len(batch) < size:
            break
        made.append(batch)
        waiting = later
    rest += waiting
    return made


def _differing(
    marks: Sequence[frozenset[str]], places: Sequence[int], size: int
) -> tuple[list[int], list[int]]:
    """The first `size` of these places that share no mark, and the others."""
    batch: list[int] = []
    later: list[int] = []
    seen: set[str] = set()
    for place in places:
        if len(batch) < size and marks[place].isdisjoint(seen):
            batch.append(place)
            seen |= marks[place]
        else:
            later.append(place)
    return batch, later


def _marks(pair: Pair) -> frozenset[str]:
    """What two pairs of a batch must not share.

    Near-copies of an answer differ in a name or a figure somewhere, so its beginning alone does
    not tell them; hardly any is without one of the other's two longest sentences.
    """
    longest = sorted((pair.answer[a:b] for a, b in sentences(pair.answer)), key=len)[-2:]
    told = [text for text in map(_letters, longest) if len(text) >= TELLING]
    return frozenset(("q" + _letters(pair.question), "a" + _letters(pair.answer)[:400], *told))


def _letters(text: str) -> str:
    """Letters and digits alone: what is left when only marks and white space differ."""
    return "".join(c for c in fold(text) if c.isalnum())


def alike(pairs: Sequence[Pair]) -> list[list[int]]:
    """Of each pair the places of those with the same answer and another question."""
    same: dict[str, list[int]] = {}
    for place, pair in enumerate(pairs):
        same.setdefault(_letters(pair.answer), []).append(place)
    return [
        [at for at in same[_letters(pair.answer)] if pairs[at].question != pair.question]
        for pair in pairs
    ]


def near(pairs: Sequence[Pair], count: int, matters: Matters | None) -> list[list[int]]:
    """Of each pair the places of the `count` others that are about the likest matter."""
    from sklearn.neighbors import NearestNeighbors

    if matters is None:
        return [[] for _ in pairs]
    # Its own among them; as many pairs as there must be for `matters` are always enough.
    nearest = NearestNeighbors(n_neighbors=count + 1).fit(matters)
    found = nearest.kneighbors(matters, return_distance=False)
    return [
        [int(at) for at in row if pairs[at].question != pair.question][:count]
        for row, pair in zip(found, pairs, strict=True)
    ]


def matters_of(pairs: Sequence[Pair], seed: int) -> Matters | None:
    """A unit vector for what each pair is about, shape ``(len(pairs), DIMENSIONS)``.

    None where the pairs are too few to be told apart by their words.
    """
    if len(pairs) < FEWEST_PLACED:
        return None
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import normalize

    words = TfidfVectorizer(sublinear_tf=True, min_df=2, max_df=0.2, stop_words="english")
    try:
        matrix = words.fit_transform(f"{pair.question} {pair.answer[:500]}" for pair in pairs)
    except ValueError:  # not a word is in some of them and not in most
        return None
    if matrix.shape[1] > DIMENSIONS:
        made = TruncatedSVD(DIMENSIONS, random_state=seed).fit_transform(matrix)
    else:
        made = matrix.toarray()
    return np.asarray(normalize(made), dtype=np.float64)


def _groups(pairs: Sequence[Pair], seed: int, matters: Matters | None) -> list[list[int]]:
    from sklearn.cluster import MiniBatchKMeans

    count = len(pairs) // GROUP
    places = matters if matters is not None else matters_of(pairs, seed)
    if places is None:
        return [list(range(len(pairs)))]
    labels = MiniBatchKMeans(count, random_state=seed, n_init=3).fit_predict(places)
    groups: list[list[int]] = [[] for _ in range(count)]
    for place, label in enumerate(labels):
        groups[label].append(place)
    return [group for group in groups if group]
