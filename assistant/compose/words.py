"""Words that carry meaning: cut, stemmed and weighted by how rare they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

_WORD = re.compile(r"[^\W_](?:[\w,.]*[^\W_])?")
_STOP = frozenset(
    "a about actually again all also am an and another any anyone are as ask asked asking at be "
    "because been being but by can can't could did do does doing don't for from get getting give "
    "given go goes going got had has have having he her here hers hi him his how i i'm i've if in "
    "into is it it's its just know let many may me might more most much must my no not now of off "
    "ok on one only or other our out over own please said say says shall she should so some "
    "someone still such tell than that that's the their theirs them then there these they "
    "they're this those to too under up upon us very was we were what what's when when's where "
    "which who who's whom whose why will with would yet you your".split()
)
_ENDINGS = re.compile(r"(?:ization|isation|ations?|(?<!ill)ions?|ments?|ings?|ers?|ed|ly|es|s|e)$")
_SHORTEST = 4


@lru_cache(maxsize=1 << 16)
def stem(word: str) -> str:
    """A rough common form of a word's inflections: ``published``, ``publishing`` alike.

    Cuts endings for as long as four letters stay; figures and short words are left alone.
    """
    if any(c.isdigit() for c in word):
        return word.strip(".,").replace(",", "")
    while True:
        shorter = _ENDINGS.sub("", word)
        if shorter == word or len(shorter) < _SHORTEST:
            break
        word = shorter
    # "policies" and "policy", "stopped" and "stop".  "million" keeps its ending: no "mill".
    if word.endswith(("i", "y")) and len(word) > _SHORTEST:
        word = word[:-1]
    if len(word) > _SHORTEST and word[-1] == word[-2]:
        word = word[:-1]
    return word


def spans(text: str) -> list[tuple[int, int, str]]:
    """``(start, end, stem)`` of the words of `text` that are no stop words."""
    found = []
    for match in _WORD.finditer(text.replace("’", "'")):
        word = match.group().lower()
        if word in _STOP or len(word) == 1:
            continue
        found.append((match.start(), match.end(), stem(word)))
    return found


@lru_cache(maxsize=1 << 12)
def terms(text: str) -> frozenset[str]:
    """The stems of the words of `text` that are no stop words."""
    # As `spans`, each word once.
    own = {word.lower() for word in set(_WORD.findall(text.replace("’", "'")))} - _STOP
    return frozenset(stem(word) for word in own if len(word) > 1)


def share(wanted: Mapping[str, float], found: Iterable[str]) -> float:
    """How much of the weight of `wanted` is in `found`, 0 to 1."""
    total = sum(wanted.values())
    held = set(found)
    return sum(weight for term, weight in wanted.items() if term in held) / total if total else 0.0
