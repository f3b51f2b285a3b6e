"""The stages of one answer: search, study the evidence, write, say what is left open, put together.

Each takes what the one before it made; `run` is the line they stand in.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from index.timing import timed
from index.types import Filters, Passage, Retrieval, Understanding, WrittenAnswer
from prompts import render

from . import following, newer, timeline, writing
from .compose import Composer, Request, evidence, guard, unmet
from .compose.evidence import Assessment
from .compose.features import study
from .types import AnswerKind, Done, Event, GroundedAnswer, Retrieved, Sentence, TimelineEntry
from .writing import Written

if TYPE_CHECKING:
    from .answer import Assistant

_log = logging.getLogger("assistant.answers")

ABSTENTION = 40
"""Words kept free for saying that nothing answers and what is lacking."""

_COURTESIES = frozenset(
    "a afternoon all and bye cheers day evening for good goodbye great hello help hey hi lot many "
    "much morning ok okay perfect please so thank thanks that thx very you your".split()
)
"""Words of which a message that asks nothing is made."""

Timings = dict[str, float]


@dataclass(frozen=True, slots=True)
class _Found:
    """What was searched for and came of it; `rewritten` is empty where the question stood.

    `filters` are the limits that it was searched within, if any; `evidence` are the passages that
    the answer is made from.  `is_named` is whether they are those of a record that was asked for by
    its number and nothing else: what it says to the question that it answers is the answer.
    """

    question: str
    history: tuple[str, ...]
    passages: tuple[Passage, ...]
    evidence: tuple[Passage, ...]
    understood: Understanding
    filters: Filters | None
    rewritten: str = ""
    is_named: bool = False


@dataclass(frozen=True, slots=True)
class _Studied:
    """The evidence judged; `waits` is the holding reply to a question that has had no other.

    `later` has the answers that are newer than what may be quoted; `unknown` are question numbers,
    where nothing else was asked for, that no record has; `is_courtesy` is whether nothing was asked
    at all.
    """

    request: Request
    assessment: Assessment
    waits: WrittenAnswer | None
    later: newer.Later
    unknown: tuple[str, ...] = ()
    is_courtesy: bool = False


@dataclass(frozen=True, slots=True)
class _Judged:
    """What sort of answer the sentences make, what they leave open, and what else comes near.

    `newer` are answers on the subject that are newer than all that is quoted.
    """

    kind: AnswerKind
    assessment: Assessment
    nearest: tuple[WrittenAnswer, ...] = ()
    newer: tuple[TimelineEntry, ...] = ()


def run(
    assistant: Assistant,
    question: str,
    history: Sequence[str],
    filters: Filters | None,
    composer: Composer,
) -> Generator[Event, None, None]:
    """The events of the answer to a question that is not empty."""
    timings: Timings = {}
    found = _search(assistant, question, history, filters, composer, timings)
    yield Retrieved(found.passages, found.rewritten, found.understood)
    studied = _study(assistant, found, timings)
    written = Written(composer.name)
    if studied.assessment.covered:
        written = yield from writing.write(
            studied.request, composer, assistant.extractive, assistant.policy, timings
        )
    judged = _judge(studied, written)
    yield from _close(assistant, found, studied, judged, written)
    yield Done(_whole(question, found, studied, judged, written, timings))


def _search(
    assistant: Assistant,
    question: str,
    history: Sequence[str],
    filters: Filters | None,
    composer: Composer,
    timings: Timings,
) -> _Found:
    """The passages for a question, a follow-up rewritten first where a model can do that."""
    rewritten = ""
    history = [following.spelt_out(assistant.index, earlier) for earlier in history]
    if assistant.rewriter is not None and history and composer is not assistant.extractive:
        with timed(timings, "rewrite"):
            rewritten = assistant.rewriter(question, history)
    asked, earlier = (rewritten, ()) if rewritten else (question, tuple(history))
    asked = guard.without_orders(asked)
    if asked != question:
        rewritten = asked
    with timed(timings, "retrieve"):
        result = assistant.index.retrieve(
            asked, k=assistant.settings.k, filters=filters, history=earlier
        )
        passages = following.with_referred(assistant.index, result.passages, filters)
        named = _named(result)
        own = following.with_referred(assistant.index, named, filters)
    if own:
        put = following.put(own[0].record)
        return _Found(put, (), passages, own, result.understood, filters, put, is_named=True)
    earlier = following.gone_on_with(earlier, result)
    asked = result.understood.cased or asked
    own = following.on_subject(passages, earlier) if earlier else passages
    return _Found(asked, earlier, passages, own, result.understood, filters, rewritten)


def _named(result: Retrieval) -> tuple[Passage, ...]:
    """The record of the number that is all a question asks for, the newest of several; or none."""
    if not result.understood.only_uins:
        return ()
    return tuple(passage for passage in result.passages[:1] if "uin" in passage.ranks)


def _study(assistant: Assistant, found: _Found, timings: Timings) -> _Studied:
    """What is known of each sentence, and whether that is enough to answer."""
    with timed(timings, "study"):
        unknown = _unknown(assistant, found)
        is_courtesy = _COURTESIES.issuperset(re.findall(r"\w+", found.question.lower()))
        passages = () if unknown or is_courtesy else found.evidence
        request = study(found.question, found.history, passages, assistant.reading_model)
        request = replace(request, understood=found.understood)
    with timed(timings, "assess"):
        assessment = evidence.assess(request, assistant.settings.max_words)
        if found.is_named:
            assessment = replace(assessment, confidence=1.0)
        waits = evidence.pending(request)
        later = newer.Later(request)
        # Room for what will have to be said beside the quotations, as far as can be told.
        said = f"{_left_open(assessment).text} {_waiting(waits).text}"
        reserved = len(said.split()) + (newer.WORDS if later.may_be_said else 0)
    request = replace(request, reserved=reserved)
    return _Studied(request, assessment, waits, later, unknown, is_courtesy)


def _unknown(assistant: Assistant, found: _Found) -> tuple[str, ...]:
    """The question numbers that are all that is asked for, where no record has any of them."""
    numbers = found.understood.uins
    if not found.understood.only_uins or any(map(assistant.index.of_uin, numbers)):
        return ()
    return numbers


def _judge(studied: _Studied, written: Written) -> _Judged:
    """What the sentences shown come to, whoever wrote them.

    A composer may find nothing to say even where the evidence looked strong enough.
    """
    request, assessment = studied.request, studied.assessment
    if not any(sentence.citations for sentence in written.sentences):
        return _Judged(AnswerKind.NOT_COVERED, assessment, assessment.nearest)
    assessment = evidence.as_shown(request, assessment, written.sentences)
    kind = evidence.kind_of_answer(written.sentences, assessment, request.records)
    later = studied.later.than(writing.cited(written, request.records))
    return _Judged(kind, assessment, newer=later)


def _close(
    assistant: Assistant, found: _Found, studied: _Studied, judged: _Judged, written: Written
) -> Generator[Event, None, None]:
    """Say what is not covered, left open, or waiting for an answer; adds it to `written`."""
    if judged.kind is AnswerKind.NOT_COVERED:
        written.sentences = []
        yield from _abstain(assistant, found.filters, studied, judged.assessment, written)
    if judged.kind is AnswerKind.PARTLY:
        yield from writing.added(written, _left_open(judged.assessment))
    if judged.newer:
        yield from writing.added(written, newer.told(judged.newer, writing.next_number(written)))
        writing.numbered(written)
    if studied.waits is not None and judged.kind is not AnswerKind.DECLINED:
        yield from writing.added(written, _waiting(studied.waits))


def _whole(
    question: str,
    found: _Found,
    studied: _Studied,
    judged: _Judged,
    written: Written,
    timings: Timings,
) -> GroundedAnswer:
    """The finished answer, with the answers on the matter over time."""
    request, kind, assessment = studied.request, judged.kind, judged.assessment
    with timed(timings, "timeline"):
        told = kind is not AnswerKind.NOT_COVERED
        matters = timeline.of_answer(request, written.sentences, judged.newer) if told else ()
    records = writing.cited(written, request.records)
    nearest = judged.nearest
    if nearest:
        # Those quoted come first, so that a number means the same record in both.
        waits = (studied.waits,) if studied.waits is not None else ()
        nearest = tuple(dict.fromkeys((*records, *waits, *nearest)))
    # Never the question itself: what is asked here is nobody's business but the asker's.
    _log.info(
        "answered", extra={"kind": kind.value, "composer": written.composer, "timings": timings}
    )
    return GroundedAnswer(
        question=question,
        kind=kind,
        sentences=tuple(written.sentences),
        records=records,
        nearest=nearest,
        passages=found.passages,
        composer=written.composer,
        timings=timings,
        withheld=tuple(written.withheld),
        searched=found.rewritten,
        note=written.note,
        confidence=assessment.confidence,
        uncovered=assessment.uncovered or assessment.lacking,
        timeline=matters,
        reply=evidence.how_declined(kind, written.sentences, assessment, request.records),
    )


def _abstain(
    assistant: Assistant,
    filters: Filters | None,
    studied: _Studied,
    assessment: Assessment,
    written: Written,
) -> Iterator[Event]:
    """Say that nothing answers, what the closest records lack, and what they say instead."""
    count = assistant.index.count_records
    room = assistant.settings.max_words - ABSTENTION
    said = evidence.near_misses(studied.request, assessment, room)
    missing, sort = unmet.told_apart(assessment.lacking)
    text = render(
        "abstention",
        nearest=len(assessment.nearest),
        records=count(),
        within=count(filters) if filters is not None and not filters.is_empty else None,
        missing=missing,
        sort=sort,
        said=bool(said),
        numbers=studied.unknown,
        is_courtesy=studied.is_courtesy,
    )
    for sentence in (Sentence(text, framing=True), *said):
        yield from writing.added(written, sentence)
    writing.numbered(written)


def _left_open(assessment: Assessment) -> Sentence:
    """Says which parts are not answered, or what is not given; without words where all is."""
    if not assessment.is_partial:
        return Sentence("", framing=True)
    missing, sort = unmet.told_apart(assessment.lacking)
    text = render("uncovered", parts=assessment.uncovered, missing=missing, sort=sort)
    return Sentence(text, framing=True)


def _waiting(waits: WrittenAnswer | None) -> Sentence:
    """Says that this very question has only a holding reply; without words where it has not."""
    told = waits and render(
        "pending", department=waits.department, asked=waits.asked, answered=waits.holding_answered
    )
    return Sentence(told or "", framing=True, reason="from the record's own fields")
