"""The composer that needs no language model: it quotes the sentences that answer.

Every sentence is ``record.text[start:end]`` as it stands, so it is supported by its citation
as a matter of course.  The art is in the choice: see `features` for what is known of a
sentence and `model` for how that is weighed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from index.text import fold, strip_boilerplate
from index.types import WrittenAnswer
from prompts import render

from ..timeline import Difference, differences, newest_first, otherwise
from ..types import Citation, Sentence, Verdict
from . import Request, constraints, leading, rows, unmet, words
from .constraints import Wanted
from .leading import Chosen
from .model import worths
from .units import Candidate, Unit, is_heading, is_row

MAX_WORDS = 120
LENGTH_PENALTY = 0.15
"""Power of its length by which a unit's worth is divided: short ones leave room for others."""
LEAST_WORTH = 0.02
"""What is worth less than this share of the best unit is left out however much room there is."""
ANOTHER_WORTH = 0.05
"""What a further record has to offer, as a share of the best, to be brought in."""
BEFORE = 0.2
"""The least share of the worth of a record's best sentence with which another goes before it."""
BESIDE_ROW = 0.3
"""The same where a row of a table is worth most, of what is no row: that would stand before it."""
MOST_RECORDS = 3
ALIKE = 0.8
"""Two units that share this much of their words (Jaccard) say the same."""
ROW_MARGIN, TABLE_MARGIN = 0.02, 0.1
"""Rows that fall this far behind the best row of their table, and of all tables of the record, are
about something else."""

ROWS_NOTE = 10
"""Words that are kept free, where there is need, to say how many rows of a table are shown."""

LONGEST_CAPTION = 24
"""Words of a caption that is shown with each row of its table."""
LONGEST_QUESTION = 24
"""Words of a tabled question that are told over an answer that says nothing without it."""

_LEANS = re.compile(
    r"\b(?:no|any) such\b|"
    r"\bsuch (?:an? |specific )*(?:assessments?|estimates?|data|information|figures|plans?|"
    r"discussions?|records?|statistics|analys[ie]s)\b|"
    r"\b(?:information|data|figures|details) (?:as )?(?:requested|sought|asked for)\b|"
    r"\brequested (?:information|data|figures|details)\b|"
    r"\b(?:the|this|that) (?:information|data) is not\b|"
    r"\bnot hold (?:the|this|that) (?:information|data)\b|^\W*(?:yes|no)\W*$|"
    r"^\W*no (?:\w+ ){0,2}(?:assessment|estimate)s? (?:has|have) been \w+\W*$|"
    r"\b(?:not made (?:an?|any)|made no) (?:\w+ ){0,2}(?:assessment|estimate)s?\W*$",
    re.IGNORECASE,
)
"""Where "such" or "the requested" things are spoken of first, only the question says which."""
_ADDRESS = re.compile(r"\W*(?:https?://|www\.)\S+")
_BESIDE = re.compile(
    r"\W*(?:sources?\s*:.*|(?:foot)?notes?(?: (?:to|on|for) (?:the )?tables?(?: \d+)?)?\W*|"
    r"disclaimers?\W*|(?:table|annex|figure) \w{1,3}\W*|\(?(?:\d{1,3}|[a-z]|[ivx]{1,4})[.):]*\W*)",
    re.IGNORECASE | re.DOTALL,
)
_LABEL = re.compile(r"[^.!?:;|\d]+")
_LABEL_WORDS = 3
"""A line of so few words with no stop and no figure is a heading of what is not shown."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A unit that might be shown, and what it is worth."""

    record: int
    unit: int
    worth: float


class ExtractiveComposer:
    """Quotes at most `max_words` words, opening lines included (the marks are no words)."""

    name = "extractive"

    def __init__(self, max_words: int = MAX_WORDS) -> None:
        self._max_words = max_words

    def compose(self, request: Request) -> Iterator[Sentence]:
        """The chosen sentences, the best record's first, each record's in its own order.

        Where an older answer gave another figure for what is quoted, a last sentence says so.
        """
        found = request.found
        want = constraints.wanted(request.question, request.history)
        room = self._max_words - request.reserved
        worth = worths(found)
        said = written(found, *choose(found, worth, room, want), want)
        if sum(len(sentence.text.split()) for sentence in said) > room:
            said = written(found, *choose(found, worth, room - ROWS_NOTE, want), want)
        yield from said


def written(
    found: Sequence[Candidate],
    chosen: Sequence[Chosen],
    difference: Difference | None,
    want: Wanted,
) -> list[Sentence]:
    """The sentences that show a choice, with what is to be said of rows that it leaves out."""
    said: list[Sentence] = []
    for number, (at, numbers) in enumerate(chosen, 1):
        record = found[at].record
        units = [found[at].units[n] for n in numbers]
        said.append(opened(record, units[0]))
        said += [quoted(record, unit, number) for unit in units]
        if note := rows.left_out(found[at], units, want.question):
            said.append(Sentence(note, framing=True, reason="counted in the record"))
    if difference is not None:
        number = [at for at, _ in chosen].index(difference.newer) + 1
        said.append(otherwise(found, difference, number))
    return said


