"""Who does what to whom: do the same words stand the other way round?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence

from .align import Alignment
from .tokens import Token
from .types import Missing

_LISTED = frozenset({"and", "or", ",", "/", "&"})
_ARTICLES = frozenset({"the", "a", "an"})
_BEEN = frozenset({"is", "are", "was", "were", "be", "been", "being"})
_BESIDE = 4
"""How far apart two names may be and still stand side by side."""


def order_issue(found: Alignment) -> Missing | None:
    """Two of the claim's words that have changed places around a third, or side by side.

    A phrase put first or last leaves no such three; "A pays B" turned into "B pays A" does.
    """
    if not found.moved:
        return None
    claimed = [i for i in sorted(found.places) if found.claim[i].is_content]
    turned = _around(found, claimed) or _side_by_side(found, claimed)
    if turned is None:
        return None
    first, second = (found.claim[i].text for i in turned)
    note = f"In the cited text “{second}” comes before “{first}”; here they have changed places."
    return Missing("order", f"{first} … {second}", note)


def _around(found: Alignment, claimed: list[int]) -> tuple[int, int] | None:
    """The ends of three matched tokens that stand in exactly the opposite order."""
    places = found.places
    after: list[int | None] = [None] * len(claimed)
    lowest: int | None = None
    for n in range(len(claimed) - 1, -1, -1):
        after[n] = lowest
        if lowest is None or places[claimed[n]] < places[lowest]:
            lowest = claimed[n]
    highest: int | None = None
    for n, i in enumerate(claimed):
        low = after[n]
        if highest is not None and low is not None and places[highest] > places[i] > places[low]:
            # The order of a list is nothing, even where it is put elsewhere as a whole.
            pairs = ((highest, low), (highest, i), (i, low))
            stretches = [_stretch(found, a, b) for a, b in pairs]
            harmless = _only_a_date(found, highest, i, low) or _passive(*stretches[0])
            if not harmless and not any(_is_list(*s) for s in stretches):
                return highest, low
        if highest is None or places[i] > places[highest]:
            highest = i
    return None


def _only_a_date(found: Alignment, high: int, middle: int, low: int) -> bool:
    """Whether a date was put elsewhere, and beside it an adjective or what was done.

    "1 claim outstanding" for "1 outstanding claim"; "412 bridges were repaired" for "we
    repaired 412 bridges", where nobody else is named.
    """
    for end, a, b in ((high, middle, low), (low, high, middle)):
        sorts = {found.claim[a].kind, found.claim[b].kind}
        if not found.claim[end].date or sorts != {"word"}:
            continue
        ours, theirs = _stretch(found, a, b)
        if len(ours) == len(theirs) == 2:
            return True
        done = _BEEN.intersection(ours[-1].before) and theirs[0].key == ours[-1].key
        if done and len(theirs) <= _BESIDE and all(t.kind in ("word", "figure") for t in theirs):
            return True
    return False


def _side_by_side(found: Alignment, claimed: list[int]) -> tuple[int, int] | None:
    """Two neighbours of the same sort that have changed places and are no list."""
    for i in found.moved:
        for other in (k for k in claimed if abs(k - i) <= _BESIDE and k != i):
            a, b = min(i, other), max(i, other)
            sort = found.claim[a].kind
            if found.places[b] > found.places[a] or sort not in ("name", "figure", "date"):
                continue
            ours, theirs = _stretch(found, a, b)
            alike = all(token.kind == sort for token in [*ours, *theirs])
            ordered = "between" in _led_by(found.claim, a)
            if alike and (ordered or not _is_list(ours, theirs)) and not _passive(ours, theirs):
                return a, b
    return None


def _led_by(tokens: Sequence[Token], at: int) -> set[str]:
    """The words right before a token: of "between 2019 and 2023" the order is no list's."""
    earlier = tokens[at - 1].text.lower() if at else ""
    return {*tokens[at].before, earlier}


def _stretch(found: Alignment, a: int, b: int) -> tuple[Sequence[Token], Sequence[Token]]:
    """What lies from one of two turned tokens to the other: in the claim, in the sentence."""
    low, high = found.places[b], found.places[a]
    return found.claim[a : b + 1], found.sentence[low : high + 1]


def _passive(ours: Sequence[Token], theirs: Sequence[Token]) -> bool:
    """Whether one of the two is the passive of the other: "paid by A" for "A paid"."""
    return any("by" in token.before for token in ours[1:]) != any(
        "by" in token.before for token in theirs[1:]
    )


def _is_list(ours: Sequence[Token], theirs: Sequence[Token]) -> bool:
    """Whether both list the same things: the order of a list says nothing."""
    return len(_items(ours)) > 1 and _items(ours) == _items(theirs)


def _items(tokens: Sequence[Token]) -> Counter[tuple[Hashable, ...]]:
    """The parts that "and", "or" and commas make, with nothing else beside them."""
    parts: list[list[Hashable]] = [[]]
    for n, token in enumerate(tokens):
        between = set(token.before)
        if n and between & _LISTED and between <= _LISTED | _ARTICLES:
            parts.append([])
        parts[-1].append(token.key)
    return Counter(tuple(part) for part in parts)
