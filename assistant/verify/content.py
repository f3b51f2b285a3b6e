"""Are the figures, dates, names and words of the claim in the evidence, and in their place?"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import pairwise

from . import words
from .align import Alignment
from .owners import borne_out, is_date, is_place, owner_issues
from .times import leads_to_date
from .tokens import Token
from .types import Missing, MissingKind

_HEAD = 4
"""How many words after a figure may name what it counts."""
_WITHIN = frozenset({"of", "the", "a", "an", "these", "those", "our", "their", "its", "-", '"'})
"""What may stand between a figure and what it counts."""
_IN_NAMES = frozenset({"of", "for", "the", "-"})
_STANDING = frozenset({"it", "they", "this", "these", "he", "she", "those"})
_NEAR = 3
_SPEAKING = {
    "figure": "The figure {} is not in the cited text.",
    "date": "The date {} is not in the cited text.",
    "name": "The name {} is not in the cited text.",
    "word": "The cited text does not say {}.",
    "link": "The address {} is not in the cited text.",
}


def content_issues(found: Alignment, sentences: Sequence[Sequence[Token]]) -> Iterator[Missing]:
    """Everything of the claim's content that its evidence lacks."""
    held = {token.key for sentence in sentences for token in sentence}
    places = found.places
    spoken = words.FIRST_PERSON.intersection(w for t in found.sentence for w in t.before)
    for i, token in enumerate(found.claim):
        if not token.is_content and token.kind != "hedge":
            continue
        if i in places:
            yield from _wrong_unit(token, found.sentence[places[i]])
            continue
        if token.kind in ("word", "name") and _is_framing(token, bool(spoken)):
            continue
        if leads_to_date(found.claim, i):
            continue
        if not _is_held(token, held, sentences):
            if not (token.kind == "name" and _is_acronym(token, sentences)):
                yield _lacking(token)
        elif token.date and (_is_spent(i, found, sentences) or _has_own(found, is_date)):
            note = f"The cited text does not give {token.text} here."
            yield Missing("date", token.text, note)
        elif is_place(token) and _has_own(found, is_place):
            note = f"The cited text does not say this of {token.text}."
            yield Missing("name", token.text, note)
        elif token.figure and not _beside(i, found.claim, sentences):
            note = f"The cited text gives the figure {token.text} for something else."
            yield Missing("figure", token.text, note)
    yield from _counted(found)
    yield from _replaced(found)
    yield from _joined(found.claim, sentences)
    yield from _renamed(found)
    yield from owner_issues(found)
    yield from _stands_in(found, sentences)


def _lacking(token: Token) -> Missing:
    kind: MissingKind = "word"
    if token.kind in ("figure", "date", "name"):
        kind = token.kind
    shown = f"“{token.text}”" if kind in ("name", "word") else token.text
    return Missing(kind, token.text, _SPEAKING.get(token.kind, _SPEAKING["word"]).format(shown))


def _is_framing(token: Token, first_person: bool) -> bool:
    """Whether the word only says who speaks: "the Government said that"."""
    low = token.text.lower()
    return low in words.REPORTING or (first_person and low in words.SPEAKERS)


def _is_held(token: Token, held: Collection[object], sentences: Sequence[Sequence[Token]]) -> bool:
    if token.key in held:
        return True
    if not (token.date or token.figure):
        return False
    return any(token.is_in(other) for sentence in sentences for other in sentence)


def _is_acronym(token: Token, sentences: Sequence[Sequence[Token]]) -> bool:
    """Whether neighbouring capitalised words of the evidence begin with these letters."""
    letters = token.text.rstrip("s")
    if len(letters) < 2 or not letters.isupper():
        return False
    for sentence in sentences:
        initials = "".join(t.text[0] if t.text[:1].isupper() else " " for t in sentence)
        if letters in initials:
            return True
    return False


