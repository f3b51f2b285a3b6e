"""The names and places that a question insists on, and whether a text has them.

A name is known by its capital where no sentence begins; a place by what stands before it
("in Ipswich", "Oxfordshire's allocation") or as one of the four nations.  No gazetteer is
needed, and none would know the next constituency.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.dates import MONTH_NUMBERS

from . import words

_NAME = re.compile(r"\b[A-Z][\w'’&-]*(?:(?: (?:of|and|for|the|upon|de) | )[A-Z][\w'’&-]*)*")
_SMALL = frozenset(("of", "and", "for", "the", "upon", "de"))
_OPENS = re.compile(r"(?:^|[.?!:]\s+|\s[-–—]\s*|\([a-zA-Z\d]{1,3}\)\s*)$")
_PLACED = re.compile(r"\b(?:in|at|near|across|within|around|from|to|for) (?:the )?$", re.IGNORECASE)
_NATIONS = {
    "Scotland": r"\bscot",
    "Wales": r"\b(?:wales|welsh)\b",
    "Northern Ireland": r"\b(?:northern|n\.?) (?:ireland|irish)\b|\bulster\b",
    "England": r"\bengl(?:and|ish)\b",
}
_UNITED_KINGDOM = ("uk", "united kingdom", "britain", "british", "brits", "great britain")
_SAME = (
    _UNITED_KINGDOM,
    ("us", "usa", "america", "american", "americans", "united states", "washington"),
    ("eu", "europe", "european", "brussels", "eu's"),
    ("parliament", "parliament's", "commons", "westminster", "house of commons"),
    ("russia", "russian", "russians", "moscow", "kremlin"),
    ("china", "chinese", "beijing"),
    ("foreign office", "fcdo", "foreign, commonwealth and development office"),
    ("business department", "dbt", "department for business and trade"),
)
"""Names that stand for one another."""
_GENERAL = frozenset(
    "government governments minister ministers mp mps department departments constituent "
    "constituents constituency review uin uins pq pqs wpq wq".split()
)
"""Words with a capital that name nothing by themselves."""
_COMPASS = frozenset("north south east west northern southern eastern western".split())
_CORNER = re.compile(r"\b(NE|NW|SE|SW)\b|(?i:\b(north|south)[- ]?(east|west)(?:ern)?\b)")
_CORNERS = {"NE": "north east", "NW": "north west", "SE": "south east", "SW": "south west"}
_CALENDAR = MONTH_NUMBERS.keys() | frozenset(
    "monday tuesday wednesday thursday friday saturday sunday spring summer autumn winter "
    "christmas xmas easter".split()
)


@dataclass(frozen=True, slots=True)
class Name:
    """A name in a question; a place holds for the sentence, other names for the record."""

    text: str
    is_place: bool = False


def names(question: str) -> tuple[Name, ...]:
    """The names in a question, in order, months and days of the week aside."""
    found: list[Name] = []
    for match in _NAME.finditer(question):
        tokens, start = match.group().split(), match.start()
        if _OPENS.search(question[:start]):
            start += len(tokens[0]) + 1
            tokens = tokens[1:]
        owns = question[match.end() - 2 : match.end()] in ("'s", "’s")
        is_place = owns or bool(_PLACED.search(question[:start]))
        for group in _groups(tokens):
            text = " ".join(group)
            if words.terms(text) and not _GENERAL.issuperset({*text.lower().split()} - _SMALL):
                found.append(Name(text, is_place or _nation(text) is not None))
                is_place = False
    return tuple(found)


def _groups(tokens: Sequence[str]) -> list[list[str]]:
    """The tokens parted where a possessive or a date ends a name."""
    groups: list[list[str]] = [[]]
    for token in tokens:
        bare = re.sub(r"['’]s?$", "", token)
        if bare.lower() in _CALENDAR:
            groups.append([])
            continue
        groups[-1].append(bare)
        if bare != token:
            groups.append([])
    return [trimmed for group in groups if (trimmed := _trimmed(group))]


def _trimmed(group: list[str]) -> list[str]:
    while group and group[0] in _SMALL:
        group = group[1:]
    while group and group[-1] in _SMALL:
        group = group[:-1]
    return group


def mentions(scope: str, name: str) -> bool:
    """Whether a text has a name, in full, shortened, or by another name of the same thing.

    What the Government says is of the United Kingdom unless it speaks of one of the nations.
    """
    if name.lower() in _UNITED_KINGDOM and not any(
        re.search(nation, scope, re.IGNORECASE) for nation in _NATIONS.values()
    ):
        return True
    nation = _nation(name)
    if nation is not None:
        return bool(re.search(nation, scope, re.IGNORECASE))
    if _CORNER.search(name):
        name, scope = _CORNER.sub(_corner, name), _CORNER.sub(_corner, scope)
    if _open(name) in _open(scope) or _by_another(scope, name):
        return True
    tokens = name.split()
    if len(tokens) == 1:
        return _mentions(scope, name)
    # "Devon and Cornwall Police" may be parted; "North East" may not.
    apart = not any(token.lower() in _COMPASS for token in tokens)
    if apart and words.terms(name) <= words.terms(scope):
        return True
    # "GB Energy" for "Great British Energy": an abbreviation among the words.
    short = [token for token in tokens if token.isupper() and len(token) > 1]
    return bool(apart and short) and all(_mentions(scope, token) for token in tokens)


def _corner(match: re.Match[str]) -> str:
    """ "SE Asia", "Southeast Asia" and "South-Eastern Asia" in one form."""
    return _CORNERS.get(match[0]) or f"{match[2]} {match[3]}"


def _nation(name: str) -> str | None:
    """The pattern of the nation that a name is, if it is one of the four."""
    for nation, pattern in _NATIONS.items():
        is_nation = name == nation or re.fullmatch(r"Scottish|Welsh|English|N\.? Ireland", name)
        if is_nation and re.search(pattern, name, re.IGNORECASE):
            return pattern
    return None


def _mentions(context: str, name: str) -> bool:
    lowered = context.lower()
    if name.lower() in lowered or words.terms(name) <= words.terms(context):
        return True
    return sum(c.isupper() for c in name) > 1 and stands_for(name, context)


def _open(text: str) -> str:
    """In small letters, "East-West Rail" as "East West Rail"."""
    return re.sub(r"[-‐‑–]", " ", text.lower())


def _by_another(scope: str, name: str) -> bool:
    """Whether a text has another name of the same thing."""
    lowered = scope.lower()
    return any(
        name.lower() in group and any(re.search(rf"\b{other}\b", lowered) for other in group)
        for group in _SAME
    )


def stands_for(short: str, context: str) -> bool:
    """Whether the initials of words that follow one another make up `short` (MoD, DfT)."""
    letters = [c.lower() for c in short if c.isalpha()]
    strong = [c.lower() for c in short if c.isupper()]
    every = re.findall(r"[a-z]+", context.lower())
    main = [word for word in every if word not in {"of", "and", "the", "for", "in", "to"}]
    return _in_a_row(letters, every) or _in_a_row(strong, main)


def _in_a_row(letters: Sequence[str], among: Sequence[str]) -> bool:
    initials = "".join(word[0] for word in among)
    return "".join(letters) in initials
