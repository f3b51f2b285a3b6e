"""What both frameworks are told of a passage."""

from __future__ import annotations

from typing import Any

from ..types import Passage


def metadata(passage: Passage) -> dict[str, Any]:
    """Where a passage stands and what a reader must know of its record; plain values only.

    ``start`` and ``end`` count Unicode code points into the record's text.
    """
    record = passage.record
    return {
        "record_id": record.id,
        "start": passage.start,
        "end": passage.end,
        "score": passage.score,
        "title": record.title,
        "department": record.department,
        "house": record.house,
        "uin": record.uin,
        "asked": record.asked.isoformat() if record.asked else None,
        "answered": record.answered.isoformat() if record.answered else None,
        "url": record.url,
        "is_holding": record.is_holding,
        "is_correction": record.is_correction,
        "is_withdrawn": record.is_withdrawn,
        "is_truncated": record.is_truncated,
        "is_summary": record.is_summary,
    }
