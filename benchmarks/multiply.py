"""Make a large index of a real one: its records many times over, with varied vectors.

Each copy has its own id, UIN and dates, its text with some of its words changed, and vectors
moved at random from the original's (to a cosine of about 0.9), so that copies are neighbours
but not the same point.  Nothing is embedded, so this costs little more than writing.

Run: .venv/bin/python -m benchmarks.multiply --from DIR --to DIR --chunks N
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path

import numpy as np

from index import Index
from index.chunking import chunk
from index.rows import Prepared
from index.types import WrittenAnswer

SPREAD = 0.48
"""Length of the random step beside a unit vector; 0.48 gives a cosine of about 0.9."""
STEP = 500


def varied(record: WrittenAnswer, turn: int, chance: random.Random) -> WrittenAnswer:
    """A copy of a record that differs in id, dates and a tenth of its longer words."""
    shift = timedelta(days=chance.randrange(-3000, 0))
    words = record.text.split(" ")
    for at, word in enumerate(words):
        if len(word) > 6 and chance.random() < 0.1:
            words[at] = chance.choice(words) or word
    return record.model_copy(
        update={
            "id": f"{record.id}-{turn}",
            "asked": record.asked + shift if record.asked else None,
            "answered": record.answered + shift if record.answered else None,
            "text": " ".join(words),
        }
    )


def rows(source: Index, seed: int) -> Iterator[Prepared]:
    """Copies of every record of `source`, turn after turn, with chunks and vectors."""
    chance, noise = random.Random(seed), np.random.default_rng(seed)
    for turn in range(1, 1_000_000):
        for record in source.records():
            numbers = source._catalog.chunk_numbers(record.id)
            known, vectors = source._catalog.vectors(numbers)
            copy = varied(record, turn, chance)
            chunks = chunk(copy, source.embedder)
            if not known or not chunks:
                continue
            own = vectors[[min(n, len(known) - 1) for n in range(len(chunks))]]
            step = noise.normal(size=own.shape).astype(np.float32)
            step *= SPREAD / np.linalg.norm(step, axis=1, keepdims=True)
            moved = own + step
            moved /= np.linalg.norm(moved, axis=1, keepdims=True)
            # No keys: these are not the vectors of these texts.
            yield Prepared(copy, chunks, moved.astype(np.float16), [None] * len(chunks))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--from", dest="source", type=Path, required=True)
    arguments.add_argument("--to", type=Path, required=True)
    arguments.add_argument("--chunks", type=int, required=True)
    options = arguments.parse_args()
    began = time.perf_counter()
    with Index.open(options.source) as source, Index.open_or_create(options.to) as target:
        made = target.status().chunks
        stream = rows(source, seed=1)
        with target._writing():
            writer = target._writer()
            while made < options.chunks:
                batch = list(islice(stream, STEP))
                writer.store(batch)
                made += sum(len(row.chunks) for row in batch)
        status = target.status()
    seconds = time.perf_counter() - began
    print(f"{status.chunks:,} chunks, {status.size_bytes / 2**20:,.0f} MiB, {seconds:,.0f} s")


if __name__ == "__main__":
    main()
