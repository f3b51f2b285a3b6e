"""Questions that lean on the one before them: "and in Wales?", "who pays for that?"."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .ranking.model import chance
from .text import strip_boilerplate

_OPENS = re.compile(
    r"""^\W*(?:
        and | but | so | or | then | ok(?:ay)? | also
      | (?:what|how)\ about | what\ if | since\ when | by\ when
      | (?:is|does|did|will|has)\ (?:it|that|this|they) | (?:are|do)\ they
    )\b | ^\W*(?:why(?:\ not|\ is\ that)?|when|who|where|how(?:\ (?:much|many|long))?)\W*$""",
    re.IGNORECASE | re.VERBOSE,
)
_POINTS = re.compile(
    r"\b(?:it|its|it's|that|this|these|those|they|their|them|they're|he|she|him|her|his|there|"
    r"each|one|ones|same|instead|else|others?|previous(?:ly)?|before)\b"
)
_POINTS_NOWHERE = re.compile(
    r"""\b(?:
        (?:is|are|was|were|be|been|will|has|have|does|do|if|can)\ there
      | there(?:'s|\ (?:is|are|was|were|will|has|have|be|any))
      | (?:this|that|these|those|last|next)
        \ (?:year|month|week|time|summer|autumn|winter|spring|parliament|government|country)
      | each\ (?:year|month|week|day)
      | (?:no|any|some|every)\s?one | (?:in|on|by|of|for|the|number)\ one | one[ -](?:man|off|to)
      | (?:is|was|will|would|can|could|has|does|do|did|if|may|might)\ it
        \ (?:be\ |been\ )?(?:(?:not|still|now|ever|really|actually)\ )?
        (?:a|an|the|il?legal|law|possible|true|right|fair|ok|okay|normal|compulsory|mandatory|safe
          |costs?|counts?|takes?|matter|mean|rain|hot|cold|against)
        \b(?!\ *(?:in|for|and|\?|$))
      | it\ (?:costs?|takes?|took)\b.*\bto
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
"""What looks as if it pointed back and does not: "is there", "this year", "does it cost"."""
_NAME = re.compile(r"(?<=\s)[A-Z]\w+")
_WORD = re.compile(r"[^\W_]{3,}")
_COMMON = frozenset(
    "about actually again all also and any are been being can could did does doing done for from "
    "get gets getting give given going got had has have how into just many may more most much "
    "must not now off only out over said say says shall should since some still than the then "
    "was were what when where which who whom whose why will with would yet you your".split()
)
"""Words that say nothing of a subject."""
_ASKED_FOR = frozenset(
    "share number percentage proportion amount sum kind sort type part figure figures total times "
    "time date year years".split()
)
"""What may be asked for of anything: "what share of it"."""

JOINED_WEIGHT = 0.75
"""Share of the joined question in the features of one that surely goes on with the subject."""

FEW = 3
"""Telling words that are too few to name a subject ("what did the agency promise to change?")."""

SHORT = 8
"""Words from which on a question that points back may well mean something in itself."""

MOST = 4_000
"""Most characters of a question with those before it."""


def leans_on_history(question: str) -> bool:
    """Whether a question cannot be understood without the one before it, told by its words alone.

    A name or a figure stands for a subject of its own.
    """
    if points_back(question):
        return True
    words = question.split()
    if len(words) <= FEW or _is_bare(question):
        return True
    return len(words) < SHORT and _POINTS.search(_pointing(question)) is not None


def points_back(question: str) -> bool:
    """Whether a question is plainly half of something: "and in Wales?", "what does it cost?"."""
    plain = _pointing(question)
    return _OPENS.search(plain) is not None or _named_before_pointing(plain) == 0


def _pointing(question: str) -> str:
    """A question without what only looks as if it pointed back, its first letter a small one."""
    return _POINTS_NOWHERE.sub("-", question[:1].lower() + question[1:])


def _named_before_pointing(question: str) -> int | None:
    """How many telling words stand before the first that points back; None where none does."""
    found = _POINTS.search(question)
    if found is None:
        return None
    return len(_telling_words(question[: found.start()]) - _ASKED_FOR)


def _telling_words(text: str) -> set[str]:
    return {word for word in _WORD.findall(text.lower()) if word not in _COMMON}


def _is_bare(question: str) -> bool:
    """Whether a question has too few words of its own to name what it is about."""
    if re.search(r"\d", question) or _NAME.search(question):
        return False
    return len(_telling_words(question)) <= FEW


def joined_with(question: str, history: Sequence[str]) -> str | None:
    """The question behind the one before it; None where there was none.

    A chain of follow-ups leads back to the question that named the subject.
    """
    earlier = [turn.strip() for turn in history if turn and turn.strip()]
    if not earlier:
        return None
    joined = f"{strip_boilerplate(earlier[-1])} {question}"
    while len(earlier) > 1 and leans_on_history(earlier.pop()):
        joined = f"{strip_boilerplate(earlier[-1])} {joined}"
    return joined[-MOST:]


@dataclass(frozen=True, slots=True)
class Likeness:
    """Cosines that tell whether a question goes on with the one before it.

    `both` is that of the two; the others are those of the question alone, of both joined, and of
    the one before alone to the text that is nearest to each in the index.
    """

    both: float
    alone: float
    joined: float
    before: float


def joined_weight(question: str, likeness: Likeness, weights: Mapping[str, float]) -> float:
    """How much of a candidate's worth comes from the joined question, 0 to `JOINED_WEIGHT`.

    For a question that does not plainly point back.  It may still go on with the same subject: the
    chance of that is told from its words, from how near the two questions are, and from whether
    both together are nearer to something than each alone.
    """
    return JOINED_WEIGHT * chance(going_on(question, likeness), weights)


def going_on(question: str, likeness: Likeness) -> dict[str, float]:
    """What tells whether a question goes on with the subject of the one before it."""
    plain = _pointing(question)
    named = _named_before_pointing(plain)
    words, telling = len(question.split()), len(_telling_words(question))
    return {
        "cosine": likeness.both,
        "over_alone": likeness.joined - likeness.alone,
        "over_before": likeness.joined - likeness.before,
        "over_both": likeness.joined - max(likeness.alone, likeness.before),
        "words": math.log(max(words, 1)),
        "telling": math.log1p(telling),
        "few": float(max(0, FEW + 1 - telling)),
        "early": 0.0 if named is None else float(max(0, FEW + 1 - named)),
        "short": float(words < SHORT and named is not None),
    }
