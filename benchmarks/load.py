"""Many users at once against a real `assistant serve`: errors, memory, and how long they wait.

Users ask, read and think, in turn: passages (half of the requests), whole answers as JSON and as
events, records, similar records, facets, the page.  One in four of the event streams is dropped
in the middle.  Beside them, a few connections send nothing, or a byte at a time, for as long as
they are let.  Who is told to come back (429, 503) waits as long as the reply says; any other
refusal, and any break of a connection, is an error.

The data folder is copied first.  Clients and service share the machine.

Run: python -m benchmarks.load --data-dir INDEX [--users 200] [--minutes 10] [--think 10]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from .common import DEFAULT_RECORDS, commit, json_lines, machine

KINDS = {
    "retrieve": 50,
    "answer": 8,
    "events": 8,
    "record": 16,
    "similar": 4,
    "facets": 4,
    "page": 10,
}
"""What is asked for, and how often in a hundred."""
NASTY = 6
"""Connections that send nothing, and as many that send a byte at a time."""
WARM = 0.1
"""Share of the time after which memory counts as settled."""


@dataclass
class Tally:
    """What came of the requests so far."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    refused: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    dropped: int = 0
    cut_off: int = 0


async def user(url: str, asked: Sequence[str], think: float, until: float, told: Tally) -> None:
    """One user: asks, reads, thinks, until the time is up."""
    known: list[str] = []
    choose = random.Random(random.random())
    async with httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as client:
        await asyncio.sleep(choose.uniform(0, think or 1))
        while time.monotonic() < until:
            (kind,) = choose.choices(list(KINDS), list(KINDS.values()))
            began = time.monotonic()
            try:
                status, wait = await request(client, kind, choose, asked, known, told)
            except (httpx.HTTPError, OSError, ValueError) as error:
                told.errors[f"{kind}: {type(error).__name__}"] += 1
                continue
            if status in (429, 503) and wait:
                told.refused[f"{kind} {status}"] += 1
                await asyncio.sleep(wait)
            elif status >= 400:
                told.errors[f"{kind}: status {status}"] += 1
            else:
                told.seconds[kind].append(time.monotonic() - began)
            await asyncio.sleep(choose.expovariate(1 / think) if think else 0)


async def request(
    client: httpx.AsyncClient,
    kind: str,
    choose: random.Random,
    asked: Sequence[str],
    known: list[str],
    told: Tally,
) -> tuple[int, int]:
    """One request; gives its status and the seconds it asks to wait."""
    question = choose.choice(asked)
    if kind == "events":
        return await stream(client, question, choose.random() < 0.25, told)
    if kind == "answer":
        reply = await client.post("/api/v1/answer", json={"question": question})
    elif kind in ("record", "similar") and known:
        name = choose.choice(known)
        address = f"/api/v1/records/{name}" if kind == "record" else f"/api/v1/similar?id={name}"
        reply = await client.get(address)
    elif kind == "facets":
        reply = await client.get("/api/v1/facets")
    elif kind == "page":
        reply = await client.get("/")
    else:
        reply = await client.get("/api/v1/retrieve", params={"q": question, "limit": 8})
        if reply.status_code == 200:
            known[:] = [passage["record_id"] for passage in reply.json()["passages"]]
    return reply.status_code, int(reply.headers.get("retry-after", 0))


async def stream(
    client: httpx.AsyncClient, question: str, leave: bool, told: Tally
) -> tuple[int, int]:
    """An answer as events; a reader that leaves goes after the first."""
    accept = {"Accept": "text/event-stream"}
    asked = {"question": question}
    async with client.stream("POST", "/api/v1/answer", json=asked, headers=accept) as reply:
        if reply.status_code != 200:
            return reply.status_code, int(reply.headers.get("retry-after", 0))
        last = ""
        async for line in reply.aiter_lines():
            last = line.removeprefix("event: ") if line.startswith("event: ") else last
            if leave:
                told.dropped += 1
                return 200, 0
    if last != "done":
        raise ValueError(f"the stream ended with {last!r}")
    return 200, 0


async def nasty(port: int, drips: bool, until: float, told: Tally) -> None:
    """A connection that sends nothing, or a byte at a time; again when it is cut off."""
    while time.monotonic() < until:
        with suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            while time.monotonic() < until:
                with suppress(TimeoutError):
                    if not await asyncio.wait_for(reader.read(1), 1):
                        told.cut_off += 1
                        break
                if drips:
                    writer.write(b"G")
                    await writer.drain()
            writer.close()


