"""Opening a file: compression, encoding, limits, and a first look at what it holds."""

from __future__ import annotations

import gzip
import io
import re
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

MIB = 1024 * 1024
MAX_WHOLE = 256 * MIB
"""Most that is read of a file that must be held whole, once decompressed."""
MAX_LINE = 64 * MIB
"""Longest line of JSON Lines; the longest answers are far below a hundredth of it."""
MAX_STREAM = 16 * 1024 * MIB
"""Most that is read of a file that is read line by line, once decompressed."""
_HEAD = 64 * 1024

_KNOWN = (
    (b"PK\x03\x04", "a ZIP archive or an Office document; save it as PDF, HTML or plain text"),
    (b"\xd0\xcf\x11\xe0", "an old Office document; save it as PDF, HTML or plain text"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"{\\rtf", "a rich text document; save it as PDF, HTML or plain text"),
    (b"BZh", "compressed with bzip2; only gzip is read"),
    (b"\xfd7zXZ", "compressed with xz; only gzip is read"),
    (b"\x28\xb5\x2f\xfd", "compressed with Zstandard; only gzip is read"),
    (b"SQLite format 3", "a database"),
)
_BOMS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_JSON_START = re.compile(r"\s*(?:\{\s*(?:[\"}]|$)|\[\s*(?:[\[{\"\]]|$))")
_NOT_TEXT = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")


class Unreadable(Exception):
    """The whole file cannot be read, for the reason given."""


@dataclass(slots=True)
class Opened:
    """An open file, decompressed, with its beginning known."""

    path: Path
    stream: BinaryIO
    head: bytes
    encoding: str
    streamed: int = 0
    """Bytes that were read line by line so far."""

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def is_pdf(self) -> bool:
        return b"%PDF-" in self.head[:1024]

    @property
    def is_json(self) -> bool:
        text = self.head.decode(self.encoding, "replace").removeprefix("\ufeff")
        return bool(_JSON_START.match(text))

    def starts_with(self, mark: str) -> bool:
        """Whether the text begins so, after any byte order mark and white space."""
        text = self.head.decode(self.encoding, "replace").removeprefix("\ufeff")
        return text.lstrip().startswith(mark)

    def read(self) -> bytes:
        """All bytes, within the limit."""
        data = _read(self.stream, MAX_WHOLE + 1)
        if len(data) > MAX_WHOLE:
            raise Unreadable(
                f"it holds more than {MAX_WHOLE // MIB} MiB; split it, or give it as JSON Lines"
            )
        return data

    def text(self) -> str:
        """All of it as text; the encoding is never guessed."""
        text = decode(self.read(), self.encoding)
        junk = _NOT_TEXT.search(text)
        if junk:
            line = text.count("\n", 0, junk.start()) + 1
            raise Unreadable(f"it is not text: character {ord(junk.group())} in line {line}")
        return text

    def lines(self) -> Iterator[bytes | None]:
        """Lines in UTF-8; None stands for a line that is too long to read."""
        if self.encoding not in ("utf-8", "utf-8-sig"):
            for wide in decode(self.read(), self.encoding).split("\n"):
                yield f"{wide}\n".encode("utf-8", "surrogatepass")
            return
        first = True
        while line := self._next_line():
            if len(line) <= MAX_LINE:
                yield line.removeprefix(b"\xef\xbb\xbf") if first else line
            else:
                while line and not line.endswith(b"\n"):
                    line = self._next_line()
                yield None
            first = False

    def _next_line(self) -> bytes:
        """The next line, or as much of it as may be read at once."""
        with _reading():
            line = self.stream.readline(MAX_LINE + 1)
        self.streamed += len(line)
        if self.streamed > MAX_STREAM:
            raise Unreadable(f"it holds more than {MAX_STREAM // MIB} MiB; split it")
        return line


@contextmanager
def open_file(path: Path) -> Iterator[Opened]:
    """Open a file and look at its beginning.

    Raises `Unreadable` where it cannot be opened, is empty, or is plainly something else.
    """
    with _open(path) as raw:
        yield _look(path, raw)


def _open(path: Path) -> BinaryIO:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise Unreadable("it is not an ordinary file")
        return path.open("rb")
    except FileNotFoundError:
        raise Unreadable("there is no such file") from None
    except PermissionError:
        raise Unreadable("there is no permission to read it") from None
    except OSError as error:
        raise Unreadable(f"it cannot be opened ({error.strerror or error})") from None
    except ValueError:
        raise Unreadable("its name holds a zero character") from None


def _look(path: Path, raw: BinaryIO) -> Opened:
    stream = raw
    head = _read(stream, _HEAD)
    raw.seek(0)
    if not head:
        raise Unreadable("it is empty")
    if head.startswith(b"\x1f\x8b"):
        stream = cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, gzip.GzipFile(fileobj=raw))))
        head = _peek(stream)
        raw.seek(0)
        stream = cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, gzip.GzipFile(fileobj=raw))))
        if head.startswith(b"\x1f\x8b"):
            raise Unreadable("it is compressed twice")
        if not head.strip():
            raise Unreadable("it is empty once decompressed")
    if not head.strip(b" \t\r\n\xef\xbb\xbf"):
        raise Unreadable("there is nothing but white space in it")
    for magic, what in _KNOWN:
        if head.startswith(magic):
            raise Unreadable(f"it is {what}")
    encoding = next((name for bom, name in _BOMS if head.startswith(bom)), "utf-8")
    if encoding == "utf-32":
        raise Unreadable("it is in UTF-32; save it as UTF-8")
    return Opened(path, stream, head, encoding)


def _peek(stream: BinaryIO) -> bytes:
    """The beginning of a compressed file; what can be read of it where it is cut short."""
    parts: list[bytes] = []
    size = 0
    while size < _HEAD:
        try:
            part = stream.read(min(512, _HEAD - size))
        except (EOFError, zlib.error, OSError):
            break
        if not part:
            return b"".join(parts)
        parts.append(part)
        size += len(part)
    if not parts:
        raise Unreadable("its gzip compression is damaged or cut short at the start")
    return b"".join(parts)


def _read(stream: BinaryIO, size: int) -> bytes:
    with _reading():
        return stream.read(size)


@contextmanager
def _reading() -> Iterator[None]:
    """Say in words what stopped the reading."""
    try:
        yield
    except EOFError:
        raise Unreadable("its gzip compression is cut short") from None
    except (gzip.BadGzipFile, zlib.error):
        raise Unreadable("its gzip compression is damaged") from None
    except OSError as error:
        raise Unreadable(f"it cannot be read ({error.strerror or error})") from None


def decode(data: bytes, encoding: str, line: int = 1) -> str:
    """Bytes as text, or `Unreadable` naming the first byte that does not fit.

    `line` is the number of the line that the bytes begin in.
    """
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        name = "UTF-16" if encoding == "utf-16" else "UTF-8"
        at = error.start
        breaks = data.count(b"\n", 0, at)
        where = f"line {breaks + line}, byte {at}"
        if name == "UTF-8" and at < len(data):
            where += f" (0x{data[at]:02x})"
        raise Unreadable(f"it is not {name}: {where}; save it as UTF-8") from None
