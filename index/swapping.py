"""Search files put in the place of others, all at once: a stop in between loses neither."""

from __future__ import annotations

import shutil
from pathlib import Path


def beside(folder: Path) -> Path:
    """An empty place for the files that are to take the place of those in `folder`."""
    made = _new(folder)
    shutil.rmtree(made, ignore_errors=True)
    return made


def swap(folder: Path) -> None:
    """Put what was made `beside` a folder in its place."""
    folder.rename(_old(folder))
    finish(folder)


def is_unfinished(folder: Path) -> bool:
    """Whether a process was stopped in the middle of a `swap`."""
    return _old(folder).exists()


def finish(folder: Path) -> None:
    """Go on with a swap; the new files are whole from the moment the old ones are moved aside."""
    if not is_unfinished(folder):
        return
    if not folder.exists():
        _new(folder).rename(folder)
    shutil.rmtree(_old(folder))


def _new(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.new")


def _old(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.old")
