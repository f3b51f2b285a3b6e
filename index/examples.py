"""Questions that show what an index can answer."""

from __future__ import annotations

import re

from .catalog import Catalog
from .text import without_address

SHORTEST, LONGEST = 20, 140
"""Characters of a question worth offering."""
_OPENINGS = frozenset(
    "How What When Where Which Who Why Are Can Could Did Do Does Has Have Is Was Were Will".split()
)
# Words that mean somebody whom the formula named, and nobody without it.
_LEANS = re.compile(r"\b(?:his|her|their|he|she|they)\b|\bHon\b", re.IGNORECASE)
# "To ask the Minister, what the cost is" is no question of itself: the verb comes too late.
_VERB = "is|are|was|were|do|does|did|has|have|had|will|would|can|could|should"
_INDIRECT = re.compile(
    rf"(?:How|What|Which|Who)(?: (?!(?:{_VERB}|of|in|to)\b)\w+){{0,2}} "
    rf"(?:the|an?|its|this|that|these|those)\b"
    rf"|(?:When|Where|Why) (?!(?:{_VERB})\b)"
    rf"|.*\bthere (?:{_VERB})\b"
)
# "(a) ... and (b) ..." is too much of a mouthful for an example.
_LISTS = re.compile(r"\(a\)|; and\b")


def standing_alone(question: str) -> str:
    """A tabled question without its opening formula, if it is one that anybody could ask.

    Empty where it is not: too short or long, no question without the formula ("Whether he
    will..."), or about somebody whom only the formula names.
    """
    plain = without_address(question).rstrip(".? ")
    asks = plain.split(" ", 1)[0] in _OPENINGS and SHORTEST <= len(plain) <= LONGEST
    if not asks or _LEANS.search(plain) or _LISTS.search(plain) or _INDIRECT.match(plain):
        return ""
    return f"{plain}?"


def pick(catalog: Catalog, n: int) -> tuple[str, ...]:
    """At most `n` short questions of different departments, without their opening formula."""
    ids = catalog.pick_questions(20 * n)
    found = catalog.records(ids)
    questions = (standing_alone(found[record_id].question) for record_id in ids)
    return tuple(dict.fromkeys(filter(None, questions)))[:n]
