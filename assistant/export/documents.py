"""An answer with its sources, for reading: Markdown, plain text, HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import escape

from index.types import WrittenAnswer
from prompts import counted, render

from ..types import AnswerKind, GroundedAnswer, Sentence, Verdict
from .citing import LICENCE, address, citation, clean
from .sections import remarks, sections

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#!|~&$])")
# At the start of a line these make a list, a rule or a heading.
_MARKDOWN_START = re.compile(r"^(?:([-+=:])|([0-9]{1,9})([.)]))")


_DOUBTS = {
    Verdict.PARTLY: "partly borne out by the cited text",
    Verdict.UNSUPPORTED: "not borne out by the cited text",
    Verdict.UNCITED: "not checked against the cited text",
}


@dataclass(frozen=True, slots=True)
class _Source:
    """A record as it is listed; `places` are the spans that the answer rests on."""

    number: int
    line: str
    url: str
    places: tuple[str, ...]


def markdown(answer: GroundedAnswer) -> str:
    """The answer as CommonMark with its sources as a numbered list."""
    lines = [f"# {_md(answer.question)}", "", f"*{_md(_label(answer))}*", ""]
    for sentence in answer.sentences:
        marks = "".join(f"\\[{n}\\]" for n in _numbers(sentence))
        lines += [_md(f"{clean(sentence.text)}{_doubt(sentence)}") + marks, ""]
    for remark in remarks(answer):
        lines += [f"*{_md(remark)}*", ""]
    lines += [f"## {_md(_heading(answer))}", ""]
    for source in _sources(answer):
        line = _md(_without(source))
        link = f" <{source.url}>" if source.url else ""
        lines += [f"{source.number}. {line}{link}{_places(source)}", ""]
    for section in sections(answer):
        lines += [f"## {_md(section.heading)}", ""]
        lines += [*(f"- {_md(line)}" for line in section.lines), ""]
    return "\n".join([*lines, _md(LICENCE), ""])


def text(answer: GroundedAnswer) -> str:
    """The answer as plain text."""
    lines = [clean(answer.question), "", _label(answer), ""]
    for sentence in answer.sentences:
        marks = "".join(f" [{n}]" for n in _numbers(sentence))
        lines += [f"{clean(sentence.text)}{_doubt(sentence)}{marks}", ""]
    for remark in remarks(answer):
        lines += [remark, ""]
    lines += [_heading(answer), ""]
    lines += [f"[{s.number}] {s.line}{_places(s)}" for s in _sources(answer)]
    for section in sections(answer):
        lines += ["", section.heading, "", *(f"- {line}" for line in section.lines)]
    return "\n".join([*lines, "", LICENCE, ""])


def html(answer: GroundedAnswer) -> str:
    """The answer as an HTML fragment; nothing in it but our own tags is markup."""
    lines = ["<article>", f"<h1>{_esc(answer.question)}</h1>", f"<p>{_esc(_label(answer))}</p>"]
    for sentence in answer.sentences:
        marks = "".join(f'<sup><a href="#source-{n}">[{n}]</a></sup>' for n in _numbers(sentence))
        lines.append(f"<p>{_esc(sentence.text + _doubt(sentence))}{marks}</p>")
    lines += [f"<p>{_esc(remark)}</p>" for remark in remarks(answer)]
    lines += [f"<h2>{_esc(_heading(answer))}</h2>", "<ol>"]
    for source in _sources(answer):
        url = _esc(source.url)
        link = f' <a href="{url}" rel="noopener noreferrer">{url}</a>' if url else ""
        line = f"{_esc(_without(source))}{link}{_places(source)}"
        lines.append(f'<li id="source-{source.number}">{line}</li>')
    lines.append("</ol>")
    for section in sections(answer):
        items = (f"<li>{_esc(line)}</li>" for line in section.lines)
        lines += [f"<h2>{_esc(section.heading)}</h2>", "<ul>", *items, "</ul>"]
    return "\n".join([*lines, f"<p><small>{_esc(LICENCE)}</small></p>", "</article>", ""])


def listed(answer: GroundedAnswer) -> Sequence[WrittenAnswer]:
    """The records that go with an answer: the closest where none answers, else those cited."""
    return answer.nearest or answer.records


def _sources(answer: GroundedAnswer) -> Iterator[_Source]:
    for number, record in enumerate(listed(answer), 1):
        spans = {
            (c.start, c.end)
            for sentence in answer.sentences
            for c in sentence.citations
            if c.record_id == record.id and answer.records
        }
        places = tuple(f"{start}–{end}" for start, end in sorted(spans))
        url = address(record.url) if record.url else ""
        yield _Source(number, citation(record), url, places)


def _label(answer: GroundedAnswer) -> str:
    return render("kind_label", kind=answer.kind.value, reply=answer.reply.value)


def _heading(answer: GroundedAnswer) -> str:
    if answer.kind is AnswerKind.NOT_COVERED or not answer.records:
        return render("nearest_heading", nearest=len(listed(answer)))
    return render("sources_heading", sources=len(answer.records))


def _numbers(sentence: Sentence) -> list[int]:
    return list(dict.fromkeys(c.number for c in sentence.citations))


def _doubt(sentence: Sentence) -> str:
    """What must go with a sentence that its sources do not bear out in full."""
    if sentence.framing or sentence.verdict is Verdict.SUPPORTED:
        return ""
    if not sentence.citations:
        return " [no source is cited]"
    why = f": {clean(sentence.reason)}" if sentence.reason else ""
    return f" [{_DOUBTS[sentence.verdict]}{why}]"


def _places(source: _Source) -> str:
    if not source.places:
        return ""
    named = counted(len(source.places), "passage")
    return f" ({named} at characters {', '.join(source.places)} of the answer)"


def _without(source: _Source) -> str:
    """The citation without its address, which stands beside it as a link."""
    return source.line.replace(f", {source.url}", "", 1) if source.url else source.line


def _md(value: str) -> str:
    """Text that Markdown leaves as it is; an address in it does not become a link."""
    escaped = _MARKDOWN.sub(r"\\\1", clean(value))
    return _MARKDOWN_START.sub(lambda m: f"\\{m[1]}" if m[1] else f"{m[2]}\\{m[3]}", escaped)


def _esc(value: str) -> str:
    return str(escape(clean(value)))
