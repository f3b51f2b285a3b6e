"""The evidence of an answer: its records as cards, answers over time, what else was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from markupsafe import Markup

from index.types import Passage, RecordRef, WrittenAnswer
from prompts import counted, render

from ..types import AnswerKind
from .cards import Card
from .conversation import Turn
from .markup import panel
from .passage import Mark
from .timeline import timeline

FIRST = 3
"""Records shown while the answer is being written and cites none of them yet."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The cards of one turn; `also` are records that were found and not quoted."""

    number: int
    question: str
    heading: str
    explanation: str = ""
    cards: Sequence[Markup] = ()
    also: Sequence[Markup] = field(default=())
    timeline: Markup = field(default_factory=Markup)


def evidence_panel(turns: Sequence[Turn]) -> Markup:
    """The evidence of the latest answer, and under it, folded up, that of those before."""
    sections = [evidence(turn) for turn in reversed(turns)]
    return panel(
        "evidence",
        current=sections[0] if sections else None,
        earlier=sections[1:],
        section=lambda item: panel("section", evidence=item),
    )


def evidence(turn: Turn) -> Evidence:
    """The evidence of a turn as far as it has come."""
    if turn.answer is not None and turn.answer.kind is AnswerKind.NOT_COVERED:
        return _nearest(turn, turn.answer.nearest)
    numbered = turn.cited
    if turn.is_open and not numbered:
        return _found_first(turn)
    cards = [_cited(turn, record, number) for number, record in numbered.items()]
    cited = {record.id for record in numbered.values()}
    rest = [p for p in turn.passages if p.record.id not in cited] if turn.answer else []
    return Evidence(
        turn.number,
        turn.question,
        render("sources_heading", sources=max(len(cards), 1)),
        "" if cards or turn.is_open else "Nothing was quoted.",
        cards,
        _found_too(turn, rest),
        timeline(turn.answer.timeline, f"time-{turn.number}") if turn.answer else Markup(),
    )


def _cited(turn: Turn, record: WrittenAnswer, number: int) -> Markup:
    """The card of a record that is cited by that number, the words quoted marked."""
    others = next((p.others for p in reversed(turn.passages) if p.record.id == record.id), ())
    return Card(
        record,
        f"card-{turn.number}-{number}",
        number,
        [
            Mark(citation.start, citation.end, turn.anchor(citation))
            for citation in turn.citations
            if citation.number == number
        ],
        _back(turn, number),
        others=others,
        superseded=_superseded(turn).get(record.id),
        stale=record.id in turn.stale,
    ).html()


def _superseded(turn: Turn) -> dict[str, date]:
    """The day of the later answer that says otherwise, of each record there is one for."""
    entries = turn.answer.timeline if turn.answer else ()
    found: dict[str, date] = {}
    for place, entry in enumerate(entries):
        changed = next((later for later in entries[place + 1 :] if later.says_otherwise), None)
        if changed is not None and changed.record.answered:
            found[entry.record.id] = changed.record.answered
    return found


def _found_first(turn: Turn) -> Evidence:
    """What was found, before the answer cites any of it."""
    found = len({passage.record.id for passage in turn.passages})
    return Evidence(
        turn.number,
        turn.question,
        "Records found" if found else "Searching…",
        f"The answer is being written from {counted(found, 'record')}." if found else "",
        _found_too(turn, turn.passages)[:FIRST],
    )


def _nearest(turn: Turn, records: Sequence[WrittenAnswer]) -> Evidence:
    """Records that come close to the question and do not answer it, those quoted first."""
    quoted = {record.id for record in turn.cited.values()}
    cards = [
        _cited(turn, record, place)
        if record.id in quoted
        else Card(record, f"card-{turn.number}-{place}").html()
        for place, record in enumerate(records, 1)
    ]
    return Evidence(
        turn.number,
        turn.question,
        render("nearest_heading", nearest=len(cards)) if cards else "Nothing close was found",
        render("nearest_note", nearest=len(cards)) if cards else "",
        cards,
    )


def _found_too(turn: Turn, passages: Sequence[Passage]) -> list[Markup]:
    """A card for each further record, the passage that was found in it marked."""
    first: dict[str, Passage] = {}
    others: dict[str, Sequence[RecordRef]] = {p.record.id: p.others for p in passages}
    for found in passages:
        first.setdefault(found.record.id, found)
    return [
        Card(
            found.record,
            f"also-{turn.number}-{place}",
            marks=_part(found, f"found-{turn.number}-{place}"),
            others=others[found.record.id],
        ).html()
        for place, found in enumerate(first.values(), 1)
    ]


def _part(found: Passage, anchor: str) -> list[Mark]:
    """The passage as a mark, where it is but a part of the text."""
    whole = found.end - found.start >= len(found.record.text.strip())
    return [] if whole else [Mark(found.start, found.end, anchor)]


def _back(turn: Turn, number: int) -> str:
    """The id of the first sentence that cites the record of that number."""
    for position, sentence in enumerate(turn.sentences):
        if any(citation.number == number for citation in sentence.citations):
            return f"said-{turn.number}-{position}"
    return ""
