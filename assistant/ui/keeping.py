"""Conversations between the page and the file they are kept in."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from index.types import WrittenAnswer

from ..export import export
from ..history import (
    Conversation,
    ConversationMissing,
    Conversations,
    HistoryDamaged,
    KeptTurn,
)
from ..service.identity import LOCAL, identity_of
from .conversation import Turn, Turns
from .limits import in_words

if TYPE_CHECKING:
    from index import Index

_log = logging.getLogger(__name__)

DELETED = "The conversation was deleted meanwhile; from this question on it is kept as a new one."
UNREADABLE = "This answer was made by another version of the program. Ask the question again."


def owner(request: Any) -> str:
    """Whose conversations a request may see: the user's name, empty where nobody logs in."""
    identity = identity_of(scope_of(request))
    return "" if identity.name in (LOCAL.name, "unknown") else identity.name


def scope_of(request: Any) -> Mapping[str, Any]:
    """What the service noted of the request that an event came with."""
    return getattr(getattr(request, "request", None), "scope", None) or {}


def kept(history: Conversations, whose: str, conversation: str, turns: Turns) -> tuple[str, str]:
    """Keep the latest turn; gives the conversation's id, and in words why it was not kept.

    Only a finished answer is kept: one that was stopped or failed is not.  Where the conversation
    was deleted meanwhile, elsewhere, a new one begins with this turn.
    """
    turn = turns[-1] if turns else None
    if turn is None or turn.answer is None:
        return conversation, ""
    keeping = KeptTurn(turn.number, turn.question, turn.answer, turn.filters)
    try:
        return history.keep(whose, conversation, keeping), ""
    except ConversationMissing:
        number, why_not = kept(history, whose, "", turns)
        return number, why_not or DELETED
    except HistoryDamaged as error:
        _log.warning("%s", error)
        return conversation, str(error)


def reopened(conversation: Conversation, index: Index) -> Turns:
    """The turns of a kept conversation as the page shows them."""
    found = []
    for turn in conversation.turns:
        shown = Turn(
            turn.number, turn.question, in_words(turn.filters), filters=turn.filters,
            note="" if turn.answer else UNREADABLE,
        )  # fmt: skip
        if turn.answer is not None:
            answer = turn.answer
            stale = frozenset(r.id for r in answer.records if _has_changed(r, index))
            shown = Turn(
                shown.number, shown.question, shown.limits, answer.passages, answer.sentences,
                answer, filters=turn.filters, stale=stale,
            )  # fmt: skip
        found.append(shown)
    return tuple(found)


def written_out(conversation: Conversation) -> str:
    """The conversation as Markdown, its answers one after another."""
    answers = [turn.answer for turn in conversation.turns if turn.answer is not None]
    return "\n---\n\n".join(export(answer, "markdown") for answer in answers)


def _has_changed(record: WrittenAnswer, index: Index) -> bool:
    now = index.get(record.id)
    return now is None or now.content_hash != record.content_hash
