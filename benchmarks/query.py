"""Time `retrieve` by stage on an index of the real records.

Run: .venv/bin/python -m benchmarks.query --data-dir DIR [--questions FILE] [--repeat N]
"""

from __future__ import annotations

import json
import statistics
import time
from pathlib import Path

from index import Filters, Index

from .common import DEFAULT_RECORDS, commit, machine, parser, peak_memory_mib


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` of the values lie, in the unit of the values."""
    return statistics.quantiles(values, n=100, method="inclusive")[round(share * 100) - 1]


def main() -> None:
    arguments = parser(__doc__ or "")
    arguments.add_argument("--data-dir", type=Path, required=True, help="an index that is built")
    arguments.add_argument(
        "--questions", type=Path, default=DEFAULT_RECORDS.with_name("questions-dev.jsonl")
    )
    arguments.add_argument("--repeat", type=int, default=3, help="times each question is asked")
    options = arguments.parse_args()
    questions = [json.loads(line) for line in options.questions.read_text("utf-8").splitlines()]

    with Index.open(options.data_dir) as index:
        began = time.perf_counter()
        index.retrieve("warm up")
        first = time.perf_counter() - began
        chunks = index.status().chunks
        print(f"machine  {machine()}\ncommit   {commit()}\nchunks   {chunks:,}")
        print(f"first question, model load included  {first * 1000:.0f} ms")
        department = index.facets().departments[0][0]
        cases = {
            "no filter": None,
            f"department ({department})": Filters(department=department),
            "House (Commons)": Filters(house="Commons"),
        }
        for name, filters in cases.items():
            stages: dict[str, list[float]] = {}
            for _ in range(options.repeat):
                for question in questions:
                    began = time.perf_counter()
                    found = index.retrieve(
                        question["q"], filters=filters, history=question.get("history", ())
                    )
                    stages.setdefault("total", []).append(time.perf_counter() - began)
                    for stage, seconds in found.timings.items():
                        stages.setdefault(stage, []).append(seconds)
            print(f"\n{name:32s}      p50      p95   (ms)")
            for stage, values in stages.items():
                p50, p95 = (1000 * percentile(values, share) for share in (0.5, 0.95))
                print(f"  {stage:30s} {p50:8.1f} {p95:8.1f}")
        print(f"\npeak memory  {peak_memory_mib():.0f} MiB")


if __name__ == "__main__":
    main()
