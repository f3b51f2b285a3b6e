"""Readers: files in, `WrittenAnswer` or `Rejected` out, one by one.

What a file is shows in its content, not in its name.  Nothing that a file holds makes a
reader raise: what cannot be read comes back as a `Rejected` that says why, and the other
records of the same file are kept.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ..types import Rejected, WrittenAnswer
from . import document, page, records
from .files import Opened, Unreadable, open_file

__all__ = ["read_path"]


def read_path(path: Path) -> Iterator[WrittenAnswer | Rejected]:
    """Read a file, or every file of a folder and its subfolders in sorted order.

    Files and folders whose names begin with a dot are passed over.
    """
    path = Path(path)
    if not path.is_dir():
        yield from _read_file(path)
        return
    unread: list[OSError] = []
    for folder, folders, names in os.walk(path, onerror=unread.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(name for name in names if not name.startswith(".")):
            yield from _read_file(Path(folder) / name)
    for error in unread:
        reason = f"the folder cannot be opened ({error.strerror or error})"
        yield Rejected(str(error.filename or path), "", reason)


def _read_file(path: Path) -> Iterator[WrittenAnswer | Rejected]:
    try:
        with open_file(path) as opened:
            yield from _records(opened)
    except Unreadable as error:
        yield Rejected(str(path), "", str(error))


def _records(opened: Opened) -> Iterator[WrittenAnswer | Rejected]:
    """Hand the file to the reader that its content asks for."""
    if opened.is_pdf:
        yield document.read_pdf(opened)
    elif opened.is_json:
        yield from records.read_json(opened)
    else:
        text = opened.text()
        if document.is_html(text):
            yield document.read_html(opened, text)
        elif page.is_page(text):
            yield from page.read_pages(opened, text)
        else:
            yield document.read_text(opened, text)
