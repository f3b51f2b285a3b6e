"""Make a large index of a real one: its records many times over, with varied vectors.

Each copy has its own id, UIN and dates, other figures, a third of its longer words changed for
words of other records, and vectors moved at random from the original's (to a cosine of about
0.9): copies are neighbours, but not near-copies of each other, which an index of so many different
answers would not be full of either.  Nothing is embedded, so this costs little more than writing.

A run that was stopped, or was asked for fewer, is gone on with.

Run: .venv/bin/python -m benchmarks.multiply --from DIR --to DIR --chunks N
"""

from __future__ import annotations

import argparse
import random
import re
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import count, islice
from pathlib import Path

import numpy as np

from index import Index
from index.chunking import chunk
from index.rows import Prepared
from index.types import WrittenAnswer

SPREAD = 0.48
"""Length of the random step beside a unit vector; 0.48 gives a cosine of about 0.9."""
CHANGED = 0.33
"""Share of a copy's words of more than four letters that are other words."""
STEP = 500


def varied(
    record: WrittenAnswer, turn: int, chance: random.Random, others: Sequence[str]
) -> WrittenAnswer:
    """A copy of a record that differs in id, UIN, dates, figures and words.

    `others` are what is put in place of `CHANGED` of its longer words.
    """
    shift = timedelta(days=chance.randrange(-3000, 0))
    words = record.text.split(" ")
    for at, word in enumerate(words):
        if any(c.isdigit() for c in word):
            words[at] = re.sub(r"\d", lambda _: str(chance.randrange(10)), word)
        elif len(word) > 4 and others and chance.random() < CHANGED:
            words[at] = chance.choice(others)
    return record.model_copy(
        update={
            "id": f"{record.id}-{turn}",
            "uin": f"{record.uin}{turn:02d}" if record.uin else None,
            "asked": record.asked + shift if record.asked else None,
            "answered": record.answered + shift if record.answered else None,
            "text": " ".join(words),
        }
    )


def rows(source: Index, seed: int, skip: int = 0) -> Iterator[Prepared]:
    """Copies of every record of `source`, turn after turn, with chunks and vectors.

    The first `skip` are left out; each copy is the same whatever was left out before it.
    """
    before: Sequence[str] = ()
    for at, (turn, record) in enumerate(
        (turn, record) for turn in count(1) for record in source.records()
    ):
        others, before = before, [word for word in record.text.split() if len(word) > 4]
        if at < skip:
            continue
        chance, noise = random.Random(f"{seed} {at}"), np.random.default_rng((seed, at))
        known, vectors = source.catalog.vectors(source.catalog.chunk_numbers(record.id))
        copy = varied(record, turn, chance, others)
        chunks = chunk(copy, source.embedder)
        if not known:
            chunks = []
        own = vectors[[min(n, len(known) - 1) for n in range(len(chunks))]]
        step = noise.normal(size=own.shape).astype(np.float32)
        step *= SPREAD / np.maximum(np.linalg.norm(step, axis=1, keepdims=True), 1e-9)
        moved = own + step
        moved /= np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9)
        # No keys: these are not the vectors of these texts.
        yield Prepared(copy, chunks, moved.astype(np.float16), [None] * len(chunks))


def multiply(source: Index, target: Index, chunks: int) -> None:
    """Add copies of the records of `source` to `target` until it has `chunks` chunks.

    One that was stopped is gone on with.
    """
    made = target.status().chunks
    stream = rows(source, seed=1, skip=target.count_records())
    with target._writing():
        writer = target._writer()
        while made < chunks:
            batch = list(islice(stream, STEP))
            writer.store(batch)
            made += sum(len(row.chunks) for row in batch)
        writer.catch_up()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--from", dest="source", type=Path, required=True)
    arguments.add_argument("--to", type=Path, required=True)
    arguments.add_argument("--chunks", type=int, required=True)
    options = arguments.parse_args()
    began = time.perf_counter()
    with Index.open(options.source) as source, Index.open_or_create(options.to) as target:
        multiply(source, target, options.chunks)
        status = target.status()
    seconds = time.perf_counter() - began
    print(f"{status.chunks:,} chunks, {status.size_bytes / 2**20:,.0f} MiB, {seconds:,.0f} s")


if __name__ == "__main__":
    main()
