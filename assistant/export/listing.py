"""A list of records as a table: CSV for spreadsheets, JSON for programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from index.types import Passage, WrittenAnswer

from .citing import citation, flags

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_HEADINGS = (
    "rank", "id", "uin", "heading", "department", "house", "asked", "answered", "asked by",
    "answered by", "what to know", "passage", "question", "answer", "address", "citation",
)  # fmt: skip


def passages_csv(passages: Sequence[Passage]) -> str:
    """The passages as CSV with a heading line, in order.

    A cell that a spreadsheet would run as a formula begins with an apostrophe.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_HEADINGS)
    for rank, found in enumerate(passages, 1):
        writer.writerow([plain_cell(value) for value in _row(rank, found)])
    return out.getvalue()


def passages_json(passages: Sequence[Passage]) -> str:
    """The passages as a JSON list: rank, passage with its span, whole record, citation."""
    items = [
        {
            "rank": rank,
            "passage": found.text,
            "start": found.start,
            "end": found.end,
            "score": found.score,
            "ranks": dict(found.ranks),
            "others": [{"id": ref.id, "uin": ref.uin} for ref in found.others],
            "record": _record(found.record),
            "citation": citation(found.record),
        }
        for rank, found in enumerate(passages, 1)
    ]
    # Escaped to ASCII: a half character of the source cannot be written to a file.
    return json.dumps(items, indent=2) + "\n"


def plain_cell(value: str) -> str:
    """The value as a cell that no spreadsheet takes for a formula."""
    text = value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _row(rank: int, found: Passage) -> list[str]:
    record = found.record
    return [
        str(rank),
        record.id,
        record.uin or "",
        record.title,
        record.department or "",
        record.house or "",
        record.asked.isoformat() if record.asked else "",
        record.answered.isoformat() if record.answered else "",
        record.asker.label if record.asker else "",
        record.answerer.label if record.answerer else "",
        "; ".join(flags(record)),
        found.text,
        record.question,
        record.text,
        record.url or "",
        citation(record),
    ]


def _record(record: WrittenAnswer) -> dict[str, Any]:
    return record.model_dump(mode="json", exclude={"source", "content_hash"})
