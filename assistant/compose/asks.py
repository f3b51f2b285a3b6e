"""What sort of thing a question asks for, and where a sentence gives such a thing.

"How many people ..." wants a number of people: a sum of money, a year or a length of time in
the right sentence does not answer it.  So the figures of a sentence are found by sort, each
with the words around it, and the question's own words are looked for there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from index.dates import MONTHS

from . import words

Span = tuple[int, int]


class Sort(StrEnum):
    """What can be asked for; `OTHER` is anything that has no form of its own."""

    COUNT = "count"
    MONEY = "money"
    SHARE = "share"
    TIME = "time"
    DURATION = "duration"
    AMOUNT = "amount"
    NAME = "name"
    LIST = "list"
    OTHER = "other"


_NUMBER_WORDS = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|"
    r"sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|"
    r"hundreds?|thousands?|dozens?|half|none|no|zero)"
)
_MONTHS = f"(?:{'|'.join(MONTHS)})"
_ASKS = (
    (
        Sort.SHARE,
        r"\bwhat (?:share|proportion|percentage|fraction|per ?cent)\b|\bhow much of\b|"
        r"\b(?:percentage|proportion|share) of\b|\brate\b(?! (?:relief|bands?|taxpayers?)\b)",
    ),
    (
        Sort.MONEY,
        r"\bhow much (?:(?:more|extra|\w+) )?(?:money|cash|funding|did|does|do|has|have|is|are|was|"
        r"were|will|would|goes|went)\b|\bhow much\W*$|"
        r"\bwhat (?:did|does|do|has|have|will|would)\b[^?.]*\b(?:cost|charge|pay|paid|spend|"
        r"spent)\b|"
        r"\b(?:what(?:'s|’s| is| was| are| were)|how (?:big|large))\b[^?.]*\b(?:bill|fine|fees?|"
        r"salary|wages?|fares?|tolls?|price|costs?|allocation|budget|funding|spend|spending|payout|"
        r"worth)\b|"
        r"\bhow (?:big|large)\b[^?.]*\b(?:fund|grant)\b|"
        r"\bhow much\b[^?.]*\b(?:money|cash|funding|cost|spent|spend|pay|paid|compensat\w+|"
        r"worth)\b|\bwhat (?:did|does|do|will) (?:it|they|that|this|these|those) come to\b|"
        r"^(?:what )?(?:total )?(?:costs?|price|spend|spending|budget)\b",
    ),
    (
        Sort.COUNT,
        r"\bhow many\b|\b(?:number|no\.|count|total|nos) of\b|\b(?:\w+ )?numbers?\b|\bhow often\b|"
        r"\bwhat(?:'s|’s| is| was)? the (?:\w+ )?(?:waiting list|backlog|caseload|headcount|"
        r"population)\b",
    ),
    (
        Sort.TIME,
        r"(?:^|[,:;?.–-] |\b(?:and|know|see|say|told|tell me|find out|clear|since) )"
        r"\W*when(?:'s|’s)?\b(?! (?:someone|people|they|you|we|a|it)\b)|"
        r"\bwhen (?:is|are|was|were|will|would|do|does|did|can|could|has|have|should)\b|"
        r"\bwhat (?:date|year|month|day)\b|"
        r"\bby when\b|\bhow (?:soon|old)\b|\bdeadline\b|\btime(?:table|scale|line|frame)s?\b",
    ),
    (
        Sort.DURATION,
        r"\bhow long\b|"
        r"\b(?:waiting|wait|clearance|processing|turnaround|response|journey) times?\b",
    ),
    (
        Sort.NAME,
        r"(?:^|[,:;?.–-] |\band )(?:\W*(?:so|but|ok|hi)\W+)*who(?:'s|’s|'ll|se)?\b|"
        r"\b(?:which|what) (?:compan(?:y|ies)|firms?|bod(?:y|ies)|organisations?|ministers?|"
        r"departments?|countr(?:y|ies)|councils?)\b",
    ),
    (
        Sort.LIST,
        r"(?:^|[,:;?.–-] |\b(?:and|in|for|by|to) )which (?!ones?\b|table)\w+s\b",
    ),
    (Sort.AMOUNT, r"\bhow much\b"),
)
_OF_THAT = re.compile(r"\bhow much of (?:that|this|it|the)\b", re.IGNORECASE)
_LED = r"\W*(?:(?:so|and|but|ok|hi)\b\W*)?"
"""What may stand before the first word that counts."""
_OPENS = (
    (Sort.TIME, re.compile(rf"{_LED}when\b", re.IGNORECASE)),
    (Sort.OTHER, re.compile(rf"{_LED}(?:where|why)(?:'s|’s)?\b", re.I)),
    (
        Sort.OTHER,
        re.compile(
            rf"{_LED}what(?:(?:'s|’s| is| are| has| have| was| were)\b[^?.;]*\b"
            r"(?:being done|been done|doing(?=\W*$| (?:about|to|with|on|for|in)\b))|"
            r" (?:steps|actions?|measures|progress|plans)\b)",
            re.IGNORECASE,
        ),
    ),
)
"""How a question opens that asks for this whatever else it names."""
_YES_OR_NO = re.compile(
    rf"{_LED}(?:is|are|was|were|do|does|did|has|have|had|will|would|can|could|"
    r"should)\b",
    re.IGNORECASE,
)
_NAMED_FIGURE = re.compile(
    r"\b(?:number|no\.|count|total|nos|percentage|proportion|share) of\b|\bnumbers?\b|\brate\b",
    re.IGNORECASE,
)
"""A figure as a thing that is spoken of: a question of yes or no does not ask for it."""
_COMPILED = tuple((sort, re.compile(pattern, re.IGNORECASE)) for sort, pattern in _ASKS)
_COUNTED = re.compile(
    r"\b(?:how many|(?:number|no\.|count|total|nos) of)\s+((?:[\w'’&-]+\s*){1,5})|"
    r"\b((?:[\w'’-]+\s){1,2})numbers?\b",
    re.IGNORECASE,
)
_MONEY = re.compile(
    r"(?:[£$€] ?|\b(?:GBP|USD|EUR) ?)(?!000s?\b)\d[\d,.]*"
    r"(?: ?(?:million|billion|thousand|trillion|m|bn|k)\b)?|"
    r"\b\d[\d,.]* ?(?:p|pence|pounds|euros|dollars)\b",
    re.IGNORECASE,
)
_IN_MONEY = re.compile(
    r"[£$€] ?(?:m|mn|millions?|bn|billions?|k|thousands?|[’']?000s?)?[)\]:]", re.I
)
_CELL = re.compile(r"(?<=: )\d[\d,.]*(?= \||\s*$)")
"""A table's unit, and a number that fills a cell: under the one, the other is a sum of money."""
_IN_SHARES = re.compile(
    r"(?:^|\| )[^|:]{0,150}(?:%|\b(?:per ?cent|percentage|proportion|share)\b)[^|:]{0,150}(?=: )",
    re.I,
)
_IN_TIME = re.compile(
    r"(?:^|\| )[^|:]{0,150}\b(?:(?:in )?(?:days|weeks|months|hours|minutes)|(?:waiting|response|"
    r"clearance|processing|journey) times?)\b[^|:]{0,150}(?=: )",
    re.I,
)
_SHARE = re.compile(
    r"\b\d[\d,.]* ?(?:%|per ?cent\b|percentage points?\b)|"
    r"\b(?:a |one |two )?(?:half|thirds?|quarters?|fifths?|majority|most|all)\b|"
    rf"\b(?:\d{{1,3}}|{_NUMBER_WORDS}) (?:in|out of) (?:every )?(?:\d{{1,3}}|{_NUMBER_WORDS})\b",
    re.IGNORECASE,
)
_DURATION = re.compile(
    rf"\b(?:\d[\d,.]*|an?|{_NUMBER_WORDS})[ -](?:more |further |working |calendar |consecutive )?"
    r"(?:years?|months?|weeks?|days?|hours?|minutes?)\b(?! olds?\b)(?!['’])|"
    r"(?<![\d:])\d{1,3}:\d\d:\d\d(?![\d:])",
    re.IGNORECASE,
)
DATES = re.compile(
    rf"\b\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTHS}\b(?:,? \d{{4}})?|\b{_MONTHS}\b(?:,? \d{{4}})?|"
    r"\b(?:19|20)\d\d(?:[-/–](?:(?:19|20)?\d\d))?\b|\b\d{1,2}/\d{1,2}/\d{2,4}\b|"
    r"\b(?:spring|summer|autumn|winter|next year|this year|later this|in due course|shortly|"
    r"at the earliest|the end of)\b",
    re.IGNORECASE,
)
_UNTIL = re.compile(
    rf"\b(?:until|till|to|by|since|from|before|after|between|end(?:s|ed|ing)?(?: \w+)?) "
    rf"(?:the )?(?:end of |start of |beginning of )?(?:\d{{1,2}}(?:st|nd|rd|th)? )?"
    rf"(?:(?:{_MONTHS}|spring|summer|autumn|winter)\b|(?:19|20)\d\d\b)|"
    r"\b\d{1,2}/\d{1,2}/\d{2,4} ?(?:to|-|–)|\b(?:in due course|shortly|ongoing|permanent(?:ly)?|"
    r"indefinite(?:ly)?)\b|\b(?:long|short)(?:er|est)?[- ]term\b",
    re.IGNORECASE,
)
"""What says how long without a length: until when, since when."""
_EVENT = re.compile(
    r"\b(?:once|when|until|as soon as|after|following)\b[^.;,]{0,60}?\b(?:complet\w+|conclu\w+|"
    r"finish\w+|finali[sz]\w+|ready|parliamentary time)\b|\bas soon as (?:possible|practicable)\b",
    re.IGNORECASE,
)
_NO_COUNT = re.compile(
    r"https?://\S+|\b(?:Questions?|section|paragraph|page|phase|chapter|part|article|stage|tier|"
    r"gateway|annex|table|version|type|UIN|PQ|clause|schedule|band|level|grade|step|class|route|"
    r"A|M|B)[ -]?\d+\b|\b\d+(?:st|nd|rd|th)\b|\bunder[- ]?\d+s?\b|"
    r"\b\d[\d.,]*[- ]?(?:miles?|km|metres?|year[- ]olds?)\b|"
    r"\b(?:one of|at least one|no longer|no one|all|none of the)\b|"
    r"\b\w+[ -](?:year|month)[- ]olds?\b",
    re.IGNORECASE,
)
"""Numbers that count nothing: of sections, roads, ages, places in an order."""
_NO_NUMBER = re.compile(
    r"\b(?:category|resolution|regulations?|directive|objective|recommendation|pillar|zone|lot|"
    r"round|wave|covid|no\.?|post|pre) ?-?\d{1,3}\b|\b\d[\d.,]* ?(?:%|per ?cent\b)|"
    r"\b(?:aged|ages?) (?:(?:between|over|under|from) )?\w+(?: (?:and|to|or) \w+)?\b|"
    r"\bno (?:\w+ ){0,3}(?:plans?|intentions?|assessments?|estimates?|decisions?|proposals?|"
    r"discussions?|data|information|figures|records|evidence)\b|"
    r"^\W*\d{1,2}[.)]\s|\b\d\d/\d\d\b|\(\d(?: ?[+&,] ?\d)*\)|"
    r"\b(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)-\d\d\b|"
    r"\b(?:no (?:choice|doubt|matter)|one[- ](?:off|stop|third|half)|net zero)\b|"
    r"\bzero[- ](?:hours?|rated|emissions?|tolerance|carbon)\b|"
    r"\b(?:(?:tens|hundreds|thousands) of )*(?:tens|dozens|hundreds|thousands) of\b",
    re.IGNORECASE,
)
"""Further ones, which are passed over only where it is told whether a count is given: the chance
that a question is answered is fitted without them, and no better with them."""
_COUNT = re.compile(
    rf"(?<![\w.,£$€])\d[\d,]*(?:\.\d+)?(?: ?(?:million|billion|thousand|m|k)\b)?(?![\w%]|[.,]\d)|"
    rf"\b{_NUMBER_WORDS}\b",
    re.IGNORECASE,
)
_LIST = re.compile(r"(?:(?<=\s)[^\s,;:]+(?: [^\s,;:]+){0,4}[,;] ){2,}|;[^;]+;|^\W*[-•]", re.DOTALL)
_CAPITAL = re.compile(r"\b[A-Z][\w’'&-]*(?:(?: (?:of|and|for|the|upon|de))* [A-Z][\w’'&-]*)*")
_GIVEN = {
    Sort.TIME: (DATES, _DURATION, _EVENT),
    Sort.LIST: (_LIST,),
}
_COMMON = words.terms("Government Parliament Department Act Bill Budget Review UK House")
SHORT = 4
"""Words: a follow-up no longer than this names only what is different."""
_BEFORE, _AFTER = 60, 60
"""Characters on either side of a figure in which what it counts is named."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question asks for; `counted` are the stems of what it wants the number of."""

    sort: Sort
    counted: frozenset[str] = frozenset()


