"""From the project's own values to the bodies that callers get."""

from __future__ import annotations

from index.reports import Facets, IndexStatus
from index.types import Filters, Member, Passage, Understanding, WrittenAnswer

from .. import __version__
from ..asked import AskedBefore
from ..export import citation as cited_as
from ..terminal import notes
from ..types import Citation, GroundedAnswer, Sentence, TimelineEntry
from . import schemas


def filters(body: schemas.FilterBody | None) -> Filters:
    """The filters meant.

    Raises:
        BadRequest: a range of dates ends before it begins.
    """
    from index import make_filters

    given = body.model_dump() if body else {}
    return make_filters(**{name: value for name, value in given.items() if value is not None})


def record(value: WrittenAnswer) -> schemas.Record:
    return schemas.Record(
        id=value.id,
        kind=str(value.kind),
        uin=value.uin,
        house=value.house,
        title=value.title,
        heading=value.heading,
        question=value.question,
        asker=_person(value.asker),
        department=value.department,
        answerer=_person(value.answerer),
        answerer_role=value.answerer_role,
        asked=value.asked,
        answered=value.answered,
        corrected=value.corrected,
        text=value.text,
        is_holding=value.is_holding,
        is_correction=value.is_correction,
        is_withdrawn=value.is_withdrawn,
        is_truncated=value.is_truncated,
        is_summary=value.is_summary,
        grouped_uins=value.grouped_uins,
        attachments=tuple(
            schemas.AttachmentBody.model_validate(a.model_dump()) for a in value.attachments
        ),
        notes=tuple(notes(value)),
        url=value.url,
        citation=cited_as(value),
        content_hash=value.content_hash,
    )


def passage(value: Passage) -> schemas.PassageBody:
    own = value.record
    return schemas.PassageBody(
        record_id=own.id,
        start=value.start,
        end=value.end,
        text=value.text,
        score=value.score,
        ranks=dict(value.ranks),
        similarities=dict(value.similarities),
        others=tuple(schemas.RecordRefBody(id=o.id, uin=o.uin) for o in value.others),
        title=own.title,
        department=own.department,
        house=own.house,
        answered=own.answered,
        uin=own.uin,
        notes=tuple(notes(own)),
        url=own.url,
    )


def suggestions(value: Understanding) -> tuple[schemas.SuggestionBody, ...]:
    return tuple(
        schemas.SuggestionBody(field=s.field, value=s.value, label=s.label)
        for s in value.suggestions
    )


def sentence(value: Sentence) -> schemas.SentenceBody:
    return schemas.SentenceBody(
        text=value.text,
        framing=value.framing,
        verdict=value.verdict.value,
        reason=value.reason,
        citations=tuple(map(citation, value.citations)),
    )


def citation(value: Citation) -> schemas.CitationBody:
    return schemas.CitationBody(
        number=value.number, record_id=value.record_id, start=value.start, end=value.end
    )


def answer(value: GroundedAnswer, name: str = "") -> schemas.AnswerBody:
    return schemas.AnswerBody(
        id=name,
        question=value.question,
        kind=value.kind.value,
        reply=value.reply,
        text=value.text,
        sentences=tuple(map(sentence, value.sentences)),
        records=tuple(map(record, value.records)),
        nearest=tuple(map(record, value.nearest)),
        passages=tuple(map(passage, value.passages)),
        timeline=tuple(map(_entry, value.timeline)),
        uncovered=value.uncovered,
        withheld=tuple(map(sentence, value.withheld)),
        confidence=min(max(value.confidence, 0.0), 1.0),
        composer=value.composer,
        searched=value.searched,
        note=value.note,
    )


def asked_before(value: AskedBefore) -> schemas.AskedBeforeBody:
    return schemas.AskedBeforeBody(
        record=record(value.record),
        similarity=value.similarity,
        kind=value.kind,
        start=value.start,
        end=value.end,
        text=value.key,
    )


def facets(value: Facets) -> schemas.FacetsBody:
    return schemas.FacetsBody(
        departments=tuple(schemas.CountBody(name=n, records=c) for n, c in value.departments),
        houses=tuple(schemas.CountBody(name=n, records=c) for n, c in value.houses),
        first_answered=value.first_answered,
        last_answered=value.last_answered,
    )


def status(value: IndexStatus) -> schemas.StatusBody:
    """The counts; where the data folder lies is nobody's business over the network."""
    return schemas.StatusBody(
        version=__version__,
        model=value.model.rsplit("/", 1)[-1],
        records=value.records,
        summaries=value.summaries,
        holding=value.holding,
        truncated=value.truncated,
        corrected=value.corrected,
        withdrawn=value.withdrawn,
        chunks=value.chunks,
        pending=value.pending,
        refused=value.refused,
        size_bytes=value.size_bytes,
        first_answered=value.facets.first_answered,
        last_answered=value.facets.last_answered,
    )


def _person(member: Member | None) -> schemas.Person | None:
    return schemas.Person.model_validate(member.model_dump()) if member else None


def _entry(entry: TimelineEntry) -> schemas.TimelineBody:
    return schemas.TimelineBody(
        record_id=entry.record.id,
        answered=entry.record.answered,
        title=entry.record.title,
        start=entry.start,
        end=entry.end,
        text=entry.record.text[entry.start : entry.end],
        kind=entry.kind,
        change=entry.change,
    )