def choose(
    found: Sequence[Candidate],
    worth: Sequence[Sequence[float]],
    max_words: int,
    want: Wanted,
) -> tuple[list[Chosen], Difference | None]:
    """What to show, the newest of answers that differ in a figure alone, and that difference.

    Where `want` asks for a figure, a date or a name, and nothing chosen gives one, the best
    sentence that does is shown first and the choice made again around it.
    """
    worth = leading.with_pointers(found, leading.with_referred(found, worth))
    worth = leading.within_limits(found, worth, want)
    brought: set[leading.Place] = set()
    itself = leading.question_itself(found, worth, want)
    if itself is not None:
        worth, brought = leading.put_first(worth, itself, leading.FORWARD), {itself}
    row = leading.row_asked_for(found, worth, want)
    if row is not None:
        worth, brought = leading.put_first(worth, row), {*brought, row}
    apart = differences(found, worth)
    worth = leading.with_newest(found, newest_first(worth, apart), want)
    chosen = _pointers_first(found, select(found, worth, max_words, brought))
    for part in unmet.wanted_of_parts(want):
        sought = leading.sought(found, worth, part, chosen)
        if sought is not None:
            worth, brought = leading.put_first(worth, sought), brought | {sought}
            chosen = _pointers_first(found, select(found, worth, max_words, brought))
    told = _told(chosen, apart)
    if told is None:
        return chosen, None
    room = max_words - len(otherwise(found, told, 1).text.split())
    shorter = _pointers_first(found, select(found, worth, room, brought))
    return (shorter, told) if _told(shorter, apart) == told else (chosen, None)


def _pointers_first(found: Sequence[Candidate], chosen: list[Chosen]) -> list[Chosen]:
    """Each reply that only refers to another answer right before that answer."""
    order = [at for at, _ in chosen]
    for reply, answer in leading.referred(found):
        if reply in order and answer in order and order.index(reply) > order.index(answer):
            order.remove(reply)
            order.insert(order.index(answer), reply)
    units = dict(chosen)
    return [(at, units[at]) for at in order]


def _told(chosen: Sequence[Chosen], apart: Sequence[Difference]) -> Difference | None:
    """The first difference of a figure that is shown; the most telling come first."""
    shown = {(at, unit) for at, numbers in chosen for unit in numbers}
    return next((one for one in apart if (one.newer, one.newer_unit) in shown), None)


def select(
    found: Sequence[Candidate],
    worth: Sequence[Sequence[float]],
    max_words: int,
    brought: Collection[leading.Place] = (),
) -> list[Chosen]:
    """``(record, units)`` to show, the record that leads first, units in reading order.

    Takes the worthiest unit that still fits, again and again; a list item brings the line
    that leads into it, and what has been said already is passed over.  Rows that are `brought`
    in for what they give are held against no others of their table.
    """
    choices = _choices(found, worth)
    taken: dict[int, set[int]] = {}
    best_of: dict[int, Choice] = {}
    said: list[frozenset[str]] = []
    left = max_words
    best = max((choice.worth for choice in choices), default=0.0)
    least, least_of_another = LEAST_WORTH * best, ANOTHER_WORTH * best
    in_table = bool(choices) and _is_row(found, max(choices, key=lambda c: c.worth))
    for choice in choices:
        candidate = found[choice.record]
        unit = candidate.units[choice.unit]
        own = taken.get(choice.record, set())
        if in_table and choice.worth < BESIDE_ROW * best and not _is_row(found, choice):
            continue
        if choice.worth < least or choice.unit in own or unit.is_lead:
            continue
        if _other_row(unit) and (choice.record, choice.unit) not in brought:
            continue
        first = best_of.setdefault(choice.record, choice)
        if _says_nothing(candidate.record, unit) or _only_precedes(unit, choice, first):
            continue
        is_new = choice.record not in taken
        if is_new and taken and (len(taken) == MOST_RECORDS or choice.worth < least_of_another):
            continue
        # Rows of two tables may differ in one figure.
        content = frozenset({unit.text}) if is_row(unit) else words.terms(unit.text)
        if any(_alike(content, other) for other in said):
            continue
        needed = {choice.unit, *_shown_over(candidate, unit)}
        if unit.back is not None:
            # "This will cost ...": say what will, or it is read of the sentence shown before.
            whole = needed | {unit.back}
            needed = whole if _cost(candidate, own, whole) <= left else needed
        cost = _cost(candidate, own, needed)
        if cost > left:
            continue
        taken.setdefault(choice.record, set()).update(needed)
        said.append(content)
        left -= cost
    if not taken and choices:
        # One sentence longer than all the room there is: better whole than not at all.
        taken[choices[0].record] = {choices[0].unit}
    return [(record, sorted(chosen)) for record, chosen in taken.items()]


