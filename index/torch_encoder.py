"""Runs any sentence-transformers embedding model in PyTorch."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from .errors import ModelUnavailable
from .model_files import first_line

Vectors = NDArray[np.float32]
T = TypeVar("T")
R = TypeVar("R")

_BATCH = 8
_NETWORK_TAKES = ("input_ids", "attention_mask", "token_type_ids")


class TorchEncoder:
    """Texts to vectors; safe from many threads.

    `model` is a `SentenceTransformer` on the processor, `tokenizer` the fast one it was trained
    with, without truncation or padding.
    """

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._tokenizing = threading.Lock()
        # A thread for each core, each of which computes on that core alone: many batches so
        # beat all cores on one by a fifth.
        torch = torch_module()
        self._workers = ThreadPoolExecutor(
            torch.get_num_threads(),
            thread_name_prefix="embed",
            initializer=torch.set_num_threads,
            initargs=(1,),
        )

    def each(self, compute: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """What `compute` makes of each item, a core for each; in their order."""
        return list(self._workers.map(compute, items))

    def text_vectors(self, texts: Sequence[str]) -> Vectors:
        """The model's vectors, shape ``(len(texts), dimension)``, any length."""
        # Texts of a length go together, so that few are padded for nothing.
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        batches = [order[first : first + _BATCH] for first in range(0, len(order), _BATCH)]
        wanted = [[texts[at] for at in batch] for batch in batches]
        many = len(batches) > 1
        made = self.each(self._batch, wanted) if many else list(map(self._batch, wanted))
        rows = dict(zip(order, (row for some in made for row in some), strict=True))
        return np.stack([rows[at] for at in range(len(texts))])

    def piece_vectors(self, text: str) -> tuple[list[tuple[int, int]], Vectors]:
        """The spans of a text's word pieces and their vectors half-way, of any length.

        The last layer's where the model does not tell of the others.
        """
        torch = torch_module()
        # The fast tokenizers are not safe from several threads.
        with self._tokenizing:
            features = self._prepare([text])
            encoded = self._tokenizer.encode(text)
        with torch.inference_mode():
            vectors = _half_way(self._model, features)[0].float().numpy()
        # Where the model has cut the text, its end mark stands in the last place.
        seen = len(vectors) - (len(encoded.ids) > len(vectors))
        kept = [at for at, mark in enumerate(encoded.special_tokens_mask[:seen]) if not mark]
        spans = encoded.offsets  # made anew each time it is named
        return [spans[at] for at in kept], vectors[kept]

    def _batch(self, texts: list[str]) -> Vectors:
        model = self._model
        prompt = model.prompts.get(model.default_prompt_name) or ""
        with self._tokenizing:
            features = self._prepare([prompt + text for text in texts])
        with torch_module().inference_mode():
            made = model(features)["sentence_embedding"]
        return np.asarray(made.float().numpy(), dtype=np.float32)

    def _prepare(self, texts: list[str]) -> Any:
        # Renamed in sentence-transformers 6.
        prepare = getattr(self._model, "preprocess", None) or self._model.tokenize
        return prepare(texts)


def open_model(folder: Path, adapter: Path | None = None) -> Any:
    """The `SentenceTransformer` in a folder, ready to compute, with an adapter merged into it.

    Raises:
        ModelUnavailable: the adapter cannot be used; whatever the libraries raise where the
            model's own files do not fit.
    """
    torch = torch_module()
    dtype = torch.bfloat16 if has_bfloat16() else torch.float32
    # An adapter is added in full precision, whatever is computed in afterwards.
    model = opened(folder, "cpu", torch.float32 if adapter is not None else dtype)
    if adapter is not None:
        _merge(model, adapter)
    return model.to(dtype).eval()


def has_bfloat16() -> bool:
    """Whether the processor computes in numbers of 16 bits.

    That doubles the speed of reading (cosine to full precision 0.9999), and halves it elsewhere;
    training is half as fast again.
    """
    torch = torch_module()
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def _merge(model: Any, adapter: Path) -> None:
    from .tuning import lora

    try:
        lora.merge(model[0].auto_model, adapter)
    except Exception as error:  # the readers of the file raise many unrelated types
        raise ModelUnavailable(
            f"The adapter {adapter} cannot be used ({first_line(error)}).",
            "Name an adapter that `assistant tune` made, or leave the setting out.",
        ) from error


def opened(folder: Path, device: str, dtype: Any) -> Any:
    """The `SentenceTransformer` in a folder, on ``cpu`` or ``cuda``."""
    torch_module()
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    return SentenceTransformer(str(folder), device=device, model_kwargs={"dtype": dtype})


def torch_module() -> Any:
    """PyTorch, imported with the settings that it reads only then."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    # Threads that wait by spinning make this five times slower wherever another process
    # wants a core.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import torch

    return torch


def _half_way(model: Any, features: Any) -> Any:
    """What the layer in the middle gives for each word piece; the last where it is not told."""
    network = getattr(model[0], "auto_model", None)
    given = {name: features[name] for name in _NETWORK_TAKES if name in features}
    made = network(**given, output_hidden_states=True) if network is not None and given else None
    layers = getattr(made, "hidden_states", None)
    # The first are the words before any layer.
    return layers[len(layers) // 2] if layers else model(features)["token_embeddings"]
