"""Looking after an index: verify it, back it up, restore it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..bars import Tell, bar
from .options import Config, DataDir, Model, load_settings

if TYPE_CHECKING:
    from index.checking import CheckReport


def verify(
    *,
    repair: Annotated[
        bool, typer.Option("--repair", help="Put right what can be put right.")
    ] = False,
    data_dir: DataDir = None,
    model: Model = None,
    config: Config = None,
) -> None:
    """Check every record, chunk, vector and word entry against each other.

    Exits with 1 when something is wrong (after --repair: when something is left).

    \b
    assistant index verify
    assistant index verify --repair
    """
    from index.care import verify as check
    from index.models import embedder_for

    settings = load_settings(config, data_dir, model)
    embedder = embedder_for(settings.data_dir, settings.model)
    with bar("Checking") as tell:
        report = check(settings.data_dir, embedder, repair=repair, progress=_checking(tell))
    for line in _told(report, repaired=repair):
        typer.echo(line)
    if not report.ok:
        raise typer.Exit(1)


def backup(
    file: Annotated[Path, typer.Argument(help="File to write the backup to.", metavar="FILE")],
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Write the index into one file with a checksum; the index may be in use.

    Settings and conversations are not part of it.

    \b
    assistant index backup answers-2026-01-31.backup
    """
    from index.backup import back_up

    report = back_up(load_settings(config, data_dir, None).data_dir, file)
    typer.echo(
        f"{file}: {report.records:,} records, {file.stat().st_size / 2**20:,.1f} MiB.\n"
        f"SHA-256 of the catalogue inside: {report.sha256}"
    )


def restore(
    file: Annotated[Path, typer.Argument(help="A file that backup wrote.", metavar="FILE")],
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the index that is in the folder.")
    ] = False,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Put a backup into an empty data folder and make the search files anew.

    The backup is compared with its checksum first; a damaged one changes nothing.  With --force,
    stop the programs that have the index open before, and start them again afterwards.

    \b
    assistant index restore answers-2026-01-31.backup --data-dir ./restored
    """
    from index.backup import restore as put_back

    folder = load_settings(config, data_dir, None).data_dir
    report = put_back(file, folder, force=force)
    typer.echo(f"Restored {report.records:,} records of {report.made} to {folder}.")


def _told(report: CheckReport, *, repaired: bool) -> Iterator[str]:
    from index.checking import LOST, Fault

    for finding in report.mended:
        yield f"Mended: {finding}."
    for finding in report.findings:
        yield f"Wrong: {finding}."
    held = f"{report.records:,} records in {report.chunks:,} chunks"
    if report.ok:
        yield f"Nothing {'else ' if report.mended else ''}is wrong: {held}, and both search files."
    if report.waiting:
        yield (
            f"{report.waiting:,} chunks were left in hand by a stopped ingest; the next change to "
            "the index, or --repair, deals with them."
        )
    faults = {finding.fault for finding in report.findings}
    if Fault.UNREADABLE in {finding.fault for finding in report.mended}:
        yield "The unreadable records were taken out: add their files again."
    if Fault.PAGES in faults:
        yield "Restore a backup (assistant index restore FILE), or build the index anew."
    if faults & LOST and repaired:
        yield "Add the files of these records again, or restore a backup."
    elif faults - {Fault.PAGES} and not repaired:
        yield "Run: assistant index verify --repair"


def _checking(tell: Tell) -> Tell:
    return lambda what, done, total: tell(f"Checking {what}", done, total)


def register(app: typer.Typer) -> None:
    """Add these commands to `assistant index`."""
    for command in (verify, backup, restore):
        app.command()(command)
