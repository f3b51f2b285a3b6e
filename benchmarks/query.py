"""Time `retrieve` by stage on a built index, with and without filters.

The filters are chosen from what the index holds so that each way of applying one is met: a few
chunks, some, a large part and nearly all of them; by department, House, date and member.

Run: .venv/bin/python -m benchmarks.query --data-dir DIR [--questions FILE] [--repeat N] [--cpu]
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from index import Filters, Index

from .common import DEFAULT_RECORDS, commit, json_lines, machine, parser, peak_memory_mib

FAR = 2.0
"""A filtered query's p95 is to be within this many times the unfiltered one's."""

Stages = dict[str, list[float]]


def filters_of(index: Index) -> Iterator[tuple[str, Filters]]:
    """Filters of several selectivities, with what to call them."""
    facets = index.facets()
    departments = facets.departments
    if departments:
        for name, _ in (departments[0], departments[len(departments) // 2], departments[-1]):
            yield f"department ({name})", Filters(department=name)
        yield "six departments", Filters(department=[name for name, _ in departments[1:7]])
    for name, _ in facets.houses:
        yield f"House ({name})", Filters(house=name)
    first, last = facets.first_answered, facets.last_answered
    if first and last and first < last:
        days = (last - first).days
        for share in (0.02, 0.05, 0.3):
            begin = last - timedelta(days=int(days * share))
            yield f"answered in the last {share:.0%} of days", Filters(answered_from=begin)
    member = next((r.asker.name for r in index.records() if r.asker and r.asker.name), None)
    if member:
        yield "one member", Filters(member=member)


def timed(
    index: Index,
    questions: Sequence[Mapping[str, Any]],
    filters: Filters | None,
    repeat: int,
    clock: Callable[[], float] = time.perf_counter,
) -> Stages:
    """Seconds of each stage and in all (``total``) for every question, `repeat` times over."""
    stages: Stages = {"total": []}
    for _ in range(repeat):
        for question in questions:
            began = clock()
            found = index.retrieve(
                question["q"], filters=filters, history=question.get("history", ())
            )
            stages["total"].append(clock() - began)
            for stage, seconds in found.timings.items():
                stages.setdefault(stage, []).append(seconds)
    return stages


def percentiles(seconds: Sequence[float]) -> tuple[float, float]:
    """The median and the 95th percentile, in milliseconds."""
    p50, p95 = np.percentile(np.array(seconds) * 1000, [50, 95])
    return float(p50), float(p95)


def main() -> None:
    arguments = parser(__doc__ or "")
    arguments.add_argument("--data-dir", type=Path, required=True, help="an index that is built")
    arguments.add_argument(
        "--questions", type=Path, default=DEFAULT_RECORDS.with_name("questions-dev.jsonl")
    )
    arguments.add_argument("--repeat", type=int, default=3, help="times each question is asked")
    arguments.add_argument(
        "--cpu",
        action="store_true",
        help="count the process's own time and not the wall clock's, where others use the machine",
    )
    options = arguments.parse_args()
    questions = json_lines(options.questions)
    clock = time.process_time if options.cpu else time.perf_counter

    began = clock()
    with Index.open(options.data_dir) as index:
        opened = clock() - began
        began = clock()
        index.embedder.encode_query("warm up")
        loaded = clock() - began
        began = clock()
        index.retrieve("warm up", filters=Filters(answered_from="1900-01-01"))
        first = clock() - began
        print(f"machine  {machine()}\ncommit   {commit()}\nchunks   {index.status().chunks:,}")
        print("clock    " + ("this process's CPU time" if options.cpu else "wall"))
        print(
            f"opening (imports included) {opened:.2f} s, model {loaded:.2f} s, "
            f"first question after that {first:.2f} s"
        )
        plain = 0.0
        for name, filters in (("no filter", None), *filters_of(index)):
            stages = timed(index, questions, filters, options.repeat, clock)
            print(f"\n{name:44s}      p50      p95   (ms)")
            for stage, values in stages.items():
                p50, p95 = percentiles(values)
                print(f"  {stage:42s} {p50:8.1f} {p95:8.1f}")
            p95 = percentiles(stages["total"])[1]
            if filters is None:
                plain = p95
            elif p95 > FAR * plain:
                print(f"  more than {FAR:g} times the p95 without a filter")
        print(f"\npeak memory  {peak_memory_mib():.0f} MiB")


if __name__ == "__main__":
    main()
