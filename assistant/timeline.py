"""What was answered when: which answer is the latest, and where an older one says otherwise.

Departments answer the same question again and again in nearly the same words, so two
sentences that differ in their figures alone speak of the same thing at two times.  Anything
looser than that would find contradictions where there are none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from itertools import pairwise

from index import departments
from index.text import strip_boilerplate
from index.types import Passage, WrittenAnswer
from prompts import render

from .compose import Request, constraints, demands, words
from .compose.asks import DATES, Sort, given
from .compose.model import weights, worths
from .compose.units import Candidate, Unit
from .replies import is_refusal, reply_of
from .types import Citation, ReplyKind, Sentence, TimelineEntry

ALIKE = 0.75
"""Share of their words, figures and dates aside, that two sentences on one thing have in common."""
FEWEST = 4
"""Words, figures and dates aside, that a sentence must have to be told from another."""
WORTHY = 0.2
"""Share of the best unit's worth below which a unit is not compared."""
ON_THE_MATTER = 0.5
"""Share of the weight of the leading question's words that another record must have."""
UNDER_ONE_HEADING = 0.3
"""The same of the questions alone, where both stand under one heading."""
MOST = 6
"""Entries shown; the newest are kept."""

_NAME = re.compile(r"(?<=\S )[A-Z][\w’'-]*")
_TO_COME = re.compile(
    r"\b(?:will|would|may|might|could|expect(?:s|ed)?|plan(?:s|ned)?|intend(?:s|ed)?|aim(?:s|ed)?|"
    r"forecasts?|project(?:s|ed)|estimat(?:es?|ed)|commit(?:s|ted)|target(?:s|ed)?)\b"
)
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Difference:
    """The same thing said twice with another figure: places in ``found``, then in `units`.

    `old` and `new` are spans of the records' texts that hold the two figures.
    """

    older: int
    older_unit: int
    newer: int
    newer_unit: int
    old: Span
    new: Span
    order: date = date.min
    """The day of the newer answer: what is superseded twice passes through all of them."""


def differences(found: Sequence[Candidate], worth: Sequence[Sequence[float]]) -> list[Difference]:
    """Where an older record gives another figure than a newer one, the best sentences first."""
    least = WORTHY * max((value for own in worth for value in own), default=0.0)
    worthy = [
        (value, at, number)
        for at, own in enumerate(worth)
        for number, value in enumerate(own)
        if value >= least and _substantive(found[at].record)
    ]
    worthy.sort(reverse=True)
    made: list[Difference] = []
    for place, (_, at, number) in enumerate(worthy):
        for _, other, another in worthy[place + 1 :]:
            if at == other:
                continue
            pair = sorted(
                ((at, number), (other, another)), key=lambda one: day(found[one[0]].record)
            )
            (older, older_unit), (newer, newer_unit) = pair
            if not _is_later(found[older].record, found[newer].record):
                continue
            spans = other_figure(found[older].units[older_unit], found[newer].units[newer_unit])
            if spans:
                latest = day(found[newer].record)
                made.append(Difference(older, older_unit, newer, newer_unit, *spans, latest))
    return made


def _is_later(older: WrittenAnswer, newer: WrittenAnswer) -> bool:
    """Whether the newer answer may supersede the older: of a later day, by the same department."""
    same = departments.are_one(older.department, newer.department)
    return same and day(older) < day(newer)


def newest_first(
    worth: Sequence[Sequence[float]], apart: Sequence[Difference]
) -> list[list[float]]:
    """The worths, with that of each superseded sentence passed on to the newer one."""
    made = [list(own) for own in worth]
    for difference in sorted(apart, key=lambda one: one.order):
        value = made[difference.older][difference.older_unit]
        made[difference.older][difference.older_unit] = 0.0
        own = made[difference.newer]
        own[difference.newer_unit] = max(own[difference.newer_unit], value)
    return made


def otherwise(found: Sequence[Candidate], difference: Difference, number: int) -> Sentence:
    """Tells the reader of the older figure, citing both; `number` is the newer record's."""
    older, newer = found[difference.older].record, found[difference.newer].record
    text = render(
        "otherwise",
        old_date=day(older),
        new_date=day(newer),
        department=older.department,
        old=older.text[slice(*difference.old)],
        new=newer.text[slice(*difference.new)],
    )
    # The older record is numbered after all that are quoted.
    citations = (
        Citation(number, newer.id, *difference.new),
        Citation(number + 1, older.id, *difference.old),
    )
    return Sentence(text, citations, framing=True, reason="from two answers, as cited")


