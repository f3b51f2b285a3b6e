"""A cross-encoder for natural language inference as a second opinion on a sentence.

It can only object: what the comparison of words has doubted stays doubted.  It reads the cited
text as premise and the sentence as hypothesis.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from index.errors import ModelUnavailable

from ..types import Verdict
from .types import Checked, Missing

CONTRADICTS = 0.5
"""From this chance of a contradiction on, a sentence counts as not borne out."""
FOLLOWS = 0.5
"""Below this chance of following from the text, a sentence counts as borne out only in part."""

_LABELS = ("entailment", "contradiction")


class InferenceModel:
    """A `SecondOpinion` from the cross-encoder in a folder or of a name.

    Its labels must include "entailment" and "contradiction".  Loaded at first use; safe from
    many threads.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._model: Any = None
        self._places: dict[str, int] = {}

    def __call__(self, claim: str, evidence: Sequence[str]) -> Checked | None:
        """What the model objects to; None where the sentence follows.

        Raises:
            ModelUnavailable: the model cannot be loaded or has other labels.
        """
        with self._lock:
            if self._model is None:
                self._load()
            scores = self._model.predict([(" ".join(evidence), claim)], apply_softmax=True)[0]
        follows, contradicts = (float(scores[self._places[label]]) for label in _LABELS)
        if contradicts >= CONTRADICTS:
            note = "A second model reads the cited text as saying otherwise."
            return Checked(Verdict.UNSUPPORTED, note, (Missing("negation", claim, note),))
        if follows < FOLLOWS:
            note = "A second model does not find that this follows from the cited text."
            return Checked(Verdict.PARTLY, note, (Missing("word", claim, note),))
        return None

    def _load(self) -> None:
        from sentence_transformers import CrossEncoder

        is_here = Path(self._name).expanduser().is_dir()
        name = str(Path(self._name).expanduser()) if is_here else self._name
        try:
            self._model = CrossEncoder(name, device="cpu", local_files_only=is_here)
        except Exception as error:
            raise ModelUnavailable(
                f"The model for inference {self._name} cannot be loaded ({error}).",
                "Check the setting nli_model.",
            ) from error
        labels = {label.lower(): n for n, label in self._model.config.id2label.items()}
        if not labels.keys() >= set(_LABELS):
            self._model = None
            raise ModelUnavailable(
                f"The model {self._name} has the labels {', '.join(labels)}.",
                "A model for inference has entailment and contradiction among them.",
            )
        self._places = labels
