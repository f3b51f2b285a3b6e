"""What sort of reply a sentence or a record makes, by the set phrases of the trade.

Departments decline, defer and refer in a few fixed wordings.  A sentence is recognised by
its own words; a record by its sentences and by how much else it says: an answer that gives
the figure for England and does not hold the rest is an answer, not a refusal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from index.dates import MONTHS
from index.text import PUTS_OFF, is_short_reply, sentences
from index.types import WrittenAnswer

from .types import ReplyKind

_DATA = (
    r"(?:data|figures?|information|records?|details?|statistics|breakdowns?|estimates?|numbers?|"
    r"(?:this|that|these|those)(?: \w+)?|it|answer|list|costs?)"
)
_FILE = (
    r"(?:tables?|spreadsheets?|documents?|files?|annex(?:es)?|lists?|excel|pdfs?|letters?|"
    r"workbooks?|worksheets?)"
)
_PATTERNS = {
    ReplyKind.HOLDING: PUTS_OFF,
    ReplyKind.WILL_WRITE: (
        r"\b(?:I|we|he|she|they|\w+ Minister|(?:the|my) [^,]{3,60}|its .{3,60}) "
        r"(?:will|shall) (?:also |shortly |instead )?(?:write|be writing) (?:directly )?to "
        r"(?:him|her|them|the (?:right |rt )?hon|my (?:right |rt )?hon|(?:hon|right))|"
        r"\basked .{3,120} to write to (?:him|her|the|my)\b|"
        r"\bcop(?:y|ies) of (?:my|the|that|this|her|his|their|its) "
        r"(?:letter|reply|response)s? (?:will|shall) be (?:placed|deposited)|"
        r"\bwill (?:respond|reply) to the hon.* by letter"
    ),
    ReplyKind.DISPROPORTIONATE_COST: (
        r"\bdisproportionate(?:ly)? (?:\w+ )?(?:cost|costs|costly|expense|time|effort|resource)"
    ),
    ReplyKind.NOT_HELD: (
        rf"\b(?:do|does|did) not (?:\w+ )?(?:hold|collect|collate|record|monitor|retain|gather|"
        rf"capture|keep)\b.{{0,80}}\b{_DATA}\b|"
        rf"\b(?!it\b.{{0,60}} not (?:\w+ )?available){_DATA}\b.{{0,200}} "
        r"(?:is|are|was|were) not (?:\w+ )?"
        r"(?:held|collected|collated|recorded|available|captured|gathered|kept|retained|"
        r"routinely published)\b|"
        r"\b(?:data|figures?|information|statistics)\b.{0,60} (?:is|are) not (?:\w+ )?published\b|"
        r"\b(?:no|not) (?:such )?(?:central |centralised |official )?"
        r"(?:data|figures|information|records|estimates?|statistics) (?:is|are) "
        r"(?:\w+ )?(?:held|collected|available|recorded|kept)\b|"
        r"\b(?:do|does) not (?:\w+ )?hold (?:the |this |that |any )?(?:requested|such)\b|"
        r"\bholds no (?:such )?(?:data|figures|information|records)\b"
    ),
    ReplyKind.REFERS_TO_EARLIER: (
        r"\b(?:I|we|must|would)\b.{0,40}\brefer\b.{0,160}"
        r"\b(?:answers?|repl(?:y|ies)|responses?|PQs?|UIN|questions? (?:UIN )?\d)|"
        r"\b(?:I|we) (?:have )?(?:responded|replied) to (?:the |my )?(?:right |rt )?hon\b.{0,60} "
        r"on \d|"
        r"\b(?:as|please see)\b.{0,60}\b(?:answer|reply|response)s? "
        r"(?:I |that (?:I|was) )?(?:gave|given|provided)\b.{0,160}\b(?:UIN|PQ|question)\b"
    ),
    ReplyKind.ATTACHED: (
        rf"\b(?:attached|separate|enclosed|appended) (?:\w+ ){{0,2}}?{_FILE}\b|"
        r"\baccompanying (?:tables?|spreadsheets?)\b|"
        r"\b(?:in|to) the attachments?\b|\battachments? to this answer\b|"
        rf"\b(?:{_FILE}|information|data|details?|responses?|reply|replies|answers?|figures?|"
        r"breakdown|statistics|cop(?:y|ies))\b(?:[^.;]|\bHon\.){0,160}?\battached\b"
        r"(?! (?:great|link|to (?!th(?:is|e) (?:answer|reply|response)|my)))"
    ),
    ReplyKind.NO_PLANS: (
        r"\b(?:has|have|had|is|are|was|were|currently|at present)\b.{0,25}\bno "
        r"(?:(?:current|immediate|specific|present|further|such|additional|formal|existing) )*"
        r"(?:plans?|intention) (?:\w+ ){0,4}?(?:to|for|at|currently)\b|"
        r"\bno (?:(?:current|immediate|specific|such) )*plans? (?:to|for)\b|"
        r"\b(?:is|are|does|do) not (?:currently )?(?:planning|plan|intend) to "
        r"(?!provide a running)|"
        r"\bno such plans\b"
    ),
}
_COMPILED = {kind: re.compile(pattern, re.IGNORECASE) for kind, pattern in _PATTERNS.items()}
_OTHERS = re.compile(
    r"\b(?:previous|last|former) (?:government|administration)\b[^.]* (?:had|did)\b", re.IGNORECASE
)
"""What another government had not planned or held is a statement, not this one's reply."""
_PART = re.compile(
    r"^\W*(?:while|whilst|although|though)\b[^.]*,|,? (?:but|however)\b[^.]*\d", re.IGNORECASE
)
"""A sentence that concedes one thing and gives another."""
_LETTERS = re.compile(r"\b(?:correspondence|letters?|emails?) (?:of|from|dated)\b", re.IGNORECASE)
"""When a letter will be answered is what such a question asks: no holding reply."""
_ADDRESS = re.compile(r"https?://\S+")
_FIGURE = re.compile(r"\d")
_NO_FIGURE = re.compile(
    r"https?://\S+|\b\d{1,2}/\d{1,2}(?:/\d{2,4})?\b|"
    r"\b\d{1,2}(?:st|nd|rd|th)? (?:" + "|".join(MONTHS) + r")\b(?: \d{4})?|"
    r"\b(?:19|20)\d\d(?:[-/–]\d{2,4})?\b|"
    r"\b(?:Question|section|paragraph|page|part|article|UIN|PQ) ?\d+\b",
    re.IGNORECASE,
)
_REFUSALS = frozenset(
    {
        ReplyKind.NOT_HELD,
        ReplyKind.DISPROPORTIONATE_COST,
        ReplyKind.WILL_WRITE,
        ReplyKind.HOLDING,
        ReplyKind.REFERS_TO_EARLIER,
        ReplyKind.ATTACHED,
    }
)
_POINTER = re.compile(
    r"https?://|\b(?:can be found|is available|are available|are published|is published|"
    r"publicly available)\b",
    re.IGNORECASE,
)
_UIN = re.compile(
    r"\b(?:UINs?|PQs?|PQ/|questions?|number|no\.)[\s:/(]*"
    r"(?P<first>(?:HL)?\d{1,6})\b(?!\s+\w+ 20\d\d)"
    r"|\b(?P<link>written-questions/detail/\d{4}-\d\d-\d\d/(?P<linked>(?:HL)?\d{1,6}))\b",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"\s*(?:,|and|&|or)\s*(?:to )?(?:UIN |PQ )?((?:HL)?\d{2,6})\b(?! \w+ 20\d\d)", re.I
)

