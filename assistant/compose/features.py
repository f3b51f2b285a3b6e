"""What is known of each sentence that might answer: plain numbers, one small function each.

The same numbers feed the composer and the fit of its weights (`benchmarks/fit_composer.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from index.documents import GENERIC_LENGTH
from index.followups import joined_with, leans_on_history
from index.text import strip_boilerplate
from index.types import Passage, WrittenAnswer

from . import Request, cues, demands, periods, reading, rows, words
from .model import weights
from .units import Candidate, is_row, units

CONSIDERED = 3
"""Records whose sentences are weighed; what comes later in the ranking is evidence only.

With five, more was wrongly quoted than found, and the first sentence came half as fast again.
"""

LOOKED_AT, NEAR_FIRST = 10, 0.6
"""Records, and their least score beside the first one's, among which the newest is looked for where
it is asked how things stand now."""
EARLIER = 0.4
"""What a word of the question before counts for beside one of the question itself."""
SAME_TEXT = 0.9
"""Records that share this much of their words (Jaccard) give the same answer."""
FAR = -0.2
"""How far below the best match the neighbour counts that a first or last sentence lacks."""

_CONSTITUENCY = re.compile(
    r"\b([A-Z][\w'’-]+(?:,? (?:and|of|upon|the|under|on)? ?[A-Z][\w'’-]+){0,4}) [Cc]onstituency\b"
)
_LINK = re.compile(r"https?://|www\.|\bgov\.uk/")


def study(
    question: str, history: Sequence[str], passages: Sequence[Passage], embedder: object = None
) -> Request:
    """The request that composers work from: the records considered, every feature filled in.

    `embedder` is the index's embedding model; without one that gives the vectors of single
    words, likeness in meaning is taken to be likeness in words.
    """
    question = periods.spelt_out(question, history)
    considered = _considered(question, _newest_of_alike(_one_per_record(passages)))
    found = tuple(Candidate(p.record, units(p.record.text)) for p in considered)
    asked = asked_weights(question, history)
    for candidate in found:
        _word_features(candidate, question, asked)
        candidate.is_elsewhere = _is_elsewhere(candidate.record, " ".join([*history, question]))
    vectors = reading.likeness(found, question, history, asked, embedder)
    for candidate, passage in zip(found, considered, strict=True):
        candidate.features = _rank_features(passage, considered)
    restate(found, question, history)
    if reading.odds(found, vectors, embedder):
        for candidate in found:
            _relative_features(candidate)
    return Request(question, tuple(history), tuple(passages), found)


def _considered(question: str, passages: Sequence[Passage]) -> list[Passage]:
    """Those ranked first; where it is asked how things stand now, the newest near them as well."""
    taken = list(passages[:CONSIDERED])
    if len(taken) < CONSIDERED or not periods.asks_latest(question):
        return taken
    first = taken[0]
    near = [
        passage
        for passage in passages[:LOOKED_AT]
        if passage.score >= NEAR_FIRST * first.score
        and passage.record.department == first.record.department
    ]
    newest = max(near, key=_age, default=first)
    return taken if newest in taken else [*taken[:-1], newest]


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

    Departments give many questions one answer, together or year after year; but a set phrase
    ("This is not held.") answers each question by itself.
    """
    groups: list[tuple[frozenset[str], list[Passage]]] = []
    for passage in passages:
        own = words.terms(passage.record.text)
        for content, members in groups:
            is_alike = len(own & content) >= SAME_TEXT * len(own | content)
            if is_alike and _may_be_one(passage.record, members[0].record):
                members.append(passage)
                break
        else:
            groups.append((own, [passage]))
    # `max` keeps the first, which is the best ranked, of records of one day.
    newest = [(members[0], max(members, key=_age)) for _, members in groups]
    return [replace(best, record=latest.record) for best, latest in newest]


def _may_be_one(one: WrittenAnswer, other: WrittenAnswer) -> bool:
    """Whether records with the same words answer the same: long ones do, others by heading."""
    is_long = min(len(one.text), len(other.text)) >= GENERIC_LENGTH
    return is_long or one.heading == other.heading


def _age(passage: Passage) -> tuple[bool, date]:
    record = passage.record
    substantive = not (record.is_put_off or record.is_withdrawn)
    return substantive, record.answered or record.asked or date.min


def _word_features(candidate: Candidate, question: str, asked: Mapping[str, float]) -> None:
    tabled = weights(strip_boilerplate(candidate.record.question))
    undated = {term: weight for term, weight in asked.items() if not term[:1].isdigit()}
    for unit in candidate.units:
        own = words.terms(unit.text)
        over = words.terms(candidate.headings(unit))
        unit.features = {
            "overlap": words.share(asked, own),
            "row_overlap": words.share(undated, own | over),
            "tabled_overlap": words.share(tabled, own),
            "length": min(unit.length, 50) / 50,
            "short": float(unit.length < 6),
            "row": float(is_row(unit)),
            "link": float(bool(_LINK.search(unit.text))),
            "refuses": float(cues.refuses(unit.text)),
            **cues.features(question, unit.text),
        }
    rows.prefer(candidate, question)


def _is_elsewhere(record: WrittenAnswer, said: str) -> bool:
    """Whether a record was asked about constituencies none of which is spoken of."""
    places = [found[1] for found in _CONSTITUENCY.finditer(record.question)]
    return bool(places) and not any(demands.mentions(said, place) for place in places)


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
    tables: dict[int | None, float] = {}
    for unit in candidate.units:
        if unit.features["row"]:
            best = max(tables.get(unit.table, 0.0), unit.features["row_overlap"])
            tables[unit.table] = best
    best_row = max(tables.values(), default=0.0)
    for number, unit in enumerate(candidate.units):
        unit.features["match_before"] = padded[number]
        unit.features["match_after"] = padded[number + 2]
        unit.features["match_lead"] = values[number if unit.lead is None else unit.lead]
        is_row = bool(unit.features["row"])
        overlap = unit.features["row_overlap"]
        unit.features["row_below_best"] = overlap - best_row if is_row else 0.0
        unit.features["row_below_table"] = overlap - tables[unit.table] if is_row else 0.0


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
