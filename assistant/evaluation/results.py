"""What an evaluation found, as values that turn into JSON as they stand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from .statistics import Comparison, Mean

if TYPE_CHECKING:
    from .answers import AnswersResult


@dataclass(frozen=True, slots=True)
class SystemResult:
    """One system on one task: every measure, and how long a search takes (milliseconds)."""

    system: str
    scores: Mapping[str, Mean]
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True, slots=True)
class Against:
    """The first system less another, by the task's own measure."""

    other: str
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class Department:
    """The task's own measure of every system, over one department's queries."""

    name: str
    queries: int
    scores: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Shown:
    """A record in a list of what was expected or found; `rank` is its place, if it has one."""

    record: str
    title: str
    department: str
    answered: str
    snippet: str
    rank: int | None
    is_relevant: bool


@dataclass(frozen=True, slots=True)
class Miss:
    """A query on which the first system did badly."""

    qid: str
    query: str
    history: tuple[str, ...]
    score: float
    expected: tuple[Shown, ...]
    found: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class TaskResult:
    """All there is to say of one task; `systems` are in the order they were named."""

    task: str
    role: str
    measure: str
    queries: int
    records: int
    systems: tuple[SystemResult, ...]
    against: tuple[Against, ...]
    departments: tuple[Department, ...]
    worst: tuple[Miss, ...]


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the figures depend on."""

    command: str
    version: str
    machine: str
    day: str
    model: str
    base_model: str
    records: int


@dataclass(frozen=True, slots=True)
class Report:
    """An evaluation, whole."""

    conditions: Conditions
    tasks: tuple[TaskResult, ...]
    answers: AnswersResult | None = None
    notes: tuple[str, ...] = ()

    def as_json(self) -> str:
        """One JSON object."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1)
