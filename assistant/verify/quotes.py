"""What is quoted word for word: whole sentences, parts of them, words in quotation marks."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from index.text import fold, sentences

from . import words
from .conditions import cuts_condition

# The single ones are bounded: an apostrophe that opens nothing must not be searched to the end.
_QUOTED = re.compile(
    r'"([^"]++)"|(?<![^\s(\[-])\'([^\']{1,300}+(?:\'(?=\w)[^\']{1,300}+){0,5}+)\'(?!\w)'
)
_LEFT_OUT = re.compile(r"\.\.\.|…|\[[^\[\]]{0,60}\]")
_EDGES = " .,;:!?'\"()[]"
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_TURNS_AFTER = frozenset({"unless", "except", "excluding", "provided", "if", "nothing", "none"})
"""Words that change what went before them."""
_TURNS_BEFORE = words.NEGATORS | set(words.MODALS) | words.CONDITIONS
_BOUNDING = words.QUALIFIERS | set("up least most than over above under below around about".split())
_PRECEDING = 2
"""How many words before a part of a sentence bound or hedge it."""
_FOLLOWING = 4
"""How many words after a part of a sentence may turn it about."""
_OF_FIGURE = frozenset({"hundred", "thousand", "million", "billion", "trillion", "per", "percent"})
"""Words without which the figure before them is another."""
_MOST_PLACES = 20
"""Places of a part of a sentence that are looked at."""


def missing_quotation(claim: str, evidence: Sequence[str]) -> str | None:
    """The first quotation of the claim that is not in the evidence."""
    folded = fold(claim)
    given = [fold(text) for text in evidence]
    bodies = [_bare(text) for text in given]
    for match in _QUOTED.finditer(folded):
        quoted = match[1] or match[2]
        if any(match[0] in text for text in given):
            continue  # marks and all: without its marks it may be a part of a word
        parts = [_bare(part).strip(_EDGES) for part in _LEFT_OUT.split(quoted)]
        if not any(_in_order([p for p in parts if p], body) for body in bodies):
            return quoted
    return None


def _bare(text: str) -> str:
    """Without quotation marks, which nest and are closed in many ways."""
    return " ".join(text.replace('"', "").split())


def _in_order(parts: Sequence[str], body: str) -> bool:
    at = 0
    for part in parts:
        at = _find(part, body, at)
        if at < 0:
            return False
        at += len(part)
    return True


def _find(part: str, body: str, start: int = 0) -> int:
    """Where `part` stands in `body` as whole words, or -1."""
    at = body.find(part, start)
    while at >= 0:
        end = at + len(part)
        opens = at == 0 or not (body[at - 1].isalnum() and part[0].isalnum())
        closes = end == len(body) or not (body[end].isalnum() and part[-1].isalnum())
        # A comma or full stop between digits belongs to a longer number.
        if opens and closes and not _splits_number(body, at) and not _splits_number(body, end):
            return at
        at = body.find(part, at + 1)
    return -1


def _splits_number(body: str, at: int) -> bool:
    """Whether a cut at `at` falls within "1,200" or "1.5"."""
    if not 0 < at < len(body):
        return False
    left, right = body[at - 1], body[at]
    if left in ".,":
        return at >= 2 and body[at - 2].isdigit() and right.isdigit()
    return left.isdigit() and right in ".," and at + 1 < len(body) and body[at + 1].isdigit()


def is_verbatim(claim: str, evidence: Sequence[str]) -> bool:
    """Whether the claim is the evidence's own words, with nothing cut off that turns them.

    Whole spans and whole sentences always are.  A part of a sentence is, unless a negation,
    a modal verb or a condition before it in the sentence, or just after it, was left out.
    """
    wanted = fold(claim)
    if not wanted:
        return False
    bodies = [fold(text) for text in evidence]
    if wanted in bodies or wanted == fold(" ".join(evidence)):
        return True
    return any(_part_of(wanted, body, text) for body, text in zip(bodies, evidence, strict=True))


def _part_of(wanted: str, body: str, text: str) -> bool:
    at = _find(wanted, body)
    if at < 0:
        return False
    starts, ends = _bounds(text, body)
    for _ in range(_MOST_PLACES):
        end = at + len(wanted)
        left = starts[bisect_right(starts, at) - 1] if starts and starts[0] <= at else 0
        right = ends[bisect_left(ends, end)] if ends and ends[-1] >= end else len(body)
        before, after = body[left:at], body[end:right]
        cut = _WORD.search(before) or _WORD.search(after)
        if not _turned(before, after) and not (cut and cuts_condition(wanted, body[left:right])):
            return True
        at = _find(wanted, body, at + 1)
        if at < 0:
            break
    return False


def _turned(before: str, after: str) -> bool:
    """Whether what was cut off around a part of a sentence changes what it says."""
    if after.startswith("%"):
        return True
    following = _WORD.findall(after)[:_FOLLOWING]
    if following[:1] and following[0] in _OF_FIGURE:
        return True
    if _TURNS_AFTER.intersection(following):
        return True
    leading = _WORD.findall(before)
    if any(word in _BOUNDING for word in leading[-_PRECEDING:]):
        return True
    turning = words.HEDGES | words.REVERSERS
    if any(words.stem(word) in turning for word in leading[-_PRECEDING:]):
        return True
    return any(word in _TURNS_BEFORE or word.endswith("n't") for word in leading)


def _bounds(text: str, body: str) -> tuple[list[int], list[int]]:
    """Where the sentences of `text` begin and end in its folded form."""
    starts, ends, at = [], [], 0
    for start, end in sentences(text):
        sentence = fold(text[start:end])
        found = body.find(sentence, at)
        if found < 0:
            continue
        at = found + len(sentence)
        starts.append(found)
        ends.append(at)
    return starts, ends
