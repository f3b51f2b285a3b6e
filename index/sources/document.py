"""Plain official documents: replies to requests for information, guidance, reports."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ValidationError

from ..markup import parse_html, tree_to_text
from ..text import html_to_text
from ..types import Kind, Rejected, WrittenAnswer
from .dates import DATE, parse_date
from .fields import clean, plain_reason
from .files import Opened, Unreadable
from .pdf import read_pages
from .wrapped import unwrap

_HTML = re.compile(
    r"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,2000}?-->\s*)*<(!doctype html|html|head|body)\b",
    re.I | re.S,
)
_FRAGMENT = re.compile(
    r"\s*<(?:p|div|main|article|section|h[1-6]|ul|ol|table|span|title|meta)\b[^<>]*>", re.I
)
_CLOSING = re.compile(r"</(?:p|div|main|article|section|h[1-6]|ul|ol|table|span|title)\s*>", re.I)
_XML = re.compile(r"\s*<(?:\?xml|!DOCTYPE|[A-Za-z][\w:.-]*[\s>])", re.I)
_FURNITURE = ("nav", "header", "footer", "aside", "form", "dialog", "button")
_DATED = re.compile(
    rf"\b(?:first published|published|issued|updated|last updated|date(?: of (?:issue|publication|"
    rf"response|reply|letter))?)\s?(?:on|at)?\s?:?\s?(?:on\s)?({DATE})(?!\d)",
    re.IGNORECASE,
)
_ONLY_DATE = re.compile(rf"({DATE})\.?", re.IGNORECASE)
_SUFFIX = re.compile(r"\s+[-–|]\s+(?:GOV\.UK|UK Parliament)(?:\s*\(.{0,60}\))?$")
_BODY = re.compile(
    r"\b(?:Department|Ministry|Office|Treasury|Agency|Commission|Authority|HM Revenue)\b"
)
_FRONT = re.compile(r"---[ \t]*\n(.{0,5000}?)\n---[ \t]*(?:\n|$)", re.S)
_FRONT_LINE = re.compile(r"([A-Za-z][\w -]{0,30}):[ \t]*(.{1,500})")
_MARKDOWN = re.compile(
    r"^#{1,6}[ \t]+\S|^[ \t]*\|?[ \t]*:?-{3,}:?[ \t]*\|[ \t:|-]*$|\]\(https?://", re.MULTILINE
)
"""A heading, the line under a table's head, or a link."""
_HEADINGS = tuple(f"h{level}" for level in range(1, 7))
_NEAR_TOP = 3_000
_NO_TITLE = re.compile(
    r"untitled|document\d*|microsoft (?:word|powerpoint|excel)\b.*|.*\.(?:docx?|pdf|indd|pptx?)",
    re.I,
)


@dataclass(slots=True)
class _About:
    """What a document says of itself."""

    title: str = ""
    day: date | None = None
    department: str | None = None
    url: str | None = None


def is_html(text: str) -> bool:
    """Whether a text is a web page or a piece of one."""
    head = text[:20_000].lstrip("\ufeff")
    return bool(_HTML.match(head)) or bool(_FRAGMENT.match(head) and _CLOSING.search(head))


def read_html(opened: Opened, text: str) -> WrittenAnswer | Rejected:
    """A saved web page: its main part, without what stands around it."""
    root = parse_html(text)
    if root is None:
        return _record(opened, html_to_text(text), _About())
    about = _about_html(root)
    main = next((found for tag in ("main", "article", "body") for found in root.iter(tag)), root)
    for tag in _FURNITURE:
        for node in list(main.iter(tag)):
            _drop(node)
    body = tree_to_text(main)
    if not about.day:
        about.day = _day_near_top(body)
    return _record(opened, body, about)


def read_text(opened: Opened, text: str) -> WrittenAnswer | Rejected:
    """A text or Markdown file."""
    about = _About()
    text = re.sub(r"\r\n?", "\n", text).removeprefix("\ufeff")
    if _XML.match(text) and text.rstrip().endswith(">"):
        return Rejected(str(opened.path), "", "it is XML of a kind that is not read")
    front = _FRONT.match(text)
    if front:
        about = _about_front(front.group(1))
        text = text[front.end() :]
    body = _markdown(text, about) if front or _MARKDOWN.search(text) else unwrap(text)
    if not about.day:
        about.day = _day_near_top(body)
    return _record(opened, body, about)


def read_pdf(opened: Opened) -> WrittenAnswer | Rejected:
    """A PDF with text in it; a scan or a locked file is refused."""
    pages, info = read_pages(opened.read())
    body = unwrap(pages, mend=True)
    if not body:
        raise Unreadable("there is no text in it: it may be a scan, or have only pictures")
    title = clean(info.get("title", ""))
    author = clean(info.get("author", ""))
    about = _About(title="" if _NO_TITLE.fullmatch(title) else title)
    about.department = author if _BODY.search(author) else None
    about.day = _day_near_top(body) or parse_date(info.get("created", ""))
    return _record(opened, body, about)


