"""Questions to ask next, taken from the records beside those that were cited."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from index.examples import standing_alone
from index.text import fold, strip_boilerplate
from index.types import WrittenAnswer

from .conversation import Turn

MOST = 2


def next_questions(turns: Sequence[Turn]) -> list[str]:
    """Up to `MOST` questions that neighbouring records answer and nobody asked here yet."""
    if not turns or turns[-1].answer is None:
        return []
    answer = turns[-1].answer
    cited = {record.id for record in answer.records}
    asked = {_plain(turn.question) for turn in turns}
    asked |= {_plain(record.question) for record in answer.records}
    others = (p.record for p in answer.passages if p.record.id not in cited)
    return _offered(others, asked)


def _offered(records: Iterable[WrittenAnswer], asked: set[str]) -> list[str]:
    found: list[str] = []
    for record in records:
        question = standing_alone(record.question)
        usable = question and not record.is_question_truncated and not record.is_holding
        if usable and _plain(question) not in asked:
            asked.add(_plain(question))
            found.append(question)
        if len(found) == MOST:
            break
    return found


def _plain(question: str) -> str:
    return fold(strip_boilerplate(question)).rstrip(" ?.")
