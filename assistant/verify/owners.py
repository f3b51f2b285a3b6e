"""Is a figure given for the year or the place that the evidence gives it for?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .align import Alignment
from .tokens import Token
from .types import Missing

NEAR = 4
"""How many tokens after a figure may say what it is of."""
_PLACED = frozenset({"in", "at", "for", "across"})


def owner_issues(found: Alignment) -> Iterator[Missing]:
    """The claim's figures that the cited sentence gives for something else."""
    yield from _skipped(found)
    yield from _crossed(found)


def _skipped(found: Alignment) -> Iterator[Missing]:
    """A figure given to what the next figure is of: "1,200 in 2022 and 1,300 in 2023"."""
    for ours, theirs in found.gaps():
        here = ours.stop
        if len(ours) or here == len(found.claim):
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


def _owner(tokens: Sequence[Token], at: int) -> int | None:
    """The place of the date or named place that follows a figure, before any other figure."""
    for j in range(at + 1, min(at + 1 + NEAR, len(tokens))):
        if tokens[j].figure:
            return None
        if tokens[j].date or _is_place(tokens[j]):
            return j
    return None


def _is_place(token: Token) -> bool:
    return token.kind == "name" and not _PLACED.isdisjoint(token.before)


def _begins_with_figure(tokens: Sequence[Token], like: Token) -> bool:
    """Whether the first of the figures and of the dates (or places) is a figure."""
    return next(
        (
            token.figure is not None
            for token in tokens
            if token.figure or (token.date if like.date else _is_place(token))
        ),
        False,
    )


def _missing(figure: Token, named: Token) -> Missing:
    note = f"The cited text does not give {figure.text} for “{named.text}”."
    return Missing("figure", figure.text, note)
