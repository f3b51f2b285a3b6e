"""Records for reference managers: CSL-JSON and BibTeX."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from index.dates import MONTHS
from index.types import Kind, WrittenAnswer
from prompts import british_date

from .citing import address, answerer, clean, flags

_TEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        **{sign: f"\\{sign}" for sign in "$&%#_"},
    }
)


def csl_json(records: Sequence[WrittenAnswer]) -> str:
    """The records as CSL-JSON, one item each, in order."""
    keys = _keys(records)
    items = [_item(record, key) for record, key in zip(records, keys, strict=True)]
    return json.dumps(items, ensure_ascii=False, indent=2) + "\n"


def _item(record: WrittenAnswer, key: str) -> dict[str, Any]:
    item: dict[str, Any] = {"id": key, "type": "document", "title": clean(record.title)}
    author = _author(record)
    if author:
        item["author"] = [{"literal": author}]
    if answerer(record):
        item["contributor"] = [{"literal": answerer(record)}]
    if record.house:
        item["authority"] = f"House of {record.house}"
    if record.kind is Kind.WRITTEN_ANSWER:
        item["genre"] = "Written answer"
    if record.uin:
        item["number"] = f"UIN {clean(record.uin)}"
    if record.answered:
        item["issued"] = _date_parts(record.answered)
    if record.asked:
        item["submitted"] = _date_parts(record.asked)
    if record.url:
        item["URL"] = address(record.url)
    if flags(record):
        item["note"] = "; ".join(flags(record))
    item["language"] = "en-GB"
    return item


def bibtex(records: Sequence[WrittenAnswer]) -> str:
    """The records as BibTeX entries, in order."""
    keys = _keys(records)
    return "\n".join(_entry(record, key) for record, key in zip(records, keys, strict=True))


def _entry(record: WrittenAnswer, key: str) -> str:
    fields: dict[str, str] = {}
    if _author(record):
        # A second pair of braces keeps "Department for Education" one name.
        fields["author"] = f"{{{_tex(_author(record))}}}"
    fields["title"] = f"{{{_tex(record.title)}}}"
    house = f", House of {record.house}" if record.house else ""
    if record.kind is Kind.WRITTEN_ANSWER:
        fields["howpublished"] = f"Written answer{house}"
    elif record.house:
        fields["howpublished"] = f"House of {record.house}"
    if record.uin:
        fields["number"] = _tex(f"UIN {record.uin}")
    if record.answered:
        fields["year"] = str(record.answered.year)
    notes = [f"asked {british_date(record.asked)}"] if record.asked else []
    notes += [f"answered {british_date(record.answered)}"] if record.answered else []
    notes += [f"by {answerer(record)}"] if answerer(record) else []
    notes += flags(record)
    if notes:
        fields["note"] = _tex("; ".join(notes))
    if record.url:
        fields["url"] = address(record.url)
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items()]
    if record.answered:
        # A name that BibTeX knows stands without braces.
        lines.append(f"  month = {MONTHS[record.answered.month - 1][:3].lower()},")
    return "\n".join([f"@misc{{{key},", *lines, "}\n"])


def _tex(text: str) -> str:
    return clean(text).translate(_TEX)


def _author(record: WrittenAnswer) -> str:
    return clean(record.department or "") or answerer(record)


def _date_parts(day: date) -> dict[str, list[list[int]]]:
    return {"date-parts": [[day.year, day.month, day.day]]}


def _keys(records: Sequence[WrittenAnswer]) -> list[str]:
    """A plain and different key for every record, from its number."""
    taken: set[str] = set()
    keys = []
    for record in records:
        plain = re.sub(r"[^A-Za-z0-9]+", "-", record.uin or record.id).strip("-") or "record"
        key = f"uin-{plain}" if record.uin else plain
        year = f"-{record.answered.year}" if record.answered else ""
        key, number = f"{key}{year}", 1
        while key in taken:
            number += 1
            key = f"{key.rsplit('--', 1)[0]}--{number}"
        taken.add(key)
        keys.append(key)
    return keys
