"""Filling the index from the command line, with a progress bar and a word on what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from index import Index
from index.errors import BadRequest
from index.models import embedder_for
from index.paths import sample_file
from index.sources import read_path
from prompts import counted, render

from .bars import bars

if TYPE_CHECKING:
    from index.reports import AddReport
    from index.types import Rejected, WrittenAnswer

    from .settings import Settings

SHOWN_REFUSALS = 20
"""Refusals listed on the terminal; the rest are only in the file."""

READ_AHEAD = 20_000
"""Records read before any is indexed; more than that are read as they are needed."""

REFUSED_FILE = "refused.txt"


def ensure_index(settings: Settings, asked_in: Path | None = None) -> None:
    """Build the index of the bundled sample where the data folder holds no record yet.

    `asked_in` is the folder whose name was typed with a question: answered from the sample, a slip
    in it would pass for an answer of the records.

    Raises:
        BadRequest: that folder is not there.
    """
    if asked_in is not None and not asked_in.exists():
        raise BadRequest(
            f"There is no folder {asked_in}.",
            f"Check its name, or make an index there: assistant index add --data-dir {asked_in} "
            "FILES",
        )
    if Index.exists(settings.data_dir):
        with open_index(settings) as index:
            if index.status().records:
                return
    typer.echo(f"Building the sample index in {settings.data_dir} ...", err=True)
    with open_index(settings) as index:
        report = _add(index, read_path(sample_file()))
    typer.echo(render("sample_banner", records=report.added), err=True)


def add_files(settings: Settings, paths: Sequence[Path], *, keep_sample: bool = False) -> bool:
    """Add the records of files and folders and say what became of them.

    Returns False when anything was refused.
    """
    for path in paths:
        if not path.exists():
            raise BadRequest(f"There is no file or folder {path}.")
    with open_index(settings) as index:
        was_sample = index.status().only_sample
        report = _add(index, (item for path in paths for item in read_path(path)))
        typer.echo(_summary(report))
        if gone := index.drop_outgrown_sample(was_sample and not keep_sample):
            typer.echo(
                f"The {counted(gone, 'summary', 'summaries')} of the bundled sample gave way to "
                "them (--keep-sample would have kept the sample)."
            )
    if report.rejected:
        tell_refusals(report.rejected, settings.data_dir / REFUSED_FILE)
    return not report.rejected


def open_index(settings: Settings) -> Index:
    """The index of the data folder, made empty where there is none."""
    embedder = embedder_for(settings.data_dir, settings.model)
    return Index.open_or_create(
        settings.data_dir, embedder=embedder, chroma_url=settings.chroma_url
    )


def _add(index: Index, items: Iterable[WrittenAnswer | Rejected]) -> AddReport:
    with _bar() as (reading, adding):
        # What fits into memory is read first, so that the bar can say how much is left.
        stream = reading(iter(items))
        first = list(islice(stream, READ_AHEAD))
        total = len(first) if len(first) < READ_AHEAD else None
        adding(0, total)
        return index.add(chain(first, stream), progress=lambda done: adding(done, total))


Reading = Callable[[Iterator[Any]], Iterator[Any]]
Adding = Callable[[int, int | None], None]


@contextmanager
def _bar() -> Iterator[tuple[Reading, Adding]]:
    """A bar on stderr for reading and one for adding; nothing where that is not a terminal."""
    with bars() as bar:
        if bar is None:
            yield (lambda items: items), (lambda done, total: None)
            return
        task = bar.add_task("Reading", total=None)

        def reading(items: Iterator[Any]) -> Iterator[Any]:
            for item in items:
                bar.advance(task)
                yield item

        def adding(done: int, total: int | None) -> None:
            bar.update(task, description="Indexing", completed=done, total=total)

        yield reading, adding


def _summary(report: AddReport) -> str:
    parts = [f"{report.added:,} added", f"{report.changed:,} changed"]
    parts.append(f"{report.unchanged:,} unchanged")
    if report.kept_fuller:
        parts.append(f"{report.kept_fuller:,} left aside for a fuller copy held already")
    if report.rejected:
        parts.append(f"{len(report.rejected):,} refused")
    return f"{counted(report.total, 'record')}: {', '.join(parts)}."


def tell_refusals(rejected: Sequence[Rejected], file: Path) -> None:
    """List what was refused on the terminal, the whole of it in a file."""
    lines = [f"Refused: {refusal}" for refusal in rejected]
    for line in lines[:SHOWN_REFUSALS]:
        typer.echo(line, err=True)
    file.write_text("\n".join(lines) + "\n", "utf-8")
    rest = len(lines) - SHOWN_REFUSALS
    if rest > 0:
        typer.echo(f"... and {rest:,} more; the whole list is in {file}.", err=True)
        reasons = Counter(refusal.reason for refusal in rejected).most_common(5)
        often = "; ".join(f"{reason} ({count:,})" for reason, count in reasons if count > 1)
        if often:
            typer.echo(f"Most often: {often}.", err=True)
