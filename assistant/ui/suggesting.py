"""Questions to ask next, taken from the records beside those that were cited."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from index.text import fold, strip_boilerplate
from index.types import WrittenAnswer

from .conversation import Turn

MOST = 2
SHORTEST, LONGEST = 20, 120
"""Characters of a question worth offering."""
_OPENINGS = frozenset(
    "How What When Where Which Who Why Are Can Could Did Do Does Has Have Is Was Were Will".split()
)


def next_questions(turns: Sequence[Turn]) -> list[str]:
    """Up to `MOST` questions that neighbouring records answer and nobody asked here yet."""
    if not turns or turns[-1].answer is None:
        return []
    answer = turns[-1].answer
    cited = {record.id for record in answer.records}
    asked = {fold(turn.question).rstrip(" ?.") for turn in turns}
    asked |= {_plain(record) for record in answer.records}
    others = (p.record for p in answer.passages if p.record.id not in cited)
    return _offered(others, asked)


def _offered(records: Iterable[WrittenAnswer], asked: set[str]) -> list[str]:
    found: list[str] = []
    for record in records:
        question = " ".join(strip_boilerplate(record.question).split())
        usable = (
            question.split(" ", 1)[0] in _OPENINGS
            and SHORTEST <= len(question) <= LONGEST
            and not record.is_question_truncated
            and not record.is_holding
        )
        if usable and _plain(record) not in asked:
            asked.add(_plain(record))
            found.append(question.rstrip(".? ") + "?")
        if len(found) == MOST:
            break
    return found


def _plain(record: WrittenAnswer) -> str:
    return fold(strip_boilerplate(record.question)).rstrip(" ?.")
