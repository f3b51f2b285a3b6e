"""What an answer is: sentences with citations, the events that build it, the whole.

Imports nothing heavy.  Spans are into `WrittenAnswer.text`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from index.types import Passage, Understanding, WrittenAnswer


class Verdict(StrEnum):
    """How far the cited spans bear a sentence out."""

    SUPPORTED = "supported"
    PARTLY = "partly"
    UNSUPPORTED = "unsupported"
    UNCITED = "uncited"


class AnswerKind(StrEnum):
    """What sort of reply the reader gets."""

    ANSWERED = "answered"
    PARTLY = "partly"
    NOT_COVERED = "not_covered"
    DECLINED = "declined"


class ReplyKind(StrEnum):
    """What sort of reply a record makes, whatever it was asked."""

    SUBSTANTIVE = "substantive"
    NOT_HELD = "not_held"
    DISPROPORTIONATE_COST = "disproportionate_cost"
    WILL_WRITE = "will_write"
    NO_PLANS = "no_plans"
    HOLDING = "holding"
    REFERS_TO_EARLIER = "refers_to_earlier"
    ATTACHED = "attached"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Citation:
    """A span of a record that a sentence rests on.

    `number` is the 1-based mark the reader sees; citations of the same record share it.
    """

    number: int
    record_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence shown to the reader.

    `framing` marks the fixed wording of a template filled in from the record's own
    fields (who answered, when); everything else is quoted or composed from the spans.
    """

    text: str
    citations: tuple[Citation, ...] = ()
    verdict: Verdict = Verdict.UNCITED
    reason: str = ""
    framing: bool = False


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One answer on the matter: ``record.text[start:end]`` is what it says of it.

    `change` says in words what differs from the entry before; empty where nothing does.
    `says_otherwise` is whether it takes back what that one said: another figure for the same
    thing, or another sort of reply to the same question.
    """

    record: WrittenAnswer
    start: int
    end: int
    kind: ReplyKind = ReplyKind.SUBSTANTIVE
    change: str = ""
    says_otherwise: bool = False


@dataclass(frozen=True, slots=True)
class GroundedAnswer:
    """A finished answer.  Lack of evidence is a normal result (`NOT_COVERED`).

    `records` are the cited records in the order of their numbers: ``records[0]`` is
    citation 1.  `nearest` are the closest records when the answer is not covered; what they
    say instead is then quoted after the abstention, and those quoted come first in both.
    `passages` is everything that was retrieved, best first.

    `confidence` is the chance that the evidence answers the question, 0 to 1; `uncovered`
    says in words what the question asks for and the evidence lacks.  `timeline` holds the
    answers on the matter, oldest first.  `withheld` are sentences of a language model that
    were not borne out; `searched` is the question as it was rewritten in the light of the
    conversation or without orders to a machine, empty where it stood; `note`
    tells the reader in a sentence why another composer than the one asked for answered; `reply`
    says, where the Government declined, what sort of reply that is.
    """

    question: str
    kind: AnswerKind
    sentences: tuple[Sentence, ...]
    records: tuple[WrittenAnswer, ...]
    nearest: tuple[WrittenAnswer, ...]
    passages: tuple[Passage, ...]
    composer: str
    timings: Mapping[str, float] = field(default_factory=dict)
    confidence: float = 0.0
    uncovered: tuple[str, ...] = ()
    timeline: tuple[TimelineEntry, ...] = ()
    withheld: tuple[Sentence, ...] = ()
    searched: str = ""
    note: str = ""
    reply: ReplyKind = ReplyKind.SUBSTANTIVE

    @property
    def text(self) -> str:
        """The answer as plain text with [n] after each cited sentence."""
        parts = []
        for sentence in self.sentences:
            marks = "".join(f"[{n}]" for n in dict.fromkeys(c.number for c in sentence.citations))
            parts.append(f"{sentence.text} {marks}".strip())
        return "\n".join(parts)


@dataclass(frozen=True, slots=True)
class Retrieved:
    """The evidence is in: the first event of every answer.

    `searched` is the question as it was rewritten in the light of the conversation or without
    orders to a machine, empty where it stood; `understood` holds the limits that
    the question seems to ask for.
    """

    passages: tuple[Passage, ...]
    searched: str = ""
    understood: Understanding = field(default_factory=Understanding)


@dataclass(frozen=True, slots=True)
class SentenceReady:
    """A sentence may be shown: it is finished and checked, citations and verdict with it."""

    sentence: Sentence
    position: int


@dataclass(frozen=True, slots=True)
class CitationReady:
    """A span that the sentence at `position` rests on; comes after its `SentenceReady`."""

    citation: Citation
    position: int


@dataclass(frozen=True, slots=True)
class VerdictReady:
    """How far the spans bear the sentence at `position` out; comes after its citations."""

    verdict: Verdict
    reason: str
    position: int


@dataclass(frozen=True, slots=True)
class StartedAgain:
    """The sentences shown so far no longer count: another composer begins, for this reason."""

    note: str


@dataclass(frozen=True, slots=True)
class Done:
    """The last event of every answer."""

    answer: GroundedAnswer


Event = Retrieved | SentenceReady | CitationReady | VerdictReady | StartedAgain | Done
