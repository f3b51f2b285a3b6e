"""The figures as tables on the terminal."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

from .measures import NAMES
from .results import Report, TaskResult
from .statistics import Mean

if TYPE_CHECKING:
    from rich.table import Table

    from .answers import AnswersResult

WIDTH = 110
"""Columns where the output goes to a file or a program."""


def as_text(report: Report) -> str:
    """Every task's table, and what the answers came to."""
    from rich.console import Console

    is_terminal = sys.stdout.isatty()
    out = io.StringIO()
    console = Console(
        file=out, width=None if is_terminal else WIDTH, force_terminal=is_terminal, highlight=False
    )
    for result in report.tasks:
        console.print(_table(result))
        console.print()
    if report.answers is not None:
        console.print(_answers(report.answers))
        console.print()
    for note in report.notes:
        console.print(note)
    return "\n".join(line.rstrip() for line in out.getvalue().rstrip().split("\n"))


def _table(result: TaskResult) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    searched = "answer texts" if result.role == "answers" else "whole records"
    table = Table(
        title=f"{result.task}: {result.queries:,} queries over {result.records:,} {searched}",
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    table.add_column("system")
    table.add_column(f"{result.measure} (95%)", justify="right")
    others = [name for name in NAMES if name != result.measure]
    for name in others:
        table.add_column(name, justify="right")
    table.add_column("p50 ms", justify="right")
    if result.against:
        table.add_column(f"{result.systems[0].system} leads by", justify="right")
    leads = {item.other: item.comparison for item in result.against}
    for row in result.systems:
        cells = [row.system, with_interval(row.scores[result.measure])]
        cells += [f"{row.scores[name].mean:.3f}" for name in others]
        cells.append(f"{row.p50_ms:,.0f}")
        if row.system in leads:
            lead = leads[row.system]
            cells.append(f"{lead.difference.mean:+.3f} {chance(lead.p)}")
        table.add_row(*cells)
    return table


def _answers(result: AnswersResult) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from .answers import rows

    table = Table(
        title=f"answers of the composer {result.composer}",
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        pad_edge=False,
        show_header=False,
    )
    for name, value in rows(result):
        table.add_row(name, value)
    return table


def with_interval(value: Mean) -> str:
    """``0.812 (0.79-0.83)``."""
    return f"{value.mean:.3f} ({value.low:.2f}-{value.high:.2f})"


def chance(p: float) -> str:
    """``p<0.001`` or ``p=0.042``."""
    return "p<0.001" if p < 0.001 else f"p={p:.3f}"
