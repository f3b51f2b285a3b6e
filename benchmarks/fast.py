"""What the fast form of the model costs in quality: top-10 overlap and nDCG@10 of dense search.

The index given must have been made with PyTorch (its vectors are the exact ones).  Its chunks
and the queries of a task are embedded with the fast form, and compared: everything exact,
everything fast, and fast questions over exact records (an index made before).

With ``--fast-dir``, an index of the same records made with the fast form, its vectors are taken and
no chunk is embedded again.

Run: .venv/bin/python -m benchmarks.fast --data-dir DIR --task FILE [--queries N]
     [--chunks N] [--questions-only | --fast-dir DIR]
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Sequence
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index import Index
from index.embedding import SentenceTransformerEmbedder
from index.followups import joined_with
from index.text import without_address
from index.types import Chunk

from .common import commit, json_lines, machine

CHUNKS = (
    "SELECT c.number, r.id, c.start, c.end, c.header, c.vector"
    " FROM chunks c JOIN records r ON r.number = c.record ORDER BY c.number"
)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data-dir", type=Path, required=True)
    arguments.add_argument("--task", type=Path, required=True)
    arguments.add_argument("--queries", type=int, default=200)
    arguments.add_argument("--questions-only", action="store_true")
    arguments.add_argument("--fast-dir", type=Path, help="the same records, embedded fast")
    arguments.add_argument("--chunks", type=int, help="search among so many, drawn at random")
    options = arguments.parse_args()
    asked = json_lines(options.task)
    asked = [item for item in asked if item.get("query") and item.get("relevant")]
    asked = asked[: options.queries]
    for item in asked:
        for key in ("relevant", "exclude"):
            item[key] = [str(record) for record in item.get(key, ())]
    with Index.open(options.data_dir) as index:
        exact = SentenceTransformerEmbedder(index.embedder.name, exact=True)
        rows = index.catalog.select_all(CHUNKS)
        if options.chunks:
            wanted = {record for item in asked for record in item["relevant"]}
            needed = [row for row in rows if row[1] in wanted]
            others = [row for row in rows if row[1] not in wanted]
            room = max(0, options.chunks - len(needed))
            rows = needed + random.Random(1).sample(others, min(room, len(others)))
        owners = [row[1] for row in rows]
        records = index.catalog.records(sorted(set(owners)))
        whole = np.stack([np.frombuffer(row[5], np.float16) for row in rows]).astype(np.float32)
        queries = [searched(item) for item in asked]
        precise, quick = exact.encode(queries), index.embedder.encode(queries)
        cases = {"exact": (precise, whole), "fast questions": (quick, whole)}
        if not options.questions_only:
            if options.fast_dir:
                own = taken(options.fast_dir, [row[1:4] for row in rows])
            else:
                texts = [
                    Chunk(i, 0, start, end, records[i].text[start:end], header).embedded_text
                    for _, i, start, end, header, _ in rows
                ]
                own = index.embedder.encode(texts).astype(np.float16).astype(np.float32)
            near = np.sum(own * whole, axis=1)
            print(f"cosine to the exact vector: mean {near.mean():.4f}, least {near.min():.4f}")
            cases["fast"] = (quick, own)
    print(f"machine  {machine()}\ncommit   {commit()}")
    print(f"{len(rows):,} chunks, {len(asked)} queries of {options.task.stem}")
    left_out = [set(item["exclude"]) for item in asked]
    first = list(map(ranked, precise @ whole.T, repeat(owners), left_out))
    for name, (asking, held) in cases.items():
        found = list(map(ranked, asking @ held.T, repeat(owners), left_out))
        overlap = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(first, found, strict=True)])
        gain = np.mean([ndcg(ids, item) for ids, item in zip(found, asked, strict=True)])
        print(f"{name:16s} top-10 overlap {overlap:.3f}   nDCG@10 {gain:.4f}")


def searched(item: dict[str, Any]) -> str:
    """What is searched for: without set phrases, and behind the question before it if any."""
    text = without_address(item["query"])
    return joined_with(text, item.get("history", ())) or text


def taken(folder: Path, spans: Sequence[tuple[str, int, int]]) -> NDArray[np.float32]:
    """An index's vectors of these spans of records, shape ``(len(spans), dimension)``."""
    with Index.open(folder) as index:
        rows = index.catalog.select_all(CHUNKS)
    known = {tuple(row[1:4]): np.frombuffer(row[5], np.float16) for row in rows}
    return np.stack([known[tuple(span)] for span in spans]).astype(np.float32)


def ranked(similarities: Any, owners: list[str], left_out: set[str]) -> list[str]:
    """The ten best records but those left out, equal ones in the order of the index."""
    best: dict[str, None] = {}
    for at in np.argsort(-np.round(similarities, 6), kind="stable"):
        if owners[at] not in left_out:
            best.setdefault(owners[at])
        if len(best) == 10:
            break
    return list(best)


def ndcg(found: list[str], item: dict[str, Any]) -> float:
    """nDCG@10 with one grade."""
    relevant = set(item["relevant"]) - set(item["exclude"])
    gain = sum(1 / math.log2(at + 2) for at, record in enumerate(found) if record in relevant)
    return gain / sum(1 / math.log2(at + 2) for at in range(min(10, len(relevant))))


if __name__ == "__main__":
    main()
