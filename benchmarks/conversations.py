"""How the second question of a conversation fares: a follow-up, or a new subject.

    python -m benchmarks.conversations --data-dir LARGE [--every 2]

`asked_questions.jsonl` holds 6,300 plain questions, each with the pair that answers it: two of each
of 2,100 answers stand alone, the third is a follow-up with what was asked before.  A language model
wrote them; it saw the pair and nothing of the program.  LARGE is an index that holds the pairs.
That other records answer too is not marked.  What tells a follow-up (`turns.py`) is fitted to these
questions: ten numbers to some 10,000 rows.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean, median
from typing import NamedTuple

from index import Index

from .common import commit, json_lines, machine

ASKED = Path(__file__).with_name("asked_questions.jsonl")

FOLLOW_UP, SAME, OTHER = "follow-up", "alone, on the same matter", "alone, on another matter"


class FollowUp(NamedTuple):
    """A follow-up, what was asked before, the other question on its matter that stands alone, and
    the id of the record that answers both."""

    question: str
    before: str
    standing: str
    record_id: str


def written() -> tuple[list[str], list[FollowUp]]:
    """The written questions that stand alone, and the follow-ups."""
    rows = json_lines(ASKED)
    alone = [row for row in rows if "history" not in row]
    standing = {row["id"]: row["q"] for row in alone}
    follow_ups = [
        FollowUp(row["q"], before, standing[row["id"]], str(row["id"]))
        for row in rows
        for before in row.get("history", ())
    ]
    return [row["q"] for row in alone], follow_ups


def second_questions() -> Iterator[tuple[str, str, str, str]]:
    """Kind, what was asked before, the question, and the id of the record that answers it."""
    alone, follow_ups = written()
    chance = random.Random(7)
    for one in follow_ups:
        yield FOLLOW_UP, one.before, one.question, one.record_id
        yield SAME, one.before, one.standing, one.record_id
        yield OTHER, chance.choice(alone), one.standing, one.record_id


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data-dir", type=Path, required=True)
    arguments.add_argument("--every", type=int, default=1, help="take one record in so many")
    options = arguments.parse_args()
    print(f"machine  {machine()}\ncommit   {commit()}")
    told: dict[str, list[tuple[float, float]]] = {}
    with Index.open(options.data_dir) as index:
        index.retrieve("warm up", history=["how many?"])
        for number, (kind, before, question, wanted) in enumerate(second_questions()):
            if number // 3 % options.every:
                continue
            began = time.perf_counter()
            found = index.retrieve(question, k=10, history=[before], collapse=False)
            spent = time.perf_counter() - began
            places = [at for at, p in enumerate(found.passages, 1) if p.record.id == wanted]
            told.setdefault(kind, []).append((1 / places[0] if places else 0.0, spent))
    for kind, rows in told.items():
        gain, spent = fmean(r for r, _ in rows), median(s for _, s in rows)
        print(f"{kind:26s} {len(rows):5,}  MRR@10 {gain:.3f}  {1000 * spent:.0f} ms in the median")


if __name__ == "__main__":
    main()
