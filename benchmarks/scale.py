"""Cost against size: one index that grows by honest multiplication of a real one.

At each size: seconds to build, to open (first question included), a question's p50 and p95 with
and without filters, adding one new record (its embedding included) and the first filtered
question after it, memory and disk.  Then, for each, the slope: the exponent of a straight line
through all sizes, both axes logarithmic (1 is proportional, 0 constant), and what it makes of a
million chunks (for memory and disk, what the last step adds for each chunk does).

The growth is `benchmarks.multiply`'s: real text with words changed, vectors moved at random.
`--at DIR ...` measures copies of indexes that are there already (it adds to them), smallest
first; `--read FILE` reports and draws what an earlier run wrote with `--json`.

Run: .venv/bin/python -m benchmarks.scale --from DIR [--sizes 1000,10000,100000,1000000]
     [--minutes N] [--json FILE] [--plot FILE.png]
     .venv/bin/python -m benchmarks.scale (--at DIR ... | --read FILE) [--plot FILE.png]
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import tempfile
import time
from pathlib import Path

import numpy as np

from index import Filters, Index
from index.types import WrittenAnswer

from .common import DEFAULT_RECORDS, commit, json_lines, machine, peak_memory_mib
from .multiply import multiply
from .query import percentiles

QUESTIONS = 60
STEP = 100_000
"""Chunks added before the time is looked at."""
ADDED = 20
MILLION = 1_000_000


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    where = arguments.add_mutually_exclusive_group(required=True)
    where.add_argument("--from", dest="source", type=Path, help="index to multiply")
    where.add_argument("--at", type=Path, nargs="+", default=[], help="measure these instead")
    where.add_argument("--read", type=Path, help="report what an earlier run wrote")
    arguments.add_argument("--sizes", default="1000,10000,100000,1000000")
    arguments.add_argument("--minutes", type=float, default=60, help="stop growing after this")
    arguments.add_argument("--json", type=Path, help="write the figures there")
    arguments.add_argument("--plot", type=Path, help="draw them there")
    options = arguments.parse_args()
    if options.read:
        told = json.loads(options.read.read_text("utf-8"))
    else:
        print(f"machine  {machine()}\ncommit   {commit()}")
        told = [measured_apart(folder) for folder in options.at] or grown(options)
    if options.json and not options.read:
        options.json.write_text(json.dumps(told, indent=1), "utf-8")
    report(told)
    if options.plot:
        draw(told, options.plot)


def grown(options: argparse.Namespace) -> list[dict[str, float]]:
    """The figures of one index at every size that there was time for."""
    sizes = [int(size) for size in options.sizes.split(",")]
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
    return told


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
    asked = [row["q"] for row in json_lines(file)][:QUESTIONS]
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
        updates, followed = [], []
        for turn in range(ADDED):
            began = time.perf_counter()
            index.add([_new(template, turn)])
            added = time.perf_counter()
            index.retrieve(asked[turn], filters=cases["house"])
            updates.append(added - began)
            followed.append(time.perf_counter() - added)
        found["add_one_p50_ms"], found["add_one_p95_ms"] = percentiles(updates)
        found["asked_after_p50_ms"], found["asked_after_p95_ms"] = percentiles(followed)
        index.remove([_new(template, turn).id for turn in range(ADDED)])
    return found


def _new(template: WrittenAnswer, turn: int) -> WrittenAnswer:
    text = f"{turn} {template.text}"
    return template.model_copy(update={"id": f"new-{turn}", "uin": f"new-{turn}", "text": text})


def report(told: list[dict[str, float]]) -> None:
    names = [name for name in told[0] if name not in ("chunks", "records")]
    sizes = [row["chunks"] for row in told]
    print("| | " + " | ".join(f"{size:,.0f}" for size in sizes) + " | slope | makes of a million |")
    print("|---|" + "---|" * (len(sizes) + 2))
    for name in names:
        costs = [row[name] for row in told]
        exponent = slope(sizes, costs)
        million = costs[-1] * (MILLION / sizes[-1]) ** exponent
        if name.endswith("_mib") and len(sizes) > 1:  # a fixed part, and so much a chunk
            each = (costs[-1] - costs[-2]) / (sizes[-1] - sizes[-2])
            million = costs[-1] + each * (MILLION - sizes[-1])
        cells = [_short(cost) for cost in costs]
        print(f"| {name} | {' | '.join(cells)} | {exponent:.2f} | {_short(million)} |")


def _short(cost: float) -> str:
    return f"{cost:,.2f}" if cost < 10 else f"{cost:,.0f}"


def slope(sizes: list[float], costs: list[float]) -> float:
    """Exponent of the cost: the slope of the straight line through the logarithms."""
    if len(sizes) < 2 or min(costs) <= 0:
        return math.nan
    return float(np.polyfit(np.log(sizes), np.log(costs), 1)[0])


def draw(told: list[dict[str, float]], file: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    panels = {
        "milliseconds": ("query_p50_ms", "query_p95_ms", "department_p95_ms", "house_p95_ms"),
        "milliseconds, one record added": ("add_one_p50_ms", "asked_after_p50_ms"),
        "MiB": ("memory_mib", "disk_mib"),
        "seconds": ("build_s", "open_s"),
    }
    panels = {unit: tuple(n for n in names if n in told[0]) for unit, names in panels.items()}
    figure, axes = plt.subplots(1, len(panels), figsize=(16, 4))
    for axis, (unit, names) in zip(axes, panels.items(), strict=True):
        for name in names:
            sizes, costs = [row["chunks"] for row in told], [row[name] for row in told]
            label = f"{name.rsplit('_', 1)[0].replace('_', ' ')} ({slope(sizes, costs):.2f})"
            axis.loglog(sizes, costs, "o-", label=label)
        axis.set(xlabel="chunks", ylabel=unit)
        axis.legend()
    figure.tight_layout()
    figure.savefig(file, dpi=100)
    print(f"drawn to {file}")


if __name__ == "__main__":
    main()
