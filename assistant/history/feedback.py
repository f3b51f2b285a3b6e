"""What readers said of answers: kept, exported, turned into questions for the evaluation."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from index.types import Filters

from ..types import AnswerKind, GroundedAnswer
from .database import Database

LONGEST_REASON = 2_000
_COLUMNS = (
    "id", "noted", "useful", "reason", "question", "history", "filters", "kind", "composer",
    "answer", "retrieved", "cited", "quoted",
)  # fmt: skip
_JSON = frozenset({"history", "filters", "retrieved", "cited", "quoted"})


@dataclass(frozen=True, slots=True)
class Feedback:
    """One reader's word on one answer.

    `retrieved` and `cited` are record ids, best first; `quoted` the answer's sentences that
    cite a record, `answer` the whole as plain text.  `noted` is UTC.
    """

    id: int
    noted: datetime
    useful: bool
    reason: str
    question: str
    history: tuple[str, ...]
    filters: Mapping[str, Any]
    kind: str
    composer: str
    answer: str
    retrieved: tuple[str, ...]
    cited: tuple[str, ...]
    quoted: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The fields as JSON takes them."""
        return {
            **{name: getattr(self, name) for name in _COLUMNS},
            "noted": self.noted.isoformat(),
            "history": list(self.history),
            "filters": dict(self.filters),
            "retrieved": list(self.retrieved),
            "cited": list(self.cited),
            "quoted": list(self.quoted),
        }


class FeedbackLog:
    """The feedback of a data folder.  Raises `HistoryDamaged` where it cannot be kept."""

    def __init__(self, folder: Path) -> None:
        self._database = Database(folder)

    def add(
        self,
        answer: GroundedAnswer,
        *,
        useful: bool,
        reason: str = "",
        history: Sequence[str] = (),
        filters: Filters | None = None,
        owner: str = "",
    ) -> int:
        """Keep what a reader said of an answer; returns its number."""
        quoted = [s.text for s in answer.sentences if s.citations]
        values = (
            owner,
            datetime.now(UTC).isoformat(timespec="seconds"),
            int(useful),
            reason.strip()[:LONGEST_REASON],
            answer.question,
            json.dumps(list(history)),
            (filters or Filters()).model_dump_json(exclude_defaults=True),
            answer.kind.value,
            answer.composer,
            answer.text,
            json.dumps(list(dict.fromkeys(p.record.id for p in answer.passages))),
            json.dumps([record.id for record in answer.records]),
            json.dumps(quoted),
        )
        with self._database.work() as db:
            cursor = db.execute(
                "INSERT INTO feedback (owner, noted, useful, reason, question, history, filters,"
                " kind, composer, answer, retrieved, cited, quoted)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )
            return int(cursor.lastrowid or 0)

    def explain(self, number: int, reason: str, owner: str = "") -> None:
        """Add the reason to feedback of the same owner."""
        with self._database.work() as db:
            db.execute(
                "UPDATE feedback SET reason = ? WHERE id = ? AND owner = ?",
                (reason.strip()[:LONGEST_REASON], number, owner),
            )

    def all(self) -> list[Feedback]:
        """All feedback, oldest first."""
        if not self._database.file.exists():
            return []
        with self._database.work() as db:
            rows = db.execute(f"SELECT {', '.join(_COLUMNS)} FROM feedback ORDER BY id").fetchall()  # noqa: S608
        return [_feedback(dict(zip(_COLUMNS, row, strict=True))) for row in rows]


def as_questions(feedback: Iterable[Feedback]) -> Iterator[dict[str, Any]]:
    """Feedback as questions of the evaluation, in the form of its question files.

    An answer called useful gives a question with the record it cites first and the sentences
    it quotes; where nothing was found and the reader agreed, a question that nothing answers.
    An answer called useless tells of no right one: it is left to a person, and not given here.
    The last word on a question counts.
    """
    latest = {(item.question, item.history): item for item in feedback}
    for item in latest.values():
        if not item.useful:
            continue
        asked = {"history": list(item.history), "q": item.question}
        if item.kind == AnswerKind.NOT_COVERED:
            if not item.history:
                yield {
                    "kind": "unanswerable",
                    "q": item.question,
                    "near": [number_of(key) for key in item.retrieved[:3]],
                    "why": item.reason or "A reader agreed that nothing here answers it.",
                }
        elif item.cited:
            yield {
                "kind": "followup" if item.history else "answerable",
                **(asked if item.history else {"q": item.question}),
                "id": number_of(item.cited[0]),
                "also": [number_of(key) for key in item.cited[1:]],
                "gold": list(item.quoted),
                "short": item.reason,
            }


def number_of(record_id: str) -> int | str:
    """A record's id as question files write it: a number where it is one."""
    return int(record_id) if record_id.isascii() and record_id.isdigit() else record_id


def _feedback(row: dict[str, Any]) -> Feedback:
    for name in _JSON:
        row[name] = json.loads(row[name])
    for name in ("history", "retrieved", "cited", "quoted"):
        row[name] = tuple(row[name])
    row["noted"] = datetime.fromisoformat(row["noted"])
    row["useful"] = bool(row["useful"])
    return Feedback(**row)
