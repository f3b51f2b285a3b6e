"""What is known of each sentence that might answer: plain numbers, one small function each.

The same numbers feed the composer and the fit of its weights (`benchmarks/fit_composer.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from index.followups import joined_with, leans_on_history
from index.text import CELLS, sentences, strip_boilerplate
from index.types import Passage, WrittenAnswer

from . import Request, cues, reading, words
from .model import weights

CONSIDERED = 3
"""Records whose sentences are weighed; what comes later in the ranking is evidence only.

With five, more was wrongly quoted than found, and the first sentence came half as fast again.
"""

EARLIER = 0.4
"""What a word of the question before counts for beside one of the question itself."""
HEADING_WORDS = 8
"""Words that a line over the rows of a table may have to be their heading."""
SAME_TEXT = 0.9
"""Records that share this much of their words (Jaccard) give the same answer."""
FAR = -0.2
"""How far below the best match the neighbour counts that a first or last sentence lacks."""

_ITEM = re.compile(r"\(?(?:[-·•▪*–—]|(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)])\s", re.IGNORECASE)
_LINK = re.compile(r"https?://|www\.|\bgov\.uk/")
_REFERS_BACK = re.compile(
    r"\W*(?:\w+,? )?(?:this|these|those|they|it|its|their|such|both)\b", re.IGNORECASE
)


@dataclass(slots=True)
class Unit:
    """A sentence, list item or table row of a record.

    `lead` is the place, in the same record's units, of the line that introduces it ("The
    areas are:"), `back` that of the sentence before, where the unit opens by pointing there
    ("This will provide ..."); `features` are the numbers the model weighs; `terms` says of
    each stem of the question how near the unit comes to it in meaning, 0 to 1, and `near` the
    same for the words beside the unit's figures (or dates, or names) of the sort asked for.
    """

    start: int
    end: int
    text: str
    lead: int | None = None
    back: int | None = None
    is_lead: bool = False
    features: dict[str, float] = field(default_factory=dict)
    terms: Mapping[str, float] = field(default_factory=dict)
    near: Mapping[str, float] = field(default_factory=dict)

    @property
    def length(self) -> int:
        """Words, as a reader counts them."""
        return len(self.text.split())


@dataclass(slots=True)
class Candidate:
    """A record that may answer, with its units and with the numbers of the whole."""

    record: WrittenAnswer
    units: list[Unit]
    features: dict[str, float] = field(default_factory=dict)


def units(text: str) -> list[Unit]:
    """The units of a record's text: list items tied to the line that leads into them, and the rows
    of a table to a heading that stands right over them."""
    found = [Unit(start, end, text[start:end]) for start, end in sentences(text)]
    lead: int | None = None
    heading: int | None = None
    for number, unit in enumerate(found):
        is_item = bool(_ITEM.match(unit.text))
        previous = found[number - 1] if number else None
        if previous is not None and previous.text.endswith(":") and not _ITEM.match(previous.text):
            lead = number - 1
        elif not is_item:
            lead = None
        if previous is None or not _is_row(previous):
            heading = number - 1 if previous is not None and _is_heading(previous) else None
        unit.lead = heading if heading is not None and _is_row(unit) else lead
        if unit.lead is not None:
            found[unit.lead].is_lead = True
        elif number and _REFERS_BACK.match(unit.text):
            unit.back = number - 1
    return found


def _is_row(unit: Unit) -> bool:
    return CELLS in unit.text


def _is_heading(unit: Unit) -> bool:
    """Whether a line names what the rows below it are of: "Royal Navy"."""
    is_short = len(unit.text.split()) <= HEADING_WORDS
    return is_short and unit.text[-1] not in ".!?:;" and not _is_row(unit)


def study(
    question: str, history: Sequence[str], passages: Sequence[Passage], embedder: object = None
) -> Request:
    """The request that composers work from: the records considered, every feature filled in.

    `embedder` is the index's embedding model; without one that gives the vectors of single
    words, likeness in meaning is taken to be likeness in words.
    """
    considered = _newest_of_alike(_one_per_record(passages))[:CONSIDERED]
    found = tuple(Candidate(p.record, units(p.record.text)) for p in considered)
    asked = asked_weights(question, history)
    for candidate in found:
        _word_features(candidate, question, asked)
    vectors = reading.likeness(found, question, history, asked, embedder)
    for candidate, passage in zip(found, considered, strict=True):
        candidate.features = _rank_features(passage, considered)
    restate(found, question, history)
    if reading.odds(found, vectors, embedder):
        for candidate in found:
            _relative_features(candidate)
    return Request(question, tuple(history), tuple(passages), found)


def restate(found: Sequence[Candidate], question: str, history: Sequence[str]) -> None:
    """Work out anew what is measured against a record's own best or its text as a whole."""
    asked = asked_weights(question, history)
    for candidate in found:
        _relative_features(candidate)
        _record_features(candidate, asked)


