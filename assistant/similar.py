"""Records near another: what else has been answered on its matter."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from index.text import strip_boilerplate

if TYPE_CHECKING:
    from index import Index
    from index.types import Retrieval

_OPENING = 300
"""Characters of an answer that stand for it where it has no question."""


def similar(index: Index, record_id: str, k: int = 8) -> Retrieval | None:
    """The `k` passages of other records nearest to a record; None where there is no such one."""
    record = index.get(record_id)
    if record is None:
        return None
    asked = strip_boilerplate(record.question) or record.text[:_OPENING]
    found = index.retrieve(f"{record.heading or ''} {asked}".strip()[:3_000], k=k + 1)
    others = tuple(p for p in found if p.record.id != record_id)[:k]
    return replace(found, passages=others)
