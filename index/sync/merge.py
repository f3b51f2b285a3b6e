"""The same record reached by two sources: found by House, UIN and the day it was tabled.

A UIN is unique within a session only, so the day belongs to the name.  The official API's
record always stays, under its official id; what only the other source knows (a heading, a
name) is taken over where the official one lacks it, and the other record goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..catalog import Catalog
from ..ingest import opens_alike
from ..sources.theyworkforyou import PREFIX
from ..types import Member, WrittenAnswer

Key = tuple[str, str, str]
_SOME = 300


def key_of(record: WrittenAnswer) -> Key | None:
    """House, UIN in capitals and the day tabled; None where one of them is not known."""
    if not (record.house and record.uin and record.asked) or record.is_summary:
        return None
    return record.house, record.uin.upper(), record.asked.isoformat()


def is_secondary(record_id: str) -> bool:
    """Whether a record was read from TheyWorkForYou."""
    return record_id.startswith(PREFIX)


def twins(catalog: Catalog, records: Iterable[WrittenAnswer]) -> dict[Key, list[WrittenAnswer]]:
    """What the catalogue holds under the same House, UIN and day, for each that has any."""
    keys = {key for record in records if (key := key_of(record))}
    uins = sorted({written for _, uin, _ in keys for written in (uin, uin.lower())})
    found: dict[Key, list[WrittenAnswer]] = {}
    ids: list[str] = []
    with catalog.reading() as db:
        for at in range(0, len(uins), _SOME):
            some = uins[at : at + _SOME]
            marks = ",".join("?" * len(some))
            rows = db.execute(f"SELECT id FROM records WHERE uin IN ({marks})", some)  # noqa: S608
            ids += [row[0] for row in rows]
    for held in catalog.records(ids).values():
        key = key_of(held)
        if key in keys:
            found.setdefault(key, []).append(held)
    return found


def filled(record: WrittenAnswer, other: WrittenAnswer) -> WrittenAnswer:
    """The record with what only the other one tells of the same question."""
    same_answer = record.answered == other.answered
    changes: dict[str, object] = {}
    if record.is_answer_truncated and same_answer and opens_alike(record.text, other.text):
        changes |= {"text": other.text, "is_answer_truncated": False}
    if record.is_question_truncated and opens_alike(record.question, other.question):
        changes |= {"question": other.question, "is_question_truncated": False}
    if record.is_holding and not other.is_holding and _is_later(other, record):
        # The source that was asked last knows the answer that followed the holding reply.
        followed = ("text", "answered", "answerer", "answerer_role", "attachments")
        changes |= {name: getattr(other, name) for name in followed}
        changes |= {"is_holding": False, "is_answer_truncated": False}
        changes["holding_answered"] = record.holding_answered or record.answered
        return filled(record.model_copy(update=changes), other)
    if not record.heading and other.heading:
        changes["heading"] = other.heading
    if not record.department and other.department:
        changes["department"] = other.department
    if (asker := _named(record.asker, other.asker)) != record.asker:
        changes["asker"] = asker
    # The one who gave a holding reply need not be the one who answered in the end.
    if same_answer and (answerer := _named(record.answerer, other.answerer)) != record.answerer:
        changes["answerer"] = answerer
    return record.model_copy(update=changes) if changes else record


def doubled(catalog: Catalog) -> list[str]:
    """Ids of TheyWorkForYou's records whose official twin is held as well.

    A stop between the arrival of the one and the removal of the other leaves such.
    """
    with catalog.reading() as db:
        rows = db.execute(
            "SELECT t.id FROM records t JOIN records o ON o.uin = t.uin AND o.house = t.house"
            " AND o.asked = t.asked AND NOT o.is_summary AND substr(o.id, 1, :length) != :prefix"
            " WHERE substr(t.id, 1, :length) = :prefix",
            {"prefix": PREFIX, "length": len(PREFIX)},
        )
        return sorted({row[0] for row in rows})


def merged(
    catalog: Catalog, records: Sequence[WrittenAnswer]
) -> tuple[list[WrittenAnswer], list[str]]:
    """Official records completed by their twins, and the ids of the twins that may go then."""
    held = twins(catalog, records)
    out: list[WrittenAnswer] = []
    gone: list[str] = []
    for record in records:
        key = key_of(record)
        others = [o for o in held.get(key, ()) if is_secondary(o.id)] if key else []
        complete = record
        for other in others:
            complete = filled(complete, other)
            gone.append(other.id)
        out.append(complete)
    return out, gone


def _named(member: Member | None, other: Member | None) -> Member | None:
    if member is None or member.name or other is None:
        return member or other
    return member.model_copy(update={"name": other.name})


def _is_later(record: WrittenAnswer, other: WrittenAnswer) -> bool:
    return bool(record.answered and other.answered and record.answered > other.answered)
