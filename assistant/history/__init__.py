"""What is kept between visits: conversations and feedback, in one SQLite file of the data folder.

Nothing here knows of the page or of the index; answers are kept with the records they quote,
so that a citation goes on showing the words it was made from.
"""

from __future__ import annotations

from .conversations import Conversations
from .database import HISTORY_FILE, Database
from .feedback import Feedback, FeedbackLog
from .types import Conversation, ConversationMissing, HistoryDamaged, KeptTurn, Summary

__all__ = [
    "HISTORY_FILE",
    "Conversation",
    "ConversationMissing",
    "Conversations",
    "Database",
    "Feedback",
    "FeedbackLog",
    "HistoryDamaged",
    "KeptTurn",
    "Summary",
]