def other_figure(older: Unit, newer: Unit) -> tuple[Span, Span] | None:
    """The spans of the one figure that two sentences on the same thing give differently."""
    old, new = _plain(older.text), _plain(newer.text)
    one, other = words.terms(old), words.terms(new)
    if min(len(one), len(other)) < FEWEST or len(one & other) < ALIKE * len(one | other):
        return None
    if _setting(old) != _setting(new):
        return None
    for sort in (Sort.MONEY, Sort.SHARE, Sort.COUNT):
        mine, theirs = given(sort, older.text), given(sort, newer.text)
        if len(mine) != len(theirs):
            return None
        pairs = [
            (a, b)
            for a, b in zip(mine, theirs, strict=True)
            if _folded(older.text, a) != _folded(newer.text, b)
        ]
        if len(pairs) > 1:
            # Two figures that both differ cannot be told in one sentence.
            return None
        if pairs:
            (a, b) = pairs[0]
            return (
                (older.start + a[0], older.start + a[1]),
                (newer.start + b[0], newer.start + b[1]),
            )
    return None


def timeline(
    found: Sequence[Candidate],
    worth: Sequence[Sequence[float]],
    passages: Sequence[Passage],
    lead: int = 0,
    newer: Sequence[TimelineEntry] = (),
) -> tuple[TimelineEntry, ...]:
    """The answers on the matter of ``found[lead]``, oldest first; empty when it stands alone.

    Near-copies that were set aside for their newest count too, with the same words; `newer` are
    answers on its subject that are none of these.
    """
    if not found:
        return ()
    best = [best_unit(candidate, own) for candidate, own in zip(found, worth, strict=True)]
    leading = found[lead].record
    others = [
        n
        for n, candidate in enumerate(found)
        if n == lead
        or (same_matter(leading, candidate.record) and _says_something(candidate.record))
    ]
    entries = [_entry(found[at].record, found[at].units[best[at]]) for at in others]
    known = {found[at].record.id for at in range(len(found))}
    for passage in passages:
        record = passage.record
        if record.id in known or record.kind != "written_answer":
            continue
        for at in others:
            unit = found[at].units[best[at]]
            start = record.text.find(unit.text)
            if start >= 0 and same_matter(leading, record):
                known.add(record.id)
                entries.append(TimelineEntry(record, start, start + len(unit.text), _kind(record)))
                break
    held = {entry.record.id for entry in entries}
    on_subject = {entry.record.id for entry in newer} - held
    entries += (entry for entry in newer if entry.record.id in on_subject)
    # What has no day has no place in the order of days.
    entries = sorted(
        (entry for entry in entries if day(entry.record) > date.min),
        key=lambda entry: day(entry.record),
    )
    entries = entries[-MOST:]
    return tuple(_changed(entries, on_subject)) if len(entries) > 1 else ()


def of_answer(
    request: Request, sentences: Sequence[Sentence], newer: Sequence[TimelineEntry] = ()
) -> tuple[TimelineEntry, ...]:
    """The answers on the matter of the record that an answer cites first, with the `newer` ones."""
    cited = [citation.record_id for sentence in sentences for citation in sentence.citations]
    places = {candidate.record.id: at for at, candidate in enumerate(request.found)}
    lead = next((places[record_id] for record_id in cited if record_id in places), None)
    if lead is None:
        return ()
    worth = worths(request.found)
    on_point = _on_point(request, worth, lead)
    kept, own = [request.found[at] for at in on_point], [worth[at] for at in on_point]
    return timeline(kept, own, request.passages, on_point.index(lead), newer)


def _on_point(request: Request, worth: Sequence[Sequence[float]], lead: int) -> list[int]:
    """The records whose best sentence keeps every limit of the question, and the leading one.

    Another place's figure, or another measure, is no earlier answer.
    """
    want = constraints.wanted(request.question, request.history)
    kept = []
    for at, candidate in enumerate(request.found):
        unit = candidate.units[best_unit(candidate, worth[at])]
        met = constraints.judge(want, candidate, unit)
        same = met.all and (
            want.asked.sort is Sort.OTHER or constraints.gives(want, candidate, unit)
        )
        # What one department cannot tell says nothing of another's answer.
        told_off = is_refusal(_kind(candidate.record)) and not departments.are_one(
            candidate.record.department, request.found[lead].record.department
        )
        if at == lead or (same and not told_off):
            kept.append(at)
    return kept


