"""From evidence to the sentences a reader is shown: compose, check, withhold, fall back.

Nothing that a composer says is shown before it has been checked.  What the cited spans do
not bear out is kept back and listed; a composer that loses too much, or fails, gives way to
the one that only quotes.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field, replace

from index.types import WrittenAnswer
from prompts import render

from .checking import SecondOpinion, checked
from .compose import Composer, ComposerFailed, Request
from .types import (
    Citation,
    CitationReady,
    Event,
    Sentence,
    SentenceReady,
    StartedAgain,
    Verdict,
    VerdictReady,
)

WITHHELD = {
    "nothing": frozenset[Verdict](),
    "unsupported": frozenset({Verdict.UNSUPPORTED, Verdict.UNCITED}),
    "partly": frozenset({Verdict.UNSUPPORTED, Verdict.UNCITED, Verdict.PARTLY}),
}
"""Verdicts that keep a sentence back, by the setting `withhold`."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What is kept back, how much of it is too much (a share of words), and who else judges."""

    withhold: frozenset[Verdict] = WITHHELD["unsupported"]
    max_withheld: float = 0.5
    second_opinion: SecondOpinion | None = None


@dataclass(slots=True)
class Written:
    """What came of it: the sentences shown, those kept back, who wrote, and why not another."""

    composer: str
    sentences: list[Sentence] = field(default_factory=list)
    withheld: list[Sentence] = field(default_factory=list)
    note: str = ""

    @property
    def share_withheld(self) -> float:
        """The share of the words that was kept back."""
        lost = sum(len(sentence.text.split()) for sentence in self.withheld)
        said = sum(len(s.text.split()) for s in self.sentences if not s.framing)
        return lost / max(lost + said, 1)


def write(
    request: Request,
    composer: Composer,
    fallback: Composer,
    policy: Policy,
    timings: dict[str, float],
) -> Generator[Event, None, Written]:
    """The events of the sentences shown; the generator's value is what was `Written`."""
    written = Written(composer.name)
    try:
        yield from _compose(request, composer, policy, written, timings)
    except ComposerFailed as error:
        written.note = str(error)
    else:
        if written.withheld and written.share_withheld > policy.max_withheld:
            written.note = render("withheld_note", withheld=len(written.withheld))
    if not written.note:
        return numbered(written)
    if written.sentences:
        yield StartedAgain(written.note)
    again = Written(fallback.name, withheld=written.withheld, note=written.note)
    yield from _compose(request, fallback, policy, again, timings)
    return numbered(again)


def _compose(
    request: Request,
    composer: Composer,
    policy: Policy,
    written: Written,
    timings: dict[str, float],
) -> Iterator[Event]:
    """Show what stands, keep back what does not; both are added to `written`."""
    records = request.records
    numbers: dict[str, int] = {}
    for draft in _clocked(composer.compose(request), timings, "compose"):
        began = time.perf_counter()
        sentence = checked(draft, records, policy.second_opinion)
        timings["verify"] = timings.get("verify", 0.0) + time.perf_counter() - began
        if not sentence.framing and sentence.verdict in policy.withhold:
            written.withheld.append(sentence)
            continue
        sentence = _with_numbers(sentence, numbers)
        written.sentences.append(sentence)
        yield from told(sentence, len(written.sentences) - 1)


def added(written: Written, sentence: Sentence) -> Iterator[Event]:
    """A sentence of the assistant's own at the end of what is written, and its events."""
    written.sentences.append(sentence)
    yield from told(sentence, len(written.sentences) - 1)


def told(sentence: Sentence, position: int) -> Iterator[Event]:
    """The events of one finished sentence: itself, its citations, its verdict."""
    yield SentenceReady(sentence, position)
    for citation in sentence.citations:
        yield CitationReady(citation, position)
    if not sentence.framing:
        yield VerdictReady(sentence.verdict, sentence.reason, position)


def next_number(written: Written) -> int:
    """The number of the next record that is cited."""
    numbers = (c.number for sentence in written.sentences for c in sentence.citations)
    return max(numbers, default=0) + 1


def cited(written: Written, records: Mapping[str, WrittenAnswer]) -> tuple[WrittenAnswer, ...]:
    """The cited records in the order of their numbers.

    Those cited only by what was kept back come last.
    """
    numbered = {
        citation.number: records[citation.record_id]
        for sentence in (*written.sentences, *written.withheld)
        for citation in sentence.citations
    }
    return tuple(numbered[number] for number in sorted(numbered))


def _with_numbers(sentence: Sentence, numbers: dict[str, int]) -> Sentence:
    """Citations numbered by record, from 1, in the order of first use."""
    citations: list[Citation] = []
    for citation in sentence.citations:
        number = numbers.setdefault(citation.record_id, len(numbers) + 1)
        citations.append(replace(citation, number=number))
    return replace(sentence, citations=tuple(citations))


def numbered(written: Written) -> Written:
    """The same, with numbers on the citations of what was kept back, after those shown."""
    numbers = {c.record_id: c.number for s in written.sentences for c in s.citations}
    written.withheld = [_with_numbers(sentence, numbers) for sentence in written.withheld]
    return written


def _clocked(
    sentences: Iterator[Sentence], timings: dict[str, float], stage: str
) -> Iterator[Sentence]:
    """The same sentences, with the time spent making them (not showing them) noted."""
    timings.setdefault(stage, 0.0)
    try:
        while True:
            began = time.perf_counter()
            sentence = next(sentences, None)
            timings[stage] += time.perf_counter() - began
            if sentence is None:
                return
            yield sentence
    finally:
        # A reader who stops listening stops a language model that is still talking.
        close = getattr(sentences, "close", None)
        if close is not None:
            close()
