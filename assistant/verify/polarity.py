"""Does the claim deny, allow and promise exactly what its sentence does?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from . import words
from .align import Alignment
from .conditions import conditions, shared_conditions
from .tokens import Token
from .types import Missing, MissingKind

_REACH = {"negation": 3, "modal": 2, "hedge": 2, "bound": 1, "condition": 4, "word": 2}
"""How many tokens on a dropped word still belongs to what is kept."""
_OWN = frozenset(
    "is are was were been has have had do does did i we it he she they there this that".split()
)
_NEAR = 4
_MODES: dict[str, MissingKind] = {
    "negation": "negation",
    "modal": "modality",
    "hedge": "modality",
    "bound": "figure",
    "condition": "condition",
}


def polarity_issues(found: Alignment, sentences: Sequence[Sequence[Token]]) -> Iterator[Missing]:
    """Negations, modal verbs and bounds that were added or dropped, and conditions added."""
    yield from _added(found, sentences)
    yield from _dropped(found)


def _added(found: Alignment, sentences: Sequence[Sequence[Token]]) -> Iterator[Missing]:
    shared = shared_conditions(found)
    for i, token in enumerate(found.claim):
        if token.kind not in ("negation", "modal", "bound", "condition") or i in found.kept:
            continue
        if _governs(found, i) or _elsewhere(found, i, sentences):
            continue
        if token.kind == "condition" and i in shared:
            continue
        if token.kind == "modal" and _with_its_verb(found.claim, i, found.sentence):
            continue
        beside = _next_content(found.claim, i)
        shown = f"{token.text} … {beside.text}" if beside else token.text
        yield Missing(
            _MODES[token.kind], token.text, f"The cited text does not say “{shown}” here."
        )


def _governs(found: Alignment, i: int) -> bool:
    """Whether the sentence says it once for both: "no plans or [no] proposals"."""
    following = [k for k in sorted(found.places) if k > i]
    if not following:
        return False
    here = found.places[following[0]]
    if not _shares(found.sentence[here]):
        return False
    governing = (t for t in reversed(found.sentence[:here]) if t.kind in ("negation", "modal"))
    return next((t.key for t in governing), None) == found.claim[i].key


def _shares(token: Token) -> bool:
    """Whether what was said before an "and" reaches over it to this word.

    A subject or a verb of its own begins a clause that it does not reach.
    """
    joining = set(token.before)
    return bool(joining & {"and", "or", "nor"}) and not joining & _OWN


def _with_its_verb(tokens: Sequence[Token], at: int, others: Sequence[Token]) -> bool:
    """Whether a modal verb goes with the same verb there, whichever comes first of the rest."""
    verb = _next_content(tokens, at)
    if verb is None:
        return False
    for j, token in enumerate(others):
        beside = _next_content(others, j) if token.key == tokens[at].key else None
        if beside is not None and beside.key == verb.key:
            return True
    return False


def _elsewhere(found: Alignment, i: int, sentences: Sequence[Sequence[Token]]) -> bool:
    """Whether another sentence says it of the same: the words beside it are not in this one."""
    following = range(i + 1, min(i + 1 + _NEAR, len(found.claim)))
    beside = [k for k in following if found.claim[k].is_content]
    if not beside or any(k in found.kept for k in beside[:2]):
        return False
    wanted = {found.claim[k].key for k in beside}
    for sentence in sentences:
        if sentence is found.sentence:
            continue
        for j, token in enumerate(sentence):
            if token.key == found.claim[i].key:
                near = sentence[j + 1 : j + 1 + _NEAR]
                if wanted & {other.key for other in near}:
                    return True
    return False


def _dropped(found: Alignment) -> Iterator[Missing]:
    kept = set(found.places.values())
    apart = {j for one in conditions(found.sentence) for j in one.tokens}
    for j, token in enumerate(found.sentence):
        if j in kept or not _weighs(token) or (token.kind == "condition" and j in apart):
            continue
        reach = _REACH[token.kind]
        following = _following(found.sentence, j, reach)
        if not following and token.kind == "negation" and j:
            following = [j - 1]  # "those who do not."
        if not any(k in kept for k in following) or _said_once(found, j):
            continue
        if token.kind == "modal" and _with_its_verb(found.sentence, j, found.claim):
            continue
        if token.kind == "bound" and token.key == ("bound", "about"):
            continue
        kind = _MODES.get(token.kind, "condition")
        if token.key in words.REVERSERS:
            kind = "negation"
        beside = next(found.sentence[k] for k in following if k in kept)
        note = f"The cited text says “{token.text}” with “{beside.text}”; this leaves it out."
        yield Missing(kind, token.text, note)


def _said_once(found: Alignment, j: int) -> bool:
    """Whether the claim says it once for both, where the sentence repeats it."""
    token = found.sentence[j]
    if token.kind not in ("negation", "modal"):
        return False
    answering = {b: a for a, b in found.places.items()}
    after = next((answering[k] for k in range(j + 1, len(found.sentence)) if k in answering), None)
    if after is None or not _shares(found.claim[after]):
        return False
    governing = (t for t in reversed(found.claim[:after]) if t.kind in ("negation", "modal"))
    return next((t.key for t in governing), None) == token.key


def _weighs(token: Token) -> bool:
    """Whether leaving the word out says more than the evidence does."""
    if token.kind in _MODES:
        return True
    if token.kind != "word":
        return False
    return token.text.lower() in words.QUALIFIERS or token.key in words.REVERSERS


def _following(sentence: Sequence[Token], at: int, reach: int) -> list[int]:
    """The next `reach` content tokens after `at`."""
    taken: list[int] = []
    for k in range(at + 1, len(sentence)):
        if sentence[k].is_content:
            taken.append(k)
            if len(taken) == reach:
                break
    return taken


def _next_content(tokens: Sequence[Token], at: int) -> Token | None:
    return next((token for token in tokens[at + 1 :] if token.is_content), None)
