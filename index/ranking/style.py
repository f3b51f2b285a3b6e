"""Which department a text reads as if it came from, by its words.

A tabled question says whom it asks.  Most records say who answered them; of a text that does
not, its words do: an answer on rolling stock is rarely one of the Home Office.  The chances are
those of a multinomial logistic regression on the stems of the text (``tf-idf`` over the square
root of how many are known), fitted by `benchmarks.fit_departments`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from .. import lexical
from ..departments import asked
from ..told import FIELDS, Told

FILE = Path(__file__).parents[1] / "data" / "departments.safetensors"
FURTHEST = 6.0
"""How far behind the likeliest department another counts at most, in logarithms of the odds."""

_BODY, _ADDRESSEE = FIELDS.index(lexical.BODY), FIELDS.index(lexical.ADDRESSEE)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Style:
    """The weights of `w` words for `d` departments.

    `words` are the numbers of stems (see `index.told`) in ascending order, `weights` has shape
    ``(w, d)`` in steps of `scale` ``(d,)``, `bias` ``(d,)`` is what counts without a word.
    """

    departments: tuple[str, ...]
    words: NDArray[np.uint32]
    weights: NDArray[np.int8]
    scale: NDArray[np.float32]
    bias: NDArray[np.float32]

    @classmethod
    def read(cls, file: Path) -> Self:
        """The weights in a file of `save`."""
        from safetensors import safe_open

        with safe_open(file, framework="numpy") as opened:
            names = json.loads(opened.metadata()["departments"])
            parts = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
        return cls(tuple(names), **parts)

    def save(self, file: Path) -> None:
        """Keep the weights in a file."""
        from safetensors.numpy import save_file

        parts = {name: getattr(self, name) for name in ("words", "weights", "scale", "bias")}
        save_file(parts, file, metadata={"departments": json.dumps(self.departments)})

    def logits(self, told: Told) -> Floats:
        """The logarithm of each department's odds for the text of each chunk, ``(n, d)``."""
        owner, place, shares = frequencies(told, self.words)
        sums = np.zeros((len(told.marks), len(self.departments)))
        np.add.at(sums, owner, self.weights[place] * shares[:, None])
        made: Floats = sums * self.scale + self.bias
        return made

    def behind(self, told: Told, address: str) -> Floats:
        """How far whom a question asks is behind the likeliest, for each chunk: 0 to -`FURTHEST`.

        0 for records that say whose they are, and for all where nobody known is asked.
        """
        says = told.lengths[:, _ADDRESSEE] > 0
        department = asked(address)
        if department not in self.departments or says.all():
            return np.zeros(len(says))
        odds = self.logits(told)
        gaps = odds[:, self.departments.index(department)] - odds.max(axis=1)
        made: Floats = np.where(says, 0.0, np.maximum(gaps, -FURTHEST))
        return made


def frequencies(
    told: Told, words: NDArray[np.uint32]
) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Of each text and each of `words` in it: their places, and how much the word counts there.

    That is 1 + log(times) over the root of how many of the words the text has; `words` ascend.
    """
    in_body = told.field == _BODY
    numbers, owner = told.words[in_body], told.owner[in_body]
    place = np.searchsorted(words, numbers).clip(max=len(words) - 1)
    known = words[place] == numbers
    cells, times = np.unique(owner[known] * len(words) + place[known], return_counts=True)
    owner, place = np.divmod(cells, len(words))
    share = (1.0 + np.log(times)) / np.sqrt(np.bincount(owner, minlength=len(told.marks)))[owner]
    return owner, place, share


@lru_cache(maxsize=1)
def load() -> Style:
    """The weights that come along."""
    return Style.read(FILE)
