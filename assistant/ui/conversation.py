"""A conversation: its turns, and how the events of an answer bring one forward."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
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
TOGETHER = 0.1
"""Seconds within which further sentences wait for the next picture."""


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

    An opening line comes with the sentence under it, and sentences that are ready within
    `TOGETHER` seconds of each other come together: each picture costs the page a drawing of the
    whole answer.  The evidence is shown by itself only where a language model is to write, which
    takes its time.  What goes wrong ends the turn with a sentence for the reader.
    """
    number = turns[-1].number + 1 if turns else 1
    turn = Turn(number=number, question=question, limits=limits, filters=filters)
    yield (*turns, turn)
    try:
        shown = -math.inf
        for event in assistant.answer(question, history(turns), filters):
            before, turn = turn, turn.advanced(event)
            if isinstance(event, SentenceReady):
                if event.sentence.framing or time.monotonic() - shown < TOGETHER:
                    continue
                shown = time.monotonic()
            elif turn is before or (isinstance(event, Retrieved) and not assistant.takes_time):
                continue
            yield (*turns, turn)
    except AssistantError as error:
        yield (*turns, replace(turn, note=str(error)))
    except Exception:
        _log.exception("the answer to %r could not be made", question)
        yield (*turns, replace(turn, note=APOLOGY))


def stopped(turns: Turns) -> Turns:
    """The conversation after the reader stopped the answer that was under way."""
    if not turns or not turns[-1].is_open:
        return turns
    return (*turns[:-1], replace(turns[-1], note=STOPPED))


def history(turns: Sequence[Turn]) -> list[str]:
    """The questions asked so far, oldest first."""
    return [turn.question for turn in turns]


__all__ = ["APOLOGY", "STOPPED", "Done", "Turn", "Turns", "ask", "history", "stopped"]
