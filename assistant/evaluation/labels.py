"""What is right: retrieval tasks and labelled questions, read from JSON Lines.

A line that cannot be used is left out and named in one sentence; the others are kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Generic, TypeVar

from index.errors import BadRequest

T = TypeVar("T")


class Role(StrEnum):
    """What of a record is searched."""

    ANSWERS = "answers"
    """The answer's text alone: question, heading and all else withheld."""
    RECORDS = "records"
    """Whole records."""


ANSWERS_ALONE = frozenset({"own-answer", "conversation"})
"""Tasks whose queries would be found in the records themselves, word for word."""

QUESTIONS, FOLLOW_UPS = "questions", "follow-ups"
"""Names of the two tasks that labelled questions make."""


@dataclass(frozen=True, slots=True)
class Query:
    """One search with the records it should find.

    `exclude` are ids dropped from the ranking before it is scored: the records that the
    query was taken from.
    """

    qid: str
    text: str
    relevant: tuple[str, ...]
    history: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    @property
    def joined(self) -> str:
        """The earlier turns and the query as one text, for systems that know no history."""
        return " ".join([*self.history, self.text])


@dataclass(frozen=True, slots=True)
class Task:
    """Queries of one sort, over one haystack; `measure` is the figure it is judged by."""

    name: str
    role: Role
    queries: tuple[Query, ...]
    measure: str = "nDCG@10"


@dataclass(frozen=True, slots=True)
class Question:
    """A question as staff type it; without `gold` nothing in the records answers it."""

    qid: str
    text: str
    history: tuple[str, ...] = ()
    relevant: tuple[str, ...] = ()
    gold: tuple[str, ...] = ()
    short: str = ""

    @property
    def is_answerable(self) -> bool:
        return bool(self.relevant)


@dataclass(frozen=True, slots=True)
class Read(Generic[T]):
    """What a file held, and a sentence for each line that could not be used."""

    items: tuple[T, ...]
    problems: tuple[str, ...]


class _Unusable(ValueError):
    """A line that cannot be used, in words."""


def read_tasks(path: Path) -> Read[Task]:
    """The tasks of a folder, one a file (``NAME.jsonl``), or of a single such file.

    Raises:
        BadRequest: there is no such folder, or there are no tasks in it.
    """
    files = [path] if path.is_file() else sorted(path.glob("*.jsonl"))
    if not files:
        raise BadRequest(f"There are no tasks (files NAME.jsonl) in {path}.")
    tasks: list[Task] = []
    problems: list[str] = []
    for file in files:
        found = _read(file, _query)
        problems += found.problems
        role = Role.ANSWERS if file.stem in ANSWERS_ALONE else Role.RECORDS
        if found.items:
            tasks.append(Task(file.stem, role, found.items))
    return Read(tuple(tasks), tuple(problems))


def read_questions(file: Path) -> Read[Question]:
    """Labelled questions, in the order of the file.

    Raises:
        BadRequest: there is no such file.
    """
    if not file.is_file():
        raise BadRequest(f"There is no file of questions at {file}.")
    return _read(file, _question)


def question_tasks(questions: Sequence[Question]) -> list[Task]:
    """The retrieval tasks that questions make: those that stand alone, and follow-ups."""
    tasks = []
    for name, is_follow_up in ((QUESTIONS, False), (FOLLOW_UPS, True)):
        queries = tuple(
            Query(q.qid, q.text, q.relevant, q.history)
            for q in questions
            if q.is_answerable and bool(q.history) == is_follow_up
        )
        if queries:
            tasks.append(Task(name, Role.RECORDS, queries, "MRR@10"))
    return tasks


def _read(file: Path, made: Callable[[dict[str, Any], str], T]) -> Read[T]:
    items, problems = [], []
    for number, line in _lines(file):
        try:
            value = json.loads(line)
            if not isinstance(value, dict):
                raise _Unusable("it is not an object")
            items.append(made(value, f"{file.stem}-{number}"))
        except (_Unusable, json.JSONDecodeError, RecursionError) as error:
            reason = str(error) if isinstance(error, _Unusable) else "it is not JSON"
            problems.append(f"{file.name}, line {number} is left out: {reason}.")
    return Read(tuple(items), tuple(problems))


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    try:
        text = file.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadRequest(f"The file {file} is not text in UTF-8.") from error
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, line


def _query(value: dict[str, Any], default: str) -> Query:
    relevant = _ids(value, "relevant")
    if not relevant:
        raise _Unusable("it names no relevant record")
    return Query(
        qid=str(value.get("qid") or default),
        text=_text(value, "query"),
        relevant=relevant,
        history=_texts(value, "history"),
        exclude=_ids(value, "exclude"),
    )


def _question(value: dict[str, Any], default: str) -> Question:
    own = value.get("id")
    relevant = tuple(
        dict.fromkeys([*([_id(own)] if own is not None else []), *_ids(value, "also")])
    )
    says_unanswerable = value.get("kind") == "unanswerable"
    if not relevant and not says_unanswerable and (value.get("kind") or value.get("gold")):
        raise _Unusable("it names no record that answers (id)")
    short = value.get("short")
    return Question(
        qid=str(value.get("qid") or default),
        text=_text(value, "q"),
        history=_texts(value, "history"),
        relevant=() if says_unanswerable else relevant,
        gold=() if says_unanswerable else _texts(value, "gold"),
        short=short if isinstance(short, str) else "",
    )


def _text(value: dict[str, Any], name: str) -> str:
    found = value.get(name)
    if not isinstance(found, str) or not found.strip():
        raise _Unusable(f"it has no text in {name!r}")
    return found.strip()


def _texts(value: dict[str, Any], name: str) -> tuple[str, ...]:
    found = value.get(name) or []
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise _Unusable(f"{name!r} is not a list of texts")
    return tuple(found)


def _ids(value: dict[str, Any], name: str) -> tuple[str, ...]:
    found = value.get(name) or []
    if not isinstance(found, list):
        raise _Unusable(f"{name!r} is not a list of ids")
    return tuple(_id(item) for item in found)


def _id(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | str) or not str(value).strip():
        raise _Unusable(f"{value!r} is not a record's id")
    return str(value).strip()
