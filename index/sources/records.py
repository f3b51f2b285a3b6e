"""Records as JSON: one object, an array, a list response, or JSON Lines, all of either kind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain
from typing import Any

from pydantic import ValidationError

from ..types import Rejected, WrittenAnswer
from . import api, canonical, statements
from .fields import BadRecord, kind_of, plain_reason
from .files import MAX_LINE, MAX_WHOLE, MIB, Opened, Unreadable, decode

_DEEP = "it is nested too deep"


def read_json(opened: Opened) -> Iterator[WrittenAnswer | Rejected]:
    """Every record of a JSON or JSON Lines file.

    JSON Lines are read one by one, so that a large file is never held whole.
    """
    if not opened.starts_with("{"):
        yield from _read_whole(opened, decode(opened.read(), opened.encoding))
        return
    lines = _Lines(opened)
    first: list[bytes | None] = []
    filled: list[bytes] = []
    for line in lines:
        first.append(line)
        filled += [line.strip()] if line and line.strip() else []
        if line is None or len(filled) == 2:
            break
    whole = len(filled) < 2 and None not in first and not lines.stopped
    if not whole and _is_lines(filled):
        yield from _read_lines(opened, lines, chain(first, lines))
        return
    kept: list[bytes] = []
    size = 0
    for line in chain(first, lines):
        size += len(line or b"")
        if line is None or size > MAX_WHOLE:
            raise Unreadable("it is one object too large to be a record")
        kept.append(line)
    if lines.stopped:
        raise lines.stopped
    yield from _read_whole(opened, decode(b"".join(kept), "utf-8"))


class _Lines:
    """The lines of a file; what stopped the reading early is kept, with all lines before it."""

    def __init__(self, opened: Opened) -> None:
        self._lines = opened.lines()
        self.stopped: Unreadable | None = None

    def __iter__(self) -> Iterator[bytes | None]:
        return self

    def __next__(self) -> bytes | None:
        try:
            return next(self._lines)
        except Unreadable as error:
            self.stopped = error
            raise StopIteration from None


def _is_lines(filled: list[bytes]) -> bool:
    """Whether each line is an object of its own, from the first lines that are not blank."""
    # An object laid out over lines goes on with a name, not with another object.
    return any(line.startswith(b"{") for line in filled[1:]) or any(map(_parses, filled[:1]))


def _parses(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _read_lines(
    opened: Opened, lines: _Lines, every: Iterator[bytes | None]
) -> Iterator[WrittenAnswer | Rejected]:
    number = 0
    for number, line in enumerate(every, start=1):
        where = f"line {number}"
        if line is None:
            reason = f"the line is longer than {MAX_LINE // MIB} MiB"
            yield Rejected(str(opened.path), where, reason)
        elif line.strip():
            yield from _read_line(opened, line, number)
    if lines.stopped:
        yield Rejected(str(opened.path), f"after line {number}", str(lines.stopped))


def _read_line(opened: Opened, line: bytes, number: int) -> Iterator[WrittenAnswer | Rejected]:
    where = f"line {number}"
    try:
        value = json.loads(decode(line.strip(), "utf-8", number))
    except Unreadable as error:
        yield Rejected(str(opened.path), where, str(error))
    except ValueError as error:
        yield Rejected(str(opened.path), where, _json_reason(error, one_line=True))
    except RecursionError:
        yield Rejected(str(opened.path), where, _DEEP)
    else:
        yield from read_value(value, opened, where)


def _read_whole(opened: Opened, text: str) -> Iterator[WrittenAnswer | Rejected]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise Unreadable(_json_reason(error)) from None
    except RecursionError:
        raise Unreadable(_DEEP) from None
    yield from read_value(value, opened, "")


def _json_reason(error: ValueError, one_line: bool = False) -> str:
    if isinstance(error, json.JSONDecodeError):
        line = "" if one_line else f"line {error.lineno}, "
        return f"broken JSON at {line}column {error.colno}: {error.msg}"
    return f"broken JSON: {error}"


def read_value(value: Any, opened: Opened, where: str) -> Iterator[WrittenAnswer | Rejected]:
    """The records of one JSON value: an object, an array, or a list response."""
    items = value
    if isinstance(value, dict) and "results" in value and not {"value", "answerText"} & set(value):
        items = value["results"]
        if not isinstance(items, list):
            reason = f"results is {kind_of(items)}, not a list"
            yield Rejected(str(opened.path), where, reason)
            return
    if not isinstance(items, list):
        yield _read_object(items, opened, where)
        return
    if not items:
        yield Rejected(str(opened.path), where, "there are no records in it")
    for number, item in enumerate(items, start=1):
        inner = f"item {number}"
        yield _read_object(item, opened, f"{where}, {inner}" if where else inner)


def _read_object(value: Any, opened: Opened, where: str) -> WrittenAnswer | Rejected:
    try:
        if not isinstance(value, dict):
            raise BadRecord(f"the record is {kind_of(value)}, not an object")
        if statements.is_statement(value):
            return statements.read_record(value, opened.name)
        if canonical.is_record(value):
            return canonical.read_record(value, opened.name)
        return api.read_record(value, opened.name)
    except ValidationError as error:
        reason = plain_reason(error)
    except BadRecord as error:
        reason = str(error)
    return Rejected(str(opened.path), _label(value) or where, reason)


def _label(value: Any) -> str:
    """The id of a record, so that a refusal names what the reader of it can look up."""
    inner = value.get("value", value) if isinstance(value, dict) else None
    found = inner.get("id") if isinstance(inner, dict) else None
    is_id = isinstance(found, int | str) and not isinstance(found, bool)
    return " ".join(str(found).split())[:80] if is_id else ""
