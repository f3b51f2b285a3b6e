"""What callers give, checked at the door: a slip is refused in a sentence, not met deep inside."""

from __future__ import annotations

from collections.abc import Sequence

from .errors import BadRequest
from .types import Filters


def text(given: object, what: str) -> str:
    """`given` as text that any library takes: half a character, as of a cut emoji, becomes "?".

    Raises:
        BadRequest: it is no text.
    """
    if not isinstance(given, str):
        raise BadRequest(f"The {what} must be text, not {type(given).__name__}.")
    return given.encode("utf-8", "replace").decode("utf-8")


def turns(given: object) -> tuple[str, ...]:
    """The earlier questions of a conversation.

    Raises:
        BadRequest: they are one text, which would be read letter by letter, or no texts.
    """
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise BadRequest(
            f"The history must be a list of the earlier questions, not {type(given).__name__}.",
            "Give [question, ...], the oldest first.",
        )
    return tuple(text(turn, "history") for turn in given)


def number(given: object, what: str) -> int:
    """A whole number of 1 or more.

    Raises:
        BadRequest: it is none.
    """
    if isinstance(given, bool) or not isinstance(given, int) or given < 1:
        raise BadRequest(f"The number of {what} must be 1 or more.")
    return given


def limits(given: object) -> Filters | None:
    """Filters, or None.

    Raises:
        BadRequest: it is something else.
    """
    if given is not None and not isinstance(given, Filters):
        raise BadRequest(
            f"The filters must be Filters, not {type(given).__name__}.",
            "Make them with make_filters(house=..., department=...).",
        )
    return given
