"""What a row of a table is of: its cells, its labels, and the row above that it stands under."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from index.dates import MONTHS
from index.text import CELLS

from . import periods, words
from .model import weigh

BRIEF = 6
"""Words and numbers of a label in which a number tells the row; a longer one is a sentence."""
SHORTEST = 5
"""Letters of a word cut short."""
_TOKEN = re.compile(r"[^\W\d_]+|\d+(?:[.,/]\d+)*(?:[A-RT-Za-rt-z]\b)?")
"""Words and numbers; "7s" is the number 7, "4A" is a whole one."""
_YEAR = re.compile(r"(?:19|20)\d\d(?:/\d\d(?:\d\d)?)?")
_NEGATION = frozenset(("not", "non"))
_FIGURE = re.compile(r"[~<>≤≥±(£$€\s*–-]*\d")
_NO_FIGURE = re.compile(r"\W*|n/?a|nil|none|\[?[a-z]\]?", re.IGNORECASE)
_TIME_WORDS = frozenset(
    "year years financial academic calendar fy q quarter month week ending end ended date as at of "
    "the from to up until by and since ytd st nd rd th commencing session total provisional".split()
)
"""Words that stand beside a year or a month in a cell that is a time and nothing else."""
_MONTHS = [*(name.lower() for name in MONTHS), "sept"]
_BRACKETS = re.compile(r"\(.*?\)|\[.*?\]")
_AMOUNT = re.compile(r"\d,\d{3}|[£$€%]|\d\.\d")
_OF_TIME = re.compile(
    r"\b(?:years?|dates?|months?|quarter|period|weeks?|when|time)\b", re.IGNORECASE
)
_PART_OF = re.compile(r"\W*(?:of (?:which|whom|these|those)|including)\b", re.IGNORECASE)
_TOTAL = re.compile(r"\b(?:sub-?)?totals?\b", re.IGNORECASE)
_NUMBERED = re.compile(r"\b([A-Za-z]{3,})[ -](\d{1,4}(?:/\d{1,4})?[A-Za-z]?)\b(?![.,]\d|%)")


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell says, and the name of its column, which may be empty."""

    name: str
    value: str

    @property
    def is_label(self) -> bool:
        """Whether it names something, rather than gives a figure or nothing."""
        return not (_FIGURE.match(self.value) or _NO_FIGURE.fullmatch(self.value))


@lru_cache(maxsize=1 << 12)
def cells(row: str) -> tuple[Cell, ...]:
    """The cells of a row as a line of text has them."""
    parted = (text.rpartition(": ") for text in row.split(CELLS))
    return tuple(Cell(name.strip(), value.strip()) for name, _, value in parted)


@lru_cache(maxsize=1 << 12)
def tokens(text: str) -> frozenset[str]:
    """The stems of the words of a label and its numbers, small ones too, but for years."""
    found: set[str] = set()
    for token in _TOKEN.findall(text):
        if token[0].isdigit():
            if not _YEAR.fullmatch(token):
                found.add(token.replace(",", "").lower())
        else:
            found |= words.terms(token) | (_NEGATION & {token.lower()})
    return frozenset(found)


def is_time(value: str) -> bool:
    """Whether a cell says a time and nothing else: "2022-23", "April 2021 to March 2022"."""
    bare = _BRACKETS.sub(" ", value)
    said = {word.lower() for word in re.findall(r"[^\W\d_]+", bare)} - _TIME_WORDS
    months = all(any(name.startswith(w) for name in _MONTHS) and len(w) > 2 for w in said)
    named = periods.names_year(bare) or bool(said)
    return named and months and not _AMOUNT.search(bare)


def times(row: str) -> str:
    """The cells of a row that say what time it is of; empty where none does.

    A number that looks like a year is one where it comes first or under a heading that says so.
    """
    every = cells(row)
    told = [
        cell.value
        for n, cell in enumerate(every)
        if is_time(cell.value) and (n == 0 or _OF_TIME.search(cell.name) or "/" in cell.value)
    ]
    return CELLS.join(told)


def labels(row: str) -> list[frozenset[str]]:
    """The tokens of each cell that says what the row is of: its first, and those with words."""
    return [tokens(cell.value) for n, cell in enumerate(cells(row)) if n == 0 or cell.is_label]


