"""Whether the evidence bears on the question, and what sort of reply it makes.

A question can be near a record in every word and still ask for what the record does not
give: another place, a sum where only a date is told.  So what the question insists on is
looked for in what would be shown, before anything is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from index.text import strip_boilerplate
from index.types import WrittenAnswer
from prompts import render

from ..following import referrals
from ..replies import is_refusal, kind_of, reply_of
from ..types import AnswerKind, Citation, ReplyKind, Sentence, Verdict
from . import (
    Request,
    constraints,
    cues,
    extractive,
    leading,
    model,
    unmet,
    words,
)
from .asks import Sort
from .constraints import Met, Wanted
from .features import asked_weights
from .units import Candidate, Unit

NEAREST = 3
"""Records offered when the question is not covered."""

LEAST_CONFIDENCE = 0.5
"""Below this the question counts as not covered."""

JUDGED = 40
"""Units looked at limit by limit: those worth most."""

FAR_OFF, NEAR = 0.28, 0.45
"""Cosines at and below which evidence counts nothing for being met, and above which all."""

TELLING, ON_SUBJECT = 0.2, 0.55
"""Worth, and share of the question's weight, that a sentence of a near record must have to be
quoted as what the records do say where none answers."""

SAME_QUESTION = 0.8
"""Share of their words (by weight, both ways) that two wordings of one question have in common."""

BETTER = 0.1
"""How much better another sentence must meet a question for one that declines not to count."""

UNHELD, SUBJECT = (0.4, 0.6), (0.3, 0.5)
"""The share of the question's weight from which a word is what it is about, and the likeness in
meaning below which the evidence has no other word for it: of words that no record has, and of those
that records are headed with."""

DOUBTED = 0.5
"""What the confidence counts for where the evidence has no word for what the question is about."""

ROW_ANSWERS = 0.6
"""The chance given to a row of the year, place or group asked for."""

BORNE_OUT = frozenset({Verdict.SUPPORTED, Verdict.PARTLY})
"""Verdicts of sentences that give what they say."""

_TOP = 3


@dataclass(frozen=True, slots=True)
class Assessment:
    """Whether to answer, with the records nearest to the question for when not.

    `confidence` is the chance that the evidence answers the question, 0 to 1; `lacking` says
    what the question asks for and what would be shown has not; `uncovered` are the parts of
    the question, as they stand, that are not answered though others are; `declined` is the
    sentence that says the Government does not give what is asked, where that is the best;
    `given` is whether the figure, date or name asked for is given all the same; `off_subject` are
    the words that the question is about and the evidence has no word for.
    """

    confidence: float
    nearest: tuple[WrittenAnswer, ...]
    lacking: tuple[str, ...] = ()
    declined: str | None = None
    uncovered: tuple[str, ...] = ()
    given: bool = False
    off_subject: tuple[str, ...] = ()

    @property
    def covered(self) -> bool:
        return self.confidence >= LEAST_CONFIDENCE

    @property
    def is_partial(self) -> bool:
        """Whether what would be shown leaves anything open that was asked for."""
        return bool(self.uncovered or self.lacking)


def assess(request: Request, max_words: int = extractive.MAX_WORDS) -> Assessment:
    """Judge the evidence before anything is written, by what a quotation of it would show."""
    nearest = tuple(candidate.record for candidate in request.found[:NEAREST])
    if not request.found:
        return Assessment(0.0, nearest)
    worth = leading.with_referred(request.found, model.worths(request.found))
    want = constraints.wanted(request.question, request.history)
    chosen, _ = extractive.choose(request.found, worth, max_words, want)
    shown = [(request.found[at], request.found[at].units[n]) for at, own in chosen for n in own]
    best = _best(request.found, worth)
    refuses = _refuses(best.text)
    missed = _off_subject(request)
    confidence = model.confidence(features(request, worth, want))
    every = unmet.parts(request.question)
    if confidence < LEAST_CONFIDENCE and len(every) > 1:
        wants = (constraints.wanted(part, request.history) for part in every)
        told = [model.confidence(features(request, worth, own)) for own in wants]
        confidence = max(confidence, *told)
    return Assessment(
        confidence=confidence * DOUBTED if missed else confidence,
        nearest=nearest,
        lacking=tuple(dict.fromkeys((*missed, *unmet.lacking(want, shown)))),
        declined=best.text if refuses else None,
        uncovered=unmet.parts_lacking(want, shown),
        off_subject=missed,
    )


def _off_subject(request: Request) -> tuple[str, ...]:
    """The words that the question is about and the evidence has no word for.

    A word that it has not may be a slip, or the asker's own for something.  It is none if records
    are headed with it; if no record has it, that takes a question of little else.
    """
    weights = asked_weights(request.question, request.history)
    total = sum(weights.values())
    near: dict[str, float] = {}
    for candidate in request.found:
        record = candidate.record
        near |= dict.fromkeys(words.terms(f"{record.title} {record.question} {record.text}"), 1.0)
        for unit in candidate.units:
            near |= {term: max(v, near.get(term, 0.0)) for term, v in unit.terms.items()}

    def is_missed(word: str, share: float, unlike: float) -> bool:
        terms = words.terms(word) & weights.keys()
        told = sum(weights[term] for term in terms)
        return (
            bool(terms) and told >= share * total and max(near.get(t, 0.0) for t in terms) < unlike
        )

    understood = request.understood
    return (
        *(word for word in understood.unheld if is_missed(word, *UNHELD)),
        *(word for word in understood.subjects if is_missed(word, *SUBJECT)),
    )


def near_misses(request: Request, assessment: Assessment, max_words: int) -> list[Sentence]:
    """What the records nearest to a question do say, where none answers it: one sentence of each.

    Nothing where they are on another subject: that is no near miss.
    """
    if assessment.off_subject:
        return []
    want = constraints.wanted(request.question, request.history)
    worth = model.worths(request.found)
    best: list[tuple[float, Candidate, Unit]] = []
    for own, candidate in zip(worth, request.found, strict=True):
        told = [(v, u) for v, u in zip(own, candidate.units, strict=True) if not u.is_lead]
        value, unit = max(told, key=lambda one: one[0], default=(0.0, candidate.units[0]))
        is_near = candidate.features["cosine"] > FAR_OFF and value >= TELLING
        if is_near and constraints.judge(want, candidate, unit).covered >= ON_SUBJECT:
            best.append((value, candidate, unit))
    said: list[Sentence] = []
    for number, (_, candidate, unit) in enumerate(sorted(best, key=lambda one: -one[0]), 1):
        lines = [*([candidate.units[unit.lead]] if unit.lead is not None else []), unit]
        made = [
            extractive.opened(candidate.record, lines[0]),
            *(extractive.quoted(candidate.record, line, number) for line in lines),
        ]
        max_words -= sum(len(sentence.text.split()) for sentence in made)
        if max_words < 0:
            break
        said += made
    return said


def as_shown(request: Request, assessment: Assessment, sentences: Sequence[Sentence]) -> Assessment:
    """The assessment, what is left open judged by the sentences shown and borne out.

    What was expected before anything was written may have been left out, kept back or said
    by a language model in other words.
    """
    want = constraints.wanted(request.question, request.history)
    shown = [
        _unit_of(request, sentence, citation)
        for sentence in sentences
        if not sentence.framing and sentence.verdict in BORNE_OUT
        for citation in sentence.citations
    ]
    if not shown:
        return replace(assessment, lacking=(render("sought", sort=want.asked.sort),), uncovered=())
    return replace(
        assessment,
        lacking=unmet.lacking(want, shown),
        uncovered=unmet.parts_lacking(want, shown),
        given=_is_given(want, assessment, shown) or unmet.answers_a_part(want, shown),
    )


def _is_given(
    want: Wanted, assessment: Assessment, shown: Sequence[tuple[Candidate, Unit]]
) -> bool:
    """Whether what was asked for is given beside the sentence that declines.

    What has no form is, where another sentence meets the question plainly better.
    """
    if want.asked.sort is not Sort.OTHER:
        return any(constraints.has_sought(want, *one) for one in shown)
    met: dict[bool, float] = {}
    for candidate, unit in shown:
        declines = unit.text == assessment.declined
        met[declines] = max(
            met.get(declines, 0.0), constraints.judge(want, candidate, unit).satisfaction
        )
    return met.get(False, 0.0) > met.get(True, 1.0) + BETTER


def _unit_of(request: Request, sentence: Sentence, citation: Citation) -> tuple[Candidate, Unit]:
    """What a sentence quotes; one that was composed is read after the words that it cites."""
    start, end = citation.start, citation.end
    for candidate in request.found:
        for unit in candidate.units:
            if (candidate.record.id, unit.start, unit.text) == (
                citation.record_id,
                start,
                sentence.text,
            ):
                return candidate, unit
    record = request.records[citation.record_id]
    own = [c for c in request.found if c.record.id == record.id]
    read = [u.near for c in own for u in c.units if u.start < end and start < u.end]
    near = {term: max(one.get(term, 0.0) for one in read) for term in set().union(*read)}
    cited = Unit(start, end, record.text[start:end])
    said = Unit(start, end, sentence.text, lead=0, near=near)
    return Candidate(record, [cited, said]), said


def features(request: Request, worth: Sequence[Sequence[float]], want: Wanted) -> dict[str, float]:
    """The numbers that the confidence is weighed from."""
    judged = judge(request.found, worth, want)
    cosine = max((p.similarities.get("dense", 0.0) for p in request.passages), default=0.0)
    nearness = min(1.0, max(0.0, (cosine - FAR_OFF) / (NEAR - FAR_OFF)))
    unbroken = sorted((value for value, _, met in judged if met.all), reverse=True)
    numbers = {
        "unbroken": nearness * min(1.0, sum(unbroken[:_TOP])),
        "satisfied": max((met.satisfaction for *_, met in judged), default=0.0),
    }
    read = [
        (max(model.chance_of(unit.features["read"]), of_row), met.all)
        for _, unit, met in judged
        if model.is_read(unit.features)
        # What reads sentences knows too little of tables.
        for of_row in [ROW_ANSWERS * constraints.is_row_asked_for(want, unit, met)]
    ]
    if read:
        numbers["read"] = max((chance for chance, is_met in read if is_met), default=0.0)
        numbers["read_first"] = read[0][0]
    return numbers


def judge(
    found: Sequence[Candidate], worth: Sequence[Sequence[float]], want: Wanted
) -> list[tuple[float, Unit, Met]]:
    """The units worth most, in order, each with its worth and how far it meets the question."""
    units = [
        (value, candidate, unit)
        for own, candidate in zip(worth, found, strict=True)
        for value, unit in zip(own, candidate.units, strict=True)
        if not unit.is_lead
    ]
    units.sort(key=lambda one: -one[0])
    return [
        (value, unit, constraints.judge(want, candidate, unit))
        for value, candidate, unit in units[:JUDGED]
    ]


def kind_of_answer(
    sentences: Sequence[Sentence],
    assessment: Assessment,
    records: Mapping[str, WrittenAnswer] | None = None,
) -> AnswerKind:
    """What sort of reply the sentences make; `records` are those cited, by id."""
    quoted = [sentence for sentence in sentences if sentence.citations]
    if not quoted:
        return AnswerKind.NOT_COVERED
    if _declines(quoted, assessment, records or {}):
        return AnswerKind.DECLINED
    return AnswerKind.PARTLY if assessment.is_partial else AnswerKind.ANSWERED


def _declines(
    quoted: Sequence[Sentence], assessment: Assessment, records: Mapping[str, WrittenAnswer]
) -> bool:
    """Whether the reply as a whole declines.

    It does where every record cited does; where the best sentence declines its own record is
    not looked at, nor one of which nothing is quoted but what declines, unless what was asked
    for is given beside it.
    """
    said: dict[str, list[Sentence]] = {}
    for sentence in quoted:
        for citation in sentence.citations:
            said.setdefault(citation.record_id, []).append(sentence)
    refusing = [sentence for sentence in quoted if sentence.text == assessment.declined]
    if refusing and not assessment.given:
        own = {citation.record_id for sentence in refusing for citation in sentence.citations}
        declining = {one for one, told in said.items() if all(_refuses(s.text) for s in told)}
        said = {one: told for one, told in said.items() if one not in own | declining}
    elif not records:
        return False
    return all(is_refusal(reply_of(records[one]).kind) for one in said)


def _refuses(text: str) -> bool:
    return is_refusal(kind_of(text)) or cues.declines(text)


def how_declined(
    kind: AnswerKind,
    sentences: Sequence[Sentence],
    assessment: Assessment,
    records: Mapping[str, WrittenAnswer],
) -> ReplyKind:
    """What sort of reply it is that declines, where the answer is of that kind."""
    if kind is not AnswerKind.DECLINED:
        return ReplyKind.SUBSTANTIVE
    cited = [citation.record_id for sentence in sentences for citation in sentence.citations]
    kinds = [kind_of(assessment.declined or "")]
    kinds += [reply_of(records[record_id]).kind for record_id in cited]
    return next((kind for kind in kinds if is_refusal(kind)), ReplyKind.SUBSTANTIVE)


def pending(request: Request) -> WrittenAnswer | None:
    """The holding reply to this very question, where it has had no other."""
    wanted = model.weights(strip_boilerplate(request.question))
    records = {passage.record.id: passage.record for passage in request.passages}
    same = [record for record in records.values() if _is_same_question(wanted, record)]
    waits = [record for record in same if reply_of(record).kind is ReplyKind.HOLDING]
    return waits[0] if waits and len(waits) == len(same) else None


def _is_same_question(wanted: Mapping[str, float], record: WrittenAnswer) -> bool:
    tabled = model.weights(strip_boilerplate(record.question))
    return min(words.share(wanted, tabled), words.share(tabled, wanted)) >= SAME_QUESTION


def _best(found: Sequence[Candidate], worth: Sequence[Sequence[float]]) -> Unit:
    """The unit worth most.

    A line that only leads into a list says nothing, nor does a reference to an answer that is
    here as well.
    """
    followed = {at for at, _ in referrals([candidate.record for candidate in found])}
    pairs = [
        (value, unit)
        for at, (own, candidate) in enumerate(zip(worth, found, strict=True))
        for value, unit in zip(own, candidate.units, strict=True)
        if not unit.is_lead
        and not (at in followed and kind_of(unit.text) is ReplyKind.REFERS_TO_EARLIER)
    ]
    return max(pairs, key=lambda pair: pair[0], default=(0.0, found[0].units[0]))[1]
