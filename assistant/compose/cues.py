"""What a question asks for, by its words, and whether a sentence has it."""

from __future__ import annotations

import re

from index.dates import MONTHS

_KINDS = {
    "amount": (
        r"\b(?:how (?:many|much|big|old|large|often)|number|no\.|costs?|share|proportion|"
        r"percent(?:age)?|figures?|spend(?:s|ing)?|spent|rates?|budget|fees?|price|worth|total)\b",
        r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|hundred|million|billion)\b",
    ),
    "time": (
        r"\b(?:when|when's|what date|what year|since|how long|by when|due|deadline)\b",
        rf"\b(?:{'|'.join(MONTHS)}|"
        r"spring|summer|autumn|winter|in due course|shortly|years?|months?|weeks?|"
        r"(?:19|20)\d\d)\b",
    ),
    "person": (
        r"\b(?:who|who's|who'll|whose|which (?:company|body|minister|department|organisation))\b",
        r"\b(?:minister|secretary|responsib\w+|led by|members?|officials|council|authorit\w+)\b",
    ),
    "reason": (
        r"\b(?:why|reasons?)\b",
        r"\b(?:because|due to|in order|as a result|so that|therefore|reasons?|to ensure|owing|"
        r"reflects?|recommend\w*|increased the|only obstacle)\b",
    ),
    "whether": (
        r"^(?:[^?]*[-,:] )?\W*(?:is|are|was|were|do|does|did|has|have|had|will|would|can|could|"
        r"should|any)\b|\b(?:does|do|is|will) there\b",
        r"\b(?:no|not|never|none|will|plans?|already|currently|continues?|has been|have been)\b",
    ),
}
_COMPILED = {
    kind: (re.compile(asked, re.IGNORECASE), re.compile(given, re.IGNORECASE))
    for kind, (asked, given) in _KINDS.items()
}
_REFUSES = re.compile(
    r"\b(?:not (?:centrally )?(?:held|hold|collect(?:ed)?|record(?:ed)?|available|possible)|"
    r"(?:does|do|did) not (?:\w+ )?(?:hold|collect|record|publish|comment)|no plans?|"
    r"no (?:specific |formal )?(?:assessment|estimate|data|information|figures)|"
    r"disproportionate cost|unable to|cannot (?:\w+ )?(?:comment|provide|publish|disclose)|"
    r"not routinely|would not be appropriate|commercially (?:sensitive|confidential))\b",
    re.IGNORECASE,
)


_DECLINES = re.compile(
    r"\b(?:not (?:centrally |routinely |currently )?(?:held|hold|collect(?:ed)?|record(?:ed)?)|"
    r"(?:does|do|did) not (?:\w+ )?(?:hold|collect|record|publish|comment|monitor|estimate)|"
    r"(?<!\bit )(?:is|are) not (?:\w+ )?available|"
    r"(?:is|are) not (?:\w+ )?(?:held|published|collected|recorded|disclosed)|"
    r"not (?:been )?possible to (?:\w+ )?(?:provide|give|determine|identify|say|estimate)|"
    r"(?:cannot|unable to) (?:\w+ )?(?:comment|provide|publish|disclose|share|estimate)|"
    r"disproportionate cost|commercially (?:sensitive|confidential)|"
    r"longstanding (?:policy|practice) not to|withholding (?:the|this|that) \w+)\b",
    re.IGNORECASE,
)


def kinds(question: str) -> frozenset[str]:
    """Which of ``amount``, ``time``, ``person``, ``reason``, ``whether`` a question asks."""
    return frozenset(kind for kind, (asked, _) in _COMPILED.items() if asked.search(question))


def gives(kind: str, sentence: str) -> bool:
    """Whether a sentence has something of that kind to give."""
    return bool(_COMPILED[kind][1].search(sentence))


def refuses(sentence: str) -> bool:
    """Whether a sentence says that something is not known, held, given or planned."""
    return bool(_REFUSES.search(sentence))


def declines(sentence: str) -> bool:
    """Whether a sentence says that information is not held or not given (plans aside)."""
    return bool(_DECLINES.search(sentence))


def features(question: str, sentence: str) -> dict[str, float]:
    """For each kind of question, whether this one is of that kind and the sentence answers."""
    asked = kinds(question)
    return {f"gives_{kind}": float(kind in asked and gives(kind, sentence)) for kind in _KINDS}
