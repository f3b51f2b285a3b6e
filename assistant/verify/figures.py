"""Figures, however they are written: ``1,200``, ``1.2 thousand``, ``twelve hundred``, ``£3m``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from .lexing import RAISED, Lexeme

_NUMBER = re.compile(r"[0-9]++(?:,[0-9]{3})*(?:\.[0-9]++)*")

_SMALL = {
    word: n
    for n, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen".split()
    )
}
_TENS = {
    word: 10 * n
    for n, word in enumerate(
        "twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2
    )
}
_MAGNITUDES = {
    "thousand": 10**3,
    "k": 10**3,
    "million": 10**6,
    "m": 10**6,
    "mn": 10**6,
    "billion": 10**9,
    "bn": 10**9,
    "trillion": 10**12,
    "tn": 10**12,
}
_SPELT = frozenset({"thousand", "million", "billion", "trillion"})
_CURRENCY_WORDS = {"pound": "£", "pounds": "£", "dollars": "$", "euros": "€", "euro": "€"}
_ORDINALS = dict(
    enumerate("first second third fourth fifth sixth seventh eighth ninth tenth".split(), start=1)
)
ORDINAL_ENDINGS = frozenset({"st", "nd", "rd", "th"})
CURRENCIES = frozenset("£$€")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number and its sign: ``%``, ``points`` (of a percentage), a currency or nothing."""

    value: Decimal
    unit: str = ""


def split_number(text: str) -> tuple[str, str]:
    """The digits of a number lexeme and the letters glued to it: ``5bn`` gives 5 and bn."""
    found = _NUMBER.match(text)
    digits = found.group() if found else ""
    return digits.replace(",", ""), text[len(digits) :].rstrip(RAISED).lower()


def parse_figure(lexemes: Sequence[Lexeme], at: int) -> tuple[Figure, int] | None:
    """The figure that begins at lexeme `at` and where it ends, or None."""
    start = at
    negative = False
    unit = ""
    if lexemes[at].is_sign("-") and not lexemes[at].glued:
        negative, at = True, at + 1
    if at < len(lexemes) and lexemes[at].is_sign(*CURRENCIES):
        unit, at = lexemes[at].text, at + 1
    if at >= len(lexemes) or (at > start and negative and not lexemes[at].glued):
        return None
    read = _digits(lexemes, at) or _spelt(lexemes, at)
    if read is None:
        return None
    value, at = read
    trailing, at = _unit(lexemes, at)
    if trailing in CURRENCIES and unit:
        trailing = ""
    return Figure(-value if negative else value, unit or trailing), at


def ordinal(lexeme: Lexeme) -> str | None:
    """``3rd`` as "third", higher ones as they stand; None for what is no ordinal."""
    if lexeme.kind != "number":
        return None
    digits, ending = split_number(lexeme.text)
    if ending not in ORDINAL_ENDINGS or not digits.isdigit() or len(digits) > 6:
        return None
    return _ORDINALS.get(int(digits), f"{int(digits)}th")


def _digits(lexemes: Sequence[Lexeme], at: int) -> tuple[Decimal, int] | None:
    """A number in digits with its magnitude, glued or spelt."""
    if lexemes[at].kind != "number":
        return None
    digits, ending = split_number(lexemes[at].text)
    if not digits or digits.count(".") > 1 or (ending and ending not in _MAGNITUDES):
        return None
    value = Decimal(digits) * _MAGNITUDES.get(ending, 1)
    at += 1
    if not ending:
        if at < len(lexemes) and lexemes[at].lower == "hundred":
            value, at = value * 100, at + 1
        if at < len(lexemes) and lexemes[at].lower in _MAGNITUDES:
            value, at = value * _MAGNITUDES[lexemes[at].lower], at + 1
    return value, at


def _spelt(lexemes: Sequence[Lexeme], at: int) -> tuple[Decimal, int] | None:
    """A number in words: "one thousand two hundred", "twenty-five", "half a million"."""
    word = lexemes[at].lower
    following = [lexeme.lower for lexeme in lexemes[at + 1 : at + 3]]
    if word == "half" and following[:1] == ["a"] and following[1:] and following[1] in _SPELT:
        return Decimal(_MAGNITUDES[following[1]]) / 2, at + 3
    if word == "a" and following and following[0] in _SPELT | {"hundred"}:
        return Decimal(_MAGNITUDES.get(following[0], 100)), at + 2
    if word not in _SMALL and word not in _TENS:
        return None
    total = part = 0
    room = 10**15
    scaled = False
    while at < len(lexemes):
        step = at + 1 if _links(lexemes, at, scaled, part) else at
        if step == len(lexemes):
            break
        word = lexemes[step].lower
        n = _SMALL.get(word, _TENS.get(word))
        if n is not None and part % (100 if n >= 10 else 10) == 0 and not 0 < part % 100 < 20:
            part, scaled = part + n, False
        elif word == "hundred" and 0 < part < 100 and step == at:
            part, scaled = part * 100, True
        elif word in _SPELT and part and step == at and _MAGNITUDES[word] < room:
            room = _MAGNITUDES[word]
            total, part, scaled = total + part * room, 0, True
        else:
            break
        at = step + 1
    return Decimal(total + part), at


def _links(lexemes: Sequence[Lexeme], at: int, scaled: bool, part: int) -> bool:
    """Whether the number goes on behind "and", a comma or a hyphen."""
    if lexemes[at].lower == "and":
        return scaled
    if lexemes[at].is_sign(","):
        # "one thousand, two hundred", but not "one thousand, two of them".
        return scaled and not part and [x.lower for x in lexemes[at + 2 : at + 3]] == ["hundred"]
    return lexemes[at].is_sign("-") and part % 100 >= 20


def _unit(lexemes: Sequence[Lexeme], at: int) -> tuple[str, int]:
    """The sign that follows a number and where it ends."""
    words = [lexeme.lower for lexeme in lexemes[at : at + 2]]
    if not words:
        return "", at
    if words[0] in {"%", "percent", "pc"}:
        after = at + 1
    elif words == ["per", "cent"]:
        after = at + 2
    elif words[0] == "percentage" and words[1:] and words[1] in {"point", "points"}:
        return "points", at + 2
    elif words[0] in _CURRENCY_WORDS:
        return _CURRENCY_WORDS[words[0]], at + 1 + (words[1:] == ["sterling"])
    else:
        return "", at
    if after < len(lexemes) and lexemes[after].lower in {"point", "points"}:
        return "points", after + 1
    return "%", after