async def load(url: str, options: argparse.Namespace, asked: Sequence[str], told: Tally) -> None:
    """Everybody at once, for the time given."""
    until = time.monotonic() + options.minutes * 60
    port = int(url.rsplit(":", 1)[1])
    async with asyncio.TaskGroup() as group:
        for _ in range(options.users):
            group.create_task(user(url, asked, options.think, until, told))
        for number in range(2 * NASTY):
            group.create_task(nasty(port, number % 2 == 0, until, told))


@contextmanager
def served(data_dir: Path) -> Iterator[tuple[str, int]]:
    """A running service: its address and its process."""
    program = Path(sys.executable).with_name("assistant")
    with tempfile.TemporaryDirectory(prefix="load-") as folder:
        copy = Path(folder) / "data"
        shutil.copytree(data_dir, copy)
        process = subprocess.Popen(
            [program, "serve", "--port", "0", "--data-dir", copy],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            for line in process.stdout or ():
                if found := re.search(r"http://\S+", line):
                    yield found.group().rstrip("/"), process.pid
                    break
            else:
                sys.exit("assistant serve did not start")
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)


async def watch(pid: int, minutes: float, told: Tally, memory: list[tuple[float, float]]) -> None:
    """Note the service's memory every few seconds, and say every minute how it goes."""
    began = time.monotonic()
    spoken = 0
    while (passed := time.monotonic() - began) < minutes * 60:
        memory.append((passed, resident_mib(pid)))
        if passed // 60 > spoken:
            spoken = int(passed // 60)
            done = sum(map(len, told.seconds.values()))
            refused, errors = told.refused.total(), told.errors.total()
            print(
                f"{spoken} min: {done:,} answered, {refused:,} refused, {errors} errors, "
                f"{memory[-1][1]:,.0f} MiB",
                file=sys.stderr,
            )
        await asyncio.sleep(5)


def resident_mib(pid: int) -> float:
    """Memory that a process holds, in MiB (Linux)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def table(told: Tally, memory: Sequence[tuple[float, float]], seconds: float) -> str:
    """The figures as Markdown."""
    lines = ["| asked for | answered | p50 | p95 | p99 | most |", "|---|---|---|---|---|---|"]
    for kind in KINDS:
        took = sorted(told.seconds[kind])
        if took:
            marks = (took[int(len(took) * share)] for share in (0.5, 0.95, 0.99))
            shown = " | ".join(f"{mark:.2f} s" for mark in (*marks, took[-1]))
            lines.append(f"| {kind} | {len(took):,} | {shown} |")
    done = sum(map(len, told.seconds.values()))
    settled = [size for passed, size in memory if passed >= seconds * WARM]
    lines += [
        "",
        f"{done:,} answered ({done / seconds:.1f} a second), {told.refused.total():,} told to come "
        f"back, {told.errors.total()} errors; {told.dropped:,} streams dropped by their readers, "
        f"{told.cut_off} idle or dripping connections cut off.",
        f"Memory of the service: {memory[0][1]:,.0f} MiB at the start, {settled[0]:,.0f} after "
        f"{WARM:.0%} of the time, {settled[-1]:,.0f} at the end, {max(settled):,.0f} at most.",
    ]
    lines += [f"Error: {what} ({count})" for what, count in told.errors.most_common()]
    return "\n".join(lines)


def questions(file: Path) -> list[str]:
    """What users ask: the questions of a file of labelled ones, or a few of our own."""
    if not file.exists():
        return ["How many arrests were made?", "What did the scheme cost?", "Who was consulted?"]
    return [row["q"] for row in json_lines(file)]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data-dir", type=Path, required=True, help="an index that is built")
    arguments.add_argument("--users", type=int, default=200)
    arguments.add_argument("--minutes", type=float, default=10)
    arguments.add_argument("--think", type=float, default=10, help="mean pause of a user, seconds")
    arguments.add_argument(
        "--questions", type=Path, default=DEFAULT_RECORDS.with_name("questions-dev.jsonl")
    )
    options = arguments.parse_args()
    told = Tally()
    memory: list[tuple[float, float]] = []

    async def main() -> None:
        await asyncio.gather(
            load(url, options, questions(options.questions), told),
            watch(pid, options.minutes, told, memory),
        )

    with served(options.data_dir) as (url, pid):
        asyncio.run(main())
    print(f"Commit {commit()}, {machine()}; {options.users} users, {options.minutes:g} minutes,")
    print(f"a pause of {options.think:g} s on average, load average {os.getloadavg()[1]:.1f}.\n")
    print(table(told, memory, options.minutes * 60))
    sys.exit(1 if told.errors else 0)


if __name__ == "__main__":
    main()
