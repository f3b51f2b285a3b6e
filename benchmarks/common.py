"""What the benchmarks share: the machine, the commit, the real records, the reading of labels."""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
from pathlib import Path
from typing import Any

from assistant.evaluation.machine import machine

__all__ = ["DEFAULT_RECORDS", "commit", "json_lines", "machine", "parser", "peak_memory_mib"]

DEFAULT_RECORDS = Path(__file__).resolve().parents[2] / "shared" / "data" / "answers-dev.jsonl.gz"


def parser(description: str) -> argparse.ArgumentParser:
    """An argument parser with the options every benchmark has."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument(
        "--records", type=Path, default=DEFAULT_RECORDS, help="file or folder of records to use"
    )
    return made


def json_lines(file: Path) -> list[dict[str, Any]]:
    """The objects of a JSON Lines file, in order."""
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def commit() -> str:
    """The commit that is checked out, with a mark when the tree has changes."""
    here = Path(__file__).parent
    told = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=here,
        capture_output=True,
        text=True,
        check=False,
    )
    return told.stdout.strip() or "unknown"


def peak_memory_mib() -> float:
    """The most memory this process has held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
