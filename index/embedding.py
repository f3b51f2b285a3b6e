"""Texts to vectors.

The bundled models (`bundled.py`) are computed by ONNX Runtime (`fast/`); PyTorch
(`torch_encoder.py`) takes over where that fails, and computes every other model.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from .bundled import (
    ADAPTER_FILE,
    BUNDLED_NAME,
    FORMER_NAMES,
    READER_FILE,
    TUNED_NAME,
    adapter_name,
    adapter_of,
    bundled_folder,
    verify,
    verify_reader,
)
from .errors import ModelUnavailable
from .model_files import as_folder, downloaded, first_line, read_config

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .fast.encoder import FastEncoder
    from .fast.reader import Reader
    from .torch_encoder import TorchEncoder

log = logging.getLogger(__name__)

KEPT = 64
"""Texts whose word vectors are kept, some 400 kB each: a follow-up asks for them again."""

Pieces = tuple[list[tuple[int, int]], "NDArray[np.float32]"]


class Embedder(Protocol):
    """What the index needs of an embedding model.

    `name` goes into the index's manifest, so two embedders of the same name must give
    the same vectors.  `window` counts word pieces, the model's own marks included.
    """

    name: str

    @property
    def dimension(self) -> int: ...
    @property
    def window(self) -> int: ...
    @property
    def special_tokens(self) -> int:
        """How many word pieces the model adds to every text."""

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """Character spans of the word pieces of `text`, without the model's marks."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of unit length, shape ``(len(texts), dimension)``."""

    def encode_query(self, text: str) -> NDArray[np.float32]:
        """The vector of a question, shape ``(dimension,)``."""


