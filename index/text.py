"""Plain text: from HTML, into sentences, without set phrases, folded for comparing."""

from __future__ import annotations

import re
import unicodedata

from .markup import html_to_text
from .tables import CELLS

__all__ = ["CELLS", "fold", "html_to_text", "sentences", "strip_boilerplate"]

_LINE = re.compile(r"[^\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")
_BREAK = re.compile(r"\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_ITEM = re.compile(r"(?:[-·•▪◦●‣*–—]|\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})[.)])(?:\s|$)")
_STOP = re.compile(
    r"""(?<![.!?…])[.!?…]++
        (?:["'”’»)\]⁰¹²³⁴⁵⁶⁷⁸⁹*†‡]|\[\d{1,3}\])*   # quotes, brackets and notes that close it
        (?=\s|(?<=[a-z)]\.)[A-Z][a-z])             # or the space was forgotten""",
    re.VERBOSE,
)
_WORD_BEFORE = re.compile(r"[^\s(\[“‘\"'/]*$")
_NEXT_WORD = re.compile(r"[\s(\[“‘\"'«]*(\w*)")
_NEXT_PART = re.compile(r"\s+(?:\((?:[a-z]|[ivx]{1,4}|\d{1,2})\)|\[?(?:https?://|www\.))")
_NUMBERING = re.compile(r"\(?(?:(?:\d{1,3}\.)*\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})")
_INITIALS = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]")
_ENDS_LINE = re.compile(r"[.!?…:;][\"'”’»)\]⁰¹²³⁴⁵⁶⁷⁸⁹]*\s*$")

_NEVER_LAST = frozenset(
    "mr mrs ms messrs dr prof hon rt st lt gen maj col capt cpl sgt brig cdr cmdr adm rev fr "
    "sr jr e.g eg i.e ie viz cf vs v mt".split()
)
"""A full stop after these never ends a sentence."""
_BEFORE_FIGURE = frozenset(
    "no nos p pp para paras s ss art arts fig figs vol vols ch chs cl sch sec sect ref refs "
    "reg regs r c ca approx circa est max min tel ext app col cols cm cmd cmnd hc hl".split()
)
"""A full stop after these belongs to them where a figure follows, else it may end a sentence."""
_MAYBE_LAST = frozenset(
    "etc inc ltd co corp plc llc a.m p.m am pm jan feb mar apr jun jul aug sept sep oct nov "
    "dec dept govt approx incl excl al ed eds asst assoc bros".split()
)
"""A full stop after these ends a sentence where a word follows that often opens one."""
_DOMAINS = frozenset({"com", "gov", "net", "org", "uk"})
_OPENERS = frozenset(
    "a about according across additionally after all also although an and any appropriate as "
    "at because before between both but by can could current currently data details despite "
    "did do does during each every figures finally following for from further furthermore "
    "given government he her his how however i if in information is it its last later many "
    "members ministers moreover more most my new no not now of officials on once one other "
    "our over please pursuant recent she since so some such that the their then there "
    "therefore these they this those through to today together under until we were what when "
    "where whether which while who why will with within would you your".split()
)


PUTS_OFF = (
    r"not be possible to answer this question within the usual time|"
    r"\ban answer is being prepared\b|"
    r"\bnot (?:been |proved )possible to (?:respond|reply|answer).* in the time available|"
    r"\b(?:I|we) will (?:reply|respond|answer)(?: to (?:this|the|his|her|their).* question)? "
    r"(?:shortly|as soon as (?:possible|practicable))"
)
"""What holding replies say."""
_PUTS_OFF = re.compile(PUTS_OFF, re.IGNORECASE)
_SHORT_REPLY = 22
"""Words: a reply that is marked as a holding one and no longer than this says nothing else."""


def puts_off(text: str) -> bool:
    """Whether a reply that its source marks as a holding one is that by its words as well."""
    return bool(_PUTS_OFF.search(text)) or is_short_reply(text)


def is_short_reply(text: str) -> bool:
    """Whether a reply that its source marks as a holding one has no room to say anything else."""
    return len(text.split()) <= _SHORT_REPLY


def sentences(text: str) -> list[tuple[int, int]]:
    """Spans of the sentences of plain text, in order, as ``(start, end)``.

    The spans do not overlap, begin and end with something other than white space, and
    together hold every character that is not white space.  A line that gives a row of a
    table is one sentence; any other line holds one or more, and a sentence goes on over
    a line break only where it visibly runs on.
    """
    spans: list[tuple[int, int]] = []
    for start, end, row in _runs(text):
        if row:
            spans.append((start, end))
        else:
            spans += _split(text, start, end)
    return spans


def _runs(text: str) -> list[tuple[int, int, bool]]:
    """Lines without the white space around them, joined where a sentence runs on.

    The third value says whether the line is a row of a table.
    """
    runs: list[tuple[int, int, bool]] = []
    for match in _LINE.finditer(text):
        line = match.group()
        start = match.start() + len(line) - len(line.lstrip())
        end = match.start() + len(line.rstrip())
        if start >= end:
            continue
        row = CELLS in line
        if runs and not row and not runs[-1][2] and _runs_on(text, *runs[-1][:2], start, end):
            runs[-1] = (runs[-1][0], end, False)
        else:
            runs.append((start, end, row))
    return runs


