"""Our own records as JSON: the bundled sample, and whatever `export` wrote."""

from __future__ import annotations

from typing import Any

from ..types import WrittenAnswer
from .fields import BadRecord


def is_record(value: dict[str, Any]) -> bool:
    """Whether a JSON object is one of our own records rather than one of the API's."""
    return "text" in value and "answerText" not in value and "value" not in value


def read_record(value: dict[str, Any], name: str) -> WrittenAnswer:
    """The record, its hash made anew.

    Raises `BadRecord` or pydantic's `ValidationError` where a field is missing or wrong.
    """
    fields = {key: item for key, item in value.items() if key != "content_hash"}
    fields["source"] = fields.get("source") or f"canonical:{name}"
    if "id" not in fields:
        raise BadRecord("id is missing")
    return WrittenAnswer.model_validate(fields)
