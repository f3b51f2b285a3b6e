"""A search: the ranked passages, narrowed by facets, sorted, a page at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache

from index.types import Filters, Passage, Suggestion, WrittenAnswer

from ..replies import reply_of
from .timeline import REPLIES

MOST = 100
"""Passages of a search; what stands lower has little to do with the question."""
PAGE = 15
"""Results shown at first, and more each time more are asked for."""
SORTS = {"relevance": "Most relevant", "newest": "Newest first", "oldest": "Oldest first"}
FACETS = {
    "department": "Department",
    "house": "House",
    "year": "Year answered",
    "minister": "Answered by",
    "reply": "Kind of reply",
}
"""What a search can be narrowed by, in the order shown."""
_UNKNOWN = "Not given"
_ENDINGS = {1: "st", 2: "nd", 3: "rd"}


@dataclass(frozen=True, slots=True)
class Option:
    """A value of a facet, how many results have it, and whether it was chosen."""

    value: str
    count: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """A facet with its options, the most frequent first (years: the latest first)."""

    name: str
    label: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Search:
    """What was searched for and found; `chosen` maps a facet to the values asked for.

    `title` stands for the query where records were found another way ("similar to ...").
    """

    query: str
    passages: tuple[Passage, ...]
    filters: Filters = field(default_factory=Filters)
    searched: str = ""
    suggestions: tuple[Suggestion, ...] = ()
    title: str = ""
    chosen: Mapping[str, frozenset[str]] = field(default_factory=dict)
    sort: str = "relevance"
    shown: int = PAGE

    @property
    def found(self) -> list[tuple[int, Passage]]:
        """The results that pass the chosen facets, with their rank, in the order asked for."""
        ranked = [
            (rank, passage)
            for rank, passage in enumerate(self.passages, 1)
            if all(self._passes(passage, name) for name in FACETS)
        ]
        if self.sort == "relevance":
            return ranked
        # What has no date comes last either way.
        newest = self.sort == "newest"
        dated = [(day(p), rank, p) for rank, p in ranked]
        with_day = sorted(
            ((at, rank, p) for at, rank, p in dated if at),
            key=lambda item: (-item[0].toordinal() if newest else item[0].toordinal(), item[1]),
        )
        without = [(rank, p) for at, rank, p in dated if not at]
        return [(rank, p) for _, rank, p in with_day] + without

    def facets(self) -> Iterator[Facet]:
        """The facets; an option counts the results that choosing it alone would give."""
        for name, label in FACETS.items():
            others = [n for n in FACETS if n != name]
            pool = [p for p in self.passages if all(self._passes(p, other) for other in others)]
            counts = Counter(value_of(p.record, name) for p in pool)
            chosen = self.chosen.get(name, frozenset())
            counts.update(dict.fromkeys(chosen, 0))
            options = [Option(value, counts[value], value in chosen) for value in counts]
            if name == "year":
                options.sort(
                    key=lambda option: (option.value != _UNKNOWN, option.value), reverse=True
                )
            else:
                options.sort(key=lambda option: (-option.count, option.value))
            if len(options) > 1 or chosen:
                yield Facet(name, label, tuple(options))

    def narrowed(self, chosen: Mapping[str, Sequence[str]], sort: str) -> Search:
        """The same search with other facets chosen and sorted another way."""
        kept = {name: frozenset(chosen.get(name, ())) for name in FACETS if chosen.get(name)}
        return replace(self, chosen=kept, sort=sort if sort in SORTS else "relevance", shown=PAGE)

    def with_more(self) -> Search:
        """The same search with a further page of results shown."""
        return replace(self, shown=self.shown + PAGE)

    def _passes(self, passage: Passage, name: str) -> bool:
        chosen = self.chosen.get(name)
        return not chosen or value_of(passage.record, name) in chosen


def value_of(record: WrittenAnswer, facet: str) -> str:
    """The value of a facet that a record has."""
    if facet == "department":
        return record.department or _UNKNOWN
    if facet == "house":
        return f"House of {record.house}" if record.house else _UNKNOWN
    if facet == "year":
        return str(record.answered.year) if record.answered else _UNKNOWN
    if facet == "minister":
        return record.answerer.label if record.answerer else _UNKNOWN
    return reply(record)


@lru_cache(maxsize=4_096)
def reply(record: WrittenAnswer) -> str:
    """What sort of reply the record makes, in words."""
    return REPLIES[reply_of(record).kind]


def day(passage: Passage) -> date | None:
    """The day a passage's record is sorted by."""
    return passage.record.answered or passage.record.asked


def why(passage: Passage, rank: int) -> str:
    """Why a passage ranks where it does, in a sentence or two."""
    parts = []
    words, meaning = passage.ranks.get("lexical"), passage.ranks.get("dense")
    if meaning:
        near = passage.similarities.get("dense")
        like = f" (similarity {near:.2f} of 1)" if near is not None else ""
        parts.append(f"{_nth(meaning)} by meaning{like}")
    if words:
        parts.append(f"{_nth(words)} by its words")
    if not parts:
        return f"Number {rank} of the results."
    lacking = "" if meaning and words else "; the other search did not bring it up"
    last = ""
    if passage.record.is_put_off or passage.record.is_withdrawn:
        last = " Holding replies and withdrawn questions come after the rest."
    return f"{' and '.join(parts)}{lacking}: number {rank} when both are put together.{last}"


def _nth(number: int) -> str:
    ending = (
        "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    )
    return f"{number}{ending}"