def _runs_on(text: str, first: int, last: int, start: int, end: int) -> bool:
    """Whether the line at ``start`` goes on with the sentence that ended at ``last``."""
    if not text[start].islower() or start - last > 40:
        return False
    if len(_BREAK.findall(text, last, start)) > 1:
        return False
    if _ITEM.match(text, start, min(end, start + 8)):
        return False
    return not _ENDS_LINE.search(text[max(first, last - 8) : last])


def _split(text: str, start: int, end: int) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    at = start
    for stop in _STOP.finditer(text, start, end):
        if stop.end() < end and _is_end(text, at, stop.start(), stop.end(), end):
            spans.append((at, stop.end()))
            at = stop.end()
            while text[at].isspace():
                at += 1
    # Stray marks after the last stop are no sentence.
    if spans and not any(c.isalnum() for c in text[at:end]):
        spans[-1] = (spans[-1][0], end)
    else:
        spans.append((at, end))
    return spans


def _is_end(text: str, start: int, mark: int, after: int, end: int) -> bool:
    """Whether the stop at ``text[mark:after]`` ends the sentence that began at ``start``."""
    found = _NEXT_WORD.match(text, after, min(end, after + 60))
    following = found.group(1) if found else ""
    part = _NEXT_PART.match(text, after, min(end, after + 20)) is not None
    plain = text[mark] == "." and text[mark : mark + 2] != ".."
    small = following[:1].islower() and not part
    if not plain:
        return not small
    word_match = _WORD_BEFORE.search(text, max(start, mark - 40), mark)
    word = word_match.group() if word_match else ""
    if not text[after].isspace():
        # No space: a sentence all the same, unless the full stop is part of an address.
        joined = any(c in word for c in ".@:/_=") or following.lower() in _DOMAINS
        return not joined and word.lower() not in _NEVER_LAST
    if small and not (following in _OPENERS and len(word) > 3 and word.isalpha()):
        return False
    return not _belongs(word, mark - len(word) <= start, following)


def _belongs(word: str, first: bool, following: str) -> bool:
    """Whether a full stop belongs to ``word`` and so ends nothing."""
    if first and _NUMBERING.fullmatch(word) and following:
        return True
    opens = following.lower() in _OPENERS and following[:1].isupper()
    if _INITIALS.fullmatch(word):
        return word.lower() in _NEVER_LAST or not opens
    if word.isupper() and word.isalpha():
        # An acronym: "the SR." is not "Sr."  But the titles of members are written so too.
        return word in ("RT", "HON") or (word == "NO" and following[:1].isdigit())
    word = word.lower()
    if word in _NEVER_LAST or word == "rt.hon":
        return True
    if word in _BEFORE_FIGURE:
        return following[:1].isdigit()
    return word in _MAYBE_LAST and not opens and following != ""


_ASK = re.compile(r"\s*[\"“‘']?(?:t?o) ask\s+(?=\S)", re.IGNORECASE)
_GOVERNMENT = re.compile(r"(?:his|her) majesty[’']?s government\s*[,:;]?\s*", re.IGNORECASE)
_COMMA = re.compile(r"[,:;]\s*")
_FIRST_WORD = re.compile(r"\(?\w*")
_BARE_OPENING = re.compile(
    r"\s(?=(?:what|whether|how|if|when|who|which|where|why|pursuant to|further to|"
    r"with refer?ence to|for what)\s)"
)
_CAPITAL_OPENERS = frozenset(
    "what whether how if when who whose which where why pursuant with further for to in on by "
    "of at under from will would can could do does did has have is are following given since "
    "after before".split()
)
_NOT_OPENERS = frozenset({"and", "representing", "the", "of"})
_MAX_ADDRESS = 260


def strip_boilerplate(question: str) -> str:
    """The question without its form of address, beginning with a capital letter.

    "To ask the Secretary of State for Defence, how many..." gives "How many...".  A
    question that opens otherwise is returned as it stands.
    """
    at = _after_address(question, 0)
    if not at:
        return question
    # Some are addressed twice.
    at = _after_address(question, at) or at
    rest = question[at:].strip()
    return rest[:1].upper() + rest[1:] if rest else question


def without_address(question: str) -> str:
    """As `strip_boilerplate`, on one line."""
    return " ".join(strip_boilerplate(question).split())


def _after_address(question: str, start: int) -> int:
    """Where the question itself begins, or 0 where there is no form of address."""
    ask = _ASK.match(question, start)
    if not ask:
        return 0
    at = ask.end()
    government = _GOVERNMENT.match(question, at)
    if government:
        return government.end()
    limit = min(len(question), at + _MAX_ADDRESS)
    bare = _BARE_OPENING.search(question, at, limit)
    for comma in _COMMA.finditer(question, at, bare.start() if bare else limit):
        word_match = _FIRST_WORD.match(question, comma.end())
        word = word_match.group() if word_match else ""
        lowered = word.lower()
        if word.startswith("(") or lowered in _CAPITAL_OPENERS:
            return comma.end()
        if word[:1].islower() and lowered not in _NOT_OPENERS:
            return comma.end()
    return bare.end() if bare else 0


_FOLDED = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′`´ʼ", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−﹣－", "-"),
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff"),
    }
)


def plain_signs(text: str) -> str:
    """The text with plain quotation marks and dashes and no invisible characters."""
    return unicodedata.normalize("NFC", text).translate(_FOLDED)


def fold(text: str) -> str:
    """Lower-cased text with single spaces and plain quotes and dashes, for comparing."""
    plain = plain_signs(text).lower()
    return " ".join(unicodedata.normalize("NFC", plain).split())
