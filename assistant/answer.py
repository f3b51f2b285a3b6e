"""The answer path: a question to events, a straight line of named stages.

Nothing is imported here but the standard library until a question is asked, so that the
package and the command line's help load at once.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from index.timing import timed

if TYPE_CHECKING:
    from types import TracebackType

    from index import Index
    from index.types import Filters, Passage, WrittenAnswer

    from .compose import Composer
    from .compose.evidence import Assessment
    from .settings import Settings
    from .types import Event, GroundedAnswer, Sentence


class AnswerStream:
    """The events of one answer, made as they are asked for.

    Iterate over it for `Retrieved`, `SentenceReady`... and `Done`, or call `result` for
    the finished answer.  It can be walked through once.
    """

    def __init__(self, events: Iterator[Event]) -> None:
        self._events = events
        self._answer: GroundedAnswer | None = None

    def __iter__(self) -> Iterator[Event]:
        from .types import Done

        for event in self._events:
            if isinstance(event, Done):
                self._answer = event.answer
            yield event

    def result(self) -> GroundedAnswer:
        """Run what is left of the stream and return the finished answer."""
        for _ in self:
            pass
        if self._answer is None:
            raise RuntimeError("the stream ended before its answer was finished")
        return self._answer


class Assistant:
    """Answers questions from one index.  Safe from many threads; close it when done."""

    def __init__(
        self, index: Index, settings: Settings | None = None, composer: Composer | None = None
    ) -> None:
        from .compose.extractive import ExtractiveComposer
        from .settings import Settings

        self.index = index
        self.settings = settings or Settings()
        self.composer = composer or ExtractiveComposer(self.settings.max_words)

    def __enter__(self) -> Assistant:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the index."""
        self.index.close()

    def answer(
        self,
        question: str,
        history: Sequence[str] = (),
        filters: Filters | None = None,
        composer: Composer | None = None,
    ) -> AnswerStream:
        """The answer to `question` as a lazy stream of events.

        `history` holds the earlier questions of the conversation, oldest first.

        Raises:
            BadRequest: the question is empty.
        """
        from index.errors import BadRequest

        if not question.strip():
            raise BadRequest("The question is empty.", "Type what you want to know.")
        return AnswerStream(self._run(question.strip(), history, filters, composer))

    def _run(
        self,
        question: str,
        history: Sequence[str],
        filters: Filters | None,
        composer: Composer | None,
    ) -> Iterator[Event]:
        from .compose import evidence
        from .compose.features import study
        from .types import AnswerKind, Done, GroundedAnswer, Retrieved, SentenceReady

        composer = composer or self.composer
        timings: dict[str, float] = {}
        with timed(timings, "retrieve"):
            passages = tuple(
                self.index.retrieve(question, k=self.settings.k, filters=filters, history=history)
            )
        yield Retrieved(passages)
        with timed(timings, "study"):
            request = study(question, history, passages, self.index.embedder)
        with timed(timings, "assess"):
            assessment = evidence.assess(request)
        sentences: list[Sentence] = []
        if assessment.covered:
            for sentence in _clocked(composer.compose(request), timings, "compose"):
                sentences.append(sentence)
                yield SentenceReady(sentence, len(sentences) - 1)
        # A composer may find nothing to say even where the evidence looked strong enough.
        kind = evidence.kind_of(sentences, assessment)
        if kind is AnswerKind.NOT_COVERED:
            sentence = self._abstention(assessment)
            sentences = [sentence]
            yield SentenceReady(sentence, 0)
        nearest = assessment.nearest if kind is AnswerKind.NOT_COVERED else ()
        yield Done(
            GroundedAnswer(
                question=question,
                kind=kind,
                sentences=tuple(sentences),
                records=_cited(sentences, passages),
                nearest=nearest,
                passages=passages,
                composer=composer.name,
                timings=timings,
            )
        )

    def _abstention(self, assessment: Assessment) -> Sentence:
        from prompts import render

        from .types import Sentence

        held = self.index.status().records
        text = render("abstention", nearest=len(assessment.nearest), records=held)
        return Sentence(text, framing=True)


def _cited(sentences: Sequence[Sentence], passages: Sequence[Passage]) -> tuple[WrittenAnswer, ...]:
    """The cited records in the order of their numbers."""
    by_id = {passage.record.id: passage.record for passage in passages}
    numbered = {
        citation.number: by_id[citation.record_id]
        for sentence in sentences
        for citation in sentence.citations
    }
    return tuple(numbered[number] for number in sorted(numbered))


def _clocked(
    sentences: Iterator[Sentence], timings: dict[str, float], stage: str
) -> Iterator[Sentence]:
    """The same sentences, with the time spent making them (not showing them) noted."""
    timings[stage] = 0.0
    while True:
        began = time.perf_counter()
        sentence = next(sentences, None)
        timings[stage] += time.perf_counter() - began
        if sentence is None:
            return
        yield sentence


@lru_cache(maxsize=1)
def _default() -> Assistant:
    from .settings import Settings, open_assistant

    return open_assistant(Settings.load())


def answer(
    question: str, history: Sequence[str] = (), filters: Filters | None = None
) -> AnswerStream:
    """The answer of the default index (see `Settings`), opened once and kept open.

    Raises:
        BadRequest: the question is empty.
        IndexMissing: there is no index in the data folder yet.
    """
    return _default().answer(question, history, filters)
