"""A sentence against the records it cites: its verdict, and the exact spans that bear it out.

A composer may cite a whole passage.  The check finds the sentences of that passage that the
claim rests on, so that a reader who follows the citation sees them marked and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from index.text import sentences
from index.types import WrittenAnswer

from .types import Citation, Sentence, Verdict
from .verify import Checked, Missing, verify
from .verify.align import align
from .verify.attribution import unattributed
from .verify.foreign import foreign
from .verify.tokens import Token, tokenise

MOST_SPANS = 3
"""Sentences of one passage that a claim may rest on; a claim that needs more cites it whole."""
VERBATIM = "quoted word for word"

_ORDER = (Verdict.SUPPORTED, Verdict.PARTLY, Verdict.UNSUPPORTED, Verdict.UNCITED)

SecondOpinion = Callable[[str, Sequence[str]], Checked | None]
"""A further check of a claim against its evidence; None where it has nothing to object."""


def checked(
    sentence: Sentence,
    records: Mapping[str, WrittenAnswer],
    second_opinion: SecondOpinion | None = None,
) -> Sentence:
    """The sentence with its verdict, the reason for it, and citations of what bears it out.

    `records` are those that may be cited, by id; a citation of anything else, or of a span
    that the record does not have, is dropped.  Framing is made from the records' own fields
    and comes back as it is.
    """
    if sentence.framing:
        return sentence
    citations = tuple(c for c in sentence.citations if _exists(c, records))
    if len(citations) == 1 and _text(citations[0], records) == sentence.text:
        reason = sentence.reason or VERBATIM
        return replace(sentence, citations=citations, verdict=Verdict.SUPPORTED, reason=reason)
    claim = unattributed(sentence.text, [records[c.record_id] for c in citations])
    found = _judged(claim, citations, records)
    if second_opinion is not None and found.verdict in (Verdict.SUPPORTED, Verdict.PARTLY):
        found = second_opinion(claim, [_text(c, records) for c in citations]) or found
    if found.verdict is not Verdict.UNCITED:
        citations = _narrowed(claim, citations, records, found.verdict)
    return replace(sentence, citations=citations, verdict=found.verdict, reason=found.reason)


def _judged(
    claim: str, citations: Sequence[Citation], records: Mapping[str, WrittenAnswer]
) -> Checked:
    evidence = [_text(citation, records) for citation in citations]
    found = verify(claim, evidence)
    alien = foreign(claim, evidence)
    if alien is None or found.verdict is Verdict.UNCITED:
        return found
    note = f"The cited text has no “{alien}”."
    return Checked(Verdict.UNSUPPORTED, note, (Missing("word", alien, note),))


def _narrowed(
    claim: str,
    citations: tuple[Citation, ...],
    records: Mapping[str, WrittenAnswer],
    verdict: Verdict,
) -> tuple[Citation, ...]:
    """Citations of the fewest sentences that bear the claim out as well as the whole does."""
    alone = [c for c in citations if _is_as_good(claim, [_text(c, records)], verdict)]
    narrowed: list[Citation] = []
    for citation in alone or citations:
        narrowed += _spans(claim, citation, records, verdict, is_alone=bool(alone))
    return tuple(dict.fromkeys(narrowed))


def _spans(
    claim: str,
    citation: Citation,
    records: Mapping[str, WrittenAnswer],
    verdict: Verdict,
    *,
    is_alone: bool,
) -> list[Citation]:
    text = _text(citation, records)
    spans = sentences(text)
    chosen: list[int] = []
    for place in _by_share(claim, [text[a:b] for a, b in spans]):
        chosen.append(place)
        picked = [_part(citation, spans[n]) for n in sorted(chosen)]
        enough = _is_as_good(claim, [_text(c, records) for c in picked], verdict)
        if enough or (not is_alone and len(chosen) == MOST_SPANS):
            return picked
        if len(chosen) == MOST_SPANS:
            break
    return [citation]


def _by_share(claim: str, parts: Sequence[str]) -> list[int]:
    """The places of the parts that share words with the claim, each next one for what is left."""
    wanted = tokenise(claim)
    tokens = [tokenise(part) for part in parts]
    order: list[int] = []
    left = [n for n, token in enumerate(wanted) if token.is_content]
    while left and len(order) < MOST_SPANS:
        held = {
            n: _held(wanted, left, own) for n, own in enumerate(tokens) if n not in order and own
        }
        best = max(held, key=lambda n: (len(held[n]), -n), default=None)
        if best is None or not held[best]:
            break
        order.append(best)
        left = [n for n in left if n not in held[best]]
    return order


def _held(wanted: Sequence[Token], left: Sequence[int], own: Sequence[Token]) -> set[int]:
    return set(align(wanted, own).places).intersection(left)


def _is_as_good(claim: str, evidence: Sequence[str], verdict: Verdict) -> bool:
    return _ORDER.index(verify(claim, evidence).verdict) <= _ORDER.index(verdict)


def _part(citation: Citation, span: tuple[int, int]) -> Citation:
    return replace(citation, start=citation.start + span[0], end=citation.start + span[1])


def _exists(citation: Citation, records: Mapping[str, WrittenAnswer]) -> bool:
    record = records.get(citation.record_id)
    return record is not None and 0 <= citation.start < citation.end <= len(record.text)


def _text(citation: Citation, records: Mapping[str, WrittenAnswer]) -> str:
    return records[citation.record_id].text[citation.start : citation.end]
