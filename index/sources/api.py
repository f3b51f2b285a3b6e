"""Records of the official Written Questions API, as its list and detail addresses give them.

The list cuts what is long: an answer to 255 characters and "...", as plain text; a question
to 255 characters without a sign.  Full answers are HTML and come from the detail address.
"""

from __future__ import annotations

import re
from typing import Any, cast

from ..text import html_to_text
from ..types import Attachment, House, Member, WrittenAnswer
from .fields import BadRecord, Fields, clean, kind_of

_CUT = 255
_PAGE = "https://questions-statements.parliament.uk/written-questions/detail"
_UIN = re.compile(r"[A-Za-z]{0,4}\d{1,9}")


def read_record(value: dict[str, Any], name: str) -> WrittenAnswer:
    """One record from a detail object, an item of a list, or its bare value.

    Raises `BadRecord` where it is not answered, or a field is missing or wrong.
    """
    inner = value.get("value", value) if "answerText" not in value else value
    if not isinstance(inner, dict):
        raise BadRecord(f"value is {kind_of(inner)}, not an object")
    if "answerText" not in inner:
        raise BadRecord(_unknown(inner))
    fields = Fields(inner)
    record_id = _id(inner)
    answer = fields.raw("answerText")
    text = html_to_text(answer)
    if not text:
        raise BadRecord(_no_answer(fields, answer))
    question = fields.raw("questionText")
    uin = fields.line("uin")
    asked = fields.day("dateTabled")
    url = f"{_PAGE}/{asked.isoformat()}/{uin}" if uin and asked and _UIN.fullmatch(uin) else None
    house = fields.line("house")
    if house not in ("Commons", "Lords", None):
        raise BadRecord(f"house is {house[:40]!r}, not Commons or Lords")
    return WrittenAnswer(
        id=record_id,
        uin=uin,
        house=cast(House | None, house),
        heading=fields.line("heading"),
        question=clean(question),
        asker=read_member(fields, "askingMemberId", "askingMember", house),
        asker_has_interest=fields.flag("memberHasInterest"),
        department=fields.line("answeringBodyName"),
        answerer=read_member(fields, "answeringMemberId", "answeringMember", house),
        asked=asked,
        answered=fields.day("dateAnswered"),
        due=fields.day("dateForAnswer"),
        holding_answered=fields.day("dateHoldingAnswer"),
        corrected=fields.day("dateAnswerCorrected"),
        text=text,
        original_text=html_to_text(fields.raw("originalAnswerText")),
        is_holding=fields.flag("answerIsHolding"),
        is_correction=fields.flag("answerIsCorrection"),
        is_withdrawn=fields.flag("isWithdrawn"),
        is_answer_truncated=_is_cut_answer(answer),
        is_question_truncated=_is_cut_question(question, answer),
        grouped_uins=_grouped(fields, uin),
        attachments=tuple(read_attachments(fields)),
        url=url,
        source=f"api:{name}",
    )


def _unknown(value: dict[str, Any]) -> str:
    if isinstance(value.get("title"), str) and isinstance(value.get("status"), int):
        return f"an error message of the API: {clean(value['title'])[:80]} ({value['status']})"
    return "answerText is missing: neither a record of the API nor one of our own"


def _id(value: dict[str, Any]) -> str:
    found = value.get("id")
    if found is None:
        raise BadRecord("id is missing")
    if isinstance(found, bool) or not isinstance(found, int | str):
        raise BadRecord(f"id is {kind_of(found)}, not a number")
    if not re.fullmatch(r"[0-9]{1,18}", str(found).strip()):
        raise BadRecord("id is not a whole number")
    return str(int(str(found).strip()))


def _no_answer(fields: Fields, answer: str) -> str:
    if answer.strip() or fields.day("dateAnswered"):
        return "answered, but the answer has no words"
    if fields.flag("isWithdrawn"):
        return "withdrawn before it was answered"
    return "not answered yet"


def read_member(fields: Fields, number_field: str, field: str, house: str | None) -> Member | None:
    """A member from the field that holds the number and the one that holds the details."""
    number = fields.number(number_field)
    given = fields.object(field)
    if given is None:
        return None if number is None else Member(id=number)
    inner_number = given.number("id")
    # In the Lords the same field holds the kind of peerage.
    constituency = given.line("memberFrom") if house != "Lords" else None
    member = Member(
        id=number if number is not None else inner_number,
        name=given.line("name") or given.line("listAs"),
        party=given.line("party"),
        constituency=constituency,
    )
    return None if member == Member() else member


def _is_cut_answer(answer: str) -> bool:
    # What ends in three points by itself is only taken for cut where it has the cut's length.
    length = len(answer)
    return answer.endswith("...") and _CUT <= length <= _CUT + 3 and "</" not in answer


def _is_cut_question(question: str, answer: str) -> bool:
    """Whether the list cut the question: it has the cut's length and nothing says it is whole.

    One in a hundred whole questions is just as long as the cut.  It is known for whole where
    the record comes from the detail address (the list's answers are short and plain) and the
    question ends as a sentence does.
    """
    if len(question) != _CUT:
        return False
    is_detail = len(answer) > _CUT + 3 or "</" in answer
    return not (is_detail and question.rstrip().endswith((".", "?", "!")))


def _grouped(fields: Fields, uin: str | None) -> tuple[str, ...]:
    found: list[str] = []
    for item in fields.list("groupedQuestions"):
        if not isinstance(item, str):
            raise BadRecord(f"groupedQuestions holds {kind_of(item)}, not text")
        other = clean(item)
        if other and other != uin and other not in found:
            found.append(other)
    return tuple(found)


def read_attachments(fields: Fields) -> list[Attachment]:
    """The files that an answer or a statement points to."""
    found: list[Attachment] = []
    for item in fields.list("attachments"):
        if not isinstance(item, dict):
            raise BadRecord(f"attachments holds {kind_of(item)}, not an object")
        inner = Fields(item)
        url = inner.line("url")
        found.append(
            Attachment(
                title=inner.line("title") or url or "attachment",
                url=url,
                file_type=inner.line("fileType"),
                size_bytes=inner.number("fileSizeBytes"),
            )
        )
    return found
