"""Whole answers to labelled questions, measured sentence by sentence."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from . import statistics
from .gold import figures_shown, gold_shown
from .labels import Question
from .progress import Progress
from .statistics import Mean

if TYPE_CHECKING:
    from ..answer import Assistant
    from ..types import GroundedAnswer, Sentence

WORST = 20


@dataclass(frozen=True, slots=True)
class Answered:
    """One question and what came of it; times are in seconds.

    `would_show` is the text of the answer, also of one that was not given for want of
    evidence.  `supported` and `reproduced` have one entry for each sentence that is not
    framing: whether its citations bear it out, and whether they hold it word for word.
    `cited` are the records of every citation, `borne_out` whether each supports its sentence.
    """

    question: Question
    is_given: bool
    confidence: float
    would_show: str
    words: int
    supported: tuple[bool, ...]
    reproduced: tuple[bool, ...]
    cited: tuple[str, ...]
    borne_out: tuple[bool, ...]
    first: float
    total: float

    @property
    def gold(self) -> list[bool]:
        return gold_shown(self.question.gold, self.would_show)

    @property
    def is_right(self) -> bool:
        """Whether the answer is to the point: it holds a gold sentence.

        Where a question has none, an answer that cites a record named for it is.
        """
        if self.question.gold:
            return any(self.gold)
        return bool(set(self.cited) & set(self.question.relevant))


@dataclass(frozen=True, slots=True)
class Shortfall:
    """An answer that fell short, and how."""

    qid: str
    question: str
    history: tuple[str, ...]
    why: str
    confidence: float
    expected: tuple[str, ...]
    shown: str


@dataclass(frozen=True, slots=True)
class AnswersResult:
    """Shares are 0 to 1, times milliseconds.

    `gold` counts the gold sentences of answerable questions that the answers show, `gold_any`
    as if none had been withheld for want of evidence.  Citation figures are over answers
    given: `citation_recall` is the share of sentences that their citations bear out (what is
    not framing and has no citation is not), `citation_precision` that of citations which bear
    their sentence out by themselves, `record_precision` that of citations to a record named
    for the question, `record_recall` that of answers which cite one.
    """

    composer: str
    answerable: int
    unanswerable: int
    gold: Mean
    gold_any: Mean
    figures: float
    citation_recall: float
    citation_precision: float
    record_recall: float
    record_precision: float
    reproduced: float
    abstention_precision: float
    abstention_recall: float
    answerable_answered: float
    auroc: float
    coverage: float
    risk: float
    risk_coverage: tuple[tuple[float, float], ...]
    words_mean: float
    words_longest: int
    first_p50_ms: float
    first_p95_ms: float
    total_p50_ms: float
    total_p95_ms: float
    worst: tuple[Shortfall, ...]


def ask(assistant: Assistant, questions: Sequence[Question], progress: Progress) -> list[Answered]:
    """Put every question to the assistant, as a user would, one after another."""
    assistant.answer("How many?").result()  # loads the model, which no later question waits for
    with progress.step("Answering", len(questions)) as advance:
        found = []
        for done, question in enumerate(questions, 1):
            found.append(_asked(assistant, question))
            advance(done)
    return found


def _asked(assistant: Assistant, question: Question) -> Answered:
    from ..types import AnswerKind, SentenceReady

    began = time.perf_counter()
    stream = assistant.answer(question.text, history=question.history)
    first = None
    for event in stream:
        if first is None and isinstance(event, SentenceReady):
            first = time.perf_counter() - began
    total = time.perf_counter() - began
    answer = stream.result()
    is_given = answer.kind is not AnswerKind.NOT_COVERED
    sentences = answer.sentences if is_given else _withheld(assistant, answer, question)
    shown = " ".join(sentence.text for sentence in sentences)
    checked = [_checked(sentence, answer) for sentence in sentences if not sentence.framing]
    return Answered(
        question=question,
        is_given=is_given,
        confidence=answer.confidence,
        would_show=shown,
        words=len(shown.split()),
        supported=tuple(supported for supported, _, _ in checked),
        reproduced=tuple(reproduced for _, reproduced, _ in checked),
        cited=tuple(c.record_id for s in sentences for c in s.citations),
        borne_out=tuple(one for _, _, alone in checked for one in alone),
        first=total if first is None else first,
        total=total,
    )


def _withheld(
    assistant: Assistant, answer: GroundedAnswer, question: Question
) -> tuple[Sentence, ...]:
    """What would have been shown, had the evidence been thought enough."""
    from ..compose.features import study

    request = study(question.text, question.history, answer.passages, assistant.reading_model)
    return tuple(assistant.composer.compose(request))


def _checked(sentence: Sentence, answer: GroundedAnswer) -> tuple[bool, bool, list[bool]]:
    """Whether the spans bear a sentence out, hold it word for word, and each do so alone."""
    from ..types import Verdict
    from ..verify import verify

    records = {p.record.id: p.record for p in answer.passages} | {r.id: r for r in answer.records}
    spans = [
        records[c.record_id].text[c.start : c.end]
        for c in sentence.citations
        if c.record_id in records
    ]
    supported = verify(sentence.text, spans).verdict is Verdict.SUPPORTED
    alone = [verify(sentence.text, [span]).verdict is Verdict.SUPPORTED for span in spans]
    return supported, sentence.text in spans, alone


def summarise(answered: Sequence[Answered], composer: str) -> AnswersResult:
    """The figures of all the answers together."""
    yes = [a for a in answered if a.question.is_answerable]
    no = [a for a in answered if not a.question.is_answerable]
    given = [a for a in answered if a.is_given]
    refused = [a for a in answered if not a.is_given]
    to_the_point = [a for a in given if a.question.is_answerable]
    sure = np.array([a.confidence for a in answered])
    right = np.array([a.question.is_answerable and a.is_right for a in answered], dtype=bool)
    answerable = np.array([a.question.is_answerable for a in answered], dtype=bool)
    first, total = [a.first for a in answered], [a.total for a in answered]
    return AnswersResult(
        composer=composer,
        answerable=len(yes),
        unanswerable=len(no),
        gold=statistics.mean(np.array([float(hit and a.is_given) for a in yes for hit in a.gold])),
        gold_any=statistics.mean(np.array([float(hit) for a in yes for hit in a.gold])),
        figures=_share(
            found and a.is_given
            for a in yes
            for found in figures_shown(a.question.short, a.would_show)
        ),
        citation_recall=_share(s for a in given for s in a.supported),
        citation_precision=_share(one for a in given for one in a.borne_out),
        record_recall=_share(bool(set(a.cited) & set(a.question.relevant)) for a in to_the_point),
        record_precision=_share(
            record in a.question.relevant for a in to_the_point for record in a.cited
        ),
        reproduced=_share(s for a in given for s in a.reproduced),
        abstention_precision=_share(not a.question.is_answerable for a in refused),
        abstention_recall=_share(not a.is_given for a in no),
        answerable_answered=_share(a.is_given for a in yes),
        auroc=statistics.auroc(sure, answerable),
        coverage=_share(a.is_given for a in answered),
        risk=_share(not (a.question.is_answerable and a.is_right) for a in given),
        risk_coverage=tuple(statistics.risk_coverage(sure, right)),
        words_mean=float(np.mean([a.words for a in given])) if given else 0.0,
        words_longest=max((a.words for a in given), default=0),
        first_p50_ms=_percentile(first, 50),
        first_p95_ms=_percentile(first, 95),
        total_p50_ms=_percentile(total, 50),
        total_p95_ms=_percentile(total, 95),
        worst=tuple(_shortfalls(answered))[:WORST],
    )


def _shortfalls(answered: Sequence[Answered]) -> Iterable[Shortfall]:
    """The answers that fell short, the surest mistakes first."""
    short = [(why, a) for a in answered if (why := _shortfall(a))]
    short.sort(key=lambda pair: -abs(pair[1].confidence - 0.5))
    for why, a in short:
        q = a.question
        lacking = (s for s, hit in zip(q.gold, a.gold, strict=True) if not (hit and a.is_given))
        yield Shortfall(q.qid, q.text, q.history, why, a.confidence, tuple(lacking), a.would_show)


def _shortfall(a: Answered) -> str:
    """How an answer fell short; empty where it did not."""
    if not a.question.is_answerable:
        return "answered though no record answers" if a.is_given else ""
    if not a.is_given:
        return "refused though a record answers"
    return "" if a.is_right else "beside the point"


def rows(result: AnswersResult) -> list[tuple[str, str]]:
    """The figures, each with what it is of."""
    r = result
    return [
        ("questions, of them answerable", f"{r.answerable + r.unanswerable:,}, {r.answerable:,}"),
        (
            "gold sentences shown (95%)",
            f"{r.gold.mean:.1%} ({r.gold.low:.1%} to {r.gold.high:.1%})",
        ),
        ("gold sentences shown if nothing were refused", f"{r.gold_any.mean:.1%}"),
        ("figures of the short answers shown", f"{r.figures:.1%}"),
        ("sentences that their citations bear out (citation recall)", f"{r.citation_recall:.1%}"),
        ("sentences that are word for word their citation", f"{r.reproduced:.1%}"),
        ("citations that bear their sentence out alone (precision)", f"{r.citation_precision:.1%}"),
        ("answers that cite a record named for the question", f"{r.record_recall:.1%}"),
        ("citations of a record named for the question", f"{r.record_precision:.1%}"),
        ("answerable questions answered", f"{r.answerable_answered:.1%}"),
        ("unanswerable questions refused (abstention recall)", f"{r.abstention_recall:.1%}"),
        ("refusals that were right (abstention precision)", f"{r.abstention_precision:.1%}"),
        ("AUROC of the confidence", f"{r.auroc:.3f}"),
        ("questions answered, of those wrong", f"{r.coverage:.1%}, {r.risk:.1%}"),
        ("words in an answer, mean and most", f"{r.words_mean:.0f}, {r.words_longest}"),
        ("first sentence, p50 and p95", _times(r.first_p50_ms, r.first_p95_ms)),
        ("whole answer, p50 and p95", _times(r.total_p50_ms, r.total_p95_ms)),
    ]


def _times(p50: float, p95: float) -> str:
    return f"{p50:,.0f} ms, {p95:,.0f} ms"


def _share(hits: Iterable[bool]) -> float:
    """Share of true ones; 0 where there are none at all."""
    found = list(hits)
    return sum(found) / len(found) if found else 0.0


def _percentile(seconds: Sequence[float], percent: float) -> float:
    return float(np.percentile(seconds, percent)) * 1000 if seconds else 0.0
