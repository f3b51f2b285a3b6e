"""A conversation: its turns, and how the events of an answer bring one forward."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from index.errors import AssistantError
from index.types import Filters, Passage, Suggestion, WrittenAnswer

from ..types import (
    Citation,
    Done,
    Event,
    GroundedAnswer,
    Retrieved,
    Sentence,
    SentenceReady,
    StartedAgain,
)
from .limits import offered_limits

if TYPE_CHECKING:
    from ..answer import Assistant

_log = logging.getLogger(__name__)

APOLOGY = "Sorry, something went wrong and the answer could not be made. Please ask again."
STOPPED = "Stopped before the answer was finished."
PATIENCE = 0.5
"""Seconds that a reader may wait for an answer without being told that it is under way."""
AT_ONCE = 40
"""Questions answered at the same time; further ones wait their turn."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and what has come of it so far.

    `limits` says in words what `filters` limit the search to; `note` what went wrong, if
    anything did.  `stale` are the ids of cited records that have changed since; `suggestions`
    are limits that the question seems to ask for.
    """

    number: int
    question: str
    limits: str = ""
    passages: tuple[Passage, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    answer: GroundedAnswer | None = None
    note: str = ""
    filters: Filters = field(default_factory=Filters)
    stale: frozenset[str] = frozenset()
    suggestions: tuple[Suggestion, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether more of the answer is to come."""
        return self.answer is None and not self.note

    @property
    def cited(self) -> dict[int, WrittenAnswer]:
        """The records cited so far, by the number the reader sees."""
        records = {passage.record.id: passage.record for passage in self.passages}
        if self.answer is not None:
            records |= {record.id: record for record in self.answer.records}
        numbered = {
            citation.number: records[citation.record_id]
            for citation in self.citations
            if citation.record_id in records
        }
        return dict(sorted(numbered.items()))

    @property
    def citations(self) -> list[Citation]:
        """Every citation so far, in reading order."""
        return [citation for sentence in self.sentences for citation in sentence.citations]

    def anchor(self, citation: Citation) -> str:
        """The id of the mark that shows the cited words, unique in the conversation."""
        return f"cite-{self.number}-{citation.number}-{citation.start}"

    def advanced(self, event: Event) -> Turn:
        """This turn after one more event of its answer."""
        if isinstance(event, Retrieved):
            offered = offered_limits(self.filters, event.understood.suggestions)
            return replace(self, passages=event.passages, suggestions=offered)
        if isinstance(event, SentenceReady):
            return replace(self, sentences=(*self.sentences, event.sentence))
        if isinstance(event, StartedAgain):
            return replace(self, sentences=())
        if not isinstance(event, Done):
            return self  # a sentence brings its citations and verdict along
        answer = event.answer
        return replace(self, answer=answer, sentences=answer.sentences, passages=answer.passages)


Turns = tuple[Turn, ...]


def ask(
    assistant: Assistant, turns: Turns, question: str, filters: Filters, limits: str = ""
) -> Iterator[Turns]:
    """The conversation with a further turn, again whenever there is more of it to be seen.

    An answer that is quoted comes whole, for its sentences are ready at the same time and each
    picture costs the page a drawing of all of it; before it the open turn is shown only where
    it takes longer than `PATIENCE` seconds.  With a language model the open turn is shown at
    once, then the evidence, then each sentence with the opening line over it.  What goes wrong
    ends the turn with a sentence for the reader.
    """
    number = turns[-1].number + 1 if turns else 1
    turn = Turn(number=number, question=question, limits=limits, filters=filters)
    pictures = _written if assistant.takes_time else _quoted
    try:
        for grown in pictures(assistant, turn, history(turns)):
            turn = grown
            yield (*turns, turn)
    except AssistantError as error:
        yield (*turns, replace(turn, note=str(error)))
    except Exception:
        # Not the question: what is asked here is nobody's business but the asker's.
        _log.exception("an answer could not be made")
        yield (*turns, replace(turn, note=APOLOGY))


def _written(assistant: Assistant, turn: Turn, earlier: Sequence[str]) -> Iterator[Turn]:
    yield turn
    for event in assistant.answer(turn.question, earlier, turn.filters):
        before, turn = turn, turn.advanced(event)
        is_opening = isinstance(event, SentenceReady) and event.sentence.framing
        if turn is not before and not is_opening:
            yield turn


def _quoted(assistant: Assistant, turn: Turn, earlier: Sequence[str]) -> Iterator[Turn]:
    def make() -> list[Event]:
        return list(assistant.answer(turn.question, earlier, turn.filters))

    made = _at_work().submit(copy_context().run, make)
    if not wait([made], PATIENCE).done:
        yield turn
    whole = turn
    for event in made.result():
        whole = whole.advanced(event)
    yield whole


@lru_cache(maxsize=1)
def _at_work() -> ThreadPoolExecutor:
    """Threads that answers are made on; the page lets only so many be made at a time."""
    return ThreadPoolExecutor(AT_ONCE, "answer")


def stopped(turns: Turns) -> Turns:
    """The conversation after the reader stopped the answer that was under way."""
    if not turns or not turns[-1].is_open:
        return turns
    return (*turns[:-1], replace(turns[-1], note=STOPPED))


def history(turns: Sequence[Turn]) -> list[str]:
    """The questions asked so far, oldest first."""
    return [turn.question for turn in turns]


__all__ = ["APOLOGY", "STOPPED", "Done", "Turn", "Turns", "ask", "history", "stopped"]
