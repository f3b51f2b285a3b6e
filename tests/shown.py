"""What the documentation shows: the fenced blocks of its pages, and the commands in them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")],
    key=lambda page: (page.name != "README.md", page),
)
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: `where` is its page and line."""

    where: str
    language: str
    text: str


def blocks(*languages: str) -> list[Block]:
    """The fenced blocks of every page, of these languages or of all."""
    found = []
    for page in PAGES:
        text = page.read_text("utf-8")
        for fence in _FENCE.finditer(text):
            line = text.count("\n", 0, fence.start()) + 1
            where = f"{page.relative_to(ROOT).as_posix()}:{line}"
            found.append(Block(where, fence[1], fence[2]))
    return [one for one in found if not languages or one.language in languages]


@dataclass(frozen=True, slots=True)
class Shown:
    """One command line: what comes after ``&&`` is another."""

    where: str
    words: tuple[str, ...]

    @property
    def program(self) -> str:
        """The name of the program, without the folder it lies in."""
        return self.words[0].rsplit("/", 1)[-1]

    def __str__(self) -> str:
        return f"{self.where} {shlex.join(self.words)}"


def commands() -> list[Shown]:
    """Every command line of every page, in their order."""
    return [shown for block in blocks("sh") for shown in in_text(block.where, block.text)]


def in_text(where: str, text: str) -> Iterator[Shown]:
    """The command lines of a text as a shell would part them."""
    for line in text.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars="&|>")
        lexer.whitespace_split = True
        words: list[str] = []
        for word in [*lexer, "&&"]:
            if set(word) <= {"&", "|", ">"}:
                if words:
                    yield Shown(where, tuple(words))
                words = []
                if word == ">":
                    break
            else:
                words.append(word)
