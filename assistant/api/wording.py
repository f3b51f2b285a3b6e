"""What is wrong with a request, in words for whoever wrote it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

TAKES = "GET /api/docs says what each address takes."

_DATE = "Write a date as 2024-07-30, or leave it out."
_PLACES = ("body", "query", "path", "header")

_SAID: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "missing": lambda _: "is missing",
    "extra_forbidden": lambda _: "is nothing that this address takes",
    "string_type": lambda _: "has to be a text",
    "string_too_short": lambda _: "is empty",
    "string_pattern_mismatch": lambda _: "is empty; leave it out or fill it in",
    "string_too_long": lambda told: f"is longer than {told['max_length']:,} characters",
    "tuple_type": lambda _: "has to be a list in brackets; leave it out for none",
    "list_type": lambda _: "has to be a list in brackets; leave it out for none",
    "too_long": lambda told: f"has more than {told['max_length']} entries",
    "model_attributes_type": lambda _: "has to be an object in braces; leave it out for none",
    "int_type": lambda _: "has to be a whole number",
    "int_parsing": lambda _: "has to be a whole number",
    "int_from_float": lambda _: "has to be a whole number",
    "greater_than_equal": lambda told: f"has to be at least {told['ge']}",
    "less_than_equal": lambda told: f"has to be at most {told['le']}",
    "bool_type": lambda _: "has to be true or false",
    "bool_parsing": lambda _: "has to be true or false",
    "literal_error": lambda told: f"has to be {told['expected']}",
}


def invalid(error: Mapping[str, Any]) -> tuple[str, str]:
    """What one error of pydantic means, and what to do about it."""
    kind, at = str(error["type"]), list(error["loc"])
    if kind == "json_invalid" or (kind == "model_attributes_type" and len(at) == 1):
        return "The body is no JSON object.", "Send one, with Content-Type: application/json."
    if at[:1] == ["query"]:
        at = at[:2]  # which of several of a name it was is plain from its value
    where = ".".join(str(part) for part in (at[1:] if at and at[0] in _PLACES else at))
    if kind.startswith("date"):
        return f"{where} is not a date.", f"{_DATE} {TAKES}"
    if kind == "no_such_parameter":
        return f"{where}: {error['msg']}.", TAKES
    try:
        said = _SAID[kind](error.get("ctx", {}))
    except KeyError:
        return f"{where or 'The body'}: {' '.join(str(error['msg']).split())}.", TAKES
    return f"{where or 'The body'} {said}.", TAKES
