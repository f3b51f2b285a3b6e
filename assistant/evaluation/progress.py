"""Word of what is going on, on stderr: bars on a terminal, a line a step elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer

from ..bars import bars

Advance = Callable[[int], None]
"""Called with how much of the step is done so far."""


class Progress:
    """Names steps as they begin, and shows how far they are where somebody watches."""

    def __init__(self, bar: Any = None) -> None:
        self._bar = bar

    @contextmanager
    def step(self, name: str, total: int) -> Iterator[Advance]:
        """One step of `total` parts."""
        if self._bar is None:
            typer.echo(f"{name} ({total:,}) ...", err=True)
            yield lambda done: None
            return
        task = self._bar.add_task(name, total=total)
        try:
            yield lambda done: self._bar.update(task, completed=done)
        finally:
            self._bar.remove_task(task)


@contextmanager
def progress() -> Iterator[Progress]:
    """Bars that vanish when all is done, on a terminal; lines elsewhere."""
    with bars() as display:
        yield Progress(display)
