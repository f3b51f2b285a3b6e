"""A record to chunks: spans of whole sentences that fit the embedding model's window.

A chunk is embedded behind a header (department, date, heading, question) that gives it its
context.  Header, text and the model's own marks together never exceed the window, because
what is longer is cut silently by the model.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

from .dates import british_date
from .embedding import Embedder
from .text import sentences, strip_boilerplate
from .types import Chunk, WrittenAnswer

CHUNKER = "sentences-1"
"""Version of this module's output; an index made with another must be rebuilt."""

HEADER_SHARE = 0.4
"""At most this share of the window goes to the header."""

OVERLAP_SHARE = 0.25
"""A sentence repeated from the chunk before may take at most this share of the room."""

# A sentence that opens like this leans on the one before it.
_LEANS = re.compile(
    r"(?:this|these|that|those|it|its|they|their|them|he|she|such|however|therefore|"
    r"in addition|additionally|as a result|for example|of (?:these|those|which)|both|also)\b",
    re.IGNORECASE,
)

Span = tuple[int, int]


def chunk(record: WrittenAnswer, embedder: Embedder) -> list[Chunk]:
    """Cut a record's text into chunks, in order; every non-blank character is in one.

    The text of each is ``record.text[start:end]``.  Sentences are kept whole unless one
    alone is longer than the window leaves room for.
    """
    head = header(record, embedder)
    room = embedder.window - embedder.special_tokens - len(embedder.token_spans(head))
    pieces = list(_pieces(record.text, room, embedder))
    return [
        Chunk(record.id, ordinal, start, end, record.text[start:end], head)
        for ordinal, (start, end) in enumerate(_pack(record.text, pieces, room, embedder))
    ]


def header(record: WrittenAnswer, embedder: Embedder) -> str:
    """Department, date, heading and question, at most `HEADER_SHARE` of the window."""
    day = record.answered or record.asked
    origin = ", ".join(x for x in (record.department, british_date(day) if day else None) if x)
    question = strip_boilerplate(record.question).strip()
    parts = [part for part in (origin, record.heading or "", question) if part]
    whole = " ".join(". ".join(parts).split())
    spans = embedder.token_spans(whole)
    most = limit = int(embedder.window * HEADER_SHARE)
    while len(spans) > most and limit:
        cut = whole[: spans[limit - 1][1]]
        # Prefer a word boundary; a text without one is cut where the limit falls.
        whole = cut.rsplit(" ", 1)[0] if " " in cut else cut
        spans = embedder.token_spans(whole)
        limit -= 1  # cutting can change how the last word is split: always move on
    return whole


def _pieces(text: str, room: int, embedder: Embedder) -> Iterator[tuple[Span, int]]:
    """Sentence spans with their size in word pieces, long ones cut to fit `room`."""
    tokens = embedder.token_spans(text)
    starts = [start for start, _ in tokens]
    for start, end in sentences(text):
        size = bisect_left(starts, end) - bisect_left(starts, start)
        if size <= room:
            yield (start, end), size
        else:
            yield from _split(text, start, end, room, embedder)


def _split(
    text: str, start: int, end: int, room: int, embedder: Embedder
) -> Iterator[tuple[Span, int]]:
    """Cut one over-long sentence at word boundaries where it has them."""
    while start < end:
        tokens = embedder.token_spans(text[start:end])
        if len(tokens) <= room:
            stop = end
        else:
            stop = max(start + tokens[room - 1][1], start + 1)
            gap = max(text.rfind(" ", start + 1, stop), text.rfind("\n", start + 1, stop))
            if gap > start:
                stop = gap
            # A cut inside a word can give more word pieces than the whole word did.
            while stop - start > 1 and len(embedder.token_spans(text[start:stop])) > room:
                stop = start + (stop - start) // 2
        span = _stripped(text, start, stop)
        if span[0] < span[1]:
            yield span, len(embedder.token_spans(text[span[0] : span[1]]))
        start = stop


def _stripped(text: str, start: int, end: int) -> Span:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _pack(
    text: str, pieces: list[tuple[Span, int]], room: int, embedder: Embedder
) -> Iterator[Span]:
    """Join neighbouring pieces greedily while they fit in `room`."""
    first = 0
    while first < len(pieces):
        last = first
        used = pieces[first][1]
        while last + 1 < len(pieces) and used + pieces[last + 1][1] <= room:
            last += 1
            used += pieces[last][1]
        # Counting piece by piece can fall short of counting the whole by a word piece.
        while last > first and _size(text, pieces, first, last, embedder) > room:
            last -= 1
        yield pieces[first][0][0], pieces[last][0][1]
        following = last + 1
        if following < len(pieces) and last > first and _leans_back(text, pieces, following, room):
            following = last
        first = following


def _size(
    text: str, pieces: list[tuple[Span, int]], first: int, last: int, embedder: Embedder
) -> int:
    return len(embedder.token_spans(text[pieces[first][0][0] : pieces[last][0][1]]))


def _leans_back(text: str, pieces: list[tuple[Span, int]], at: int, room: int) -> bool:
    """Whether piece `at` needs the one before it and both fit into one chunk."""
    small = pieces[at - 1][1] <= room * OVERLAP_SHARE
    fits = pieces[at - 1][1] + pieces[at][1] <= room
    return small and fits and bool(_LEANS.match(text, pieces[at][0][0]))