def _record(opened: Opened, body: str, about: _About) -> WrittenAnswer | Rejected:
    if not any(c.isalnum() for c in body):
        return Rejected(str(opened.path), "", "there are no words in it")
    title = about.title or _first_short_line(body)
    known = about.url or f"{opened.name}\n{title}"
    digest = hashlib.sha256(known.encode("utf-8", "replace")).hexdigest()
    try:
        return WrittenAnswer(
            id=f"doc-{digest[:16]}",
            kind=Kind.DOCUMENT,
            heading=title[:300] or None,
            department=about.department,
            answered=about.day,
            text=body,
            url=about.url,
            source=f"document:{clean(opened.name)}",
        )
    except ValidationError as error:
        return Rejected(str(opened.path), "", plain_reason(error))


def _first_short_line(body: str) -> str:
    lines = (line.strip() for line in body[:_NEAR_TOP].split("\n"))
    return next(
        (line for line in lines if 2 < len(line) <= 150 and not _ONLY_DATE.fullmatch(line)), ""
    )


def _day_near_top(body: str) -> date | None:
    top = body[:_NEAR_TOP]
    found = _DATED.search(top)
    if found and (day := parse_date(found.group(1))):
        return day
    for line in top.split("\n")[:40]:
        alone = _ONLY_DATE.fullmatch(line.strip())
        if alone and (day := parse_date(alone.group(1))):
            return day
    return None


def _about_html(root: Any) -> _About:
    meta: dict[str, str] = {}
    for node in root.iter("meta"):
        name = (node.get("property") or node.get("name") or "").lower()
        if name and node.get("content"):
            meta.setdefault(name, clean(node.get("content")))
    titles = [meta.get("og:title", "")]
    titles += [
        clean(" ".join(node.itertext())) for tag in ("h1", "title") for node in root.iter(tag)
    ]
    title = next((title for title in titles if title), "")
    links = [node.get("href") or "" for node in root.iter("link") if _is_canonical(node)]
    addresses = [address.strip() for address in (*links, meta.get("og:url", ""))]
    url = next((a for a in addresses if re.fullmatch(r"https?://[^\s<>\"]{1,1000}", a)), None)
    days = [
        meta.get(name, "")
        for name in (
            "govuk:public-updated-at", "article:published_time", "article:modified_time",
            "govuk:first-published-at", "dcterms.issued", "dcterms.date", "dc.date", "date",
        )
    ]  # fmt: skip
    days += [node.get("datetime") or "" for node in root.iter("time")]
    bodies = (
        "govuk:primary-publishing-organisation",
        "dcterms.publisher",
        "dc.publisher",
        "dcterms.creator",
        "author",
    )
    department = next((meta[name] for name in bodies if _BODY.search(meta.get(name, ""))), None)
    day = next((day for text in days if (day := parse_date(text))), None)
    return _About(_SUFFIX.sub("", title), day, department, url)


def _is_canonical(node: Any) -> bool:
    return "canonical" in (node.get("rel") or "").lower().split()


def _drop(node: Any) -> None:
    """Take an element out and leave the text that follows it."""
    parent = node.getparent()
    if parent is None:
        return
    if node.tail:
        before = node.getprevious()
        if before is not None:
            before.tail = (before.tail or "") + node.tail
        else:
            parent.text = (parent.text or "") + node.tail
    parent.remove(node)


def _about_front(front: str) -> _About:
    """The title, date, department and address of a Markdown file's front matter."""
    values: dict[str, str] = {}
    for line in front.split("\n"):
        found = _FRONT_LINE.fullmatch(line.strip())
        if found:
            values.setdefault(found.group(1).lower(), clean(found.group(2)).strip("\"'"))
    names = ("department", "organisation", "organization", "body", "publisher")
    days = (parse_date(values.get(name, "")) for name in ("date", "published", "issued", "updated"))
    url = values.get("url") or values.get("canonical") or ""
    return _About(
        title=values.get("title", ""),
        day=next((day for day in days if day), None),
        department=next((values[name] for name in names if values.get(name)), None),
        url=url if re.fullmatch(r"https?://\S{1,1000}", url) else None,
    )


def _markdown(text: str, about: _About) -> str:
    """What Markdown says, tables and links as those of a web page; the first heading is the title.

    Tags within it are text like any other.
    """
    from markdown_it import MarkdownIt

    root = parse_html(MarkdownIt("commonmark", {"html": False}).enable("table").render(text))
    if root is None:
        return unwrap(text)
    headings = (clean(" ".join(node.itertext())) for node in root.iter(*_HEADINGS))
    about.title = about.title or next(filter(None, headings), "")
    return tree_to_text(root)
