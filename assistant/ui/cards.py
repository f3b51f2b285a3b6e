"""The evidence of an answer: one card for each record, with the quoted words marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from index.types import Kind, Member, Passage, WrittenAnswer
from prompts import counted, render

from ..types import AnswerKind
from .conversation import Turn
from .markup import panel
from .passage import Mark, passage

LONG_QUESTION = 320
"""Characters of a question from which only its opening is shown until it is asked for."""
QUESTION_OPENING = 180
MEMBER_PAGE = "https://members.parliament.uk/member/{}"


@dataclass(frozen=True, slots=True)
class Badge:
    """A few words that a reader must see before relying on a record; `kind` is its style."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Card:
    """What a card shows beyond the fields of its record.

    `number` is the citation number, 0 where the record is not cited; `back` the id of the
    sentence in the chat that leads here.
    """

    record: WrittenAnswer
    id: str
    number: int = 0
    marks: Sequence[Mark] = ()
    back: str = ""

    @property
    def badges(self) -> list[Badge]:
        return badges(self.record)

    @property
    def where(self) -> list[str]:
        """Department and House, for the line under the heading."""
        house = f"House of {self.record.house}" if self.record.house else ""
        return [part for part in (self.record.department, house) if part]

    @property
    def question_opening(self) -> str:
        """The opening of a long question; nothing for one that is shown whole."""
        question = " ".join(self.record.question.split())
        if len(question) <= LONG_QUESTION:
            return ""
        return question[:QUESTION_OPENING].rsplit(" ", 1)[0]

    @property
    def text_label(self) -> str:
        """What the text is: an official answer, a summary of one, a document."""
        if self.record.is_summary:
            return "Summary"
        return "Answer" if self.record.kind is Kind.WRITTEN_ANSWER else "Text"

    @property
    def original(self) -> Markup:
        return passage(self.record.original_text)

    @staticmethod
    def member_url(member: Member) -> str:
        """The member's page at Parliament; nothing where the source gives no number."""
        return MEMBER_PAGE.format(member.id) if member.id is not None else ""

    def html(self) -> Markup:
        """The card as HTML."""
        text = passage(self.record.text, self.marks)
        return panel("card", card=self, record=self.record, text=text)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The cards of one turn; `also` are records that were found and not quoted."""

    number: int
    question: str
    heading: str
    explanation: str = ""
    cards: Sequence[Markup] = ()
    also: Sequence[Markup] = field(default=())


def badges(record: WrittenAnswer) -> list[Badge]:
    """What a reader must know of a record, gravest first."""
    found: list[Badge] = []
    if record.is_withdrawn:
        found.append(Badge("grave", render("withdrawn_note")))
    if record.is_answer_truncated:
        found.append(Badge("grave", "Cut short by the source: not the full answer"))
    if record.is_holding:
        found.append(Badge("grave", render("holding_note")))
    if record.is_correction:
        found.append(Badge("plain", render("correction_note", corrected=record.corrected)))
    if record.is_question_truncated:
        found.append(Badge("plain", "Question cut short by the source"))
    if record.is_summary:
        found.append(Badge("plain", render("summary_note")))
    if record.grouped_uins:
        # The source lists the others; this record is one more.
        others = [uin for uin in record.grouped_uins if uin != record.uin]
        found.append(Badge("plain", f"{counted(len(others) + 1, 'question')} answered together"))
    return found


def evidence(turn: Turn) -> Evidence:
    """The evidence of a turn as far as it has come."""
    if turn.answer is not None and turn.answer.kind is AnswerKind.NOT_COVERED:
        return _nearest(turn, turn.answer.nearest)
    numbered = turn.cited
    cards = [
        Card(
            record,
            f"card-{turn.number}-{number}",
            number,
            [
                Mark(citation.start, citation.end, turn.anchor(citation))
                for citation in turn.citations
                if citation.number == number
            ],
            _back(turn, number),
        ).html()
        for number, record in numbered.items()
    ]
    cited = {record.id for record in numbered.values()}
    others = turn.passages if turn.answer is not None else ()
    return Evidence(
        turn.number,
        turn.question,
        render("sources_heading", sources=max(len(cards), 1)),
        "" if cards or turn.is_open else "Nothing was quoted.",
        cards,
        _found_too(turn, [found for found in others if found.record.id not in cited]),
    )


def evidence_panel(turns: Sequence[Turn]) -> Markup:
    """The evidence of the latest answer, and under it, folded up, that of those before."""
    sections = [evidence(turn) for turn in reversed(turns)]
    return panel(
        "evidence",
        current=sections[0] if sections else None,
        earlier=sections[1:],
        section=lambda item: panel("section", evidence=item),
    )


def _nearest(turn: Turn, records: Sequence[WrittenAnswer]) -> Evidence:
    """Records that come close to the question and do not answer it."""
    cards = [
        Card(record, f"card-{turn.number}-{place}").html()
        for place, record in enumerate(records, 1)
    ]
    return Evidence(
        turn.number,
        turn.question,
        render("nearest_heading", nearest=len(cards)) if cards else "Nothing close was found",
        "Near to the question, but they do not answer it." if cards else "",
        cards,
    )


def _found_too(turn: Turn, passages: Sequence[Passage]) -> list[Markup]:
    """A card for each further record, the passage that was found in it marked."""
    first: dict[str, Passage] = {}
    for found in passages:
        first.setdefault(found.record.id, found)
    return [
        Card(
            found.record,
            f"also-{turn.number}-{place}",
            marks=_part(found, f"found-{turn.number}-{place}"),
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
