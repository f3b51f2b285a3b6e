"""HTML to plain text, as it is quoted and searched."""

from __future__ import annotations

import html as entities
import re
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from .inline import CONTROL, link, raised
from .tables import Cell, render_table

_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details div dl dt fieldset figcaption "
    "figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li main nav ol p pre section "
    "summary table tbody tfoot thead tr ul".split()
)
_SKIPPED = frozenset(
    "applet audio canvas embed head iframe math noscript object script style svg template title "
    "video".split()
)
_TAG = re.compile(
    r"<(?:[A-Za-z][A-Za-z0-9:]*(?=[\s/>])|/[A-Za-z]|!--|!DOCTYPE|\?xml)", re.IGNORECASE
)
_ENTITY = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]{1,30}|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_BREAK = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_BULLET = re.compile(r"^[·•▪◦●‣\uf0b7][ \t]*")


@dataclass(slots=True)
class _List:
    ordered: bool
    style: str
    next: int


@dataclass(slots=True)
class _Page:
    """Where text is being written: the document, or one cell of a table."""

    blocks: list[tuple[str, str]] = field(default_factory=list)
    buffer: list[str] = field(default_factory=list)
    lists: list[_List] = field(default_factory=list)
    marker: str = ""
    cell: bool = False
    plain: int = 0
    strong: int = 0


@dataclass(slots=True)
class _Table:
    rows: list[list[Cell]] = field(default_factory=list)
    caption: str = ""


def html_to_text(html: str) -> str:
    """Plain text of an HTML fragment or page; text without tags keeps its lines.

    Paragraphs are parted by a blank line; list items and table rows have a line each.
    Whatever is broken in the markup, something readable comes back: nothing is raised.
    """
    source = CONTROL.sub("", _SURROGATE.sub("\ufffd", _LINE_BREAK.sub("\n", html)))
    if not _TAG.search(source):
        return tidy_plain(_ENTITY.sub(lambda m: entities.unescape(m.group()), source))
    root = _parse(source)
    if root is None:
        return _without_tags(source)
    return tree_to_text(root)


def tree_to_text(root: Any) -> str:
    """Plain text of a parsed lxml element."""
    return _Writer().write(root)


def parse_html(html: str) -> Any | None:
    """The root element of an HTML page, or None where there is nothing in it."""
    return _parse(CONTROL.sub("", _SURROGATE.sub("\ufffd", html)))


def _parse(source: str) -> Any | None:
    # Bytes, because lxml refuses a `str` that declares an encoding of its own.
    parser = etree.HTMLParser(
        encoding="utf-8", recover=True, no_network=True, huge_tree=True, remove_pis=True
    )
    try:
        root = etree.fromstring(source.encode("utf-8"), parser)
    except (etree.LxmlError, ValueError):
        # There is nothing but markup.
        return None
    # The parser stops without a word where elements are nested beyond its limit.
    return None if any("depth" in entry.message for entry in parser.error_log) else root


def _without_tags(source: str) -> str:
    """The text between the tags, for markup that cannot be parsed."""
    parts: list[str] = []
    inside = ""
    for part in re.split(r"(<[^<>]*>)", source):
        if not part.startswith("<"):
            parts.append("" if inside else part)
            continue
        name = part.strip("</> \n\t").split(maxsplit=1)[0].lower() if part.strip("</> \n\t") else ""
        if part.startswith("</"):
            inside = "" if name == inside else inside
        elif name in ("script", "style"):
            inside = name
        parts.append("\n\n" if name in _BLOCKS else "")
    return tidy_plain("".join(parts))


