"""Re-ranking by a cross-encoder, where one is configured: any sentence-transformers model."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelUnavailable

log = logging.getLogger(__name__)

RERANKED = 20
"""How many of the best records are read together with the question."""


class Reranker(Protocol):
    """What retrieval needs of a re-ranking model."""

    def scores(self, question: str, texts: Sequence[str]) -> NDArray[np.float64]:
        """How well each text answers the question, higher is better; shape ``(len(texts),)``."""


class CrossEncoderReranker:
    """A sentence-transformers CrossEncoder by name or path, loaded at the first question.

    Raises:
        ModelUnavailable: at the first question, when the model cannot be loaded.
    """

    def __init__(self, model: str) -> None:
        self._name = model
        self._lock = threading.Lock()
        self._model: Any = None

    def scores(self, question: str, texts: Sequence[str]) -> NDArray[np.float64]:
        model = self._load()
        # The fast tokenizer is not safe from several threads.
        with self._lock:
            made = model.predict([(question, text) for text in texts], show_progress_bar=False)
        return np.asarray(made, dtype=np.float64).reshape(len(texts), -1)[:, -1]

    def _load(self) -> Any:
        with self._lock:
            if self._model is None:
                self._model = self._open()
        return self._model

    def _open(self) -> Any:
        from sentence_transformers import CrossEncoder

        try:
            return CrossEncoder(self._name, device="cpu")
        except Exception as error:  # the library raises many unrelated types here
            log.debug("loading %s failed", self._name, exc_info=True)
            first = (str(error).strip().splitlines() or [type(error).__name__])[0][:160]
            raise ModelUnavailable(
                f"The re-ranking model {self._name!r} cannot be loaded ({first}).",
                "Give the folder or name of a sentence-transformers CrossEncoder, or leave the "
                "setting `reranker` out.",
            ) from error