SHORT = 45
"""Words: an answer no longer than this is as a whole what its refusing sentence says."""
MOST = 0.4
"""Share of its words that a refusal must have to be the record's reply."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What sort of reply a record makes; ``text[start:end]`` says so (0, 0 for substance)."""

    kind: ReplyKind
    start: int = 0
    end: int = 0


def kind_of(sentence: str) -> ReplyKind:
    """What sort of reply one sentence makes.

    Where it says two things ("not held and could be provided only at disproportionate
    cost"), the more telling: holding, then a letter, then the cost, then not held.
    """
    plain = _ADDRESS.sub(" ", sentence)
    if _OTHERS.search(plain) or (_PART.search(sentence) and _gives_figure(sentence)):
        return ReplyKind.SUBSTANTIVE
    for kind, pattern in _COMPILED.items():
        if pattern.search(plain) and not (kind is ReplyKind.HOLDING and _LETTERS.search(plain)):
            if kind is ReplyKind.ATTACHED and _gives_figure(sentence):
                continue  # "12 schools closed; the attached table lists them"
            return kind
    return ReplyKind.SUBSTANTIVE


def is_refusal(kind: ReplyKind) -> bool:
    """Whether a reply of this kind gives none of what was asked (no plans is an answer)."""
    return kind in _REFUSALS


def reply_of(record: WrittenAnswer) -> Reply:
    """What sort of reply a record makes, with the sentence that says so."""
    if record.is_withdrawn:
        return Reply(ReplyKind.WITHDRAWN)
    spans = sentences(record.text)
    kinds = [kind_of(record.text[start:end]) for start, end in spans]
    lengths = [_weight(record.text[start:end]) for start, end in spans]
    for wanted in _COMPILED:
        own = [at for at, kind in enumerate(kinds) if kind is wanted]
        if not own:
            continue
        total = sum(lengths)
        said = sum(lengths[at] for at, kind in enumerate(kinds) if kind in {wanted, *_REFUSALS})
        if wanted is ReplyKind.NO_PLANS:
            # A reply of policy sets out what is done instead, before or after.
            told = any(_gives_figure(record.text[slice(*span)]) for span in spans[: own[-1]])
            counts = own[0] == 0 or (own[-1] == len(spans) - 1 and not told)
        else:
            rest = [at for at, kind in enumerate(kinds) if kind is ReplyKind.SUBSTANTIVE]
            told = any(lengths[at] and _gives_figure(record.text[slice(*spans[at])]) for at in rest)
            counts = not told and (total <= SHORT or said >= MOST * total)
        if counts:
            return Reply(wanted, *spans[own[0]])
    if record.is_holding and is_short_reply(record.text):
        return Reply(ReplyKind.HOLDING, *spans[0])
    return Reply(ReplyKind.SUBSTANTIVE)


def _gives_figure(sentence: str) -> bool:
    """Whether a sentence holds a figure that is no date, year or number of a thing."""
    return bool(_FIGURE.search(_NO_FIGURE.sub(" ", sentence)))


def _weight(sentence: str) -> int:
    """Words of a sentence; one that only points to where something is published counts none."""
    points = _POINTER.search(sentence) and not _gives_figure(sentence)
    return 0 if points else len(sentence.split())


def references(text: str) -> tuple[str, ...]:
    """The numbers (UINs) of the questions that a text refers to, in order, each once."""
    found: list[str] = []
    for match in _UIN.finditer(text):
        found.append(match["first"] or match["linked"])
        at = match.end()
        while more := _MORE.match(text, at):
            found.append(more[1])
            at = more.end()
    return tuple(dict.fromkeys(number.upper() for number in found))