def asked(question: str, history: Sequence[str] = ()) -> Asked:
    """The sort of thing that a question asks for.

    "and at Bodmin?" asks for what the question before it did.
    """
    for sort, pattern in _OPENS:
        if pattern.match(question):
            return Asked(sort)
    put = _NAMED_FIGURE.sub(" ", question) if _YES_OR_NO.match(question) else question
    if history and _OF_THAT.search(put) and asked(history[-1], history[:-1]).sort is Sort.MONEY:
        return Asked(Sort.MONEY)
    for sort, pattern in _COMPILED:
        if pattern.search(put):
            return Asked(sort, _counted(question) if sort is Sort.COUNT else frozenset())
    if history and len(question.split()) <= SHORT:
        return asked(history[-1], history[:-1])
    return Asked(Sort.OTHER)


def _counted(question: str) -> frozenset[str]:
    """The stems between "how many" and the verb."""
    match = _COUNTED.search(question)
    if match is None:
        return frozenset()
    noun: list[str] = []
    for word in (match[1] or match[2]).split():
        if noun and not words.terms(word):
            break
        noun.append(word)
    return words.terms(" ".join(noun))


@lru_cache(maxsize=1 << 12)  # the same sentences are held against one another again and again
def given(sort: Sort, text: str, question: str = "") -> Sequence[Span]:
    """Where `text` has things of this sort; a name counts if the question does not have it."""
    found = _BY_SORT.get(sort)
    if found is not None:
        return tuple(found(text, question))
    if sort in _GIVEN:
        return tuple(span for pattern in _GIVEN[sort] for span in _found(pattern, text))
    return ((0, len(text)),)


