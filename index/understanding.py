"""What can be told of a question without a language model.

Question numbers are looked up.  Departments, Houses, members and dates that it names are
offered as limits, never applied unasked: an answer may lie outside them all the same.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from . import departments
from .abbreviations import in_question, key, usual
from .casing import restored
from .catalog import Catalog
from .dates import MONTH_NUMBERS, british_date
from .document_dates import is_of_document
from .lexical import HEADING, WORDS, LexicalIndex
from .types import Suggestion, Understanding

_NUMBER = re.compile(
    r"""\b(?:(?:UIN|W?PQ|WQ)[\s:#]*(?:no\.?|number)?
          |(?:parliamentary\ |written\ )?question\s+(?:no\.?|number|UIN|PQ)?)
        [\s:#]*(?P<plain>HL\d{1,6}|\d{2,7})\b
      | \b(?P<lords>HL\d{1,6})\b""",
    re.IGNORECASE | re.VERBOSE,
)
_ALONE = re.compile(r"\W*((?:HL)?\d{2,7})\W*", re.IGNORECASE)
_AROUND_NUMBER = frozenset(
    """a about an and answer answered answers are can could did do does find for from get give
    government hello hi i is it look me minister number of open parliamentary please pq question
    questions read record reply respond response said say says see show tell text thanks that the
    there this to uin up view was were what whats which with wpq wq written you""".split()
)
"""Words that ask for nothing beside the number they stand with."""
_CITES = re.compile(
    r"\b(?:pursuant|further|with refer?ence|with regard|in relation|following|referring)\b[^.;]*$",
    re.IGNORECASE,
)
_MONTH = "|".join(sorted(MONTH_NUMBERS, key=len, reverse=True))
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_DATE = re.compile(
    rf"\b(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?)?(?P<month>{_MONTH})\.?,?\s+{_YEAR}\b"
    rf"|\b(?P<iso>(?:19|20)\d\d-\d\d-\d\d)\b"
    # A year of accounts ("2024/25", "2024-25") is what is asked about, not when it was said.
    rf"|\b(?:in|during|since|from|before|after|until|by)\s+(?P<alone>(?:19|20)\d\d)\b(?![-/–]\d)",
    re.IGNORECASE,
)
_SAID = re.compile(
    r"\b(?:sa(?:y|id|ys)|answer(?:s|ed)?|tell|told|asked?|announced?|repl(?:y|ied)|stated?|"
    r"respon(?:d|se|ded)|tabled|statements?|minister(?:s)?)\b",
    re.IGNORECASE,
)
_OPEN_END = re.compile(r"\b(?:since|after|from)\s*$", re.IGNORECASE)
_OPEN_START = re.compile(r"\b(?:before|until|up to|by)\s*$", re.IGNORECASE)
_LORDS = re.compile(r"\b(?:house of lords|(?:in|by) the lords)\b", re.IGNORECASE)
_COMMONS = re.compile(r"\b(?:house of commons|(?:in|by) the commons)\b", re.IGNORECASE)
SAMPLED = 8
"""Chunks in which it is looked at how a word is written."""

_WHOLE_WORD = re.compile(r"\b[A-Za-z]{4,}\b(?!['’])")
"""A word of which it says something where it stands: no number, nor half of "aren't"."""
_NAME_WORD = re.compile(r"[A-Z][\w'’-]+")
_LONGEST_NAME = 4


@dataclass(frozen=True, slots=True)
class _Known:
    """What the index holds that a question may name."""

    generation: int
    departments: tuple[str, ...]
    houses: tuple[str, ...]
    span: tuple[date | None, date | None]


class Understander:
    """Reads questions against what an index holds.  Safe from many threads."""

    def __init__(self, catalog: Catalog, words: LexicalIndex) -> None:
        self._catalog = catalog
        self._words = words
        self._known: _Known | None = None

    def read(self, question: str) -> Understanding:
        """What can be told of a question."""
        known, expansions = self._current(), self._expansions(question)
        told = self._telling(question, expansions)
        cased = restored(question, self._texts_with)
        return Understanding(
            suggestions=suggestions(
                question, known.departments, known.houses, known.span, self._words.members
            ),
            uins=question_numbers(question),
            only_uins=asks_for_number_alone(question),
            expansions=expansions,
            unheld=tuple(word for word, terms in told if not self._chunks_with(terms, WORDS)),
            subjects=tuple(word for word, terms in told if self._chunks_with(terms, HEADING) > 1),
            cased=cased if cased != question else "",
        )

    def _expansions(self, question: str) -> dict[str, str]:
        meanings = {short: self._words.meanings(key(short)) for short in in_question(question)}
        found = {short: usual(own) for short, own in meanings.items()}
        return {short: full for short, full in found.items() if full}

    def _telling(self, question: str, known: Collection[str]) -> list[tuple[str, list[str]]]:
        """The words of a question that could be what it is about, with their stems."""
        telling = set(self._words.terms(question))
        words = dict.fromkeys(match.group() for match in _WHOLE_WORD.finditer(question))
        told = ((word, self._words.terms(word)) for word in words if word not in known)
        return [(word, terms) for word, terms in told if telling.issuperset(terms)]

    def _texts_with(self, word: str) -> list[str]:
        numbers = [number for number, _ in self._words.search(word, SAMPLED)]
        rows = self._catalog.follower_rows(numbers)
        return [f"{record.question}\n{record.text}" for _, record, _, _ in rows]

    def _chunks_with(self, terms: Sequence[str], field: str) -> int:
        return max(self._words.frequencies(terms, field).values(), default=0)

    def _current(self) -> _Known:
        generation = self._catalog.generation()
        known = self._known
        if known is None or known.generation != generation:
            count = self._catalog.count_by
            known = self._known = _Known(
                generation,
                tuple(name for name, _ in count("department")),
                tuple(name for name, _ in count("house")),
                self._catalog.answered_range(),
            )
        return known


def question_numbers(question: str) -> tuple[str, ...]:
    """The question numbers (UINs) that are asked for: "HL1234", "UIN 5480", "PQ 5480", "5480".

    A number that only says what led to the question ("pursuant to the Answer of 6 May to
    Question 5480") is not asked for.
    """
    if alone := _ALONE.fullmatch(question):
        return (alone[1].upper(),)
    found = (
        (match["plain"] or match["lords"]).upper()
        for match in _NUMBER.finditer(question)
        if not _CITES.search(question, 0, match.start())
    )
    return tuple(dict.fromkeys(found))


def asks_for_number_alone(question: str) -> bool:
    """Whether a question asks for nothing but what a question of some number says."""
    if not question_numbers(question):
        return False
    words = re.findall(r"[a-z]+", _NUMBER.sub(" ", _ALONE.sub(" ", question)).lower())
    return _AROUND_NUMBER.issuperset(words)


def suggestions(
    question: str,
    known_departments: Sequence[str],
    known_houses: Sequence[str],
    span: tuple[date | None, date | None],
    is_member: Callable[[Iterable[str]], list[str]],
) -> tuple[Suggestion, ...]:
    """The limits that a question names and that leave something of this index.

    `span` is the range of answer dates; `is_member` gives those of some names that are
    members' names.
    """
    found = [
        Suggestion("department", name, name)
        for name in departments.named(question, known_departments)
    ]
    for house, pattern in (("Lords", _LORDS), ("Commons", _COMMONS)):
        if pattern.search(question) and house in known_houses and len(known_houses) > 1:
            found.append(Suggestion("house", house, f"House of {house}"))
    found += [Suggestion("member", name, name) for name in is_member(_possible_names(question))]
    return (*found, *_dates(question, span))


def _possible_names(question: str) -> list[str]:
    """Runs of two to four capitalised words, the longest first."""
    words = question.split()
    names = []
    for size in range(_LONGEST_NAME, 1, -1):
        for at in range(len(words) - size + 1):
            run = [
                word.strip("?!.,;:()\"'“”‘’").removesuffix("'s").removesuffix("’s")
                for word in words[at : at + size]
            ]
            if all(_NAME_WORD.fullmatch(word) for word in run):
                names.append(" ".join(run))
    return names


def _dates(question: str, span: tuple[date | None, date | None]) -> list[Suggestion]:
    """The first date, month or year named, as limits on the day of the answer."""
    for match in _DATE.finditer(question):
        if match["alone"] and not _SAID.search(question):
            continue
        limits = _limits(match)
        if limits is None or _CITES.search(question, 0, match.start()):
            continue
        start = match.start("alone") if match["alone"] else match.start()
        if is_of_document(question, start, match.end()):
            continue
        first, last = limits
        before = question[: match.start()]
        word = match.group() if match["alone"] else before
        if _OPEN_END.search(before) or re.match(r"(?:since|after|from)\b", word, re.IGNORECASE):
            last = date.max
        elif _OPEN_START.search(before) or re.match(r"(?:before|until|by)\b", word, re.IGNORECASE):
            first = date.min
        earliest, latest = span
        if earliest is None or latest is None or last < earliest or first > latest:
            continue
        made = []
        if first > date.min:
            made.append(
                Suggestion("answered_from", first.isoformat(), f"from {british_date(first)}")
            )
        if last < date.max:
            made.append(Suggestion("answered_to", last.isoformat(), f"to {british_date(last)}"))
        return made
    return []


def _limits(match: re.Match[str]) -> tuple[date, date] | None:
    """First and last day of what is named; None where there is no such day."""
    try:
        if match["iso"]:
            day = date.fromisoformat(match["iso"])
            return day, day
        if match["alone"]:
            year = int(match["alone"])
            return date(year, 1, 1), date(year, 12, 31)
        year, month = int(match["year"]), MONTH_NUMBERS[match["month"].lower()]
        if match["day"]:
            day = date(year, month, int(match["day"]))
            return day, day
        return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
    except ValueError:
        return None
