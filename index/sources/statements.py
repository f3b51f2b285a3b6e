"""Written ministerial statements, as the official API's list and detail addresses give them."""

from __future__ import annotations

import re
from typing import Any, cast

from ..text import html_to_text
from ..types import House, Kind, WrittenAnswer
from .api import read_attachments, read_member
from .fields import BadRecord, Fields

_PAGE = "https://questions-statements.parliament.uk/written-statements/detail"
_UIN = re.compile(r"[A-Za-z]{0,5}\d{1,9}")


def is_statement(value: dict[str, Any]) -> bool:
    """Whether a JSON object is a statement, bare or under ``value``."""
    inner = value.get("value", value)
    return isinstance(inner, dict) and "dateMade" in inner and "answerText" not in inner


def statement_id(number: int) -> str:
    """The id of a statement; its number alone may be that of a question as well."""
    return f"statement-{number}"


def read_record(value: dict[str, Any], name: str) -> WrittenAnswer:
    """One statement: its day is the day it was made, its answerer the minister who made it.

    Raises `BadRecord` where a field is missing or wrong.
    """
    fields = Fields(value.get("value", value))
    number = fields.number("id")
    if number is None or number < 0:
        raise BadRecord("id is missing or no number")
    text = html_to_text(fields.raw("text"))
    if not text:
        raise BadRecord("the statement has no words")
    house = fields.line("house")
    if house not in ("Commons", "Lords", None):
        raise BadRecord(f"house is {house[:40]!r}, not Commons or Lords")
    uin, made = fields.line("uin"), fields.day("dateMade")
    return WrittenAnswer(
        id=statement_id(number),
        kind=Kind.STATEMENT,
        uin=uin,
        house=cast(House | None, house),
        heading=fields.line("title"),
        department=fields.line("answeringBodyName"),
        answerer=read_member(fields, "memberId", "member", house),
        answerer_role=fields.line("memberRole"),
        answered=made,
        text=text,
        is_answer_truncated=_is_cut(fields.raw("text")),
        attachments=tuple(read_attachments(fields)),
        url=f"{_PAGE}/{made.isoformat()}/{uin}" if uin and made and _UIN.fullmatch(uin) else None,
        source=f"api:{name}",
    )


def _is_cut(text: str) -> bool:
    return text.endswith("...") and 255 <= len(text) <= 258 and "</" not in text
