"""The answer path: a question to a stream of events (its stages are in `answering`).

Nothing is imported here but the standard library until a question is asked, so that the
package and the command line's help load at once.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

    from index import Index
    from index.types import Filters

    from .asked import AskedBefore
    from .compose import Composer
    from .compose.llm.rewriting import Rewriter
    from .settings import Settings
    from .types import Event, GroundedAnswer
    from .writing import Policy


class AnswerStream:
    """The events of one answer, made as they are asked for.

    Iterate over it for `Retrieved`, `SentenceReady`, `CitationReady`, `VerdictReady`... and
    `Done`, or call `result` for the finished answer.  It can be walked through once.
    """

    def __init__(self, events: Generator[Event, None, None]) -> None:
        self._events = events
        self._answer: GroundedAnswer | None = None

    def __iter__(self) -> Iterator[Event]:
        from .types import Done

        for event in self._events:
            if isinstance(event, Done):
                self._answer = event.answer
            yield event

    def close(self) -> None:
        """Stop the work on the answer; a language model that is still talking is cut off."""
        self._events.close()

    def result(self) -> GroundedAnswer:
        """Run what is left of the stream and return the finished answer."""
        for _ in self:
            pass
        if self._answer is None:
            raise RuntimeError("the stream ended before its answer was finished")
        return self._answer


class Assistant:
    """Answers questions from one index.  Safe from many threads; close it when done.

    `composer` answers unless a question names another; what it cannot do, the extractive one
    does.  `rewriter` makes a follow-up and the questions before it into one that stands on
    its own (empty where it has nothing better); `policy` says what is kept from a reader.
    """

    def __init__(
        self,
        index: Index,
        settings: Settings | None = None,
        composer: Composer | None = None,
        rewriter: Rewriter | None = None,
        policy: Policy | None = None,
    ) -> None:
        from .compose.extractive import ExtractiveComposer
        from .settings import Settings
        from .writing import Policy

        self.index = index
        self.settings = settings or Settings()
        self.extractive = ExtractiveComposer(self.settings.max_words)
        self.composer = composer or self.extractive
        self.rewriter = rewriter
        self.policy = policy or Policy()

    def __enter__(self) -> Assistant:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def takes_time(self) -> bool:
        """Whether a language model writes, so that the evidence is there long before."""
        return self.composer is not self.extractive

    @cached_property
    def reading_model(self) -> object:
        """The model that reads questions and sentences beside each other.

        That of the index where it is the default one; else the default beside it, which alone
        was trained to, and which the composer's weights are fitted to.
        """
        own = self.index.embedder
        if getattr(own, "has_reader", True):
            return own
        from index.embedding import SentenceTransformerEmbedder
        from index.errors import ModelUnavailable

        try:
            return SentenceTransformerEmbedder()
        except ModelUnavailable:
            return own

    def close(self) -> None:
        """Close the index."""
        self.index.close()

    def answer(
        self,
        question: str,
        history: Sequence[str] = (),
        filters: Filters | None = None,
        composer: Composer | str | None = None,
    ) -> AnswerStream:
        """The answer to `question` as a lazy stream of events.

        `history` holds the earlier questions of the conversation, oldest first; `composer`
        is one, or "extractive" or "llm".

        Raises:
            BadRequest: the question is empty, or no such composer is set.
        """
        from index import arguments
        from index.errors import BadRequest

        question = arguments.text(question, "question")
        history, filters = arguments.turns(history), arguments.limits(filters)
        if isinstance(composer, str):
            composer = self._named(composer)

        if not question.strip():
            raise BadRequest("The question is empty.", "Type what you want to know.")
        from .answering import run

        return AnswerStream(
            run(self, question.strip(), history, filters, composer or self.composer)
        )

    async def aanswer(
        self, question: str, history: Sequence[str] = (), filters: Filters | None = None
    ) -> GroundedAnswer:
        """The finished answer, made on a worker thread, for callers with an event loop."""
        import asyncio

        return await asyncio.to_thread(lambda: self.answer(question, history, filters).result())

    def asked_before(
        self, draft: str, k: int = 10, filters: Filters | None = None
    ) -> list[AskedBefore]:
        """The questions already asked on the matter of a draft, the most alike first.

        Raises:
            BadRequest: the draft is empty or too long.
        """
        from .asked import asked_before

        return asked_before(self.index, draft, k, filters)

    def _named(self, name: str) -> Composer:
        from index.errors import BadRequest

        if name == self.extractive.name:
            return self.extractive
        if name != "llm":
            raise BadRequest(f"There is no composer {name!r}.", "There are: extractive, llm.")
        if self.composer is self.extractive:
            raise BadRequest(
                "No language model is set.", "Set llm_model, see docs/language-model.md."
            )
        return self.composer


@lru_cache(maxsize=1)
def _default() -> Assistant:
    from .settings import Settings, open_assistant

    return open_assistant(Settings.load())


def answer(
    question: str,
    history: Sequence[str] = (),
    filters: Filters | None = None,
    composer: Composer | str | None = None,
) -> AnswerStream:
    """The answer of the default index (see `Settings`), opened once and kept open.

    Raises:
        BadRequest: the question is empty, or no such composer is set.
        IndexMissing: there is no index in the data folder yet.
    """
    return _default().answer(question, history, filters, composer)
