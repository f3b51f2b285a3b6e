"""What a language model says, piece by piece, to whole sentences and the passages they cite.

The text may break off anywhere: in the middle of a marker, of a sentence, between a full stop
and the marker after it.  A sentence is given once the next one has begun, so that its markers
are complete; how the text was cut into pieces makes no difference to what comes out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from index.text import sentences

MOST = 99
"""Numbers up to this one are taken for passages; "[2019]" is a year in the text."""

_OPENS, _CLOSES = "[［【〔", "]］】〕"
_OPEN, _CLOSE = rf"[{re.escape(_OPENS)}]", rf"[{re.escape(_CLOSES)}]"
_LONGEST = 60
"""Characters of the longest marker; an open bracket is held back no longer."""
_SET_OFF = re.compile(rf"[\s.,;:!?){re.escape(_OPENS)}]")
_MARKER = re.compile(
    rf"{_OPEN}\s?(?:\^|(?:passages?|sources?|refs?\.?|nos?\.?)\s)?#?"
    r"(?P<numbers>\d{1,4}(?:\s?(?:[,;，、&–-]|and)\s?(?:passages?\s)?\d{1,4}){0,7})"
    rf"(?:\s?†[^†{re.escape(_CLOSES)}]{{0,20}})?\s?{_CLOSE}",
    re.IGNORECASE,
)
_RANGE = re.compile(r"(\d+)\s?[–-]\s?(\d+)")
_NOUN = re.compile(r"\b(?:according to|as stated in|see|in|from|per|by) $", re.IGNORECASE)
_THOUGHT = re.compile(r"\A\s*<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_THOUGHT_BEGINS = "<thinking>"
_BOLD = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")
_ITALIC = re.compile(r"(?<![\w*])([*_])(?=[^\s*_])([^*_]+)(?<=\S)\1(?![\w*])")
_LEADS = re.compile(r"^(?:[-*+•]|\d{1,2}[.)]|#{1,6}|>)\s+|^(?:\*\*|__)|(?:\*\*|__)$")


@dataclass(frozen=True, slots=True)
class Draft:
    """A sentence as the model gave it, and the numbers of the passages it cites."""

    text: str
    numbers: tuple[int, ...]


class MarkerReader:
    """Takes the pieces of a reply and gives its sentences.

    `passages` is how many there are: other numbers are dropped with their marker.
    """

    def __init__(self, passages: int) -> None:
        self._passages = passages
        self._begun = False
        self._left = ""

    def feed(self, piece: str) -> list[Draft]:
        """The sentences that are complete with this piece."""
        self._left += piece
        return self._taken(finished=False)

    def finish(self) -> list[Draft]:
        """The sentences that are left."""
        return self._taken(finished=True)

    def _taken(self, *, finished: bool) -> list[Draft]:
        if not self._begun:
            # A thought opens a reply or does not come at all.
            opening = self._left.lstrip().lower()
            if not finished and _THOUGHT_BEGINS.startswith(opening[: len(_THOUGHT_BEGINS)]):
                return []
            thought = _THOUGHT.match(self._left)
            if thought and thought.end() == len(self._left) and not finished:
                return []
            self._left = self._left[thought.end() :] if thought else self._left
            self._begun = True
        text = self._left if finished else _without_half_marker(self._left)
        found = _read(text, self._passages)
        # The last one may go on, or its marker may still be on its way.
        whole = found if finished else found[:-1]
        if whole:
            self._left = self._left[whole[-1][1] :]
        return [draft for draft, _ in whole]


def _without_half_marker(text: str) -> str:
    opened = max(text.rfind(char) for char in _OPENS)
    is_open = opened >= 0 and not any(char in text[opened:] for char in _CLOSES)
    return text[:opened] if is_open and len(text) - opened <= _LONGEST else text


@dataclass(frozen=True, slots=True)
class _Mark:
    """A marker that was taken out: where it stood in the plain text, and its end before."""

    at: int
    raw_end: int
    numbers: tuple[int, ...]


def _read(text: str, passages: int) -> list[tuple[Draft, int]]:
    """The sentences of a text and, for each, where it ends there with its markers."""
    plain, marks, pieces = _without_markers(text)
    spans = sentences(plain)
    owned: list[list[_Mark]] = [[] for _ in spans]
    for mark in marks:
        owner = _owner(plain, spans, mark.at)
        if owner is not None:
            owned[owner].append(mark)
    found = []
    for (start, end), own in zip(spans, owned, strict=True):
        numbers = dict.fromkeys(n for mark in own for n in mark.numbers if 1 <= n <= passages)
        ends = max([_raw(pieces, end), *(mark.raw_end for mark in own)])
        found.append((Draft(undecorated(plain[start:end]), tuple(numbers)), ends))
    return found


def undecorated(text: str) -> str:
    """The sentence without the signs that Markdown reads as bold, a heading or a list."""
    plain = _ITALIC.sub(r"\2", _BOLD.sub(r"\2", text.strip()))
    return _LEADS.sub("", _LEADS.sub("", plain)).strip()


_Piece = tuple[int, int, int]
"""A stretch of text kept: where it starts in the plain text, where it lay with markers."""


def _without_markers(text: str) -> tuple[str, list[_Mark], list[_Piece]]:
    """The text without its markers, what they were, and the pieces that are left."""
    parts: list[str] = []
    marks: list[_Mark] = []
    pieces: list[_Piece] = []
    length = at = 0
    for match in _MARKER.finditer(text):
        numbers = _numbers(match["numbers"])
        if not numbers:
            continue
        kept = text[at : match.start()]
        after = text[match.end() : match.end() + 1]
        if _NOUN.search(text, 0, match.start()):
            kept += "the record"
        elif not after or _SET_OFF.match(after):
            kept = kept.rstrip(" \t\u00a0")
        parts.append(kept)
        pieces.append((length, at, match.start()))
        length += len(kept)
        at = match.end()
        marks.append(_Mark(length, at, numbers))
    parts.append(text[at:])
    pieces.append((length, at, len(text)))
    return "".join(parts), marks, pieces


def _raw(pieces: list[_Piece], end: int) -> int:
    """Where the plain text's offset `end` (exclusive) lies in the text with markers."""
    plain, first, last = next(piece for piece in reversed(pieces) if piece[0] < end)
    return min(first + end - plain, last)


def _numbers(inside: str) -> tuple[int, ...]:
    """The passages meant; none where one of the figures cannot be a passage."""
    numbers = [int(digits) for digits in re.findall(r"\d+", _RANGE.sub(_spread, inside))]
    return () if any(number > MOST for number in numbers) else tuple(numbers)


def _spread(match: re.Match[str]) -> str:
    first, last = int(match[1]), int(match[2])
    return ", ".join(map(str, range(first, last + 1))) if first <= last <= MOST else match[0]


def _owner(plain: str, spans: list[tuple[int, int]], at: int) -> int | None:
    """The sentence that a marker belongs to: the one before it, unless it opens a line."""
    if not spans:
        return None
    before = plain[:at]
    opens_line = not before.strip() or "\n" in before[len(before.rstrip()) :]
    following = next((n for n, (_, end) in enumerate(spans) if end > at), len(spans) - 1)
    if opens_line or spans[following][0] < at:
        return following
    earlier = [n for n, (_, end) in enumerate(spans) if end <= at]
    return earlier[-1] if earlier else following
