"""Small words that turn a meaning round: "and" for "or", "by" for "to", a rate for a total."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from . import words
from .align import Alignment
from .tokens import Token
from .types import Missing

_EITHER = frozenset({"and", "or"})
_REASONS = frozenset(
    "because since so therefore thus hence due owing result results cause caused causes reason "
    "reasons given following reflects reflecting thanks".split()
)
"""Words of a sentence that may give a reason."""
_CHANGE_NEAR, _RATE_NEAR = 5, 6
_CHANGES = frozenset(
    words.stem(word)
    for word in "rise increase grow fall reduce drop decline expand double raise lower".split()
)


def joining_issues(found: Alignment) -> Iterator[Missing]:
    """The claim's "and", "by" and rates that its sentence has otherwise."""
    yield from _cause(found)
    yield from _and_for_or(found)
    for i, j in found.places.items():
        if found.claim[i].figure and found.sentence[j].figure:
            yield from _by_for_to(found, i, j)
            yield from _rate(found, i, j)


def _cause(found: Alignment) -> Iterator[Missing]:
    """ "Because" where the sentence gives no reason."""
    ours, theirs = (
        {word for token in tokens for word in (*token.before, token.text.lower())}
        for tokens in (found.claim, found.sentence)
    )
    if "because" in ours and _REASONS.isdisjoint(theirs):
        note = "The cited text does not say “because” here."
        yield Missing("word", "because", note)


def _and_for_or(found: Alignment) -> Iterator[Missing]:
    """Two neighbours that "or" joins where "and" does; not under a "not", where both say one."""
    if any(t.kind == "negation" for t in [*found.claim, *found.sentence]):
        return
    for i, j in found.kept.items():
        if not i or not j or found.kept.get(i - 1) != j - 1:
            continue
        ours, theirs = (_EITHER & set(t.before) for t in (found.claim[i], found.sentence[j]))
        if len(ours) == len(theirs) == 1 and ours != theirs:
            shown = f"{found.claim[i - 1].text} {min(ours)} {found.claim[i].text}"
            note = f"The cited text has “{min(theirs)}” where this says “{shown}”."
            yield Missing("word", shown, note)


def _by_for_to(found: Alignment, i: int, j: int) -> Iterator[Missing]:
    """ "Rose by 300" for "rose to 300"."""
    ours, theirs = _led(found.claim, i), _led(found.sentence, j)
    if {ours, theirs} == {"by", "to"} and _changes(found.claim, i) and _changes(found.sentence, j):
        shown = f"{ours} {found.claim[i].text}"
        yield Missing("figure", shown, f"The cited text has “{theirs}” where this says “{shown}”.")


def _led(tokens: Sequence[Token], at: int) -> str:
    """The word before a figure, over its bound."""
    at -= bool(at) and tokens[at - 1].kind == "bound"
    return tokens[at].before[-1] if tokens[at].before else ""


def _changes(tokens: Sequence[Token], at: int) -> bool:
    """Whether a rise or a fall is spoken of right before."""
    return any(token.key in _CHANGES for token in tokens[max(0, at - _CHANGE_NEAR) : at])


def _rate(found: Alignment, i: int, j: int) -> Iterator[Missing]:
    """A figure a year for a total, and a total for a figure a year."""
    ours, theirs = _period(found.claim, i), _period(found.sentence, j)
    if ours is None and theirs is not None and theirs not in found.places.values():
        said = found.sentence[theirs].text
        note = f"The cited text gives {found.claim[i].text} “{said}”; this leaves it out."
        yield Missing("figure", found.claim[i].text, note)
    elif ours is not None and theirs is None and ours not in found.places:
        shown = f"{found.claim[i].text} {found.claim[ours].text}"
        yield Missing("figure", shown, f"The cited text does not say “{shown}”.")


def _period(tokens: Sequence[Token], at: int) -> int | None:
    """The place of the rate that follows a figure: "£3 million a year"."""
    for n in range(at + 1, min(at + 1 + _RATE_NEAR, len(tokens))):
        if tokens[n].figure:
            return None
        key = tokens[n].key
        if isinstance(key, tuple) and key[0] == "rate":
            return n
    return None