def tidy_plain(text: str) -> str:
    """Plain text with its spaces folded line by line and no more than one blank line."""
    text = CONTROL.sub("", _LINE_BREAK.sub("\n", _SURROGATE.sub("\ufffd", text)))
    lines = [" ".join(line.split()) for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Writer:
    """Walks a tree without recursion, however deep it is."""

    def __init__(self) -> None:
        self.pages = [_Page()]
        self.tables: list[_Table] = []
        self.opened: list[tuple[Any, int]] = []
        self.bold = 0
        self.skipping = 0

    @property
    def page(self) -> _Page:
        return self.pages[-1]

    def write(self, root: Any) -> str:
        for event, node in etree.iterwalk(root, events=("start", "end", "comment")):
            if event == "start":
                name = _name(node)
                if name in _SKIPPED and node is not root:
                    self.skipping += 1
                elif not self.skipping:
                    self._start(name, node)
                    self._text(node.text)
                continue
            if event == "end":
                name = _name(node)
                if name in _SKIPPED and node is not root:
                    self.skipping -= 1
                elif not self.skipping:
                    self._end(name, node)
            if node is not root and not self.skipping:
                self._text(node.tail)
        self._flush()
        return _join(self.page.blocks)

    def _text(self, text: str | None) -> None:
        if not text:
            return
        self.page.buffer.append(text.replace("\n", " "))
        filled = len(text) - text.count(" ")
        if self.bold:
            self.page.strong += filled
        elif not text.isspace():
            self.page.plain += filled

    def _start(self, name: str, node: Any) -> None:
        if name in _BLOCKS:
            self._flush()
        if name in ("strong", "b"):
            self.bold += 1
        elif name in ("a", "sup"):
            self.opened.append((node, len(self.page.buffer)))
        elif name == "br":
            self.page.buffer.append("\n")
        elif name in ("ul", "ol"):
            start = _number(node.get("start"), 1)
            self.page.lists.append(_List(name == "ol", node.get("type") or "1", start))
        elif name == "li":
            self._item(node)
        elif name == "table":
            self.tables.append(_Table())
        elif name == "tr" and self.tables:
            self.tables[-1].rows.append([])
        elif name in ("td", "th", "caption"):
            self._flush()
            self.pages.append(_Page(cell=True))

    def _end(self, name: str, node: Any) -> None:
        if name in ("strong", "b"):
            self.bold = max(0, self.bold - 1)
        elif name in ("a", "sup"):
            self._close(name, node)
        elif name in ("td", "th", "caption"):
            self._cell(name, node)
        elif name == "table":
            self._flush()
            table = self.tables.pop()
            lines = render_table(table.rows, table.caption)
            self.page.blocks += [("row", line) for line in lines]
            self.page.blocks.append(("end", ""))
        elif name in _BLOCKS:
            self._flush()
            if name in ("ul", "ol") and self.page.lists:
                self.page.lists.pop()
            if name == "li":
                self.page.marker = ""

    def _item(self, node: Any) -> None:
        page = self.page
        if not page.lists:
            page.lists.append(_List(False, "1", 1))
        current = page.lists[-1]
        current.next = _number(node.get("value"), current.next)
        mark = f"{_counter(current.next, current.style)}." if current.ordered else "-"
        current.next += 1
        page.marker = "  " * (len(page.lists) - 1) + mark + " "

    def _close(self, name: str, node: Any) -> None:
        while self.opened:
            opened, at = self.opened.pop()
            if opened is node:
                break
        else:
            return
        buffer = self.page.buffer
        at = min(at, len(buffer))
        inner = "".join(buffer[at:])
        before = "".join(buffer[max(0, at - 4) : at])
        buffer[at:] = [link(inner, node.get("href")) if name == "a" else raised(inner, before)]

    def _cell(self, name: str, node: Any) -> None:
        self._flush()
        if len(self.pages) == 1:
            return
        page = self.pages.pop()
        text = _cell_text([text for _, text in page.blocks if text])
        if not self.tables:
            self.page.blocks.append(("p", text))
        elif name == "caption":
            self.tables[-1].caption = text
        else:
            rows = self.tables[-1].rows
            if not rows:
                rows.append([])
            parent = node.getparent()
            section = parent.getparent() if parent is not None else None
            head = name == "th" or (section is not None and _name(section) == "thead")
            strong = page.strong > 0 and page.plain == 0
            spans = (_number(node.get(key), 1) for key in ("colspan", "rowspan"))
            rows[-1].append(Cell(text, head, strong, *(max(1, span) for span in spans)))

    def _flush(self) -> None:
        page = self.page
        text = re.sub(r" {2,}", " ", _spaces("".join(page.buffer)))
        page.buffer.clear()
        text = re.sub(r" ?\n ?", "\n", CONTROL.sub("", text)).strip()
        if not text:
            return
        for part in re.split(r"\n{2,}", text):
            if page.marker and page.cell:
                page.blocks.append(("item", f"• {part}"))
                page.marker = ""
            elif page.marker:
                page.blocks.append(("item", page.marker + part))
                page.marker = " " * len(page.marker)
            else:
                page.blocks.append(("item" if page.lists else "p", part))


def _name(node: Any) -> str:
    return node.tag if isinstance(node.tag, str) else ""


def _spaces(text: str) -> str:
    return "".join(" " if c != "\n" and c.isspace() else c for c in text)


def _number(value: str | None, default: int) -> int:
    found = re.match(r"\s*(\d{1,5})", value or "", re.ASCII)
    return int(found.group(1)) if found else default


def _counter(number: int, style: str) -> str:
    if style in ("a", "A") and 1 <= number <= 26:
        return chr(ord(style) + number - 1)
    if style in ("i", "I") and 1 <= number < 40:
        tens, ones = divmod(number, 10)
        roman = "x" * tens + ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")[ones]
        return roman if style == "i" else roman.upper()
    return str(number)


def _cell_text(parts: list[str]) -> str:
    """The blocks of one cell as one line: listed things are parted by semicolons."""
    line = ""
    for part in parts:
        flat = " ".join(part.split())
        if line:
            line += "; " if _BULLET.match(flat) and not line.endswith((";", ",")) else " "
        line += _BULLET.sub("", flat)
    return line


def _join(blocks: list[tuple[str, str]]) -> str:
    """Items and rows of one list or table stand line by line, all else is parted."""
    text: list[str] = []
    previous = ""
    for kind, block in blocks:
        if block:
            if text:
                text.append("\n" if kind == previous and kind in ("item", "row") else "\n\n")
            text.append(block)
        previous = kind
    return "".join(text).strip()
