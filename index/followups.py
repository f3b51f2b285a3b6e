"""Questions that lean on the one before them: "and in Wales?", "who pays for that?"."""

from __future__ import annotations

import re
from collections.abc import Sequence

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

LEANING_WEIGHT = 0.9
"""Share of the joined question in the fused score of a follow-up."""


def leans_on_history(question: str) -> bool:
    """Whether a question cannot be understood without the one before it."""
    words = question.split()
    if _OPENS.search(question):
        return True
    if len(words) <= 3:
        return True
    refers = _REFERS.search(question)
    if refers is None or len(words) > 14:
        return False
    # "Will the Home Office publish its review of fares" names what "its" refers to.
    return len(words) < 8 or _NAME.search(question, 0, refers.start()) is None


def with_history(question: str, history: Sequence[str]) -> list[tuple[str, float]]:
    """What to search for, with the weight of each: the question, and joined with history.

    A self-contained question is searched alone, so that a change of subject is not dragged
    back.
    """
    earlier = [turn.strip() for turn in history if turn and turn.strip()]
    if not earlier or not leans_on_history(question):
        return [(question, 1.0)]
    joined = f"{earlier[-1]} {question}"
    # A chain of follow-ups leads back to the question that named the subject.
    if leans_on_history(earlier[-1]) and len(earlier) > 1:
        joined = f"{earlier[-2]} {joined}"
    return [(joined, LEANING_WEIGHT), (question, 1.0 - LEANING_WEIGHT)]
