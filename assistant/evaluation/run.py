"""An evaluation as a straight line: rank, score, compare, and look at what went wrong."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from index.types import WrittenAnswer

from . import measures, statistics
from .labels import Query, Task
from .results import Against, Department, Miss, Shown, SystemResult, TaskResult
from .systems import Bench, System

WORST = 20
FEWEST = 5
"""Departments with fewer queries than this are counted together."""

_OTHERS = "Others"
_SNIPPET = 220
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Ranked:
    """One system's rankings of a task's queries, with the seconds each took and the scores."""

    rankings: list[list[str]]
    seconds: list[float]
    scores: measures.Scores


def evaluate(
    task: Task, bench: Bench, systems: Sequence[str], records: Mapping[str, WrittenAnswer]
) -> TaskResult:
    """Score `systems` on a task; the first is compared with each of the others.

    `records` are the whole records by id, for what is said of departments and misses.
    """
    ranked = {name: _ranked(name, task, bench) for name in systems}
    first = ranked[systems[0]]
    own = {name: found.scores[task.measure] for name, found in ranked.items()}
    return TaskResult(
        task=task.name,
        role=str(task.role),
        measure=task.measure,
        queries=len(task.queries),
        records=len(bench.hay.records),
        systems=tuple(_system(name, found) for name, found in ranked.items()),
        against=tuple(
            Against(other, statistics.compare(own[systems[0]], own[other])) for other in systems[1:]
        ),
        departments=tuple(_departments(task.queries, own, records)),
        worst=tuple(_worst(task, first, records)),
    )


def _ranked(name: str, task: Task, bench: Bench) -> Ranked:
    system = bench.system(name)
    rankings, seconds = [], []
    with bench.progress.step(f"{task.name}: {name}", len(task.queries)) as advance:
        for done, query in enumerate(task.queries, 1):
            ranking, took = _timed(system, query)
            rankings.append(ranking)
            seconds.append(took)
            advance(done)
    return Ranked(rankings, seconds, measures.score(task.queries, rankings))


def _timed(system: System, query: Query) -> tuple[list[str], float]:
    began = time.perf_counter()
    ranking = system.rank(query, measures.DEPTH + len(query.exclude))
    return ranking, time.perf_counter() - began


def _system(name: str, ranked: Ranked) -> SystemResult:
    p50, p95 = np.percentile(ranked.seconds, [50, 95]) * 1000
    means = {measure: statistics.mean(scores) for measure, scores in ranked.scores.items()}
    return SystemResult(name, means, float(p50), float(p95))


def _departments(
    queries: Sequence[Query],
    own: Mapping[str, statistics.Numbers],
    records: Mapping[str, WrittenAnswer],
) -> Iterable[Department]:
    """By the department that gave the first relevant answer, the largest first."""
    members: dict[str, list[int]] = defaultdict(list)
    for at, query in enumerate(queries):
        found = next((records[i] for i in query.relevant if i in records), None)
        members[(found and found.department) or _OTHERS].append(at)
    for name in [n for n, places in members.items() if len(places) < FEWEST and n != _OTHERS]:
        members[_OTHERS] += members.pop(name)
    for name in sorted(members, key=lambda n: (n == _OTHERS, -len(members[n]), n)):
        scores = {system: float(s[members[name]].mean()) for system, s in own.items()}
        yield Department(name, len(members[name]), scores)


def _worst(task: Task, first: Ranked, records: Mapping[str, WrittenAnswer]) -> Iterable[Miss]:
    """The queries the first system did worst on, those it did not find at all before others."""
    scores = first.scores[task.measure]
    rankings = [
        measures.scored(query, ranking)
        for query, ranking in zip(task.queries, first.rankings, strict=True)
    ]
    places = [
        min((r.index(i) for i in q.relevant if i in r), default=len(r))
        for q, r in zip(task.queries, rankings, strict=True)
    ]
    order = sorted(range(len(scores)), key=lambda at: (scores[at], -places[at], at))
    for at in order[:WORST]:
        if scores[at] >= 1.0:
            return
        query, ranking = task.queries[at], rankings[at]
        yield Miss(
            qid=query.qid,
            query=query.text,
            history=query.history,
            score=float(scores[at]),
            expected=tuple(_shown(i, query, ranking, records) for i in query.relevant[:_SHOWN]),
            found=tuple(_shown(i, query, ranking, records) for i in ranking[:_SHOWN]),
        )


def _shown(
    record_id: str, query: Query, ranking: Sequence[str], records: Mapping[str, WrittenAnswer]
) -> Shown:
    record = records.get(record_id)
    rank = ranking.index(record_id) + 1 if record_id in ranking else None
    is_relevant = record_id in query.relevant
    if record is None:
        return Shown(record_id, "not among the records", "", "", "", rank, is_relevant)
    text = " ".join(record.text.split())
    return Shown(
        record=record_id,
        title=record.title,
        department=record.department or "",
        answered=record.answered.isoformat() if record.answered else "",
        snippet=text if len(text) <= _SNIPPET else text[:_SNIPPET].rsplit(" ", 1)[0] + " …",
        rank=rank,
        is_relevant=is_relevant,
    )
