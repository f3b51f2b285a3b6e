"""Runs the bundled model in ONNX Runtime: the only module that imports onnxruntime."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from .graph import build

Vectors = NDArray[np.float32]
T = TypeVar("T")
R = TypeVar("R")
N = TypeVar("N", np.int64, np.float32)

RANGES_FILE = Path(__file__).parents[1] / "data" / "ranges.safetensors"
"""The range of each input channel of the bundled model (``python -m benchmarks.fit_ranges``)."""

_BATCH = 8
_LOWER = 10
"""Steps by which threads that give way lie below the usual priority."""


class FastEncoder:
    """Texts to vectors; safe from many threads.

    `folder` is that of a BERT model with mean pooling, `adapter` a file to be merged into it.
    With `gives_way` many texts are computed at a lower priority than one, which is computed by
    the thread that asks, for as long as anybody else has texts computed as well.

    Raises whatever its libraries raise where the model or the machine does not fit.
    """

    def __init__(
        self, folder: Path, window: int, adapter: Path | None, gives_way: bool = False
    ) -> None:
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        config = json.loads((folder / "config.json").read_text("utf-8"))
        weights = load_file(folder / "model.safetensors")
        if adapter is not None:
            from ..tuning.lora import merge_arrays

            merge_arrays(weights, adapter)
        ranges, heads = load_file(RANGES_FILE), config["num_attention_heads"]
        layers = config["num_hidden_layers"]
        self._session = session(build(weights, ranges, layers, heads))
        self._tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(window)
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
        threads = int(os.environ.get("OMP_NUM_THREADS") or cores or os.cpu_count() or 1)
        self._usual = ThreadPoolExecutor(threads, thread_name_prefix="embed")
        # A thread may lower its priority and never raise it again: hence threads of both kinds.
        self._lower = (
            ThreadPoolExecutor(threads, "embed-later", initializer=_lower_priority)
            if gives_way
            else self._usual
        )
        self._counting = threading.Lock()
        self._computing = 0

    def each(self, compute: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """What `compute` makes of each item, a core for each; in their order."""
        with self.counted() as is_alone:
            return list((self._usual if is_alone else self._lower).map(compute, items))

    @contextmanager
    def counted(self) -> Iterator[bool]:
        """Counts the caller as computing meanwhile; gives whether nobody else is."""
        with self._counting:
            self._computing += 1
            is_alone = self._computing == 1
        try:
            yield is_alone
        finally:
            with self._counting:
                self._computing -= 1

    def text_vectors(self, texts: Sequence[str]) -> Vectors:
        """Means of each text's word pieces, shape ``(len(texts), dimension)``, any length."""
        ids = [encoded.ids for encoded in self._tokenizer.encode_batch_fast(list(texts))]
        # Texts of a length go together, so that few are padded for nothing; the longest go
        # first, so that at the end no core waits long for another.
        order = sorted(range(len(ids)), key=lambda at: -len(ids[at]))
        batches = [order[first : first + _BATCH] for first in range(0, len(order), _BATCH)]
        wanted = ([ids[at] for at in batch] for batch in batches)
        if len(batches) > 1:
            means = self.each(self._means, wanted)
        else:
            with self.counted():
                means = list(map(self._means, wanted))
        rows = dict(zip(order, (row for some in means for row in some), strict=True))
        return np.stack([rows[at] for at in range(len(ids))])

    def piece_vectors(self, text: str) -> tuple[list[tuple[int, int]], Vectors]:
        """The spans of a text's word pieces and their vectors half-way, of any length."""
        encoded = self._tokenizer.encode(text)
        vectors, _ = self._vectors([encoded.ids], whole=False)
        kept = [at for at, mark in enumerate(encoded.special_tokens_mask) if not mark]
        spans = encoded.offsets  # made anew each time it is named
        return [spans[at] for at in kept], vectors[0][kept]

    def _means(self, ids: list[list[int]]) -> Vectors:
        vectors, mask = self._vectors(ids, whole=True)
        summed = np.einsum("tpd,tp->td", vectors, mask.astype(np.float32))
        return np.asarray(summed / mask.sum(axis=1, keepdims=True), dtype=np.float32)

    def _vectors(self, texts: list[list[int]], whole: bool) -> tuple[Vectors, NDArray[np.int32]]:
        ids, mask = padded([np.array(own, dtype=np.int64) for own in texts])
        given = {"ids": ids, "mask": mask, "whole": np.array(whole)}
        return self._session.run(None, given)[0], mask


def session(model: bytes) -> Any:
    """An ONNX model ready to run, each call on one core."""
    # It would tell its maker of the machine and of every model that is opened.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    # A core for each batch beats all cores on one: nothing waits for the slowest.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def padded(texts: Sequence[NDArray[N]]) -> tuple[NDArray[N], NDArray[np.int32]]:
    """What stands for each text's word pieces in one array, and which of that stands for any."""
    longest = max(map(len, texts))
    together = np.zeros((len(texts), longest, *texts[0].shape[1:]), dtype=texts[0].dtype)
    mask = np.zeros((len(texts), longest), dtype=np.int32)
    for row, own in enumerate(texts):
        together[row, : len(own)] = own
        mask[row, : len(own)] = 1
    return together, mask


def _lower_priority() -> None:
    """Let other threads go before this one; nothing where a thread has no priority of its own."""
    if sys.platform == "linux":
        # On Linux 0 means the calling thread, not its process.
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, os.getpriority(os.PRIO_PROCESS, 0) + _LOWER)
