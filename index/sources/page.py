"""An answer as a person copies it from a public page: title, question, names, dates, answer."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import date

from ..text import fold, html_to_text
from ..types import House, Member, Rejected, WrittenAnswer
from .dates import DATE, parse_date
from .files import Opened

_ASKED = re.compile(rf"\(?asked on ({DATE})\)?", re.IGNORECASE)
_TO = re.compile(r"question (?:to|for) (.{2,120}?) ?:?$", re.IGNORECASE)
_BY = re.compile(r"answered by\b ?:? ?(.*)$", re.IGNORECASE)
_ANSWERED = re.compile(rf"(?:this question was |\()?answered on ({DATE})\)?", re.IGNORECASE)
_FURNITURE = re.compile(
    r"-? ?(?:reticulating splines|view source|link to this(?: question| speech)?|portrait|copy link"
    r"|share(?: this)?(?: page)?|back to top|skip to (?:main )?content|loading) ?[.…]{0,3}",
    re.IGNORECASE,
)
_GLUED = re.compile(r"\breticulating splines ?[.…]{0,3}$", re.IGNORECASE)
_LORDS = re.compile(r"\b(?:his|her) majesty[’']?s government\b", re.IGNORECASE)
_COMMONS = re.compile(
    r"\bto ask (?:the|my)\b.{0,60}?\b(?:secretary of state|minister|chancellor|attorney general"
    r"|solicitor general|advocate general|leader of the house|hon\.? member|member for)",
    re.IGNORECASE | re.DOTALL,
)
_PEER = re.compile(
    r"(?:the )?(?:baroness|lord|lady|viscount|earl|baron|countess|duke|marquess)\b", re.I
)


def is_page(text: str) -> bool:
    """Whether a text has the marks of such a page: two of its three fixed lines."""
    lines = _lines(text)
    marks = (_ASKED, _TO, _ANSWERED)
    return sum(any(mark.match(line) for line in lines) for mark in marks) >= 2


def read_pages(opened: Opened, text: str) -> Iterator[WrittenAnswer | Rejected]:
    """The answers of a text file; several may follow one another."""
    parts = _parts(_lines(text))
    for number, lines in enumerate(parts, start=1):
        where = f"answer {number}" if len(parts) > 1 else ""
        read = _read(lines, opened.name)
        yield Rejected(str(opened.path), where, read) if isinstance(read, str) else read


def _lines(text: str) -> list[str]:
    """The lines with their white space folded, as the patterns above expect."""
    return [" ".join(line.split()) for line in text.splitlines()]


def _parts(lines: list[str]) -> list[list[str]]:
    """The lines of each answer, from its title on."""
    starts: list[int] = []
    for i, line in enumerate(lines):
        if _ASKED.match(line):
            title = i
            while title > 0 and (not lines[title] or title == i):
                title -= 1
            starts.append(title)
    if len(starts) < 2:
        return [lines]
    ends = [*starts[1:], len(lines)]
    return [lines[start:end] for start, end in zip([0, *starts[1:]], ends, strict=True)]


def _read(lines: list[str], name: str) -> WrittenAnswer | str:
    """One answer, or the reason why it cannot be read."""
    asked, answered = _day(lines, _ASKED), _day(lines, _ANSWERED)
    to_at, by_at = _index(lines, _TO), _index(lines, _BY)
    answered_at = _index(lines, _ANSWERED)
    body_at = _body(lines, by_at, answered_at)
    if body_at is None:
        return "the answer is missing: no line says when or by whom it was answered"
    text = _plain(lines[body_at:])
    if not text:
        return "the answer is missing: nothing follows the names"
    marks = [at for at in (to_at, by_at, answered_at, _index(lines, _ASKED)) if at is not None]
    title = _plain(lines[: min(marks)]).split("\n")[0]
    question = ""
    if to_at is not None:
        after = [at for at in (by_at, answered_at) if at is not None and at > to_at]
        question = " ".join(_plain(lines[to_at + 1 : min(after, default=body_at)]).split())
    answerer = _answerer(lines, by_at, answered_at)
    house = _house(question, answerer)
    found = _TO.match(lines[to_at]) if to_at is not None else None
    department = re.sub(r"^the\s+", "", found.group(1)) if found else None
    return WrittenAnswer(
        id=_name(house, asked, question or title),
        house=house,
        heading=title or None,
        question=question,
        department=department,
        answerer=Member(name=answerer) if answerer else None,
        asked=asked,
        answered=answered,
        text=text,
        source=f"page:{name}",
    )


def _name(house: House | None, asked: date | None, question: str) -> str:
    known = f"{house or ''}|{asked.isoformat() if asked else ''}|{fold(question)}"
    return "page-" + hashlib.sha256(known.encode("utf-8", "replace")).hexdigest()[:16]


def _index(lines: list[str], mark: re.Pattern[str]) -> int | None:
    return next((i for i, line in enumerate(lines) if mark.match(line)), None)


def _day(lines: list[str], mark: re.Pattern[str]) -> date | None:
    at = _index(lines, mark)
    found = mark.match(lines[at]) if at is not None else None
    return parse_date(found.group(1)) if found else None


def _body(lines: list[str], by_at: int | None, answered_at: int | None) -> int | None:
    """The line that the answer begins in."""
    if answered_at is not None:
        return answered_at + 1
    if by_at is None:
        return None
    at = by_at + 1
    while at < len(lines) and not lines[at]:
        at += 1
    while at < len(lines) and lines[at]:
        at += 1
    return at


def _answerer(lines: list[str], by_at: int | None, answered_at: int | None) -> str | None:
    """The name after "Answered by"; the role printed there is that of the day it was copied."""
    if by_at is None:
        return None
    found = _BY.match(lines[by_at])
    same_line = found.group(1) if found else ""
    end = answered_at if answered_at is not None and answered_at > by_at else by_at + 6
    for line in [same_line, *lines[by_at + 1 : end]]:
        if line and not line.lower().endswith(" portrait") and not _FURNITURE.fullmatch(line):
            return line[:200]
    return None


def _house(question: str, answerer: str | None) -> House | None:
    if _LORDS.search(question):
        return "Lords"
    if _COMMONS.search(question):
        return "Commons"
    return "Lords" if answerer and _PEER.match(answerer) else None


def _plain(lines: list[str]) -> str:
    """The text of some lines without what belongs to the page around it."""
    kept = [_GLUED.sub("", line) for line in lines if not _FURNITURE.fullmatch(line)]
    # The text is plain: an angle bracket in it is no tag.
    return html_to_text("\n".join(kept).replace("<", "&lt;"))
