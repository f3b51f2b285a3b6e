"""Whether a question goes on with the one before it: what tells, and the fit of it.

`fit_ranking.py` measures and fits it along with the ranking's weights.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from index import Index
from index.followups import Likeness, going_on, joined_with, points_back
from index.text import without_address

from .conversations import written

Floats = NDArray[np.float64]

RELATED_PENALTY = 0.1
NOT_HELD, PASSED_OVER = 0.3, 9
"""Share of the questions that are asked as if the index had none of so many nearest texts."""
GOING_ON_WORTH = 4.0
"""What a question that goes on counts beside one that does not: a follow-up without its subject
loses 0.58 MRR@10, and a new subject joined with the one before it 0.14."""


def turns(headings: Sequence[str]) -> Iterator[tuple[str, str, bool]]:
    """What was asked, what before it, and whether it goes on with that: of the written questions.

    A question that stands alone is seen once behind one on its own matter and once behind another;
    so that few words may be a subject as well, so is one made of a record's heading.
    """
    alone, follow_ups = written()
    chance = random.Random(5)
    for question in alone:
        yield question, chance.choice(alone), False
    for heading in chance.sample(headings, min(len(alone) // 2, len(headings))):
        form = chance.choice(("{}", "{}", "when is the {}?", "what is happening with {}?"))
        yield form.format(heading.lower().replace(":", "")), chance.choice(alone), False
    for one in follow_ups:
        yield one.question, one.before, True
        yield one.standing, one.before, True


def related_cases(
    index: Index, embedder: Any, asked: Sequence[tuple[str, dict[str, Any]]]
) -> list[tuple[dict[str, float], bool]]:
    """Questions that do and that do not go on with the one before, as features.

    `index` holds what answers them all.
    """
    found = []
    for task, question in asked:
        text = without_address(question["query"])
        if joined := joined_with(text, question.get("history", ())):
            found.append((text, joined[: -len(text)].strip(), task != "changed subject"))
    tabled = [(text, before) for text, before, goes_on in found if goes_on]
    found += [
        (text, tabled[(at + 5) % len(tabled)][1], False) for at, (text, _) in enumerate(tabled)
    ]
    found += turns(sorted({r.heading for r in index.records() if r.heading}))
    found = [one for one in found if not points_back(one[0])]
    texts = list({t for own, before, _ in found for t in (own, before, f"{before} {own}")})
    vectors = dict(zip(texts, embedder.encode(texts), strict=True))
    dense = index._retriever.searcher.dense
    chance = random.Random(3)
    made = []
    for own, before, goes_on in found:
        # An index need not hold the answer: now and then as if it had nothing so near.
        place = PASSED_OVER if chance.random() < NOT_HELD else 0
        texts = (own, f"{before} {own}", before)
        near = [dense.search(vectors[t], PASSED_OVER + 1)[place][1] for t in texts]
        likeness = Likeness(float(vectors[own] @ vectors[before]), *near)
        made.append((going_on(own, likeness), goes_on))
    return made


def fit_related(rows: Sequence[tuple[dict[str, float], bool]]) -> dict[str, float]:
    """Logistic regression of whether a question goes on with the one before it."""
    names = sorted(rows[0][0])
    matrix = np.array([[1.0, *(features[n] for n in names)] for features, _ in rows])
    labels = np.array([float(label) for _, label in rows])
    worth = np.where(labels > 0, GOING_ON_WORTH, 1.0)

    def loss(weights: Floats) -> float:
        sums = matrix @ weights
        value = float(worth @ (np.logaddexp(0, sums) - sums * labels))
        return value + RELATED_PENALTY * float(weights[1:] @ weights[1:])

    found = minimize(loss, np.zeros(matrix.shape[1])).x
    return {n: round(float(w), 3) for n, w in zip(["bias", *names], found, strict=True)}
