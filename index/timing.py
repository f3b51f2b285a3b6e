"""How long each stage of a path took."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

QUERIES = "index.queries"
"""Name of the logger that tells of each search: its `timings` and the number of `passages`."""


@contextmanager
def timed(timings: dict[str, float], stage: str) -> Iterator[None]:
    """Add the seconds spent inside to ``timings[stage]``."""
    began = time.perf_counter()
    try:
        yield
    finally:
        timings[stage] = timings.get(stage, 0.0) + time.perf_counter() - began


def tell_of_query(timings: Mapping[str, float], passages: int) -> None:
    """Tell whoever listens that the index was searched; never for what."""
    told = {"timings": dict(timings), "passages": passages}
    logging.getLogger(QUERIES).info("searched", extra=told)
