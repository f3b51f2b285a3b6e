"""Feed readers, chunker, filters, the check of sentences and the interface with anything, for long.

atheris (libFuzzer for Python) changes honest inputs so that they reach ever more of the code; the
targets and what they promise are those of `tests/fuzz_targets.py`.  Each runs in a process of its
own; an input that breaks a promise is kept in a file and named.

Run: python -m benchmarks.fuzz [--seconds 60] [--target readers]    (needs the extra [fuzz])
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from .common import commit, machine

INSTRUMENTED = ["index", "assistant.verify", "assistant.api", "assistant.service"]
NAMES = ["readers", "daily", "chunker", "filters", "verifier", "api"]
LONGEST_INPUT = {"verifier": 512, "api": 1024}
"""Bytes, where it is less than `LONGEST`: an input that costs less leaves time for another."""
LONGEST = 4096
TOO_LONG = 30
"""Seconds that one input may take."""


def fuzz(name: str, seconds: int, folder: Path) -> None:
    """Fuzz one target in this process; libFuzzer ends it."""
    import atheris

    # Only what is imported in here is watched: so the rest of this file imports none of it.
    with atheris.instrument_imports(include=INSTRUMENTED):
        from tests.fuzz_targets import TARGETS, seeds

        for seed in seeds(name):
            TARGETS[name](seed)
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(seeds(name)):
        (corpus / f"seed-{number}").write_bytes(seed)
    options = {
        "max_total_time": seconds,
        "max_len": LONGEST_INPUT.get(name, LONGEST),
        "timeout": TOO_LONG,
        "rss_limit_mb": 4096,
        "artifact_prefix": f"{folder}/",
        "verbosity": 0,
        "print_final_stats": 1,
    }
    words = [f"-{key}={value}" for key, value in options.items()]
    atheris.Setup([sys.argv[0], *words, str(corpus)], TARGETS[name])
    atheris.Fuzz()


def run(name: str, seconds: int, keep: Path) -> tuple[int, int, str]:
    """Fuzz one target in another process; gives inputs tried, inputs of use, what was found."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        inner = ["--inside", folder, "--target", name, "--seconds", str(seconds)]
        told = subprocess.run(
            [sys.executable, "-m", "benchmarks.fuzz", *inner],
            capture_output=True,
            text=True,
            check=False,
        )
        tried = re.search(r"number_of_executed_units:\s*(\d+)", told.stderr)
        found = ""
        if told.returncode:
            keep.mkdir(parents=True, exist_ok=True)
            for bad in Path(folder).glob("*-*"):
                bad.replace(keep / f"{name}-{bad.name}")
            traces = re.findall(r"^\w[\w.]*(?:Error|Exception)?: .*$", told.stderr, re.MULTILINE)
            found = (traces or [told.stderr[-300:] or f"status {told.returncode}"])[0]
        of_use = len(list((Path(folder) / "corpus").glob("*")))
    return int(tried[1]) if tried else 0, of_use, found


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=int, default=60, help="for each target")
    arguments.add_argument("--target", choices=NAMES, help="only this one")
    arguments.add_argument("--keep", type=Path, default=Path("artifacts/fuzz"))
    arguments.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.inside:
        fuzz(options.target, options.seconds, options.inside)
        return
    print(f"Commit {commit()}, {machine()}; {options.seconds} s each.\n")
    print("| target | inputs tried | of use | found |\n|---|---|---|---|")
    failed = False
    for name in [options.target] if options.target else NAMES:
        tried, of_use, found = run(name, options.seconds, options.keep)
        failed |= bool(found)
        print(f"| {name} | {tried:,} | {of_use:,} | {found or 'nothing'} |", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
