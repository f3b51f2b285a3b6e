"""What is searched: the records of files or of an index, whole or as answer texts alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.errors import BadRequest
from index.sources import read_path
from index.types import Rejected, WrittenAnswer

from .labels import Role, Task


@dataclass(frozen=True, slots=True)
class Haystack:
    """Records to search, as a role shows them.

    `texts` are the same records as plain text for systems that know nothing of records.
    """

    role: Role
    records: tuple[WrittenAnswer, ...]

    @property
    def ids(self) -> list[str]:
        return [record.id for record in self.records]

    @property
    def texts(self) -> list[str]:
        return [
            "\n".join(part for part in (r.heading, r.question, r.text) if part)
            for r in self.records
        ]

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the role and everything in the records, whatever their order."""
        whole = hashlib.sha256(self.role.encode())
        for mark in sorted(record.content_hash for record in self.records):
            whole.update(mark.encode())
        return whole.hexdigest()


def read_records(paths: Sequence[Path]) -> tuple[list[WrittenAnswer], int]:
    """The records of files and folders, and how many were refused.

    Of two records with one id the first is kept.

    Raises:
        BadRequest: a path does not exist, or there is no record in them.
    """
    for path in paths:
        if not path.exists():
            raise BadRequest(f"There is no file or folder {path}.")
    found: dict[str, WrittenAnswer] = {}
    refused = 0
    for path in paths:
        for item in read_path(path):
            if isinstance(item, Rejected):
                refused += 1
            else:
                found.setdefault(item.id, item)
    if not found:
        raise BadRequest(f"There is no record in {', '.join(map(str, paths))}.")
    return list(found.values()), refused


def haystack(role: Role, records: Iterable[WrittenAnswer]) -> Haystack:
    """The records as `role` shows them."""
    if role is Role.ANSWERS:
        records = (WrittenAnswer(id=record.id, text=record.text) for record in records)
    return Haystack(role, tuple(records))


def unfindable(task: Task, ids: set[str]) -> int:
    """How many queries of a task have none of their relevant records among `ids`."""
    return sum(not ids.intersection(query.relevant) for query in task.queries)
