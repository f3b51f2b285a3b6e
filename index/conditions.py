"""Filters: made of loose values, and turned into an SQL condition over the catalogue."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from .errors import BadRequest
from .types import Filters

_MOST = 2**63 - 1


def where(filters: Filters) -> tuple[str, list[str | int]]:
    """The filters as an SQL condition over ``records r``, with its values."""
    clauses = ["1"]
    values: list[str | int] = []

    def one_of(column: str, allowed: Sequence[str | int], collate: str = "") -> None:
        if allowed:
            clauses.append(f"{column} {collate} IN ({','.join('?' * len(allowed))})")
            values.extend(allowed)

    def limit(column: str, sign: str, day: date | None) -> None:
        if day:
            clauses.append(f"{column} {sign} ?")
            values.append(day.isoformat())

    one_of("r.department", filters.department, "COLLATE NOCASE")
    one_of("r.house", filters.house)
    one_of("r.id", filters.record_id)
    limit("r.asked", ">=", filters.asked_from)
    limit("r.asked", "<=", filters.asked_to)
    limit("r.answered", ">=", filters.answered_from)
    limit("r.answered", "<=", filters.answered_to)
    if filters.member:
        either: list[str] = []
        for member in filters.member:
            if isinstance(member, int) or re.fullmatch(r"\s*[0-9]{1,18}\s*", member):
                either.append("r.asker_id = ? OR r.answerer_id = ?")
                # Beyond what SQLite holds there is no member.
                values.extend([min(int(member), _MOST)] * 2)
            else:
                either.append(
                    "r.asker_name LIKE ? ESCAPE '\\' OR r.answerer_name LIKE ? ESCAPE '\\'"
                )
                values.extend([_contains(member)] * 2)
        clauses.append(f"({' OR '.join(either)})")
    return " AND ".join(clauses), values


def _contains(text: str) -> str:
    escaped = text.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def make_filters(**values: object) -> Filters:
    """`Filters` from loose values, with an error that a person can act on.

    Raises:
        BadRequest: a value is of the wrong form, or the dates are in the wrong order.
    """
    from pydantic import ValidationError

    try:
        return Filters.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"][:1]) or "filters"
        if field.endswith(("_from", "_to")):
            raise BadRequest(
                f"{str(first['input'])!r} is not a date ({field.replace('_', ' ')}).",
                "Write it as 2024-07-30.",
            ) from error
        if first["type"] == "literal_error":
            raise BadRequest(
                f"There is no {field} {str(first['input'])!r}: it is {first['ctx']['expected']}."
            ) from error
        reason = str(first["msg"]).removeprefix("Value error, ")
        which = "filters" if field == "filters" else f"filter {field}"
        raise BadRequest(
            f"The {which} cannot be used: {reason}.", "Correct it, or leave it out."
        ) from error
