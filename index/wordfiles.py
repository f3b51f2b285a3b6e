"""The lexical index's files as files: whether they are there, and whether a byte has changed.

Tantivy ends each file of a segment with a checksum of it, ``{"crc": ...}``, that text's length
and a fixed number; opening an index does not compare it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

META = "meta.json"
"""The file that says which segments there are; without it Tantivy makes an empty index."""

_KINDS = ("store", "fieldnorm", "fast", "term", "idx", "pos")
_TAIL = 8
"""Bytes of the last two numbers of a file."""
_MAGIC = 1337
_BLOCK = 2**20


def damaged(folder: Path) -> list[str]:
    """Names of the files that are missing or are not as they were written."""
    try:
        meta = json.loads((folder / META).read_text("utf-8"))
        names = [name for segment in meta["segments"] for name in _names(segment)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return [META]
    return [name for name in names if not _is_whole(folder / name)]


def _names(segment: dict[str, Any]) -> Iterator[str]:
    stem = segment["segment_id"].replace("-", "")
    yield from (f"{stem}.{kind}" for kind in _KINDS)
    if segment.get("deletes"):
        yield f"{stem}.{segment['deletes']['opstamp']}.del"


def _is_whole(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            size = file.stat().st_size
            opened.seek(max(size - _TAIL, 0))
            tail = opened.read()
            length, magic = int.from_bytes(tail[:4], "little"), int.from_bytes(tail[4:], "little")
            left = size - _TAIL - length
            if magic != _MAGIC or left < 0:
                return False
            opened.seek(left)
            noted = json.loads(opened.read(length))["crc"]
            opened.seek(0)
            found = 0
            while block := opened.read(min(_BLOCK, left)):
                found = zlib.crc32(block, found)
                left -= len(block)
            return bool(found == noted)
    except (OSError, ValueError, KeyError, TypeError):
        return False
