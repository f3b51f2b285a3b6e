"""Write `RESULTS.md` from the JSON of `assistant eval`.

    assistant eval ... --json figures.json
    python -m benchmarks.results figures.json [more.json ...]

Each file becomes a section with the command that made it, the commit checked out now, the
machine and the figures.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .common import commit

TARGET = Path(__file__).with_name("RESULTS.md")

ANSWERS = {
    "gold": "gold sentences shown",
    "gold_any": "gold sentences shown if nothing were refused",
    "figures": "figures of the short answers shown",
    "citation_recall": "sentences that their citations bear out",
    "reproduced": "sentences that are word for word their citation",
    "record_recall": "answers that cite a record named for the question",
    "record_precision": "citations of a record named for the question",
    "answerable_answered": "answerable questions answered",
    "abstention_recall": "unanswerable questions refused",
    "abstention_precision": "refusals that were right",
    "auroc": "AUROC of the confidence",
    "risk": "answers given that were wrong",
    "words_mean": "words in an answer, mean",
    "words_longest": "words in an answer, most",
}


def section(report: dict[str, Any], made_by: str) -> Iterator[str]:
    """The Markdown lines of one report."""
    told = report["conditions"]
    yield f"## {told['records']:,} records"
    yield ""
    yield f"`{told['command']}`"
    yield ""
    yield f"{told['day']}, commit {made_by}, {told['machine']}; model {told['model']}."
    yield ""
    yield from _scores(report["tasks"])
    if report["answers"]:
        yield from _answers(report["answers"])
    for note in report["notes"]:
        yield from (note, "")


def _scores(tasks: list[dict[str, Any]]) -> Iterator[str]:
    yield (
        "| task (queries) | measure | system | score | 95% interval | MRR@10 | hit@5 | recall@50 "
        "| lead of the first |"
    )
    yield "|---|---|---|---|---|---|---|---|---|"
    for task in tasks:
        leads = {item["other"]: item["comparison"] for item in task["against"]}
        for at, row in enumerate(task["systems"]):
            name = f"{task['task']} ({task['queries']:,})" if at == 0 else ""
            score, scores = row["scores"][task["measure"]], row["scores"]
            others = [f"{scores[m]['mean']:.3f}" for m in ("MRR@10", "hit@5", "recall@50")]
            lead = leads.get(row["system"])
            told = f"{lead['difference']['mean']:+.3f}, p {lead['p']:.4f}" if lead else ""
            interval = f"{score['low']:.3f} to {score['high']:.3f}"
            cells = [name, task["measure"] if at == 0 else "", row["system"]]
            cells += [f"{score['mean']:.3f}", interval, *others, told]
            yield f"| {' | '.join(cells)} |"
    yield ""


def _answers(answers: dict[str, Any]) -> Iterator[str]:
    yield "| answers | |"
    yield "|---|---|"
    asked = f"{answers['answerable']:,}, {answers['unanswerable']:,}"
    yield f"| questions answerable, unanswerable | {asked} |"
    for key, name in ANSWERS.items():
        value = answers[key]["mean"] if isinstance(answers[key], dict) else answers[key]
        yield f"| {name} | {value:.0f} |" if "words" in key else f"| {name} | {value:.3f} |"
    first = f"{answers['first_p50_ms']:,.0f} ms, {answers['first_p95_ms']:,.0f} ms"
    yield f"| first sentence, p50 and p95 | {first} |"
    yield ""


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("figures", type=Path, nargs="+")
    parser.add_argument("--commit", default=commit(), help="the commit the figures were made at")
    options = parser.parse_args()
    lines = [
        "# Results",
        "",
        "Made by `python -m benchmarks.results` from the JSON of the commands below; "
        "[how it is measured](../docs/evaluation.md).  The records and labels are not part of "
        "the project.",
        "",
    ]
    for file in options.figures:
        lines += section(json.loads(file.read_text("utf-8")), options.commit)
    TARGET.write_text("\n".join(lines).rstrip() + "\n", "utf-8")
    print(f"written to {TARGET}")


if __name__ == "__main__":
    main()
