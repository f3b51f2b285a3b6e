"""What the lexical index is told of a chunk: its words by field, and marks of its record."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from .abbreviations import definitions, key
from .text import fold, strip_boilerplate
from .types import WrittenAnswer

GENERIC_LENGTH = 200
"""An answer shorter than this, in characters, may be a set phrase ("The information is not
held centrally.") that says different things under different headings."""


@dataclass(frozen=True, slots=True)
class Document:
    """One chunk for the lexical index.

    `same` and `group` are 63-bit marks: records of one `same` have the same answer word for
    word, those of one `group` were answered together; a `group` of 0 is none.
    """

    number: int
    heading: str
    question: str
    body: str
    addressee: str = ""
    definitions: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    record: int = 0
    same: int = 0
    group: int = 0


def document(number: int, record: WrittenAnswer, text: str) -> Document:
    """The document of a chunk with this text of this record."""
    question = strip_boilerplate(record.question)
    explained = definitions(f"{record.question}\n{text}")
    return Document(
        number=number,
        heading=record.heading or "",
        question=question,
        body=text,
        addressee=f"{record.department or ''} {addressee(record.question)}".strip(),
        definitions=tuple(dict.fromkeys(f"{key(short)}={full}" for short, full in explained)),
        members=tuple(m.name.casefold() for m in (record.asker, record.answerer) if m and m.name),
        record=_mark(record.id),
        same=same_mark(record),
        group=group_mark(record),
    )


def addressee(question: str) -> str:
    """Whom a tabled question asks, "the Secretary of State for Defence"; empty if none."""
    asked = strip_boilerplate(question)
    if asked == question:
        return ""
    # The form of address is what was cut from the front.
    return question[: len(question.rstrip()) - len(asked)].strip(" ,:;")


def same_mark(record: WrittenAnswer) -> int:
    """Alike for records whose answers are the same text."""
    text = fold(record.text)
    if len(text) < GENERIC_LENGTH:
        return _mark(text, record.heading or "", record.department or "")
    return _mark(text)


def group_mark(record: WrittenAnswer) -> int:
    """Alike for questions that a department answered together on one day; 0 if alone."""
    if not record.grouped_uins:
        return 0
    uins = sorted({*record.grouped_uins, *((record.uin,) if record.uin else ())})
    day = record.answered.isoformat() if record.answered else ""
    return _mark(record.department or "", day, *uins)


def _mark(*parts: str) -> int:
    digest = hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=8)
    return int.from_bytes(digest.digest()) >> 1