def _beside(i: int, claim: Sequence[Token], sentences: Sequence[Sequence[Token]]) -> bool:
    """Whether a figure from another sentence stands beside the same words there."""
    around = [t for t in claim[max(0, i - 2) : i + _NEAR] if t is not claim[i] and t.is_content]
    for sentence in sentences:
        for j, token in enumerate(sentence):
            if claim[i].is_in(token):
                near = sentence[max(0, j - _NEAR) : j + _NEAR + 1]
                if not around or any(t.is_in(other) for t in around for other in near):
                    return True
    return False


def _has_own(found: Alignment, is_one: Callable[[Token], bool]) -> bool:
    """Whether the sentence that gives the claim's figure has a date (a place) the claim lacks."""
    taken = set(found.places.values())
    own = any(is_one(t) for j, t in enumerate(found.sentence) if j not in taken)
    return own and any(found.claim[i].figure for i in found.places)


def _is_spent(i: int, found: Alignment, sentences: Sequence[Sequence[Token]]) -> bool:
    """Whether the only date that holds this one has been used for another part of the claim.

    "Answer 2024 of 8 November 117" takes "8 November 2024" twice.
    """
    token = found.claim[i]
    used = {id(found.sentence[j]) for n, j in found.places.items() if found.claim[n].date}
    held = [other for sentence in sentences for other in sentence if token.is_in(other)]
    return all(id(other) in used and other.key != token.key for other in held)


def _wrong_unit(token: Token, given: Token) -> Iterator[Missing]:
    """12% against 12, £300 against 300 officers."""
    if not token.figure or not given.figure or token.figure.unit == given.figure.unit:
        return
    units = {token.figure.unit, given.figure.unit}
    # "£1.5 million" may be written 1,500,000 in a table of amounts.
    if "" in units and units & {"£", "$", "€"} and token.figure.value >= 1000:
        return
    yield Missing(
        "figure", token.text, f"The cited text has {given.text} where this says {token.text}."
    )


def _counted(found: Alignment) -> Iterator[Missing]:
    """A figure must go with what it counts: 300 officers are not 300 schools."""
    for i, j in found.places.items():
        if not found.claim[i].figure:
            continue
        ours, theirs = _head(found.claim, i), _head(found.sentence, j)
        if not ours or not theirs:
            continue
        if {token.key for token in ours}.isdisjoint(token.key for token in theirs):
            figure, counted = found.claim[i].text, ours[0].text
            note = f"The cited text gives {figure} of “{theirs[0].text}”, not of “{counted}”."
            yield Missing("figure", f"{figure} {counted}", note)


def _head(tokens: Sequence[Token], at: int) -> list[Token]:
    """The words that follow a figure without a break: what it counts."""
    taken: list[Token] = []
    for token in tokens[at + 1 : at + 1 + _HEAD]:
        if token.kind not in ("word", "name", "hedge") or not _WITHIN.issuperset(token.before):
            break
        taken.append(token)
    return taken


def _replaced(found: Alignment) -> Iterator[Missing]:
    """What stands in the claim where the sentence has something else of the same sort.

    Both may occur in the evidence: only their places tell them apart.
    """
    moved_to = set(found.moved.values())
    settled = borne_out(found)
    for ours, theirs in found.gaps():
        lost = [found.sentence[j] for j in theirs if found.sentence[j].is_content]
        if not lost:
            continue
        for i in ours:
            token = found.claim[i]
            if not token.is_content or _is_framing(token, first_person=False) or i in settled:
                continue
            if token.kind == "word" and i in found.moved:
                continue  # a word may be put elsewhere; `order` looks at what that does
            instead = next((t for t in lost if _same_sort(token, t)), None)
            if instead is None:
                continue
            if i in found.moved and not any(j in moved_to for j in theirs):
                continue  # put elsewhere, and nothing took its place
            kind: MissingKind = "word"
            if token.kind in ("figure", "date"):
                kind = token.kind
            elif token.kind == "name" and instead.text[:1].isupper():
                kind = "name"  # "Ofcom" beside "reduce" may be said in other words
            elif token.text[:1].isupper() and instead.text[:1].isupper():
                kind = "name"  # both open their sentence: somebody else does it
            note = f"The cited text has “{instead.text}” where this says “{token.text}”."
            yield Missing(kind, token.text, note)


