"""An answer as JSON and back, its records named by their content rather than repeated."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter

from index.types import WrittenAnswer

from ..types import GroundedAnswer

_RECORD = "$record"


def dump(answer: GroundedAnswer) -> tuple[str, dict[str, WrittenAnswer]]:
    """The answer as JSON, and the records it names by their content hash."""
    records: dict[str, WrittenAnswer] = {}
    return json.dumps(_plain(answer, records)), records


def load(text: str, records: Mapping[str, WrittenAnswer]) -> GroundedAnswer:
    """The answer that `dump` wrote.

    Raises:
        ValueError: a field that is needed is not there, or is of another kind.
        KeyError: a record is not among `records`.
    """
    return _adapter().validate_python(_whole(json.loads(text), records))


def dump_record(record: WrittenAnswer) -> str:
    """The record as JSON."""
    return json.dumps(record.model_dump(mode="json", exclude={"content_hash"}))


def load_record(text: str) -> WrittenAnswer:
    """The record that `dump_record` wrote.

    Raises:
        ValueError: it was written by another version.
    """
    return WrittenAnswer.model_validate(json.loads(text))


def _plain(value: Any, records: dict[str, WrittenAnswer]) -> Any:
    if isinstance(value, WrittenAnswer):
        key = value.content_hash
        records[key] = value
        return {_RECORD: key}
    if isinstance(value, Enum | date):
        return value.value if isinstance(value, Enum) else value.isoformat()
    if is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name), records) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item, records) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item, records) for item in value]
    return value


def _whole(value: Any, records: Mapping[str, WrittenAnswer]) -> Any:
    if isinstance(value, dict):
        if value.keys() == {_RECORD}:
            return records[value[_RECORD]]
        return {key: _whole(item, records) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item, records) for item in value]
    return value


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[GroundedAnswer]:
    return TypeAdapter(GroundedAnswer)
