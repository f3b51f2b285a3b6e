"""British dates as people write them."""

from __future__ import annotations

import re
from datetime import date

from ..dates import MONTH_NUMBERS

_NAMES = "|".join(MONTH_NUMBERS)
DATE = (
    rf"\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?(?:{_NAMES})\.?,?\s+\d{{4}}"
    r"|\d{4}-\d{2}-\d{2}|\d{1,2}[/.]\d{1,2}[/.]\d{4}"
)
"""Pattern of a date; use it with `re.IGNORECASE`."""
_WORDS = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?\s+(?:of\s+)?([a-z]{3})[a-z]*\.?,?\s+(\d{4})", re.I)
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_SLASHES = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})")


def parse_date(text: str) -> date | None:
    """The day that a text begins with: "6th July 2022", "2022-07-06" or "06/07/2022"."""
    text = text.strip()
    try:
        if found := _WORDS.match(text):
            month = MONTH_NUMBERS.get(found.group(2).lower(), 0)
            return date(int(found.group(3)), month, int(found.group(1)))
        if found := _ISO.match(text):
            return date(int(found.group(1)), int(found.group(2)), int(found.group(3)))
        if found := _SLASHES.match(text):
            return date(int(found.group(3)), int(found.group(2)), int(found.group(1)))
    except ValueError:
        # No such day or month.
        return None
    return None
