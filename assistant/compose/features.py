"""What is known of each sentence that might answer: plain numbers, one small function each.

The same numbers feed the composer and the fit of its weights (`benchmarks/fit_composer.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from index.text import sentences, strip_boilerplate
from index.types import Passage, WrittenAnswer

from . import Request, cues, words
from .meaning import TokenEmbedder, matches
from .model import weigh

CONSIDERED = 5
"""Records whose sentences are weighed; what comes later in the ranking is evidence only."""

_ITEM = re.compile(r"\(?(?:[-·•▪*–—]|(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)])\s", re.IGNORECASE)
_LINK = re.compile(r"https?://|www\.|\bgov\.uk/")
_LEANS = re.compile(
    r"(?:it|this|these|they|that|those|such|he|she|both|therefore|within this|the remaining|"
    r"as such)\b",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Unit:
    """A sentence, list item or table row of a record.

    `lead` is the place, in the same record's units, of the line that introduces it ("The
    areas are:"); `features` are the numbers the model weighs.
    """

    start: int
    end: int
    text: str
    lead: int | None = None
    is_lead: bool = False
    features: dict[str, float] = field(default_factory=dict)

    @property
    def length(self) -> int:
        """Words, as a reader counts them."""
        return len(self.text.split())


@dataclass(slots=True)
class Candidate:
    """A record that may answer, with its units and with the numbers of the whole."""

    record: WrittenAnswer
    rank: int
    units: list[Unit]
    features: dict[str, float] = field(default_factory=dict)


def units(text: str) -> list[Unit]:
    """The units of a record's text, list items tied to the line that leads into them."""
    found = [Unit(start, end, text[start:end]) for start, end in sentences(text)]
    lead: int | None = None
    for number, unit in enumerate(found):
        is_item = bool(_ITEM.match(unit.text))
        previous = found[number - 1] if number else None
        if previous is not None and previous.text.endswith(":") and not _ITEM.match(previous.text):
            lead = number - 1
        elif not is_item:
            lead = None
        unit.lead = lead
        if lead is not None:
            found[lead].is_lead = True
    return found


def candidates(request: Request, embedder: object = None) -> list[Candidate]:
    """The records considered, in the order of retrieval, with every feature filled in.

    `embedder` is the index's embedding model; without one that gives the vectors of single
    words, likeness in meaning is taken to be likeness in words.
    """
    passages = _one_per_record(request.passages)[:CONSIDERED]
    found = [Candidate(p.record, rank, units(p.record.text)) for rank, p in enumerate(passages)]
    asked = {term: weigh(term) for term in words.terms(request.question)}
    before = request.history[-1] if request.history else ""
    earlier = {term: weigh(term) for term in words.terms(before)}
    for candidate in found:
        _word_features(candidate, request.question, asked, earlier)
    _meaning_features(found, request.question, before, embedder)
    for candidate, passage in zip(found, passages, strict=True):
        _relative_features(candidate)
        _record_features(candidate, passage, passages, {**earlier, **asked})
    return found


def _one_per_record(passages: Sequence[Passage]) -> list[Passage]:
    first: dict[str, Passage] = {}
    for passage in passages:
        first.setdefault(passage.record.id, passage)
    return list(first.values())


def _word_features(
    candidate: Candidate, question: str, asked: Mapping[str, float], earlier: Mapping[str, float]
) -> None:
    tabled = {
        term: weigh(term) for term in words.terms(strip_boilerplate(candidate.record.question))
    }
    last = len(candidate.units) - 1
    for number, unit in enumerate(candidate.units):
        own = words.terms(unit.text)
        unit.features = {
            "overlap": words.share(asked, own),
            "earlier_overlap": words.share(earlier, own),
            "tabled_overlap": words.share(tabled, own),
            "first": float(number == 0),
            "last": float(number == last),
            "length": min(unit.length, 50) / 50,
            "short": float(unit.length < 6),
            "row": float(" | " in unit.text),
            "link": float(bool(_LINK.search(unit.text))),
            "leans": float(bool(_LEANS.match(unit.text))),
            "refuses": float(cues.refuses(unit.text)),
            **cues.features(question, unit.text),
        }


def _meaning_features(
    found: Sequence[Candidate], question: str, before: str, embedder: object
) -> None:
    """`match` with the question and `match_all` with what was asked before it as well."""
    if not isinstance(embedder, TokenEmbedder):
        for candidate in found:
            for unit in candidate.units:
                unit.features["match"] = unit.features["overlap"]
                unit.features["match_all"] = unit.features["overlap"]
        return
    questions = [question, f"{before} {question}"] if before else [question]
    texts = [(c.record.title, c.record.text, [(u.start, u.end) for u in c.units]) for c in found]
    for candidate, own in zip(found, matches(embedder, questions, texts, weigh), strict=True):
        for unit, values in zip(candidate.units, own, strict=True):
            unit.features["match"] = values[0]
            unit.features["match_all"] = values[-1]


def _relative_features(candidate: Candidate) -> None:
    """Each likeness measured against the best of the record, and that of the neighbours."""
    for name in ("overlap", "match", "match_all"):
        best = max(unit.features[name] for unit in candidate.units)
        values = [unit.features[name] - best for unit in candidate.units]
        for number, unit in enumerate(candidate.units):
            unit.features[f"{name}_below_best"] = values[number]
            if name == "match":
                unit.features["match_before"] = values[number - 1] if number else -0.2
                is_last = number + 1 == len(values)
                unit.features["match_after"] = -0.2 if is_last else values[number + 1]
                lead = unit.lead if unit.lead is not None else number
                unit.features["match_lead"] = values[lead]


def _record_features(
    candidate: Candidate,
    passage: Passage,
    passages: Sequence[Passage],
    asked: Mapping[str, float],
) -> None:
    record = candidate.record
    heading = words.terms(record.title)
    tabled = words.terms(record.question)
    body = words.terms(record.text)
    top = max(p.score for p in passages) or 1.0
    candidate.features = {
        "score": passage.score / top,
        "top": float(candidate.rank == 0),
        "cosine": passage.similarities.get("dense", 0.0),
        "in_heading": words.share(asked, heading),
        "in_record": words.share(asked, heading | tabled | body),
        "best_overlap": max(unit.features["overlap"] for unit in candidate.units),
        "best_match": max(unit.features["match"] for unit in candidate.units),
        "holding": float(record.is_holding or record.is_withdrawn),
    }
