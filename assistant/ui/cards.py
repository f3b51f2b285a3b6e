"""A record as a card: what it is, what was asked, the whole answer with its quoted words marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from index.types import Kind, Member, RecordRef, WrittenAnswer
from prompts import british_date, counted, render

from ..export import citation
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
    sentence in the chat that leads here.  `others` are records that say the same or were
    answered together with it; `superseded` is the day of a later answer that says otherwise;
    `stale` says that the index holds another text by now.  `why` tells why it ranks where it
    does.
    """

    record: WrittenAnswer
    id: str
    number: int = 0
    marks: Sequence[Mark] = ()
    back: str = ""
    others: Sequence[RecordRef] = ()
    superseded: date | None = None
    stale: bool = False
    why: str = ""

    @property
    def badges(self) -> list[Badge]:
        found = badges(self.record)
        if self.superseded:
            later = british_date(self.superseded)
            found.insert(0, Badge("grave", f"A later answer, of {later}, says otherwise"))
        if self.stale:
            found.insert(0, Badge("grave", "The record has changed since it was quoted here"))
        return found

    @property
    def citation(self) -> str:
        """The record as a careful reader cites it."""
        return citation(self.record)

    @property
    def others_label(self) -> str:
        """How many records say the same."""
        return f"The same answer stands in {counted(len(self.others), 'other record')}"

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


def badges(record: WrittenAnswer) -> list[Badge]:
    """What a reader must know of a record, gravest first."""
    found: list[Badge] = []
    if record.is_withdrawn:
        found.append(Badge("grave", render("withdrawn_note")))
    if record.is_answer_truncated:
        found.append(Badge("grave", "Cut short by the source: not the full answer"))
    if record.is_holding:
        weight = "grave" if record.is_put_off else "plain"
        found.append(Badge(weight, render("holding_note", is_put_off=record.is_put_off)))
    if record.is_corrected:
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