def best_unit(candidate: Candidate, worth: Sequence[float]) -> int:
    """The unit worth most that says something by itself."""
    told = [n for n, unit in enumerate(candidate.units) if not unit.is_lead]
    return max(told or range(len(worth)), key=worth.__getitem__)


def day(record: WrittenAnswer) -> date:
    """The day a record was answered, as far as it is known."""
    return record.answered or record.asked or date.min


def _entry(record: WrittenAnswer, unit: Unit) -> TimelineEntry:
    reply = reply_of(record)
    if reply.end and reply.kind is not ReplyKind.SUBSTANTIVE:
        return TimelineEntry(record, reply.start, reply.end, reply.kind)
    return TimelineEntry(record, unit.start, unit.end, reply.kind)


def _changed(entries: Sequence[TimelineEntry], on_subject: Set[str]) -> list[TimelineEntry]:
    """The entries with what each says differently from the one before.

    Those of records that are only on the subject do not answer the same question, nor does another
    department take a reply back.
    """
    made = [replace(entries[0], change=_corrected(entries[0].record))]
    made += (_compared(before, entry, on_subject) for before, entry in pairwise(entries))
    return made


def _compared(before: TimelineEntry, entry: TimelineEntry, on_subject: Set[str]) -> TimelineEntry:
    one, other = (Unit(e.start, e.end, e.record.text[e.start : e.end]) for e in (before, entry))
    is_own = departments.are_one(before.record.department, entry.record.department)
    if is_own and (spans := other_figure(one, other)):
        old, new = before.record.text[slice(*spans[0])], entry.record.text[slice(*spans[1])]
        change = render("timeline_figure", new=new, old=old)
        return replace(entry, change=change, says_otherwise=True)
    is_same_matter = is_own and on_subject.isdisjoint({before.record.id, entry.record.id})
    if is_same_matter and before.kind is not entry.kind:
        change = render("timeline_kind", before=before.kind.value, now=entry.kind.value)
        # A reply that was only put off is not taken back.
        return replace(entry, change=change, says_otherwise=before.kind is not ReplyKind.HOLDING)
    change = _corrected(entry.record)
    if one.text == other.text and not change:
        change = render("timeline_same")
    return replace(entry, change=change)


def _corrected(record: WrittenAnswer) -> str:
    return render("correction_note", corrected=record.corrected) if record.is_corrected else ""


def same_matter(one: WrittenAnswer, other: WrittenAnswer) -> bool:
    """Whether two records are about the same: each has most of what the other asks.

    Under one heading less will do, but something: it can be as wide as "Prison Sentences".
    """
    put, other_put = (strip_boilerplate(record.question) for record in (one, other))
    places, others = (
        {name.text for name in demands.names(text) if name.is_place} for text in (put, other_put)
    )
    if places and others and places.isdisjoint(others):
        return False  # the care homes of Aldershot, and those of High Peak
    if one.heading is not None and one.heading == other.heading:
        return _likeness(put, other_put) >= UNDER_ONE_HEADING
    return _likeness(f"{one.title} {put}", f"{other.title} {other_put}") >= ON_THE_MATTER


def _likeness(one: str, other: str) -> float:
    """The share of its words, by weight, that the one with less in common has in common."""
    mine, theirs = weights(one), weights(other)
    return min(words.share(mine, theirs), words.share(theirs, mine))


def _says_something(record: WrittenAnswer) -> bool:
    return _kind(record) is not ReplyKind.REFERS_TO_EARLIER


def _kind(record: WrittenAnswer) -> ReplyKind:
    return reply_of(record).kind


def _substantive(record: WrittenAnswer) -> bool:
    return not (record.is_put_off or record.is_withdrawn)


@lru_cache(maxsize=1 << 12)
def _plain(text: str) -> str:
    """A sentence without its figures and dates."""
    text = DATES.sub(" ", text)
    for sort in (Sort.MONEY, Sort.SHARE, Sort.COUNT):
        for start, end in reversed(given(sort, text)):
            text = f"{text[:start]} {text[end:]}"
    return text


def _setting(plain: str) -> tuple[set[str], set[str]]:
    """Whose a figure is, and whether it is so or to come: two that differ in it are both true."""
    return set(_NAME.findall(plain)), set(_TO_COME.findall(plain.lower()))


def _folded(text: str, span: Span) -> str:
    return re.sub(r"[\s,]", "", text[slice(*span)]).casefold()
