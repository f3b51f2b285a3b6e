"""Is a figure given for the year or the place that the evidence gives it for?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from .align import Alignment
from .tokens import Token
from .types import Missing

NEAR = 4
"""How many tokens after a figure may say what it is of."""
_PLACED = frozenset({"in", "at", "for", "across"})
_DATING = frozenset({"in", "by", "on", "for"})
_BEGINS = frozenset({",", ";", "and", "|", "but"})
_BEYOND = frozenset({"from", "than"})
"""A figure after one of these dates is of a time beyond it."""

Pairs = list[tuple[int, int]]
"""The places of figures, each with that of the date or the name that it is of."""


def owner_issues(found: Alignment) -> Iterator[Missing]:
    """The claim's figures that the cited sentence gives for something else."""
    yield from _skipped(found)
    yield from _crossed(found)
    yield from _exchanged(found)


def _skipped(found: Alignment) -> Iterator[Missing]:
    """A figure given to what the next figure is of: "1,200 in 2022 and 1,300 in 2023"."""
    settled = borne_out(found)
    for ours, theirs in found.gaps():
        here = ours.stop
        if len(ours) or here == len(found.claim) or here in settled:
            continue
        lost = [found.sentence[j] for j in theirs]
        token = found.claim[here]
        earlier = [t for t in found.claim[max(0, here - NEAR) : here] if t.figure]
        if token.kind not in ("name", "date") or not earlier:
            continue
        if any(t.figure for t in lost) and any(t.kind == token.kind for t in lost):
            yield _missing(earlier[-1], token)


def _crossed(found: Alignment) -> Iterator[Missing]:
    """A figure given to what a figure before it is of: of the same sentence, 1,300 in 2022.

    Only where claim and sentence both begin with a figure: of "in 2022 1,200, in 2023 1,300"
    each figure is of the year before it.
    """
    places = found.places
    for i, token in enumerate(found.claim):
        own = _owner(found.claim, i)
        if not token.figure or i not in places or own is None or own not in places:
            continue
        named, at = found.claim[own], places[own]
        theirs = _owner(found.sentence, places[i])
        if at > places[i] or theirs is None or found.sentence[theirs].kind != named.kind:
            continue
        before = (j for j in range(at) if found.sentence[j].figure)
        if named.is_in(found.sentence[theirs]) or at not in {
            _owner(found.sentence, j) for j in before
        }:
            continue
        if all(_begins_with_figure(tokens, named) for tokens in (found.claim, found.sentence)):
            yield _missing(token, named)


def _exchanged(found: Alignment) -> Iterator[Missing]:
    """A figure given for what another is of, whichever comes first: "in 2022 1,200, in 2023 1,300".

    Only where claim and sentence show in their form what each figure is of.
    """
    theirs = _pairs(found.sentence)
    mine = _pairs(found.claim) if len(theirs) > 1 else []
    for figure, named in ((found.claim[i], found.claim[k]) for i, k in mine):
        own: list[Token] = []
        others: list[Token] = []
        for j, at in theirs:
            (own if figure.is_in(found.sentence[j]) else others).append(found.sentence[at])
        if not own or any(named.is_in(owner) for owner in own):
            continue
        if any(named.is_in(owner) for owner in others):
            yield _missing(figure, named)


def borne_out(found: Alignment) -> frozenset[int]:
    """The claim's figures that the sentence gives for the same year or place, and those."""
    theirs = [(found.sentence[j], found.sentence[at]) for j, at in _pairs(found.sentence)]
    good: set[int] = set()
    for i, k in _pairs(found.claim) if theirs else ():
        # "With 2018 people" has the look of a year, which "in 2018" is.
        if found.claim[k].date and _DATING.isdisjoint(found.claim[k].before):
            continue
        if any(found.claim[i].is_in(a) and found.claim[k].is_in(b) for a, b in theirs):
            good |= {i, k}
    return frozenset(good)


def _pairs(tokens: Sequence[Token]) -> Pairs:
    """The figures and what each is of, as far as the sentence shows it in its form."""
    cells = [
        (j, j - 1)
        for j, token in enumerate(tokens)
        if j and token.figure and token.before[-1:] == (":",) and _is_head(tokens[j - 1])
    ]
    return [*cells, *_in_turn(tokens, is_date), *_in_turn(tokens, is_place)]


def _in_turn(tokens: Sequence[Token], is_owner: Callable[[Token], bool]) -> Pairs:
    """Figures that are each followed, or each led, by a date (or a place)."""
    turns = [j for j, token in enumerate(tokens) if token.figure or is_owner(token)]
    figures = [j for j in turns if tokens[j].figure]
    owners = [j for j in turns if not tokens[j].figure]
    if not figures or any(not _BEYOND.isdisjoint(tokens[j].before) for j in owners):
        return []
    following = [(j, k) for j, k in pairwise(turns) if tokens[j].figure and k in owners]
    if len(following) == len(figures):
        # In "in 2022 30, in 2023 40, in 2024 none" the last year is of neither.
        begun = any(not _BEGINS.isdisjoint(tokens[k].before) for _, k in following)
        return [] if begun else following
    # "In May we gave 30, for use in June, with 20": only what begins alike leads alike.
    alike = {(tokens[j].before[-1:], _exactness(tokens[j])) for j in owners}
    begun = not any(_BEGINS.isdisjoint(tokens[j].before) for j in owners[1:])
    if turns[::2] != owners or turns[1::2] != figures or len(alike) > 1 or not begun:
        return []
    return list(zip(figures, owners, strict=True))


def _exactness(token: Token) -> tuple[bool, ...]:
    """What a date gives: its day, its month, its year."""
    date = token.date
    return (date.day is None, date.month is None, date.until is None) if date else ()


def _owner(tokens: Sequence[Token], at: int) -> int | None:
    """The place of the date or named place that follows a figure, before any other figure."""
    for j in range(at + 1, min(at + 1 + NEAR, len(tokens))):
        if tokens[j].figure:
            return None
        if is_date(tokens[j]) or is_place(tokens[j]):
            return j
    return None


def _is_head(token: Token) -> bool:
    return token.kind in ("date", "name")


def is_date(token: Token) -> bool:
    """Whether it is a date or a part of one."""
    return token.date is not None


def is_place(token: Token) -> bool:
    """Whether it is a name behind "in" or its like."""
    return token.kind == "name" and not _PLACED.isdisjoint(token.before)


def _begins_with_figure(tokens: Sequence[Token], like: Token) -> bool:
    """Whether the first of the figures and of the dates (or places) is a figure."""
    return next(
        (
            token.figure is not None
            for token in tokens
            if token.figure or (token.date if like.date else is_place(token))
        ),
        False,
    )


def _missing(figure: Token, named: Token) -> Missing:
    note = f"The cited text does not give {figure.text} for “{named.text}”."
    return Missing("figure", figure.text, note)