def _choices(found: Sequence[Candidate], worth: Sequence[Sequence[float]]) -> list[Choice]:
    """Every unit, the worthiest first; a long one must be worth a little more."""
    return sorted(
        (
            Choice(r, u, worth[r][u] * leading.trust(found[r]))
            for r in range(len(found))
            for u in range(len(found[r].units))
        ),
        key=lambda c: -c.worth / max(found[c.record].units[c.unit].length, 6) ** LENGTH_PENALTY,
    )


def _only_precedes(unit: Unit, choice: Choice, first: Choice) -> bool:
    """Whether a sentence would stand before one of its record that is worth far more.

    What is not held or not known limits what follows, and stays.
    """
    is_before = choice.unit < first.unit and choice.worth < BEFORE * first.worth
    return is_before and not (constraints.explains(unit.text) or _LEANS.search(unit.text))


def _is_row(found: Sequence[Candidate], choice: Choice) -> bool:
    return is_row(found[choice.record].units[choice.unit])


def opening(record: WrittenAnswer, first: str) -> str:
    """The line over the sentences quoted from one record: who answered, and when.

    Where the first of them says nothing without the question ("No such assessment has been
    made"), so much of that as `LONGEST_QUESTION` allows stands there too.
    """
    if record.kind != "written_answer":
        return render(
            "document_opening",
            title=record.title,
            department=record.department,
            answered=record.answered,
            is_summary=record.is_summary,
        )
    return render(
        "opening",
        department=record.department,
        member=record.answerer.name if record.answerer else None,
        answered=record.answered,
        asked=record.asked,
        corrected=record.corrected,
        question=_shortened(record.question) if _LEANS.search(first) else None,
        is_summary=record.is_summary,
    )


def _shortened(question: str) -> str:
    said = strip_boilerplate(question).rstrip(". ").split()
    cut = len(said) > LONGEST_QUESTION
    return " ".join(said[:LONGEST_QUESTION]) + ("…" if cut else "")


def _cost(candidate: Candidate, own: set[int], needed: set[int]) -> int:
    """Words that these units of a record take, beside those of it that are shown already.

    The line over them may change with the first of them.
    """
    cost = sum(candidate.units[n].length for n in needed - own)
    if not own or min(needed) < min(own):
        cost += _opening_length(candidate, own | needed) - _opening_length(candidate, own)
    return cost


def _opening_length(candidate: Candidate, numbers: set[int]) -> int:
    """Words of the line over these units; none over no unit."""
    if not numbers:
        return 0
    return len(opening(candidate.record, candidate.units[min(numbers)].text).split())


def opened(record: WrittenAnswer, first: Unit) -> Sentence:
    """The line over the sentences of one record, as a sentence; `first` is the first of them."""
    text = opening(record, first.text)
    return Sentence(text, framing=True, reason="from the record's own fields")


def quoted(record: WrittenAnswer, unit: Unit, number: int) -> Sentence:
    """A unit as it stands, with the citation of that number."""
    citation = Citation(number, record.id, unit.start, unit.end)
    return Sentence(unit.text, (citation,), Verdict.SUPPORTED, "quoted word for word")


def _says_nothing(record: WrittenAnswer, unit: Unit) -> bool:
    """Whether a unit is an address alone, a table's source, or a title or heading by itself."""
    bare = unit.lead is None and bool(_ADDRESS.fullmatch(unit.text))
    beside = bool(_BESIDE.fullmatch(unit.text))
    label = unit.length <= _LABEL_WORDS and unit.lead is None and _LABEL.fullmatch(unit.text)
    return bare or beside or bool(label) or fold(unit.text) == fold(record.title)


def _other_row(unit: Unit) -> bool:
    """Whether another row of the same record has more of what the question names."""
    behind, here = unit.features["row_below_best"], unit.features["row_below_table"]
    return behind < -TABLE_MARGIN or here < -ROW_MARGIN


def _shown_over(candidate: Candidate, unit: Unit) -> list[int]:
    """The lines over a unit that are shown with it: a row's headings, no long caption of it."""
    shown: list[int] = []
    in_table, at = is_row(unit), unit.lead
    while at is not None:
        over = candidate.units[at]
        if in_table and over.length > LONGEST_CAPTION and not over.text.endswith(":"):
            break
        shown.append(at)
        at = over.lead if in_table and (is_heading(over) or is_row(over)) else None
    return shown


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    if not one or not other:
        return one == other
    return len(one & other) / len(one | other) >= ALIKE
