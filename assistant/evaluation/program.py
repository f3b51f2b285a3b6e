"""The command's work: build what is asked for, measure it, and say what came of it."""

from __future__ import annotations

import shlex
import sys
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from index import Index
from index.bundled import BUNDLED_NAME
from index.embedding import SentenceTransformerEmbedder
from index.errors import BadRequest
from index.models import model_for
from prompts import counted

from .. import __version__
from . import answers as answering
from . import page, tables
from .cache import CachedEmbedder, default_folder
from .extras import load
from .haystack import haystack, read_records, unfindable
from .labels import Question, Role, Task, question_tasks, read_questions, read_tasks
from .machine import machine
from .progress import Progress, progress
from .results import Conditions, Report
from .run import evaluate
from .systems import Bench, chosen

if TYPE_CHECKING:
    from index.types import WrittenAnswer

    from ..settings import Settings

SHOWN_PROBLEMS = 10
"""Unusable lines named on the terminal; more are only counted."""

_GROUPED = (
    "grouped: collapsing follows the lists of questions answered together, which are this "
    "task's labels; hybrid-flat, with nothing collapsed, is the honest figure."
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command was asked for; see `assistant.commands.eval`."""

    settings: Settings
    records: tuple[Path, ...] = ()
    haystack: tuple[Path, ...] = ()
    tasks: Path | None = None
    questions: Path | None = None
    systems: str = "hybrid"
    answers: bool = False
    report: Path | None = None
    json: Path | None = None
    limit: int | None = None
    cache: Path | None = None


def run(wanted: Wanted) -> None:
    """Measure, print the tables, write the report.

    Raises:
        BadRequest: there is nothing to measure, or a file is not there.
        ExtraMissing: a library that this needs is not installed.
        IndexMissing: no records were named and there is no index.
    """
    systems = chosen(wanted.systems)
    tasks, questions = _labels(wanted)
    load("ir_measures", "eval")
    if wanted.report is not None:
        load("matplotlib", "eval")
    with ExitStack() as stack, progress() as shown:
        lab = stack.enter_context(_Lab(wanted, shown))
        notes = [_missing(task, lab.ids) for task in tasks]
        results = tuple(
            evaluate(_spread(task, wanted.limit), lab.bench(task), systems, lab.records)
            for task in tasks
        )
        answers = None
        if wanted.answers:
            some = questions[:: -(-len(questions) // wanted.limit)] if wanted.limit else questions
            answers = lab.answers(some)
        if "hybrid" in systems and any(task.name == "grouped" for task in tasks):
            notes.append(_GROUPED)
        report = Report(_conditions(lab), results, answers, tuple(filter(None, notes)))
    _tell(report, wanted)


class _Lab:
    """The records and what is built of them, each when it is first needed."""

    def __init__(self, wanted: Wanted, shown: Progress) -> None:
        self._wanted = wanted
        self._shown = shown
        self._folder = wanted.cache or default_folder()
        self._benches: dict[Role, Bench] = {}
        self._stack = ExitStack()
        settings = wanted.settings
        # An index knows its model; records are embedded with the one that is set.
        self._model = settings.model
        if not wanted.records:
            self._model = model_for(settings.data_dir, settings.model)
        self.own = self._embedder(self._model)
        base = self.own if self.own.name == BUNDLED_NAME else self._embedder(BUNDLED_NAME)
        self.base = base
        self._index: Index | None = None
        if wanted.records:
            found, refused = read_records([*wanted.records, *wanted.haystack])
            if refused:
                typer.echo(f"{counted(refused, 'record')} could not be read.", err=True)
        else:
            self._index = Index.open(wanted.settings.data_dir, embedder=self.own)
            self._stack.callback(self._index.close)
            found = list(self._index.records())
            if wanted.haystack:
                raise BadRequest("--haystack adds to --records.", "Name the records as well.")
        self.records: dict[str, WrittenAnswer] = {record.id: record for record in found}
        self.ids = set(self.records)

    def __enter__(self) -> _Lab:
        return self

    def __exit__(self, *error: object) -> None:
        for bench in self._benches.values():
            bench.close()
        self._stack.close()

    def _embedder(self, model: str | None) -> CachedEmbedder:
        made = CachedEmbedder(SentenceTransformerEmbedder(model), self._folder)
        self._stack.callback(made.close)
        return made

    def bench(self, task: Task) -> Bench:
        """What systems are built from for a task."""
        if task.role not in self._benches:
            given = self._index if task.role is Role.RECORDS else None
            self._benches[task.role] = Bench(
                haystack(task.role, self.records.values()),
                self.own,
                self.base,
                self._folder,
                self._shown,
                given,
            )
        return self._benches[task.role]

    def answers(self, questions: tuple[Question, ...]) -> answering.AnswersResult:
        """What the assistant makes of the questions, its model not cached: times are true."""
        from ..answer import Assistant

        folder = self.bench(Task("", Role.RECORDS, ())).index.folder
        embedder = SentenceTransformerEmbedder(self._model)
        index = Index.open(folder, embedder=embedder)
        with Assistant(index, self._wanted.settings) as assistant:
            found = answering.ask(assistant, questions, self._shown)
            return answering.summarise(found, assistant.composer.name)


def _labels(wanted: Wanted) -> tuple[list[Task], tuple[Question, ...]]:
    if wanted.tasks is None and wanted.questions is None:
        raise BadRequest("There is nothing to measure.", "Give --tasks DIR or --questions FILE.")
    if wanted.answers and wanted.questions is None:
        raise BadRequest("--answers needs labelled questions.", "Give --questions FILE.")
    tasks: list[Task] = []
    questions: tuple[Question, ...] = ()
    problems: list[str] = []
    if wanted.tasks is not None:
        read = read_tasks(wanted.tasks)
        tasks += read.items
        problems += read.problems
    if wanted.questions is not None:
        asked = read_questions(wanted.questions)
        questions = asked.items
        problems += asked.problems
        tasks += question_tasks(questions)
    for line in problems[:SHOWN_PROBLEMS]:
        typer.echo(line, err=True)
    if len(problems) > SHOWN_PROBLEMS:
        typer.echo(f"... and {len(problems) - SHOWN_PROBLEMS:,} more lines.", err=True)
    if not tasks and not questions:
        raise BadRequest("There is nothing to measure in the files named.")
    return tasks, questions


def _spread(task: Task, limit: int | None) -> Task:
    """At most `limit` of its queries, taken evenly from the whole."""
    if limit is None or len(task.queries) <= limit:
        return task
    step = -(-len(task.queries) // limit)
    return replace(task, queries=task.queries[::step])


def _missing(task: Task, ids: set[str]) -> str:
    count = unfindable(task, ids)
    if not count:
        return ""
    asks = "query asks" if count == 1 else "queries ask"
    return f"{task.name}: {count:,} {asks} for records that are not there; they count as missed."


def _conditions(lab: _Lab) -> Conditions:
    words = ["assistant", *sys.argv[1:]]
    return Conditions(
        command=shlex.join(words),
        version=__version__,
        machine=machine(),
        day=date.today().isoformat(),
        model=lab.own.name,
        base_model=lab.base.name,
        records=len(lab.records),
    )


def _tell(report: Report, wanted: Wanted) -> None:
    to_stdout = wanted.json is not None and str(wanted.json) == "-"
    typer.echo(report.as_json() if to_stdout else tables.as_text(report))
    if wanted.json is not None and not to_stdout:
        wanted.json.write_text(report.as_json() + "\n", "utf-8")
    if wanted.report is not None:
        typer.echo(f"The report is in {page.write(report, wanted.report)}.", err=True)
