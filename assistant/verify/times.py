"""Is a date given as the sentence gives it: "since 2019" is not "in 2019"?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .align import Alignment
from .tokens import Token
from .types import Missing

_DIRECTIONS = {
    "since": "since",
    "from": "from",
    "after": "after",
    "following": "after",
    "until": "until",
    "till": "until",
    "before": "before",
    "prior": "before",
    "by": "by",
    "in": "in",
    "during": "in",
    "throughout": "in",
    "on": "in",
}
_AGAINST = {
    "since": frozenset({"in", "until", "before", "by"}),
    "after": frozenset({"in", "until", "before", "by"}),
    "from": frozenset({"until", "before", "by"}),
    "until": frozenset({"in", "since", "from", "after"}),
    "before": frozenset({"in", "since", "from", "after"}),
    "by": frozenset({"in", "since", "from", "after"}),
    "in": frozenset({"since", "after", "until", "before", "by"}),
}
"""What the sentence may not say where the claim says this; "at", "for" and "to" say too little."""
_WITHIN = frozenset(
    "end start beginning close early late mid middle year period financial calendar academic "
    "month months week quarter first second third fourth last spring summer autumn winter".split()
)
"""What may stand between the word and its date: "by the end of 2025"."""
_PLAIN = frozenset({"the", "of", "-", "q"})
_FAR = 4


def time_issues(found: Alignment) -> Iterator[Missing]:
    """The claim's dates that the sentence gives as the other side of what the claim says."""
    for i in found.places:
        token = found.claim[i]
        ours = direction(found.claim, i) if token.date else ""
        if not ours:
            continue
        # Out of order it may be any of the dates that are the same.
        own = {found.kept[i]} if i in found.kept else set(range(len(found.sentence)))
        theirs = [
            direction(found.sentence, j)
            for j, other in enumerate(found.sentence)
            if j in own and other.date and token.is_in(other)
        ]
        if theirs and _beside(found, i) and all(one in _AGAINST[ours] for one in theirs):
            note = f"The cited text has “{theirs[0]} {token.text}” where this says “{ours}”."
            yield Missing("date", f"{ours} {token.text}", note)


def _beside(found: Alignment, i: int) -> bool:
    """Whether the date stands beside something of the sentence: it is a date of the same."""
    before = (k for k in range(i - 1, -1, -1) if not leads_to_date(found.claim, k))
    return i + 1 in found.places or next(before, None) in found.places


def leads_to_date(tokens: Sequence[Token], at: int) -> bool:
    """Whether the word only binds a date, which `time_issues` looks at: "since", "between"."""
    if tokens[at].text.lower() not in _DIRECTIONS and tokens[at].text.lower() != "between":
        return False
    for token in tokens[at + 1 : at + 1 + _FAR]:
        if token.date:
            return True
        if token.text.lower() not in _WITHIN:
            return False
    return False


def direction(tokens: Sequence[Token], at: int) -> str:
    """How a date is bound to what is said, or "" where no word says it."""
    for back in range(_FAR):
        before = [word for word in tokens[at - back].before if word not in _PLAIN]
        if before[-2:] == ["up", "to"]:
            return "until"
        if before:
            return _DIRECTIONS.get(before[-1], "")
        previous = at - back - 1
        if previous < 0:
            return ""
        word = tokens[previous].text.lower()
        if word not in _WITHIN:
            return _DIRECTIONS.get(word, "")
    return ""
