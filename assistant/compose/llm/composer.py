"""The composer itself: evidence to prompt, reply to sentences."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import closing

from index.text import fold
from prompts import render

from ...types import Sentence
from .. import ComposerFailed, Request, guard
from . import prompting
from .client import LanguageModel
from .markers import Draft, MarkerReader
from .prompting import Evidence
from .tokens import counter

_log = logging.getLogger(__name__)


class LlmComposer:
    """Has a language model write at most `max_words` words.

    A sentence cites the passages whose numbers the model gave; what it says has yet to be
    checked.  Where there is nothing to show the model it is not called.
    """

    def __init__(self, model: LanguageModel, max_words: int) -> None:
        self.name = f"llm ({model.options.model})"
        self._model = model
        self._max_words = max_words

    def compose(self, request: Request) -> Iterator[Sentence]:
        """The model's sentences as they come.

        Raises:
            ComposerFailed: the model cannot be had, breaks off, or finds no answer.
        """
        options = self._model.options
        every = prompting.evidence(request)
        if not every:
            return
        budget = options.context_tokens - options.answer_tokens
        given, messages = prompting.within(
            request.question, every, self._max_words, budget, counter()
        )
        if not given:
            raise ComposerFailed(render("model_note", model=options.model, reason="short"))
        refusal = fold(render("refusal")).rstrip(".")
        said = 0
        for draft in self._drafts(messages, len(given)):
            if fold(draft.text).rstrip(".") == refusal:
                if said:
                    continue  # it says so of a part of the question
                raise ComposerFailed(render("model_note", model=options.model, reason="declined"))
            said += 1
            yield _sentence(draft, given)
        if not said:
            raise ComposerFailed(render("model_note", model=options.model, reason="empty"))

    def _drafts(self, messages: Sequence[prompting.Message], passages: int) -> Iterator[Draft]:
        reader = MarkerReader(passages)
        with closing(self._model.reply(messages)) as reply:
            for piece in reply:
                yield from reader.feed(piece)
        last = reader.finish()
        if last and reply.was_cut and not last[-1].text.endswith((".", "!", "?", "”", ")")):
            _log.info("the reply was cut at its limit; its last words are not shown")
            last.pop()
        yield from last


def _sentence(draft: Draft, given: Sequence[Evidence]) -> Sentence:
    citations = tuple(c for number in draft.numbers for c in given[number - 1].citations)
    return Sentence(guard.visible(guard.restored(draft.text)), citations)