def telling(
    asked: str, rows: Sequence[Sequence[frozenset[str]]]
) -> tuple[list[float], list[float]]:
    """How far each row's labels are what a question names: the words, and the numbers, 0 to 1.

    Only what tells some rows from others counts, and words less in a label that says more than
    was asked for: of "women", "Women" is the row and "Black women" is not.
    """
    wanted = tokens(asked)
    rows = [[_in_short(label, wanted) for label in own] for own in rows]
    having = [frozenset().union(*own) & wanted for own in rows]
    tell = {t for t in frozenset().union(*having) if not all(t in own for own in having)}
    weights = {token: weigh(token) for token in tell if not token[0].isdigit()}
    numbers = tell - weights.keys()
    brief = [frozenset().union(*(one for one in own if len(one) <= BRIEF)) for own in rows]
    return (
        [_share(own, wanted, weights) for own in rows],
        [len(own & numbers) / (len(numbers) or 1) for own in brief],
    )


def _in_short(label: frozenset[str], wanted: frozenset[str]) -> frozenset[str]:
    """A label with its words as a question has them that cuts them short: "physio"."""
    return frozenset(
        next((w for w in wanted if len(w) >= SHORTEST and token.startswith(w)), token)
        for token in label
    )


def _share(
    own: Sequence[frozenset[str]], wanted: frozenset[str], weights: Mapping[str, float]
) -> float:
    """The share of these weights that labels have, each by how much of the label is wanted."""
    best: dict[str, float] = {}
    for label in own:
        hits = label & wanted
        for token in hits & weights.keys():
            best[token] = max(best.get(token, 0.0), len(hits) / len(label))
    return sum(weights[token] * part for token, part in best.items()) / (sum(weights.values()) or 1)


def starts(before: str, row: str) -> bool:
    """Whether a row begins another table than the row before: all columns but the first differ."""
    names, own = ({cell.name for cell in cells(one)[1:] if cell.name} for one in (before, row))
    return bool(names and own) and not names & own


def stand_under(rows: Sequence[str]) -> list[int | None]:
    """For each row of a table the place of the row above that says what it is of, if one does.

    That is a first row of dates; the row that gives what a later one leaves out ("Month: May |
    Sex: Men", "Sex: Women"); and the row of which it is a part ("Of which consultants").
    """
    heads = len(rows) > 1 and _is_of_dates(rows[0]) and not any(map(_is_of_dates, rows[1:]))
    under: list[int | None] = []
    group = 0
    for number, row in enumerate(rows):
        is_part = bool(_PART_OF.match(cells(row)[0].value))
        if number > group and (is_part or _goes_on(rows[group], row)):
            under.append(group)
            continue
        under.append(0 if heads and number else None)
        group = number
    return under


def carried(above: str, row: str) -> str:
    """The labels of the row above that hold for a row: those of columns that it has not."""
    own = {cell.name for cell in cells(row) if cell.name}
    held = (c.value for c in cells(above) if c.name not in own and (c.is_label or is_time(c.value)))
    return CELLS.join(held)


def _goes_on(above: str, row: str) -> bool:
    """Whether a row leaves out the first column of another, and has none but its others."""
    first, *others = cells(above)
    names = {cell.name for cell in cells(row)}
    is_group = bool(first.name) and first.is_label and not _TOTAL.search(first.value)
    return is_group and first.name not in names and names <= {cell.name for cell in others}


def _is_of_dates(row: str) -> bool:
    """Whether a row is of times alone, but for its first cell: what its columns are called."""
    every = cells(row)
    return (
        not any(c.name for c in every)
        and len(every) > 1
        and all(is_time(c.value) for c in every[1:])
    )


def numbered(question: str) -> tuple[tuple[str, str], ...]:
    """What a question tells by a number, as it stands: ``("grade", "7")``; years aside."""
    return tuple(
        (word, number)
        for word, number in _NUMBERED.findall(question.replace("’", "'"))
        if words.terms(word) and not _YEAR.fullmatch(number)
    )


def is_of_another(row: str, over: str, word: str, number: str) -> bool:
    """Whether a row is of another grade, session or group than the one of that number.

    It is where the word stands in a label or over a column and the number nowhere with it.
    """
    wanted = tokens(word) | tokens(number)
    if wanted <= tokens(over):
        return False
    own = [
        tokens(f"{cell.name} {cell.value if n == 0 or cell.is_label else ''}")
        for n, cell in enumerate(cells(row))
    ]
    return any(tokens(word) <= one for one in own) and not any(wanted <= one for one in own)
