"""Questions that lean on the one before them: "and in Wales?", "who pays for that?"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from .ranking.model import chance
from .text import strip_boilerplate

_OPENS = re.compile(
    r"""^\W*(?:
        and | but | so | or | then | ok(?:ay)? | also
      | (?:what|how)\ about | what\ if | since\ when | by\ when
      | why(?:\ not|\ is\ that)?\W*$ | when\W*$ | who\W*$ | where\W*$
      | how\ (?:much|many|long)\W*$
      | (?:is|does|did|will|has)\ (?:it|that|this|they) | (?:are|do)\ they
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
_REFERS = re.compile(
    r"\b(?:it|its|it's|that|this|these|those|they|their|them|they're|he|she|him|her|his|there|"
    r"one|ones|same|instead|else|other|others|previous(?:ly)?|before)\b"
)
_NAME = re.compile(r"(?<=\s)[A-Z]\w+")
_COMMON = frozenset(
    "about actually again all also and any are been being can could did does doing done for from "
    "get gets getting give given going got had has have how into just many may more most much "
    "must not now off only out over said say says shall should since some still than the then "
    "was were what when where which who whom whose why will with would yet you your".split()
)
"""Words that say nothing of a subject."""

LEANING_WEIGHT = 0.7
"""Share of the joined question in the features of a follow-up."""

GOING_ON_WEIGHT = 0.5
"""The same for a question that stands alone but surely goes on with the subject."""

FEW = 3
"""Telling words that are too few to name a subject ("what did the agency promise to change?")."""

MOST = 4_000
"""Most characters of a question with those before it."""


def leans_on_history(question: str, before: str = "") -> bool:
    """Whether a question cannot be understood without the one before it.

    A name stands for a subject of its own, unless the question before has it too.
    """
    words = question.split()
    if _OPENS.search(question):
        return True
    if len(words) <= 3 or _is_bare(question, before):
        return True
    refers = _REFERS.search(question)
    if refers is None or len(words) > 14:
        return False
    # "Will the Home Office publish its review of fares" names what "its" refers to.
    return len(words) < 8 or _NAME.search(question, 0, refers.start()) is None


def _is_bare(question: str, before: str) -> bool:
    """Whether a question has too few words of its own to name what it is about."""
    if re.search(r"\d", question) or any(n not in before for n in _NAME.findall(question)):
        return False
    telling = {w for w in re.findall(r"[^\W_]{3,}", question.lower()) if w not in _COMMON}
    return len(telling) <= FEW


def joined_with(question: str, history: Sequence[str]) -> str | None:
    """The question behind the one before it; None where there was none.

    A chain of follow-ups leads back to the question that named the subject.
    """
    earlier = [turn.strip() for turn in history if turn and turn.strip()]
    if not earlier:
        return None
    joined = f"{strip_boilerplate(earlier[-1])} {question}"
    if leans_on_history(earlier[-1]) and len(earlier) > 1:
        joined = f"{strip_boilerplate(earlier[-2])} {joined}"
    return joined[-MOST:]


def joined_weight(
    question: str,
    before: str,
    cosine: float,
    weights: Mapping[str, float],
) -> float:
    """How much of a candidate's worth comes from the joined question, 0 to 1.

    A question that leans on the one before is little without it.  Any other may still go on
    with the same subject: the chance of that is told from how many of its words the question
    before has, and from the `cosine` of the question alone to both together.
    """
    if leans_on_history(question, before):
        return LEANING_WEIGHT
    return GOING_ON_WEIGHT * chance(going_on(question, before, cosine), weights)


def going_on(question: str, before: str, cosine: float) -> dict[str, float]:
    """What tells whether a question goes on with the subject of the one before it."""
    own, earlier = _telling(question), _telling(before)
    return {"cosine": cosine, "overlap": len(own & earlier) / max(len(own), 1)}


def _telling(text: str) -> set[str]:
    """The longer words of a text, cut short so that their forms fall together."""
    return {word[:6] for word in re.findall(r"[^\W_]{4,}", text.lower())}
