"""Newer answers on the subject of an answer that are not quoted in it.

What search puts first may be what the Government said before it made up its mind.  Where a
later answer of the same department on the same subject came up as well, the reader is told of it
and can look: a pointer, for whether it says otherwise cannot be told for certain.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from index.text import sentences
from index.types import Passage, WrittenAnswer
from prompts import render

from .compose import Request, demands, periods, words
from .compose.features import asked_weights
from .compose.model import weights
from .replies import reply_of
from .timeline import day, same_matter
from .types import Citation, ReplyKind, Sentence, TimelineEntry

DAYS = 30
"""Days after the newest quoted answer from which one counts as newer."""
NEAR = 0.55
"""The least score in the search: less comes up for a heading alone."""
ON_SUBJECT = 0.4
"""The least share of the question's weight that a newer record must have."""
WORDS = 16
"""Words kept free for the pointer where one may be wanted."""

_TELLING = frozenset({ReplyKind.SUBSTANTIVE, ReplyKind.NO_PLANS, ReplyKind.ATTACHED})


class Later:
    """The newer answers among the evidence for a question; those on one subject are found once."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._wanted = asked_weights(request.question, request.history)
        self._found: dict[str, tuple[TimelineEntry, ...]] = {}

    @property
    def may_be_said(self) -> bool:
        """Whether any record that may lead the answer has a newer one on its subject."""
        return any(self._than(candidate.record) for candidate in self._request.found)

    def than(self, quoted: Sequence[WrittenAnswer]) -> tuple[TimelineEntry, ...]:
        """The answers on the subject of ``quoted[0]`` that are newer than all quoted, oldest first.

        Each with the sentence that has most of the question's words.  None where the question is
        of a year or a place that they do not speak of.
        """
        if not quoted:
            return ()
        latest, known = max(map(day, quoted)), {record.id for record in quoted}
        return tuple(
            entry
            for entry in self._than(quoted[0])
            if entry.record.id not in known and _is_newer(entry.record, latest)
        )

    def _than(self, leading: WrittenAnswer) -> tuple[TimelineEntry, ...]:
        if leading.id not in self._found:
            later = {
                passage.record.id: _told_of(passage.record, self._wanted)
                for passage in self._request.passages
                if _is_newer(passage.record, day(leading))
                and _on_subject(self._request.question, self._wanted, leading, passage)
            }
            found = sorted(later.values(), key=lambda entry: day(entry.record))
            self._found[leading.id] = tuple(found)
        return self._found[leading.id]


def _is_newer(record: WrittenAnswer, latest: date) -> bool:
    return (day(record) - latest).days >= DAYS


def _told_of(record: WrittenAnswer, wanted: dict[str, float]) -> TimelineEntry:
    """A record with the sentence that has most of the question's words."""
    start, end = max(
        sentences(record.text),
        key=lambda span: words.share(wanted, weights(record.text[slice(*span)])),
    )
    return TimelineEntry(record, start, end, reply_of(record).kind)


def told(entries: Sequence[TimelineEntry], number: int) -> Sentence:
    """Tells the reader of newer answers, one at least, citing the latest as `number`."""
    latest = entries[-1]
    text = render(
        "newer",
        answers=len(entries),
        answered=latest.record.answered,
        asked=latest.record.asked,
    )
    citation = Citation(number, latest.record.id, latest.start, latest.end)
    return Sentence(text, (citation,), framing=True, reason="from the records' own fields")


def _on_subject(
    question: str, wanted: dict[str, float], leading: WrittenAnswer, passage: Passage
) -> bool:
    record = passage.record
    if passage.score < NEAR or record.department != leading.department:
        return False
    if reply_of(record).kind not in _TELLING or not sentences(record.text):
        return False
    if (record.heading is None or record.heading != leading.heading) and not same_matter(
        leading, record
    ):
        return False
    scope = f"{record.title}\n{record.question}\n{record.text}"
    return words.share(wanted, weights(scope)) >= ON_SUBJECT and _speaks_of(question, scope)


def _speaks_of(question: str, scope: str) -> bool:
    """Whether a text has the years and places of a question."""
    named = [name.text for name in demands.names(question) if name.is_place]
    return all(demands.mentions(scope, place) for place in named) and all(
        periods.has_year(scope, year) for year in periods.years(question)
    )
