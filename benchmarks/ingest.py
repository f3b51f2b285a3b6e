"""Build an index of the real records: records/s, chunks/s, peak memory, size on disk.

Run: .venv/bin/python -m benchmarks.ingest [--records PATH] [--limit N]
"""

from __future__ import annotations

import tempfile
import time
from itertools import islice
from pathlib import Path

from index import Index
from index.embedding import SentenceTransformerEmbedder
from index.sources import read_path

from .common import commit, machine, parser, peak_memory_mib


def main() -> None:
    arguments = parser(__doc__ or "")
    arguments.add_argument("--limit", type=int, default=None, help="use only the first N records")
    options = arguments.parse_args()

    embedder = SentenceTransformerEmbedder()
    began = time.perf_counter()
    embedder.warm_up()
    load = time.perf_counter() - began
    began = time.perf_counter()
    items = list(islice(read_path(options.records), options.limit))
    read = time.perf_counter() - began
    before = peak_memory_mib()
    with (
        tempfile.TemporaryDirectory() as folder,
        Index.open_or_create(Path(folder), embedder=embedder) as index,
    ):
        began = time.perf_counter()
        report = index.add(items)
        add = time.perf_counter() - began
        began = time.perf_counter()
        again = index.add(items)
        second = time.perf_counter() - began
        size = index.status().size_bytes
    print(f"machine          {machine()}")
    print(f"commit           {commit()}")
    print(f"model load       {load:8.1f} s")
    print(f"reading          {read:8.1f} s   {len(items) / read:8.0f} records/s")
    print(f"adding           {add:8.1f} s   {report.added / add:8.1f} records/s")
    print(f"chunks           {report.chunks:8,d}     {report.chunks / add:8.1f} chunks/s")
    print(f"second run       {second:8.1f} s   {again.unchanged:,} unchanged")
    print(f"peak memory      {peak_memory_mib():8.0f} MiB ({before:.0f} before adding)")
    each = size / max(report.chunks, 1)
    print(f"size on disk     {size / 2**20:8.1f} MiB ({each:,.0f} bytes/chunk)")


if __name__ == "__main__":
    main()
