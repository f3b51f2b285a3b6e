"""What a language model is given: numbered passages within a budget, the rules, the question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from index.text import sentences
from index.types import Passage, WrittenAnswer
from prompts import render

from ...types import Citation
from .. import Request, guard
from .tokens import Counter

Message = dict[str, str]
"""A turn of the conversation with a model: ``role`` and ``content``."""

MOST_PASSAGES = 6
WHOLE_WORDS = 350
"""A record of no more words is given whole; of a longer one, what was found."""
PER_MESSAGE = 8
"""Tokens that a message costs beside its text; generous for every provider."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A numbered passage as a model is given it: spans of one record's text."""

    number: int
    record: WrittenAnswer
    spans: tuple[tuple[int, int], ...]

    @property
    def text(self) -> str:
        """What is shown of the record, as data."""
        parts = [self.record.text[start:end] for start, end in self.spans]
        return guard.as_data(f" {guard.CUT} ".join(parts))

    @property
    def citations(self) -> tuple[Citation, ...]:
        """The spans as a sentence that cites this number cites them."""
        return tuple(Citation(self.number, self.record.id, a, b) for a, b in self.spans)


def evidence(request: Request) -> list[Evidence]:
    """The passages worth showing, best first: one for each record, none that gives orders."""
    found = {passage.record.id: passage for passage in reversed(request.passages)}
    ordered = [candidate.record for candidate in request.found]
    ordered = ordered or list({p.record.id: p.record for p in request.passages}.values())
    made: list[Evidence] = []
    for record in ordered[:MOST_PASSAGES]:
        start, end = _extent(record, found.get(record.id))
        spans = tuple(guard.trusted(record.text, start, end))
        if spans:
            made.append(Evidence(len(made) + 1, record, spans))
    return made


def within(
    question: str, given: Sequence[Evidence], max_words: int, budget: int, count: Counter
) -> tuple[list[Evidence], list[Message]]:
    """The evidence that fits into `budget` tokens, and the messages that hold it.

    The last passages go first; where even the first is too long, its end does.  Both are
    empty when there is no room at all.
    """
    kept = list(given)
    while kept:
        messages = answer_messages(question, kept, max_words)
        over = cost(messages, count) - budget
        if over <= 0:
            return kept, messages
        if len(kept) > 1:
            kept.pop()
            continue
        kept = _shortened(kept[0], over, count)
    return [], []


def cost(messages: Sequence[Message], count: Counter) -> int:
    """Tokens that the messages take."""
    return sum(count(message["content"]) + PER_MESSAGE for message in messages)


def answer_messages(question: str, given: Sequence[Evidence], max_words: int) -> list[Message]:
    """The rules, then passages and question."""
    rules = render("answer", max_words=max_words, refusal=render("refusal"))
    passages = [_shown(item) for item in given]
    asked = render("answer_request", question=guard.as_data(question), passages=passages)
    return [{"role": "system", "content": rules}, {"role": "user", "content": asked}]


def rewrite_messages(question: str, earlier: Sequence[str]) -> list[Message]:
    """The rules, then the questions of the conversation."""
    asked = render(
        "rewrite_request",
        question=guard.as_data(question),
        earlier=[guard.as_data(one) for one in earlier],
    )
    return [{"role": "system", "content": render("rewrite")}, {"role": "user", "content": asked}]


def _shown(item: Evidence) -> dict[str, object]:
    record = item.record
    return {
        "number": item.number,
        "department": guard.as_line(record.department or ""),
        "answered": record.answered,
        "title": guard.as_line(record.title),
        "note": _note(record),
        "text": item.text,
    }


def _note(record: WrittenAnswer) -> str:
    """What a model must know of a record, in a word or two."""
    marks = {
        "holding reply": record.is_put_off,
        "withdrawn": record.is_withdrawn,
        "corrected": record.is_corrected,
        "cut short by its source": record.is_answer_truncated,
        "our own summary": record.is_summary,
    }
    return ", ".join(mark for mark, is_so in marks.items() if is_so)


def _extent(record: WrittenAnswer, passage: Passage | None) -> tuple[int, int]:
    if passage is None or len(record.text.split()) <= WHOLE_WORDS:
        return 0, len(record.text)
    return passage.start, passage.end


def _shortened(item: Evidence, over: int, count: Counter) -> list[Evidence]:
    """The same without its last sentences, `over` tokens of them at least; none if all go."""
    units = [
        (start + a, start + b)
        for start, end in item.spans
        for a, b in sentences(item.record.text[start:end])
    ]
    gone = 0
    while units and gone < over:
        start, end = units.pop()
        gone += max(count(item.record.text[start:end]), 1)
    return [Evidence(item.number, item.record, tuple(units))] if units else []
