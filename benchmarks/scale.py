"""Cost against size: one index that grows by honest multiplication of a real one.

At each size: seconds to build, to open (first question included), a question's p50 and p95 with
and without filters, adding one new record, memory and disk; then the slopes between the sizes
and, with `--plot`, a picture.  The growth is `benchmarks.multiply`'s: real text with words
changed, vectors moved at random.

Run: .venv/bin/python -m benchmarks.scale --from DIR [--sizes 1000,10000,100000,1000000]
     [--minutes N] [--json FILE] [--plot FILE.png]
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import tempfile
import time
from pathlib import Path

from index import Filters, Index
from index.types import WrittenAnswer

from .common import DEFAULT_RECORDS, commit, machine, peak_memory_mib
from .multiply import multiply
from .query import percentiles

QUESTIONS = 60
STEP = 100_000
"""Chunks added before the time is looked at."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--from", dest="source", type=Path, required=True)
    arguments.add_argument("--sizes", default="1000,10000,100000,1000000")
    arguments.add_argument("--minutes", type=float, default=60, help="stop growing after this")
    arguments.add_argument("--json", type=Path, help="write the figures there")
    arguments.add_argument("--plot", type=Path, help="draw them there")
    options = arguments.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    print(f"machine  {machine()}\ncommit   {commit()}")
    told: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        target, began, building = Path(folder), time.perf_counter(), 0.0
        with Index.open(options.source) as source:
            for size in sizes:
                started = time.perf_counter()
                made = grow(source, target, size, began + 60 * options.minutes)
                building += time.perf_counter() - started
                told.append({"build_s": building, **measured_apart(target)})
                print(json.dumps(told[-1]), flush=True)
                if options.json:
                    options.json.write_text(json.dumps(told, indent=1), "utf-8")
                if made < size:
                    print(f"stopped at {made:,}: the time is up")
                    break
    report(told)
    if options.plot:
        draw(told, options.plot)


def grow(source: Index, folder: Path, size: int, until: float) -> int:
    """Add copies until there are `size` chunks or the time is up; returns how many there are."""
    with Index.open_or_create(folder) as target:
        made = target.status().chunks
        while made < size and time.perf_counter() < until:
            multiply(source, target, min(size, made + STEP))
            made = target.status().chunks
    return made


def measured_apart(folder: Path) -> dict[str, float]:
    """The figures of one size, taken in a process of its own so that memory is its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measure, (folder,))


def measure(folder: Path) -> dict[str, float]:
    file = DEFAULT_RECORDS.with_name("questions-dev.jsonl")
    asked = [json.loads(line)["q"] for line in file.read_text("utf-8").splitlines()][:QUESTIONS]
    began = time.perf_counter()
    with Index.open(folder) as index:
        index.retrieve("warm up")
        found: dict[str, float] = {"open_s": time.perf_counter() - began}
        status = index.status()
        found |= {"chunks": status.chunks, "records": status.records}
        found["disk_mib"] = status.size_bytes / 2**20
        department = status.facets.departments[0][0]
        cases = {
            "query": None,
            "department": Filters(department=department),
            "house": Filters(house="Commons"),
        }
        for name, filters in cases.items():
            index.retrieve("warm up", filters=filters)
            taken = []
            for question in asked:
                began = time.perf_counter()
                index.retrieve(question, filters=filters)
                taken.append(time.perf_counter() - began)
            found[f"{name}_p50_ms"], found[f"{name}_p95_ms"] = percentiles(taken)
        found["memory_mib"] = peak_memory_mib()
        template = next(index.records())
        updates = []
        for turn in range(5):
            began = time.perf_counter()
            index.add([_new(template, turn)])
            updates.append(time.perf_counter() - began)
        found["add_one_ms"], found["add_one_p95_ms"] = percentiles(updates)
        index.remove([_new(template, turn).id for turn in range(5)])
    return found


def _new(template: WrittenAnswer, turn: int) -> WrittenAnswer:
    text = f"{turn} {template.text}"
    return template.model_copy(update={"id": f"new-{turn}", "uin": f"new-{turn}", "text": text})


def report(told: list[dict[str, float]]) -> None:
    names = [name for name in told[0] if name not in ("chunks", "records")]
    sizes = [row["chunks"] for row in told]
    print("| | " + " | ".join(f"{size:,.0f}" for size in sizes) + " | slope |")
    print("|---|" + "---|" * (len(sizes) + 1))
    for name in names:
        cells = [f"{row[name]:,.2f}" if row[name] < 10 else f"{row[name]:,.0f}" for row in told]
        print(f"| {name} | {' | '.join(cells)} | {slope(sizes, [row[name] for row in told]):.2f} |")


def slope(sizes: list[float], costs: list[float]) -> float:
    """Exponent of the cost between the two largest sizes: 1 is proportional, 0 constant."""
    if len(sizes) < 2 or costs[-2] <= 0:
        return math.nan
    return math.log(costs[-1] / costs[-2]) / math.log(sizes[-1] / sizes[-2])


def draw(told: list[dict[str, float]], file: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    panels = {
        "milliseconds": ("query_p50_ms", "query_p95_ms", "department_p95_ms", "house_p95_ms"),
        "milliseconds to add one record": ("add_one_ms",),
        "MiB": ("memory_mib", "disk_mib"),
        "seconds": ("build_s", "open_s"),
    }
    figure, axes = plt.subplots(1, len(panels), figsize=(16, 4))
    for axis, (unit, names) in zip(axes, panels.items(), strict=True):
        for name in names:
            label = name.rsplit("_", 1)[0].replace("_", " ")
            axis.loglog(
                [row["chunks"] for row in told], [row[name] for row in told], "o-", label=label
            )
        axis.set(xlabel="chunks", ylabel=unit)
        axis.legend()
    figure.tight_layout()
    figure.savefig(file, dpi=100)
    print(f"drawn to {file}")


if __name__ == "__main__":
    main()