def asked_weights(question: str, history: Sequence[str]) -> dict[str, float]:
    """The weight of every stem of the question; less for those only in the one before."""
    before = history[-1] if history else ""
    if len(history) > 1 and leans_on_history(before):
        before = joined_with(before, history[:-1]) or before
    earlier = {term: EARLIER * weight for term, weight in weights(before).items()}
    return {**earlier, **weights(question)}


def _one_per_record(passages: Sequence[Passage]) -> list[Passage]:
    first: dict[str, Passage] = {}
    for passage in passages:
        first.setdefault(passage.record.id, passage)
    return list(first.values())


def _newest_of_alike(passages: Sequence[Passage]) -> list[Passage]:
    """Of records with the same text, the newest only, at the place of the best ranked.

    Departments give many questions one answer, together or year after year.
    """
    groups: list[tuple[frozenset[str], list[Passage]]] = []
    for passage in passages:
        own = words.terms(passage.record.text)
        for content, members in groups:
            if len(own & content) >= SAME_TEXT * len(own | content):
                members.append(passage)
                break
        else:
            groups.append((own, [passage]))
    # `max` keeps the first, which is the best ranked, of records of one day.
    newest = [(members[0], max(members, key=_age)) for _, members in groups]
    return [replace(best, record=latest.record) for best, latest in newest]


def _age(passage: Passage) -> tuple[bool, date]:
    record = passage.record
    substantive = not (record.is_put_off or record.is_withdrawn)
    return substantive, record.answered or record.asked or date.min


def _word_features(candidate: Candidate, question: str, asked: Mapping[str, float]) -> None:
    tabled = weights(strip_boilerplate(candidate.record.question))
    for unit in candidate.units:
        own = words.terms(unit.text)
        over = words.terms(candidate.units[unit.lead].text) if unit.lead is not None else ()
        unit.features = {
            "overlap": words.share(asked, own),
            "row_overlap": words.share(asked, own.union(over)),
            "tabled_overlap": words.share(tabled, own),
            "length": min(unit.length, 50) / 50,
            "short": float(unit.length < 6),
            "row": float(_is_row(unit)),
            "link": float(bool(_LINK.search(unit.text))),
            "refuses": float(cues.refuses(unit.text)),
            **cues.features(question, unit.text),
        }


def _relative_features(candidate: Candidate) -> None:
    """Each likeness measured against the best of the record, and that of the neighbours."""
    for name in ("overlap", "match", "read"):
        if name not in candidate.units[0].features:
            continue
        best = max(unit.features[name] for unit in candidate.units)
        for unit in candidate.units:
            unit.features[f"{name}_below_best"] = unit.features[name] - best
    values = [unit.features["match_below_best"] for unit in candidate.units]
    padded = [FAR, *values, FAR]
    rows = (unit.features["row_overlap"] for unit in candidate.units if unit.features["row"])
    best_row = max(rows, default=0.0)
    for number, unit in enumerate(candidate.units):
        unit.features["match_before"] = padded[number]
        unit.features["match_after"] = padded[number + 2]
        unit.features["match_lead"] = values[number if unit.lead is None else unit.lead]
        is_row = bool(unit.features["row"])
        unit.features["row_below_best"] = unit.features["row_overlap"] - best_row if is_row else 0.0


def _rank_features(passage: Passage, passages: Sequence[Passage]) -> dict[str, float]:
    top = max(p.score for p in passages) or 1.0
    return {"score": passage.score / top, "cosine": passage.similarities.get("dense", 0.0)}


def _record_features(candidate: Candidate, asked: Mapping[str, float]) -> None:
    record = candidate.record
    whole = words.terms(f"{record.title} {record.question} {record.text}")
    candidate.features |= {
        "in_record": words.share(asked, whole),
        "best_overlap": max(unit.features["overlap"] for unit in candidate.units),
        "best_match": max(unit.features["match"] for unit in candidate.units),
    }
