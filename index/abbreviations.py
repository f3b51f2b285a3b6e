"""Abbreviations as the records themselves explain them: "Personal Independence Payment (PIP)".

What a record explains is stored with its words in the lexical index; which of several
meanings is the usual one is a matter of how many records give it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

_BRACKETED = re.compile(r"\(\s*(?:[Tt]he\s+)?[\"'“‘]?([A-Z][A-Za-z&/-]{0,10}[A-Zs])[\"'”’]?\s*\)")
_WORD = re.compile(r"[^\W\d_](?:[^\W_]|['’&-](?=[^\W_]))*|&")
_SMALL = frozenset("a an and by for from in of on or the to with".split())
_SHORT = re.compile(r"\b[A-Z][A-Za-z&-]{0,9}[A-Z]s?\b")
_LOOK_BACK = 120
"""Characters before the bracket that may hold the full name."""


def definitions(text: str) -> Iterator[tuple[str, str]]:
    """Every ``(abbreviation, full name)`` that a text explains, as it writes them."""
    for match in _BRACKETED.finditer(text):
        short = match.group(1)
        before = text[max(0, match.start() - _LOOK_BACK) : match.start()]
        sentence = re.split(r"[.;:!?()\n]\s*(?=\S)", before)[-1]
        if full := _full_name(short, sentence):
            yield short, full


def in_question(question: str) -> list[str]:
    """The abbreviations that a question uses, in order: words of capitals such as PIP."""
    return list(dict.fromkeys(match.group() for match in _SHORT.finditer(question)))


def usual(meanings: Sequence[tuple[str, int]]) -> str | None:
    """The full name that most records give, whatever its capitals or number.

    `meanings` are names with how many records give them; None where there are none.
    """
    totals: Counter[str] = Counter()
    spelt: dict[str, tuple[int, str]] = {}
    for name, count in meanings:
        plain = " ".join(word.removesuffix("s") for word in name.casefold().split())
        totals[plain] += count
        spelt[plain] = max(spelt.get(plain, (0, "")), (count, name))
    return spelt[totals.most_common(1)[0][0]][1] if totals else None


def key(short: str) -> str:
    """How an abbreviation is looked up: capitals only, without the plural's s."""
    plain = re.sub(r"[^A-Za-z]", "", short)
    return plain.removesuffix("s").upper()


def _full_name(short: str, before: str) -> str | None:
    """The last words of `before` whose initials spell `short`; small words may be left out.

    Follows the idea of Schwartz and Hearst (2003), "A simple algorithm for identifying
    abbreviation definitions in biomedical text", with initials of words in place of any
    letters, which is stricter.
    """
    wanted = key(short)
    words = list(_WORD.finditer(before))
    if len(wanted) < 2 or not words or before[words[-1].end() :].strip(" \"'“”‘’,"):
        return None
    at, last = len(words) - 1, len(wanted) - 1
    first = at
    while last >= 0 and at >= 0:
        initials = [part[0].upper() for part in re.split(r"[-&]", words[at].group()) if part]
        spelt = "".join(initials) or "&"
        if wanted[: last + 1].endswith(spelt):
            last -= len(spelt)
            first = at
        elif len(initials) > 1 and wanted[last] == initials[0]:
            last -= 1
            first = at
        elif words[at].group().lower() not in _SMALL:
            return None
        at -= 1
    if last >= 0:
        return None
    full = " ".join(before[words[first].start() : words[-1].end()].split())
    return re.sub(r"(?:['’]s|(?<=s)['’])$", "", full)