def _counts(text: str, question: str) -> list[Span]:
    """Plain numbers, but not those that the question itself brings."""
    for other in (_NO_COUNT, _MONEY, _DURATION, DATES):
        text = other.sub(lambda match: "_" * len(match.group()), text)
    brought = set(re.findall(r"\d[\d,.]*", question))
    return [span for span in _found(_COUNT, text) if text[slice(*span)] not in brought]


@lru_cache(maxsize=1 << 12)
def count_spans(text: str, question: str) -> Sequence[Span]:
    """Where `text` gives a number of things, ages, labels and "no plans" aside."""
    plain = _NO_NUMBER.sub(lambda match: "_" * len(match.group()), text)
    return tuple(_counts(plain, question))


def sums(text: str) -> list[Span]:
    """Where `text` gives sums of money; a share of one is none."""
    unit = _IN_MONEY.search(text)
    cells = [match.span() for match in _CELL.finditer(text, unit.end())] if unit else []
    return [*_found(_MONEY, text), *cells]


def _in_cells(heading: re.Pattern[str], text: str) -> list[Span]:
    """The numbers that fill cells of a table under a heading of this kind."""
    found = []
    for match in heading.finditer(text):
        cell = _CELL.match(text, match.end() + len(": "))
        if cell:
            found.append(cell.span())
    return found


