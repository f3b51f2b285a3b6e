"""`assistant eval`: how well questions find their answers, in figures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import Config, DataDir, Model, load_settings

Records = Annotated[
    list[Path] | None,
    typer.Option(
        "--records",
        help="File or folder of the records to search; may be repeated. Without it, the "
        "index of the data folder is searched.",
        metavar="PATH",
    ),
]
Haystack = Annotated[
    list[Path] | None,
    typer.Option(
        "--haystack",
        help="More records to search among, which no question asks about; may be repeated.",
        metavar="PATH",
    ),
]
Tasks = Annotated[
    Path | None,
    typer.Option("--tasks", help="Folder of retrieval tasks (NAME.jsonl), or one such file."),
]
Questions = Annotated[
    Path | None, typer.Option("--questions", help="Labelled questions (JSON Lines).")
]
Systems = Annotated[
    str,
    typer.Option(
        "--system",
        help="What to measure, with commas between: hybrid (this program), hybrid-flat "
        "(nothing collapsed), bm25, dense, dense-own, rrf, rrf-own, txtai, langchain. The first "
        "is compared with the others.",
        metavar="NAMES",
    ),
]


def evaluate(
    *,
    records: Records = None,
    haystack: Haystack = None,
    tasks: Tasks = None,
    questions: Questions = None,
    system: Systems = "hybrid",
    answers: Annotated[
        bool,
        typer.Option("--answers", help="Measure whole answers to the questions as well."),
    ] = False,
    report: Annotated[
        Path | None, typer.Option(help="Folder for a page with plots, PNG and JSON.")
    ] = None,
    json: Annotated[
        Path | None, typer.Option("--json", help="File for the figures as JSON; - for stdout.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Queries of each task at most, evenly spread.")
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(help="Folder for what a second run can use again.")
    ] = None,
    data_dir: DataDir = None,
    model: Model = None,
    config: Config = None,
) -> None:
    """Measure how well questions find their answers, and compare systems.

    Builds the indexes it needs and keeps them for the next run.  Measures come from
    ir-measures: pip install 'government-answers-assistant[eval]'.  The systems of others
    (bm25, rrf, txtai, langchain) need the extra [peers].

    \b
    assistant eval --questions questions.jsonl
    assistant eval --records answers.jsonl.gz --tasks tasks/ --system hybrid,bm25,rrf --report out/
    assistant eval --questions questions.jsonl --answers --json figures.json
    """
    from ..evaluation.program import Wanted, run

    run(
        Wanted(
            settings=load_settings(config, data_dir, model),
            records=tuple(records or ()),
            haystack=tuple(haystack or ()),
            tasks=tasks,
            questions=questions,
            systems=system,
            answers=answers,
            report=report,
            json=json,
            limit=limit,
            cache=cache,
        )
    )