class SentenceTransformerEmbedder:
    """Any sentence-transformers model; the tuned one that comes along when none is named.

    `model` is `TUNED_NAME`, `BUNDLED_NAME` (the base without its adapter), the path of an
    adapter file for that base, the folder of a model, or its name on the model hub.
    With `exact` PyTorch computes it at the processor's usual precision, whichever it is; the
    vectors are near enough for both to serve one index (`docs/model.md`).

    Raises:
        ModelUnavailable: the model cannot be found, loaded or verified.
    """

    def __init__(self, model: str | None = None, *, exact: bool = False) -> None:
        self.name = model or TUNED_NAME
        if self.name in FORMER_NAMES:
            raise ModelUnavailable(
                f"The index was made with {self.name}, which this version no longer brings along.",
                "Move it to the present model: assistant index reembed",
            )
        self._adapter = adapter_of(self.name)
        if self._adapter is not None and self._adapter != ADAPTER_FILE:
            # The contents name the model: an adapter file may be moved.
            self.name = adapter_name(self._adapter)
        self._is_bundled = self._adapter is not None or self.name == BUNDLED_NAME
        self._is_exact = exact or not self._is_bundled
        self.gives_way = False
        """Whether many texts are computed at a lower priority than one while others compute too.

        Set it before any is.
        """
        self._lock = threading.RLock()
        self._model: Any = None
        self._encoder: FastEncoder | TorchEncoder | None = None
        self._reader: Reader | None = None
        self.has_reader = self._adapter == ADAPTER_FILE
        """Whether `answering` tells anything: it was trained on the default model's vectors."""
        self._tokenizer: Any = None
        self._folder = bundled_folder() if self._is_bundled else as_folder(self.name)
        self._kept_pieces = lru_cache(KEPT)(self._piece_vectors)
        self._window: int | None = None
        self._dimension: int | None = None
        if self._folder is not None:
            if not self._is_bundled:
                self.name = str(self._folder)
            self._window, self._dimension = read_config(self._folder)

    @property
    def dimension(self) -> int:
        if self._dimension is None:
            self._dimension = int(self._load_model().get_embedding_dimension())
        return self._dimension

    @property
    def window(self) -> int:
        if self._window is None:
            self._window = int(self._load_model().max_seq_length or 512)
        return self._window

    @property
    def special_tokens(self) -> int:
        return int(self._fast_tokenizer().num_special_tokens_to_add(False))

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        encoded = self._fast_tokenizer().encode(text, add_special_tokens=False)
        return [(int(start), int(end)) for start, end in encoded.offsets]

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if not len(texts):
            return np.empty((0, self.dimension), dtype=np.float32)
        # Here and not in the model, whose arithmetic may be too coarse for a length of one.
        return of_unit_length(self.encoder().text_vectors(texts))

    def encode_query(self, text: str) -> NDArray[np.float32]:
        return np.asarray(self.encode([text])[0], dtype=np.float32)

    def token_vectors(self, texts: Sequence[str]) -> list[Pieces]:
        """Of each text, as far as the window holds it: the spans and vectors of its pieces.

        They are what the layer in the middle of the model gives, or the last one where the model
        does not tell of the others: for single words that is as good (`docs/answers.md`), and it
        is had in half the time.
        """
        # One by one: together, every text costs as much as the longest, which here go first.
        order = sorted(range(len(texts)), key=lambda at: -len(texts[at]))
        read = self.encoder().each(self._kept_pieces, (texts[at] for at in order))
        made = dict(zip(order, read, strict=True))
        return [made[at] for at in range(len(texts))]

    def answering(
        self, question: NDArray[np.float32], sentences: Sequence[NDArray[np.float32]]
    ) -> NDArray[np.float32] | None:
        """The logarithm of the odds that each sentence answers a question.

        All are rows of what `token_vectors` gave, those of a question and of each sentence.  None
        where nothing was trained to read this model's vectors.
        """
        with self._lock:
            if self._reader is None and self.has_reader:
                self._reader = self._open_reader()
        if self._reader is None:
            return None
        return self._reader.scores(question, sentences, self.encoder().each)

    def encoder(self) -> FastEncoder | TorchEncoder:
        """What computes the model, opened at first use."""
        with self._lock:
            if self._encoder is None:
                self._encoder = self._open_fast() or self._open_torch()
        return self._encoder

    def _piece_vectors(self, text: str) -> Pieces:
        return self.encoder().piece_vectors(text)

    def _open_reader(self) -> Reader | None:
        verify_reader()
        try:
            from .fast.reader import Reader

            return Reader(READER_FILE)
        except Exception as error:  # whatever does not fit here: answers are chosen without it
            log.warning(
                "What reads whether a sentence answers cannot be used (%s).", first_line(error)
            )
            log.debug("opening the reader failed", exc_info=True)
            self.has_reader = False
            return None

    def _fast_tokenizer(self) -> Any:
        if self._tokenizer is None:
            self._tokenizer = self._open_tokenizer()
        return self._tokenizer

    def _open_tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        # Read from its file where there is one: that spares loading the model.
        file = self._folder / "tokenizer.json" if self._folder else None
        if file is not None and file.is_file():
            tokenizer = Tokenizer.from_file(str(file))
        else:
            backend = getattr(self._load_model().tokenizer, "backend_tokenizer", None)
            if backend is None:
                raise ModelUnavailable(
                    f"The model {self.name} has no fast tokenizer, which chunking needs.",
                    "Choose a model that ships tokenizer.json.",
                )
            tokenizer = Tokenizer.from_str(backend.to_str())
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    def _open_fast(self) -> FastEncoder | None:
        """The bundled model without PyTorch; None where PyTorch is to compute it."""
        if self._is_exact:
            return None
        verify(self._adapter)
        try:
            from .fast.encoder import FastEncoder

            return FastEncoder(bundled_folder(), self.window, self._adapter, self.gives_way)
        except Exception as error:  # whatever does not fit here: PyTorch may
            log.warning(
                "The fast form of the embedding model cannot be used (%s); PyTorch computes it.",
                first_line(error),
            )
            log.debug("opening the fast model failed", exc_info=True)
            return None

    def _open_torch(self) -> TorchEncoder:
        model = self._load_model()
        from .torch_encoder import TorchEncoder

        return TorchEncoder(model, self._fast_tokenizer())

    def _load_model(self) -> Any:
        with self._lock:
            if self._model is None:
                self._model = self._open_model()
        return self._model

    def _open_model(self) -> Any:
        if self._is_bundled:
            verify(self._adapter)
        try:
            from .torch_encoder import open_model

            return open_model(self._folder or downloaded(self.name), self._adapter)
        except ModelUnavailable:
            raise
        except Exception as error:  # the library raises many unrelated types here
            log.debug("loading %s failed", self.name, exc_info=True)
            raise ModelUnavailable(
                f"The embedding model {self.name!r} cannot be loaded ({first_line(error)}).",
                "Give the folder of a sentence-transformers model, a model name that this "
                "machine can download, or leave the setting out to use the bundled model.",
            ) from error


def of_unit_length(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The rows divided by their lengths; those of no length stay as they are."""
    lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return np.asarray(vectors / lengths, dtype=np.float32)
