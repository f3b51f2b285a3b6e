"""Pages of one search that have everything once.

How deep a search looks changes its order a little: a page that is searched for by itself could
repeat what an earlier one had, and pass over what none has.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from index.types import Passage, Retrieval

FIRST = 50
"""Passages that are searched for at once: further pages begin with the same."""


def passages_to(search: Callable[[int], Retrieval], wanted: int, most: int) -> Retrieval:
    """The first `wanted` passages, the same however many are wanted.

    `search` gives that many as it is asked for; `most` is the most that can be wanted.
    """
    found = search(min(FIRST, most))
    if wanted > FIRST and len(found) == FIRST:
        seen = set().union(*map(_members, found))
        deeper = (one for one in search(most) if seen.isdisjoint(_members(one)))
        found = replace(found, passages=(*found.passages, *deeper))
    return replace(found, passages=found.passages[:wanted])


def _members(passage: Passage) -> set[str]:
    return {passage.record.id, *(other.id for other in passage.others)}
