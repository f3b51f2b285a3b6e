"""Follow-ups made to stand on their own, by a language model that may add nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import closing

from index.followups import leans_on_history

from .. import ComposerFailed, guard, words
from . import prompting
from .client import LanguageModel

EARLIER = 4
"""Questions of the conversation that a model is shown, the last ones."""
MAX_TOKENS = 80
TOTAL_SECONDS = 15.0
LONGEST = 400
"""Characters of a question that can still be meant as one."""

_log = logging.getLogger(__name__)

Rewriter = Callable[[str, Sequence[str]], str]
"""A question and the ones before it, oldest first, to one that stands alone; empty for none."""


def rewriter(model: LanguageModel) -> Rewriter:
    """A rewriter that asks `model`.

    It is shown questions only, so that no claim of an answer can come in, and what it gives
    back may hold no word that was not asked: otherwise the search's own handling stands.
    """

    def rewritten(question: str, history: Sequence[str]) -> str:
        earlier = [turn.strip() for turn in history if turn.strip()][-EARLIER:]
        if not earlier or not leans_on_history(question):
            return ""
        messages = prompting.rewrite_messages(question, earlier)
        seconds = min(TOTAL_SECONDS, model.options.total_seconds)
        reply = model.reply(messages, max_tokens=MAX_TOKENS, total_seconds=seconds)
        try:
            with closing(reply):
                said = "".join(reply)
        except ComposerFailed as error:
            _log.warning("the question is searched as it is: %s", error)
            return ""
        return accepted(said, question, earlier)

    return rewritten


def accepted(said: str, question: str, earlier: Sequence[str]) -> str:
    """The rewritten question, if it is one and is made of what was asked; else empty."""
    lines = [line.strip(" \"'“”`*") for line in guard.visible(said).splitlines()]
    lines = [line for line in lines if line]
    if len(lines) != 1 or len(lines[0]) > LONGEST or guard.gives_orders(lines[0]):
        return ""
    given = words.terms(" ".join([*earlier, question]))
    own = words.terms(lines[0])
    if (
        not own
        or not own <= given
        or not own & words.terms(" ".join(earlier)) - words.terms(question)
    ):
        return ""
    return lines[0]
