"""Time an answer from the question to its first sentence, by stage.

Run: python -m benchmarks.answering --data-dir DIR [--questions FILE] [--repeat N]

Each question is put as the page puts it, one after another, history included; the time runs
from the call of `answer` to the first `SentenceReady` and to `Done`.  Stages are those of
``GroundedAnswer.timings``.  Where other programs want the processor too, the processor time is
what to compare: on an idle machine the sentence comes no later than that.
"""

from __future__ import annotations

import time
from pathlib import Path

from assistant.answer import Assistant
from assistant.types import SentenceReady
from index import Index

from .common import DEFAULT_RECORDS, commit, json_lines, machine, parser
from .query import percentiles


def main() -> None:
    arguments = parser((__doc__ or "").splitlines()[0])
    arguments.add_argument("--data-dir", type=Path, required=True, help="an index that is built")
    arguments.add_argument(
        "--questions", type=Path, default=DEFAULT_RECORDS.with_name("questions-dev.jsonl")
    )
    arguments.add_argument("--repeat", type=int, default=1, help="times each question is asked")
    options = arguments.parse_args()
    questions = json_lines(options.questions)

    names = ("first sentence", "first sentence, processor", "whole answer")
    stages: dict[str, list[float]] = {name: [] for name in names}
    with Assistant(Index.open(options.data_dir)) as assistant:
        assistant.answer("How many people wait for a driving test?").result()
        for question in questions * options.repeat:
            timed(assistant, question, stages)
        records = assistant.index.count_records()
    print(f"machine  {machine()}\ncommit   {commit()}\nrecords  {records:,}")
    print(f"asked    {len(questions) * options.repeat:,}\n")
    print(f"{'':32s}      p50      p95   (ms)")
    for stage, values in stages.items():
        p50, p95 = percentiles(values)
        print(f"  {stage:30s} {p50:8.1f} {p95:8.1f}")


def timed(
    assistant: Assistant, question: dict[str, object], stages: dict[str, list[float]]
) -> None:
    """Ask once and add the seconds of every stage to `stages`."""
    history = [str(turn) for turn in question.get("history") or ()]  # type: ignore[attr-defined]
    began, used = time.perf_counter(), time.process_time()
    stream = assistant.answer(str(question["q"]), history=history)
    first = 0.0
    for event in stream:
        if not first and isinstance(event, SentenceReady):
            first = time.perf_counter() - began
            stages["first sentence, processor"].append(time.process_time() - used)
    stages["whole answer"].append(time.perf_counter() - began)
    stages["first sentence"].append(first)
    for stage, seconds in stream.result().timings.items():
        stages.setdefault(stage, []).append(seconds)


if __name__ == "__main__":
    main()