def _joined(claim: Sequence[Token], sentences: Sequence[Sequence[Token]]) -> Iterator[Missing]:
    """Names side by side in the claim must stand so in the evidence: "Home Secretary"."""
    # "Sector (PRS) Database" is also the Sector Database.
    runs = [*sentences, *map(_without_brackets, sentences)]
    together = {(a.key, b.key) for run in runs for a, b in pairwise(run)}
    alone = {token.key for sentence in sentences for token in sentence}
    for a, b in pairwise(claim):
        if a.kind != "name" or b.kind != "name" or not _IN_NAMES.issuperset(b.before):
            continue
        if (a.key, b.key) not in together and a.key in alone and b.key in alone:
            shown = " ".join([a.text, *b.before, b.text])
            yield Missing("name", shown, f"The name “{shown}” is not in the cited text.")


def _renamed(found: Alignment) -> Iterator[Missing]:
    """Two names that share a word, each with a word of its own: not the same thing.

    "Network Rail" for "the Rail Delivery Group".  One that only leaves words out is the same
    name, shortened.
    """
    for i, j in found.places.items():
        if found.claim[i].kind != "name" or found.sentence[j].kind != "name":
            continue
        ours, theirs = _name_around(found.claim, i), _name_around(found.sentence, j)
        own = [t for t in ours if t.key not in {other.key for other in theirs}]
        other = [t for t in theirs if t.key not in {t.key for t in ours}]
        if own and other:
            mine, given = (" ".join(t.text for t in run) for run in (ours, theirs))
            note = f"The cited text has “{given}” where this says “{mine}”."
            yield Missing("name", mine, note)


def _name_around(tokens: Sequence[Token], at: int) -> Sequence[Token]:
    """The tokens that make up one name with that at `at`."""
    first = last = at
    while first and tokens[first - 1].kind == "name" and _IN_NAMES.issuperset(tokens[first].before):
        first -= 1
    while (
        last + 1 < len(tokens)
        and tokens[last + 1].kind == "name"
        and _IN_NAMES.issuperset(tokens[last + 1].before)
    ):
        last += 1
    return tokens[first : last + 1]


def _stands_in(found: Alignment, sentences: Sequence[Sequence[Token]]) -> Iterator[Missing]:
    """A subject where the sentence has "it" or "we": is it what that stands for?

    "It" and "they" stand for something in the two sentences before; "we" for a body by name.
    """
    first = min(found.kept, default=0)
    place = found.kept.get(first, 0)
    said = {w for token in found.sentence[: place + 1] for w in token.before}
    pronouns = said & (_STANDING | words.FIRST_PERSON)
    put = [
        found.claim[i]
        for i in range(first)
        if i not in found.moved
        and found.claim[i].kind in ("name", "word")
        and not _is_framing(found.claim[i], bool(said & words.FIRST_PERSON))
    ]
    if not pronouns or not put or any(t.is_content for t in found.sentence[:place]):
        return
    at = next((n for n, one in enumerate(sentences) if one is found.sentence), 0)
    before = {token.key for one in sentences[max(0, at - 2) : at] for token in one}
    for token in put:
        is_body = token.text[:1].isupper() and bool(pronouns & words.FIRST_PERSON)
        if token.key not in before and not (is_body and token.kind == "name"):
            pronoun = min(pronouns)
            note = f"The cited text has “{pronoun}” where this says “{token.text}”."
            yield Missing("name", token.text, note)


def _without_brackets(sentence: Sequence[Token]) -> list[Token]:
    kept: list[Token] = []
    depth = 0
    for token in sentence:
        depth = max(0, depth + token.before.count("(") - token.before.count(")"))
        if not depth:
            kept.append(token)
    return kept


def _same_sort(token: Token, other: Token) -> bool:
    if token.key == other.key:
        return False
    if token.figure or token.date:
        return bool(other.figure or other.date) and not token.is_in(other)
    if token.kind == "link":
        return other.kind == "link"
    generic = other.text.lower() in words.GENERIC and other.kind == "word"
    return other.kind in ("name", "word") and not generic
