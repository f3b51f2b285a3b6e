"""A record as a careful reader cites it: whose answer, on what, which number, when, where."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from urllib.parse import quote

from index.types import Kind, WrittenAnswer
from prompts import british_date, render

SERIES = {"Commons": "HC Deb", "Lords": "HL Deb"}
LICENCE = (
    "Contains Parliamentary information licensed under the Open Parliament Licence v3.0: "
    "https://www.parliament.uk/site-information/copyright-parliament/open-parliament-licence/"
)
_MOST_UINS = 3
_URL_SIGNS = ":/?#[]@!$&'()*+,;=%-._~"


def citation(record: WrittenAnswer) -> str:
    """The record's citation on one line, as plain text without the full stop.

    Department, heading, House, UIN, dates, who answered, address; then in square brackets
    what a reader must know before relying on it.  What the source does not give is left out.
    """
    parts = [clean(record.department or ""), f"“{clean(record.title)}”", *_series(record)]
    if record.uin:
        parts.append(f"UIN {clean(record.uin)}")
    if record.asked:
        parts.append(f"asked {british_date(record.asked)}")
    if record.answered:
        said = "answered " if record.kind is Kind.WRITTEN_ANSWER else ""
        parts.append(f"{said}{british_date(record.answered)}")
    if answerer(record):
        parts.append(f"by {answerer(record)}")
    if record.url:
        parts.append(address(record.url))
    line = ", ".join(part for part in parts if part)
    return f"{line} [{'; '.join(flags(record))}]" if flags(record) else line


def flags(record: WrittenAnswer) -> list[str]:
    """What a reader must know of the record, gravest first, in words for a citation."""
    return list(_flags(record))


def _flags(record: WrittenAnswer) -> Iterator[str]:
    if record.is_summary:
        yield _within(render("summary_note"))
    if record.is_withdrawn:
        yield _within(render("withdrawn_note"))
    if record.is_truncated:
        cut = render(
            "truncated_note",
            answer=record.is_answer_truncated,
            question=record.is_question_truncated,
        )
        yield _within(cut)
    if record.is_holding:
        yield _within(render("holding_note", is_put_off=record.is_put_off))
    elif record.holding_answered:
        yield f"holding reply {british_date(record.holding_answered)}"
    if record.is_corrected:
        yield _within(render("correction_note", corrected=record.corrected))
    others = [clean(uin) for uin in record.grouped_uins if uin != record.uin]
    if others:
        shown = ", ".join(others[:_MOST_UINS])
        more = f" and {len(others) - _MOST_UINS} more" if len(others) > _MOST_UINS else ""
        yield f"answered together with UIN {shown}{more}"


def _within(note: str) -> str:
    """A note that stood alone, made part of a line."""
    return note[:1].lower() + note[1:]


def _series(record: WrittenAnswer) -> list[str]:
    if record.kind is not Kind.WRITTEN_ANSWER:
        return [SERIES[record.house]] if record.house else []
    return [SERIES[record.house], "written answer"] if record.house else ["written answer"]


def answerer(record: WrittenAnswer) -> str:
    """Who answered, with the role of that day; empty where the source gives no name."""
    if record.answerer is None or not record.answerer.name:
        return ""
    role = f" ({clean(record.answerer_role)})" if record.answerer_role else ""
    return clean(record.answerer.name) + role


def clean(text: str) -> str:
    """The text on one line without characters that are invisible or turn a line about."""
    kept = "".join(
        # Half a character cannot be written to a file.
        "\ufffd" if unicodedata.category(c) == "Cs" else c
        for c in text
        if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf")
    )
    return " ".join(kept.split())


def address(url: str) -> str:
    """The address with everything encoded that has a meaning outside addresses."""
    return quote(url, safe=_URL_SIGNS, errors="replace")
