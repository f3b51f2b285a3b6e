"""Taking typed values out of JSON, with a plain word where one is missing or wrong."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import ValidationError

from ..text import html_to_text

_NAMES = {
    str: "text", bool: "true or false", int: "a number", float: "a number", list: "a list",
    dict: "an object", type(None): "null",
}  # fmt: skip


class BadRecord(Exception):
    """One record cannot be read, for the reason given."""


def kind_of(value: Any) -> str:
    """What a JSON value is, in words."""
    return _NAMES.get(type(value), type(value).__name__)


def clean(text: str) -> str:
    """One line of plain text: entities decoded, white space folded."""
    return " ".join(html_to_text(text).split())


class Fields:
    """The fields of one JSON object; every getter returns None for null or missing."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values

    def _get(self, name: str, kinds: tuple[type, ...], wanted: str) -> Any:
        value = self.values.get(name)
        # JSON's true is no number, though Python says so.
        wrong = not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds)
        if value is not None and wrong:
            raise BadRecord(f"{name} is {kind_of(value)}, not {wanted}")
        return value

    def raw(self, name: str) -> str:
        return self._get(name, (str,), "text") or ""

    def line(self, name: str) -> str | None:
        """A text on one line; None where it is blank."""
        return clean(self.raw(name)) or None

    def flag(self, name: str) -> bool:
        return bool(self._get(name, (bool,), "true or false"))

    def number(self, name: str) -> int | None:
        value: int | None = self._get(name, (int,), "a whole number")
        return value

    def object(self, name: str) -> Fields | None:
        value = self._get(name, (dict,), "an object")
        return None if value is None else Fields(value)

    def list(self, name: str) -> list[Any]:
        return self._get(name, (list,), "a list") or []

    def day(self, name: str) -> date | None:
        """The day of an ISO date or moment; the API's year 1 means none."""
        value = self.raw(name)
        if not value:
            return None
        try:
            found = date.fromisoformat(value[:10])
        except ValueError:
            raise BadRecord(f"{name} is not a date: {value[:40]!r}") from None
        return found if found.year > 1 else None


def plain_reason(error: ValidationError) -> str:
    """The first thing wrong with a record, on one line."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    what = " ".join(first["msg"].split()).removeprefix("Value error, ")
    return f"{where}: {what[:1].lower()}{what[1:]}" if where else what
