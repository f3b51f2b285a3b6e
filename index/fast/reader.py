"""Whether a sentence answers a question: the upper half of the model over both, read together.

The lower half has read each by itself already, for the likeness of their words, and is not asked
again: only the upper layers see the one beside the other (Cao et al. 2020, "DeFormer").
`docs/model.md` says what the layers were trained on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .encoder import padded, session
from .graph import build_head

Vectors = NDArray[np.float32]
Batches = Callable[[Callable[[list[Vectors]], Vectors], Iterable[list[Vectors]]], list[Vectors]]
"""`FastEncoder.each`, or anything else that maps."""

MOST_OF_QUESTION, MOST_OF_SENTENCE = 48, 80
"""Word pieces that are read of each."""
_BATCH = 2


class Reader:
    """Scores sentences against a question; safe from many threads.

    Raises whatever its libraries raise where the file or the machine does not fit.
    """

    def __init__(self, file: Path) -> None:
        weights = unpacked(file)
        self._first = weights["first"]
        self._question, self._sentence = weights["question"], weights["sentence"]
        layers = sorted({int(name.split(".")[2]) for name in weights if name.startswith("encoder")})
        self._session = session(build_head(weights, layers, int(weights["heads"][0])))

    def scores(self, question: Vectors, sentences: Sequence[Vectors], each: Batches) -> Vectors:
        """The logarithm of the odds that each sentence answers, shape ``(len(sentences),)``.

        All are the vectors of word pieces half-way through the model, ``(pieces, dimension)``.
        `each` computes several batches at once.
        """
        if not len(sentences):
            return np.empty(0, dtype=np.float32)
        asked = question[:MOST_OF_QUESTION] + self._question
        # Those of a length go together, so that few are padded for nothing.
        order = sorted(range(len(sentences)), key=lambda at: -len(sentences[at]))
        joined = [
            np.concatenate(
                [self._first, asked, sentences[at][:MOST_OF_SENTENCE] + self._sentence]
            ).astype(np.float32)
            for at in order
        ]
        batches = [joined[first : first + _BATCH] for first in range(0, len(joined), _BATCH)]
        made = np.empty(len(sentences), dtype=np.float32)
        made[order] = np.concatenate(each(self._scored, batches))
        return made

    def _scored(self, texts: list[Vectors]) -> Vectors:
        states, mask = padded(texts)
        scores: Vectors = self._session.run(None, {"states": states, "mask": mask})[0]
        return scores


def packed(weights: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """The weights with every matrix in 8 bits and a scale for each of its rows."""
    made: dict[str, NDArray[Any]] = {}
    for name, array in weights.items():
        if not name.endswith(".weight") or array.ndim < 2 or name.startswith("head"):
            made[name] = array
            continue
        scale = np.abs(array).max(axis=1, keepdims=True) / 127
        made[name] = np.rint(array / scale).astype(np.int8)
        made[f"{name}.scale"] = scale.astype(np.float32)
    return made


def unpacked(file: Path) -> dict[str, NDArray[Any]]:
    """The weights of a file that holds what `packed` gave."""
    from safetensors.numpy import load_file

    kept = load_file(file)
    scales = {name for name in kept if name.endswith(".scale")}
    return {
        name: array.astype(np.float32) * kept[f"{name}.scale"] if f"{name}.scale" in kept else array
        for name, array in kept.items()
        if name not in scales
    }
