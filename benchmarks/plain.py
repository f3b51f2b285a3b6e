"""Plain questions on matters of the day: which are answered, which refused, which answered in part.

    python -m benchmarks.plain --data-dir INDEX

`plain_questions.txt` has one question a line, after "+" where the 8,206 development records
answer it and "-" where they do not, by the judgement of one reader who saw what was retrieved.
The labels hold for an index of those records only.  They are far thinner than the labelled
questions of `fit_composer` and are fitted to nowhere: they show what people meet who ask about
what the records do not hold.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from assistant import Assistant
from index import Index

from .common import commit, machine

QUESTIONS = Path(__file__).with_name("plain_questions.txt")


def main() -> None:
    """Answer each question and count the kinds of answer."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", type=Path, required=True, help="the index to ask")
    parser.add_argument("--show", action="store_true", help="print each question with its kind")
    given = parser.parse_args()
    counts: dict[str, Counter[str]] = {"+": Counter(), "-": Counter()}
    with Assistant(Index.open(given.data_dir)) as assistant:
        for line in QUESTIONS.read_text("utf-8").splitlines():
            label, question = line.split(" ", 1)
            answer = assistant.answer(question).result()
            counts[label][answer.kind.value] += 1
            if given.show:
                print(f"{label} {answer.kind.value:12} {answer.confidence:.2f} {question}")
    print(f"commit {commit()}, {machine()}")
    for label, name in (("+", "answered by the records"), ("-", "not answered by them")):
        kinds = ", ".join(f"{kind} {n}" for kind, n in counts[label].most_common())
        print(f"{name:26}{counts[label].total():4}: {kinds}")


if __name__ == "__main__":
    main()
