"""What a question insists on, and whether the evidence has it.

Three things are certain enough to refuse an answer over: a sum of money, a number, and a
name (a place, a body, a person, one of the four nations) that the evidence never mentions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from index.types import WrittenAnswer

from . import cues, words

_ASKS_MONEY = re.compile(
    r"\bhow much (?:did|does|do|has|have|is|was|were|will|would|money|cash|funding)\b|"
    r"\b(?:cost|price|fine|bill|fee|fees|salary) (?:of|for|on)\b|"
    r"\bwhat (?:did|does|do|has|have|will) [^?.]*\b(?:cost|charge|pay|paid|spend|spent)\b",
    re.IGNORECASE,
)
_ASKS_NUMBER = re.compile(r"\bhow many\b", re.IGNORECASE)
_MONEY = re.compile(r"[£$€]|\b(?:million|billion|pence|pounds)\b|\d ?(?:p\b|%)|\bper cent\b", re.I)
_NUMBER = re.compile(
    r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|hundred|"
    r"thousand|none|no|one|half|third|quarter|majority|most|all|both)\b",
    re.IGNORECASE,
)
_NO_NUMBER = re.compile(
    r"\b\d{1,2}(?:st|nd|rd|th)? (?:January|February|March|April|May|June|July|August|September|"
    r"October|November|December)\b(?: \d{4})?|\b(?:19|20)\d\d(?:[-/–]\d{2,4})?\b|"
    r"\b(?:Question|section|paragraph|page|phase|chapter|part|article|stage) \d+\b|https?://\S+",
    re.IGNORECASE,
)
"""Dates, years and the numbers of things: figures that count nothing."""
_LATER = re.compile(
    r"\b(?:in due course|shortly|not (?:yet )?known|do(?:es)? not know|will be (?:published|"
    r"announced|shared|confirmed|set out)|depends? on|subject to)\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"\b[A-Z][\w'’&-]*")
_OPENS = re.compile(r"(?:^|[.?!:]\s+|\s[-–—]\s*)$")
_NATIONS = {
    "Scotland": r"\bscot",
    "Wales": r"\b(?:wales|welsh)\b",
    "Northern Ireland": r"\bnorthern (?:ireland|irish)\b|\bulster\b",
    "England": r"\bengl(?:and|ish)\b",
}
_OF_NATIONS = frozenset("scotland scottish wales welsh england english northern ireland".split())
_SAME = (
    ("uk", "united kingdom", "britain", "british", "brits", "great britain"),
    ("us", "usa", "america", "american", "americans", "united states", "washington"),
    ("eu", "europe", "european", "brussels", "eu's"),
    ("parliament", "parliament's", "commons", "westminster", "house of commons"),
    ("russia", "russian", "russians", "moscow", "kremlin"),
    ("china", "chinese", "beijing"),
)
"""Names that stand for one another."""
_CALENDAR = frozenset(
    "january february march april may june july august september october november december "
    "monday tuesday wednesday thursday friday saturday sunday spring summer autumn winter "
    "christmas xmas easter".split()
)


def lacking(
    question: str, shown: Sequence[str], records: Sequence[WrittenAnswer]
) -> dict[str, str]:
    """What the question insists on that is missing, each with its sort.

    Keys are in words ("a sum of money", "Ipswich"), values are ``amount`` or ``name``.  A
    sentence that says why there is no figure counts as one that gives it.
    """
    found: dict[str, str] = {}
    explained = any(cues.refuses(text) or _LATER.search(text) for text in shown)
    wanted = _figure(question)
    if wanted and not explained and not any(map(wanted, shown)):
        found["a sum of money" if wanted is gives_money else "a number"] = "amount"
    context = " ".join(_context(record) for record in records)
    nearby = " ".join([*shown, *(f"{r.title} {r.question} {r.department}" for r in records)])
    for nation, pattern in _NATIONS.items():
        named = re.compile(pattern, re.IGNORECASE)
        if named.search(question) and not named.search(nearby):
            found[nation] = "name"
    for name in _names(question):
        if not _mentions(context, name):
            found[name] = "name"
    return found


def _figure(question: str) -> Callable[[str], bool] | None:
    """What tells whether a sentence has the sum or number asked for; None if none is."""
    if _ASKS_MONEY.search(question):
        return gives_money
    return gives_number if _ASKS_NUMBER.search(question) else None


def gives_money(text: str) -> bool:
    """Whether a sentence holds a sum of money or a share."""
    return bool(_MONEY.search(text))


def gives_number(text: str) -> bool:
    """Whether a sentence counts something: dates and years do not."""
    return bool(_NUMBER.search(_NO_NUMBER.sub(" ", text)))


def _names(question: str) -> list[str]:
    """Words written with a capital where no sentence begins."""
    found = []
    for match in _NAME.finditer(question):
        word = re.sub(r"['’]s?$", "", match.group())
        known = word.lower() in _CALENDAR | _OF_NATIONS
        if known or _OPENS.search(question[: match.start()]):
            continue
        if words.terms(word):
            found.append(word)
    return found


def _context(record: WrittenAnswer) -> str:
    dates = f"{record.asked or ''} {record.answered or ''}"
    return f"{record.title} {record.question} {record.department or ''} {record.text} {dates}"


def _mentions(context: str, name: str) -> bool:
    lowered = context.lower()
    if name.lower() in lowered or words.terms(name) <= words.terms(context):
        return True
    for group in _SAME:
        if name.lower() in group and any(re.search(rf"\b{other}\b", lowered) for other in group):
            return True
    return sum(c.isupper() for c in name) > 1 and _stands_for(name, context)


def _stands_for(short: str, context: str) -> bool:
    """Whether the initials of words that follow one another make up `short` (MoD, DfT)."""
    letters = [c.lower() for c in short if c.isalpha()]
    strong = [c.lower() for c in short if c.isupper()]
    every = re.findall(r"[a-z]+", context.lower())
    main = [word for word in every if word not in {"of", "and", "the", "for", "in", "to"}]
    return _in_a_row(letters, every) or _in_a_row(strong, main)


def _in_a_row(letters: Sequence[str], among: Sequence[str]) -> bool:
    initials = "".join(word[0] for word in among)
    return "".join(letters) in initials
