"""Text that was broken into lines to fit a page, put together into paragraphs again."""

from __future__ import annotations

import re
from itertools import pairwise

from ..markup import tidy_plain

_ITEM = re.compile(r"(?:[-·•▪◦●‣*–]|\(?(?:\d{1,3}|[A-Za-z]|[ivx]{1,5})[.)])\s|[|>]")
_SOFT = re.compile(r"(\w{2,30})-$")
_START = re.compile(r"([a-z]\w{0,30})")
_WORD = re.compile(r"\w{2,60}")
_NARROW = 45
"""Lines that are all shorter than this were not broken by a margin."""
_WIDE = 130


def unwrap(text: str, mend: bool = False) -> str:
    """Paragraphs parted by a blank line, each on one line where a margin had broken it.

    With `mend`, a word that was hyphenated at the end of a line is made whole where the
    text has the whole word elsewhere; else its hyphen stays, for it may be its own.
    """
    text = tidy_plain(text)
    words = {word.lower() for word in _WORD.findall(text)} if mend else set[str]()
    return "\n\n".join(_unwrap_part(part.split("\n"), words) for part in text.split("\n\n"))


def _unwrap_part(lines: list[str], words: set[str]) -> str:
    width = max(map(len, lines))
    if len(lines) == 1 or not _NARROW <= width <= _WIDE:
        return "\n".join(lines)
    made: list[list[str]] = [[lines[0]]]
    for before, line in pairwise(lines):
        # A line that stops far short of the margin was ended on purpose.
        if len(before) < width * 0.7 or _ITEM.match(line):
            made.append([line])
        else:
            made[-1][-1:] = _joined(made[-1][-1], line, words)
    return "\n".join("".join(pieces) for pieces in made)


def _joined(before: str, line: str, words: set[str]) -> tuple[str, str]:
    """Two lines as two pieces that belong together."""
    soft, start = _SOFT.search(before[-32:]), _START.match(line)
    if not soft or not start:
        return f"{before} ", line
    whole = (soft.group(1) + start.group(1)).lower()
    return (before[:-1] if whole in words else before), line
