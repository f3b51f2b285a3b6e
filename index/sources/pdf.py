"""The text of a PDF, page by page."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from .files import Unreadable

if TYPE_CHECKING:
    from pypdf import PdfReader

_MAX_PAGES = 3_000
_MAX_TEXT = 50_000_000
_PAGE_NUMBER = re.compile(r"(?:page )?\d{1,4}(?: (?:of|/) \d{1,4})?", re.IGNORECASE)
_CREATED = re.compile(r"D:(\d{4})(\d\d)(\d\d)")
T = TypeVar("T")


def read_pages(data: bytes) -> tuple[str, dict[str, str]]:
    """The text of all pages, and the title, author and day of making where the file has them.

    Raises `Unreadable` where it is locked, damaged or has too many pages.
    """
    from pypdf import PdfReader

    reader = _guarded(lambda: PdfReader(io.BytesIO(data), strict=False), "it is damaged")
    # Many are locked against changes only and open without a password.
    if _guarded(lambda: reader.is_encrypted and not reader.decrypt(""), "it is locked"):
        raise Unreadable("it is locked with a password")
    count = _guarded(lambda: len(reader.pages), "it is damaged: its pages cannot be found")
    if count > _MAX_PAGES:
        raise Unreadable(f"it has {count} pages; at most {_MAX_PAGES} are read")
    pages: list[str] = []
    size = 0
    for number in range(count):
        text = _guarded(
            lambda number=number: reader.pages[number].extract_text(),  # type: ignore[misc]
            f"page {number + 1} cannot be read",
        )
        pages.append(_without_number(text))
        size += len(text)
        if size > _MAX_TEXT:
            raise Unreadable(f"it has more than {_MAX_TEXT // 1_000_000} million characters")
    return "\n".join(pages), _guarded(lambda: _info(reader), "its description is damaged")


def _guarded(do: Callable[[], T], reason: str) -> T:
    """The value of a call into the PDF library, which on bad files raises nearly anything."""
    try:
        return do()
    except Exception as error:
        raise Unreadable(f"{reason} (as a PDF: {type(error).__name__})") from error


def _info(reader: PdfReader) -> dict[str, str]:
    found = reader.metadata
    if found is None:
        return {}
    created = _CREATED.match(str(found.get("/CreationDate", "")))
    return {
        "title": str(found.get("/Title", "") or ""),
        "author": str(found.get("/Author", "") or ""),
        "created": "-".join(created.groups()) if created else "",
    }


def _without_number(text: str) -> str:
    """A page without the line that only numbers it."""
    lines = text.strip().split("\n")
    if lines and _PAGE_NUMBER.fullmatch(lines[-1].strip()):
        lines.pop()
    if lines and _PAGE_NUMBER.fullmatch(lines[0].strip()):
        lines.pop(0)
    return "\n".join(lines)
