"""235 further questions, by another writer than those the composer is fitted to, and how they fare.

    python -m benchmarks.further --data-dir INDEX [--show]
    python -m benchmarks.further --data-dir PAIRS --written pairs-dev.jsonl.gz [--every 7]

`further_questions.jsonl` has 145 plain questions and 30 follow-ups, each with the record it was
written from and the places (``[start, end]``) of the sentences of its answer that answer it, and
60 that come near a record and are answered by none.  The writers saw the records and nothing of
the program.  That other records answer too is not marked, so the figures of search and of
sentences are a little too low.  The ranking is fitted to those that have an answer
(`fit_ranking`), the composer and its confidence to none.  The labels hold for an index of the
8,206 development records.

With `--written` the questions are those of `written_questions.jsonl`, half of them near misses, to
which nothing that ships is fitted.  They are asked of an index of the pairs that they were written
of and others (`reader_texts.py`), which is made where there is none.  Nobody has said that no other
record answers a near miss there, so a few of its refusals would be wrong.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assistant import Assistant
from assistant.evaluation.gold import gold_shown
from assistant.evaluation.haystack import read_records
from assistant.evaluation.statistics import auroc
from assistant.types import AnswerKind, GroundedAnswer
from index import Index

from . import reader_texts
from .common import commit, json_lines, machine

QUESTIONS = Path(__file__).with_name("further_questions.jsonl")


def place(answer: GroundedAnswer, record_id: str) -> int:
    """The rank of a record among those retrieved, from 1; 0 where it is not among them.

    A record that another stands for counts where that one is.
    """
    ranked: dict[str, None] = {}
    for passage in answer.passages:
        for one in (passage.record.id, *(ref.id for ref in passage.others)):
            ranked.setdefault(one)
    return list(ranked).index(record_id) + 1 if record_id in ranked else 0


def report(rows: Sequence[tuple[dict[str, Any], GroundedAnswer, list[bool]]]) -> None:
    """Print the figures of each kind of question, and how well confidence tells them apart."""
    for kind in ("answerable", "followup"):
        own = [row for row in rows if row[0]["kind"] == kind]
        if not own:
            continue
        places = np.array([place(answer, question["id"]) for question, answer, _ in own])
        given = [answer.kind is not AnswerKind.NOT_COVERED for _, answer, _ in own]
        hits = [hit for _, _, shown in own for hit in shown]
        kept = [h and g for (_, _, shown), g in zip(own, given, strict=True) for h in shown]
        reciprocal = np.where((places > 0) & (places <= 10), 1 / np.maximum(places, 1), 0.0)
        print(
            f"{kind:13}{len(own):4}: MRR@10 {reciprocal.mean():.3f}, "
            f"hit@5 {np.mean((places > 0) & (places <= 5)):.3f}, gold sentences shown "
            f"{np.mean(kept):.3f} ({np.mean(hits):.3f} with what a refusal quotes), "
            f"refused {1 - np.mean(given):.3f}"
        )
    none = [answer for question, answer, _ in rows if question["kind"] == "unanswerable"]
    kinds = [answer.kind for answer in none]
    print(
        f"{'unanswerable':13}{len(none):4}: refused "
        f"{np.mean([kind is AnswerKind.NOT_COVERED for kind in kinds]):.3f}, answered in part or "
        f"declined {np.mean([k in (AnswerKind.PARTLY, AnswerKind.DECLINED) for k in kinds]):.3f}"
    )
    sure = np.array([answer.confidence for _, answer, _ in rows])
    print(f"AUROC {auroc(sure, np.array([q['kind'] != 'unanswerable' for q, _, _ in rows])):.3f}")


def questions(file: Path) -> list[dict[str, Any]]:
    """The questions of a file, each with its kind."""
    rows = json_lines(file)
    kinds = {True: "answerable", False: "unanswerable"}
    return [{"kind": kinds[bool(row.get("gold"))], **row, "id": str(row.get("id"))} for row in rows]


def main() -> None:
    """Ask every question and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", type=Path, required=True, help="the index to ask")
    parser.add_argument("--written", type=Path, help="the pairs: ask what was written of them")
    parser.add_argument("--every", type=int, default=1, help="ask one question in so many")
    parser.add_argument("--show", action="store_true", help="print each question with its kind")
    given = parser.parse_args()
    asked = questions(reader_texts.WRITTEN if given.written else QUESTIONS)
    if given.written and not Index.exists(given.data_dir):
        wanted = {question["id"] for question in asked}
        pairs, _ = read_records([given.written])
        reader_texts.make_index(given.data_dir, pairs, wanted, random.Random(0))
    rows = []
    with Assistant(Index.open(given.data_dir)) as assistant:
        for question in asked[:: given.every]:
            answer = assistant.answer(question["q"], question.get("history", ())).result()
            shown: list[bool] = []
            if question.get("gold"):
                record = assistant.index.get(question["id"])
                if record is None:
                    parser.error(f"the index has no record {question['id']}")
                gold = [record.text[start:end] for start, end in question["gold"]]
                shown = gold_shown(gold, answer.text)
            rows.append((question, answer, shown))
            if given.show:
                told = f"{answer.kind.value:12} {answer.confidence:.2f}"
                print(f"{question['kind']:13}{told} {question['q']}")
    print(f"commit {commit()}, {machine()}")
    report(rows)


if __name__ == "__main__":
    main()