def _names(text: str, question: str) -> list[Span]:
    known = words.terms(question) | _COMMON
    return [
        (start, end)
        for start, end in _found(_CAPITAL, text)
        if start and not words.terms(text[start:end]) <= known
    ]


def near(sort: Sort, text: str, question: str = "") -> list[Span]:
    """The stretches of `text` around the things of this sort, cut at the sentence's own ends."""
    return around(given(sort, text, question), text)


def around(spans: Sequence[Span], text: str) -> list[Span]:
    """The stretches in which it is named what the figures at `spans` count."""
    return [(max(0, start - _BEFORE), min(len(text), end + _AFTER)) for start, end in spans]


def _found(pattern: re.Pattern[str], text: str) -> list[Span]:
    return [match.span() for match in pattern.finditer(text)]


_BY_SORT: dict[Sort, Callable[[str, str], Iterable[Span]]] = {
    Sort.COUNT: _counts,
    Sort.NAME: _names,
    Sort.MONEY: lambda text, _: (*sums(text), *_found(_SHARE, text)),
    Sort.DURATION: lambda text, _: (
        *(span for pattern in (_DURATION, _UNTIL, _EVENT) for span in _found(pattern, text)),
        *_in_cells(_IN_TIME, text),
    ),
    Sort.SHARE: lambda text, _: (*_found(_SHARE, text), *_in_cells(_IN_SHARES, text)),
    Sort.AMOUNT: lambda text, question: sorted(
        (*_counts(text, question), *given(Sort.MONEY, text))
    ),
}
