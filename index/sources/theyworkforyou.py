"""TheyWorkForYou's daily XML of written answers, both Houses, 1999/2001 until today.

A file is a row of headings, questions (``<ques>``) and answers (``<reply>``).  It is cut at
those elements and each is read on its own: the files of many years hold stray markup, and one
broken answer must not cost the others.  A document type declaration is passed over, so nothing
a file declares is ever expanded or fetched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from lxml import etree
from pydantic import ValidationError

from ..text import html_to_text
from ..types import Attachment, House, Member, Rejected, WrittenAnswer
from .fields import clean, plain_reason

PREFIX = "twfy-"
"""What the id of every record of this source begins with."""

_OFFICIAL_PAGE = "https://questions-statements.parliament.uk/written-questions/detail"
_API_ERA = date(2014, 5, 1)
_DOCTYPE = re.compile(r"<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>", re.DOTALL)
_ELEMENT = re.compile(
    r"<(?P<name>major-heading|minor-heading|ques|reply)\b(?P<given>[^>]*)>(?P<inner>.*?)</(?P=name)\s*>",
    re.DOTALL,
)
_OPENED = re.compile(r"<(major-heading|minor-heading|ques|reply)\b")
_QNUM = re.compile(r"""\bqnum\s*=\s*["']([A-Za-z]{0,4}\d{1,9})["']""")
_DAY_AND_UIN = re.compile(r"(\d{4}-\d{2}-\d{2})/([A-Za-z]{0,4}\d{1,9})\b")
_GID = re.compile(r"/(\d{4}-\d{2}-\d{2})[a-z]?\.([A-Za-z0-9]+)(?:\.|$)")
_ATTACHED = re.compile(
    r"""<p[^>]*>\s*<a\b[^>]*?href\s*=\s*["']([^"']+)["'][^>]*>((?:(?!</?a\b).)*)</a>\s*"""
    r"\(\s*(\w{1,10})\s*,\s*([\d.,]+)\s*([KMG]?)B\s*\)\s*</p>\s*$",
    re.DOTALL | re.IGNORECASE,
)
_UNIT = {"": 1, "K": 1_000, "M": 1_000_000, "G": 1_000_000_000}
_HOLDING = re.compile(
    r"(?:has indicated that it will not be possible to answer (?:this|these) questions?"
    r"|it (?:has|was|is|will) not (?:been? |proved )?(?:be )?possible to (?:respond|answer|reply)\b"
    r".{0,80}\b(?:in|within|before) the (?:usual |normal )?time)",
    re.IGNORECASE | re.DOTALL,
)
_DAY_IN_NAME = re.compile(r"(\d{4})-(\d{2})-(\d{2})[a-z]?\.xml")


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question of a group."""

    gid: str
    url: str | None
    uins: tuple[str, ...]
    asker: str | None
    text: str


@dataclass(slots=True)
class _Group:
    """Questions that are answered together, and their answer as far as it has been read."""

    questions: list[_Asked] = field(default_factory=list)
    answerer: str | None = None
    replies: list[str] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)


def day_of(name: str) -> date | None:
    """The day of the answers, which a file bears in its name."""
    found = _DAY_IN_NAME.search(name)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def read_daily(
    text: str, name: str, house: House | None = None, day: date | None = None
) -> Iterator[WrittenAnswer | Rejected]:
    """Every answer of a daily file; a group's questions become records with the same answer.

    `day` is the day of the answers, told from the file's name where it is left out.
    """
    day = day or day_of(name)
    text = _DOCTYPE.sub("", text)
    department = heading = None
    group = _Group()
    for found in _ELEMENT.finditer(text):
        kind, inner = found["name"], found["inner"]
        if _OPENED.search(inner):
            yield Rejected(name, "", f"an element is not closed: <{kind}{found['given'][:80]}>")
            continue
        if kind in ("major-heading", "minor-heading") or (kind == "ques" and group.replies):
            yield from _records(group, name, house, day, department, heading)
            group = _Group()
        if kind == "major-heading":
            department, heading = clean(inner) or None, None
        elif kind == "minor-heading":
            heading = clean(inner) or None
        else:
            _read_element(kind, _attributes(kind, found["given"]), inner, group)
    yield from _records(group, name, house, day, department, heading)
    if "</publicwhip" not in text[-2_000:] and not text.rstrip().endswith("<publicwhip/>"):
        yield Rejected(name, "", "the file breaks off: its last element is not closed")


def _read_element(kind: str, given: dict[str, str], inner: str, group: _Group) -> None:
    speaker = clean(given.get("speakername", "")) or None
    if kind == "ques":
        uins = tuple(dict.fromkeys(uin.upper() for uin in _QNUM.findall(inner)))
        url = given.get("url") or None
        group.questions.append(_Asked(given.get("id", ""), url, uins, speaker, clean(inner)))
        return
    inner, attachments = _take_attachments(inner)
    group.answerer = group.answerer or speaker
    group.replies.append(html_to_text(inner))
    group.attachments.extend(attachments)


def _records(
    group: _Group,
    name: str,
    house: House | None,
    day: date | None,
    department: str | None,
    heading: str | None,
) -> Iterator[WrittenAnswer | Rejected]:
    answer = "\n\n".join(reply for reply in group.replies if reply)
    uins = [uin for asked in group.questions for uin in asked.uins]
    for asked in group.questions:
        if not answer:
            yield Rejected(name, asked.gid, "the answer has no words")
            continue
        own = house or _house(asked)
        uin = asked.uins[0] if asked.uins else None
        tabled = _tabled(asked, uin, day)
        try:
            yield WrittenAnswer(
                id=_id(asked, own, tabled, uin),
                uin=uin,
                house=own,
                heading=heading,
                question=asked.text,
                asker=Member(name=asked.asker) if asked.asker else None,
                department=department,
                answerer=Member(name=group.answerer) if group.answerer else None,
                asked=tabled,
                answered=day,
                text=answer,
                is_holding=_HOLDING.search(answer) is not None,
                grouped_uins=tuple(other for other in dict.fromkeys(uins) if other != uin),
                attachments=tuple(group.attachments),
                url=_url(asked, tabled, uin),
                source=f"theyworkforyou:{name}",
            )
        except ValidationError as error:
            yield Rejected(name, asked.gid, plain_reason(error))
    if group.replies and not group.questions:
        yield Rejected(name, "", "an answer stands without its question")


def _attributes(kind: str, given: str) -> dict[str, str]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    element = etree.fromstring(f"<{kind}{given.rstrip('/')}/>".encode(), parser)
    return {} if element is None else dict(element.attrib)


def _take_attachments(inner: str) -> tuple[str, list[Attachment]]:
    """The answer without the links to files at its end, and those files."""
    files: list[Attachment] = []
    while found := _ATTACHED.search(inner):
        url, title, kind, size, unit = found.groups()
        number = float(size.replace(",", "")) if re.fullmatch(r"[\d,]+(\.\d+)?", size) else 0.0
        bytes_ = round(number * _UNIT[unit.upper()]) or None
        files.append(Attachment(title=clean(title) or url, url=clean(url), file_type=kind.lower(),
                                size_bytes=bytes_))  # fmt: skip
        inner = inner[: found.start()]
    return inner, files[::-1]


def _house(asked: _Asked) -> House:
    is_lords = "/lords" in asked.gid or any(uin.startswith("HL") for uin in asked.uins)
    return "Lords" if is_lords else "Commons"


def _tabled(asked: _Asked, uin: str | None, day: date | None) -> date | None:
    """The day a question was tabled; not known before 2014, when ids bear the day of print."""
    found = _DAY_AND_UIN.search(asked.url or "")
    if not found and (found := _GID.search(asked.gid)) and found[2].upper() != uin:
        found = None
    try:
        tabled = date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None
    return tabled if tabled and tabled >= _API_ERA and (not day or tabled <= day) else None


def _id(asked: _Asked, house: House, tabled: date | None, uin: str | None) -> str:
    if tabled and uin:
        return f"{PREFIX}{house.lower()}-{tabled.isoformat()}-{uin}"
    tail = re.sub(r"[^A-Za-z0-9._:-]+", "-", asked.gid.rsplit("/", 1)[-1])
    return f"{PREFIX}{house.lower()}-{tail}" if tail else ""


def _url(asked: _Asked, tabled: date | None, uin: str | None) -> str | None:
    if tabled and uin:
        return f"{_OFFICIAL_PAGE}/{tabled.isoformat()}/{uin}"
    return asked.url if asked.url and re.fullmatch(r"https?://\S+", asked.url) else None
