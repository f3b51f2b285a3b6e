"""Bars on standard error, alike everywhere; nothing where that is not a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

Tell = Callable[[str, int, int | None], None]
"""Called with what is done, how much of it, and of how much (None where that is not known)."""


@contextmanager
def bars(*, left: bool = True) -> Iterator[Progress | None]:
    """A display to add tasks to, gone when the block ends; None where nobody watches.

    `left` shows the time that is left as well, where work goes on at an even pace.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns: list[ProgressColumn] = [
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    ]
    if left:
        columns += [TextColumn("left"), TimeRemainingColumn()]
    with Progress(*columns, console=Console(stderr=True), transient=True) as display:
        yield display


@contextmanager
def bar(first: str) -> Iterator[Tell]:
    """One bar that is told what it shows; it begins with the word `first`."""
    with bars(left=False) as display:
        if display is None:
            yield lambda what, done, total: None
            return
        task = display.add_task(first, total=None)
        yield lambda what, done, total: display.update(
            task, description=what, completed=done, total=total
        )
