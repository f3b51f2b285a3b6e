"""What the history gives and takes.  Nothing heavy is imported."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from index.errors import AssistantError
from index.types import Filters

from ..types import GroundedAnswer


class ConversationMissing(AssistantError):
    """There is no such conversation, or it is somebody else's."""

    code = "conversation_missing"
    http_status = 404


class HistoryDamaged(AssistantError):
    """The file of conversations and feedback cannot be read or written."""

    code = "history_damaged"
    http_status = 503


@dataclass(frozen=True, slots=True)
class KeptTurn:
    """A question with the limits it was asked under and its finished answer.

    `number` counts the turns of a conversation from 1.  `answer` is None where it was made by
    another version of the program and can no longer be read.
    """

    number: int
    question: str
    answer: GroundedAnswer | None
    filters: Filters = field(default_factory=Filters)
    asked: datetime | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation with all its turns, oldest first."""

    id: str
    title: str
    turns: tuple[KeptTurn, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """A conversation as a list shows it; times are UTC, `turns` is how many it has."""

    id: str
    title: str
    turns: int
    created: datetime
    updated: datetime
