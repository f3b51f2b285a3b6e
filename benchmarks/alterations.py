"""True sentences made false, and true ones written otherwise, for the check of claims.

Every function takes a sentence and a source of chance and gives an altered sentence, or None
where there is nothing to alter.  The rules are written without those of `assistant.verify`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from index.dates import MONTHS

from .wordlists import ALIASES, BODIES, COUNTED, PEOPLE, PLACES

_TIMES = ["days", "weeks", "months", "years", "hours", "minutes"]
_SIZES = ["thousand", "million", "billion"]
_WIDTHS = ["miles", "kilometres", "metres", "hectares", "tonnes", "kilograms"]

_FIGURE = re.compile(r"(?<![\w.,/£$€-])[£$€]?(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(?![\w/.,-]*\d)")
_YEAR = re.compile(r"(?<![\w.,/£-])(?:19|20)\d\d(?!\w)")
_SUBJECT = re.compile(
    r"((?:The )?[A-Z]\w+(?: (?:of |for |and |the )?[A-Z]\w+)*(?: \([A-Z]+\))?)"
    r" ((?:is|are|has|have|will|was|were|does|can|may|provides?|publishe[sd]|continues?)\b.*)",
    re.DOTALL,
)
_LINK = re.compile(r"https?://\S+|www\.\S+")
CAPITALS = re.compile(
    r"(?<=[a-z] )(?!The |This |Our |Government\b)"
    r"[A-Z][a-z]+(?: (?:of |for |and |the )?[A-Z][a-z]+)+"
)
_PERSON = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|Sir|Dame|Lord|Lady|Baroness|Professor)\s(?:[A-Z][a-z]+ )?")
_AUXILIARY = re.compile(
    r"\b(is|are|was|were|will|has|have|can|should|could|does|do|would)\b(?! no)"
)
_STRONGER = [
    *((rf"\b{weak}\b", "will") for weak in ("may", "might", "could", "can", "should", "would")),
    (r"\b(?:is|are) (?:considering|exploring|assessing) (?:whether to|how to)\b", "will"),
    (r"\b(?:intends?|plans?|aims?|expects?|hopes?|proposes?|seeks?) to\b", "will"),
    (r"\b(?:is|are) (?:expected|likely|intended|planned|proposed|committed) to\b", "will"),
    (r"\b(?:has|have) no (?:current )?plans to\b", "will"),
    (r"\bup to (?=£?\d)", "more than "),
    (r"\b(?:considers?|considering|considered)\b", "decided"),
]
_NEGATED = [
    (r"\bcannot\b", "can"),
    (r"\b(is|are|was|were|will|has|have|do|does|did|can|should|could|would|may) not\b", r"\1"),
    (r"\b(has|have|had|are|is|were|was|be) no\b", r"\1"),
    (r"\bNo (?=[a-z])", "A "),
    (r"\bnot ", ""),
    (r"\bnever ", ""),
    (r"\bwithout\b", "with"),
    (r"\b(isn|aren|wasn|weren|don|doesn|didn|hasn|haven)['’]t\b", r"\1"),
]
_CONDITION = r"(?:subject to|if|unless|provided (?:that|they|it)|so long as|as long as|except)"
_CONDITIONS = [
    # What leads a sentence, stands between commas, or ends it.
    re.compile(rf"^(?:{_CONDITION}|where|once)\b[^,;:().]+, (?=\w)", re.IGNORECASE),
    re.compile(
        r",? (?:where|if) (?:appropriate|necessary|possible|needed|required)\b(?:,(?= \w))?"
    ),
    re.compile(rf",? {_CONDITION}\b[^,;:()]+(?=\.$)"),
    re.compile(rf", {_CONDITION}\b[^,;:()]+,(?= (?:will|would|can|may|is|are|and|but)\b)"),
    re.compile(rf" \({_CONDITION}\b[^()]+\)"),
]
# "Is subject to", "to see if", "even if" and "if so" make nothing depend on anything.
_NO_CONDITION = re.compile(
    r"\b(?:is|are|was|were|be|been|being|become|becomes|remains?|\w+ly|not|also|now|therefore|both|"
    r"those|and|or|\w+s|people) subject to\b|\b(?:even|as|see|ask|asks|asked|know|check|assess|"
    r"determine|consider|understand|identify|establish|only|what|and|or|that|nothing|for|than) "
    r"(?:if|as long|so long|except|unless)\b|\bif (?:so|not|any)\b|\b[Ii]f\b.*\bthen\b"
)
_SUM = (
    r"((?<![\w.,/£$-])(?!(?:19|20)\d\d\b(?!,))£?\d[\d,.]*(?<![.,])"
    r"(?:%| million| billion| per cent|m\b|bn\b)?)(?![\w/-])"
)
_TIME = (
    rf"((?:(?:{'|'.join(MONTHS)}) )?(?:19|20)\d\d(?:[-/–]\d\d(?:\d\d)?)?|{'|'.join(PLACES)})"
    r"\b(?![-/])"
)
_BETWEEN = (
    r"((?:,? and|,| to|,? compared (?:to|with)|, (?:rising|increasing|falling) to)(?: [a-z]+)*? )"
)
_OF = r"((?: [a-z]+){0,3} (?:in|for|by|in the year ending|as at) )"
_FOLLOWED = re.compile(rf"{_SUM}{_OF}{_TIME}{_BETWEEN}{_SUM}{_OF}{_TIME}")
_LED = re.compile(
    rf"\b([Ii]n ){_TIME}(,?(?: [a-z]+){{0,5}} ){_SUM}"
    rf"([^\d;]*?[, ](?:and )?in ){_TIME}(,?(?: [a-z]+){{0,5}} ){_SUM}"
)
_CELL = re.compile(rf"(?<=\| ){_TIME}: {_SUM}(?= \||$)")


@dataclass(frozen=True)
class Source:
    """A sentence, the chunk it stands in and what else an alteration may draw on."""

    sentence: str
    chunk: str
    others: Sequence[str]
    """Sentences of other records."""
    names: Sequence[str]
    """Capitalised names of other records."""


def _put(text: str, match: re.Match[str], new: str) -> str:
    return text[: match.start()] + new + text[match.end() :]


def _pick(chance: random.Random, pattern: str | re.Pattern[str], text: str) -> re.Match[str] | None:
    links = [m.span() for m in _LINK.finditer(text)]
    found = [m for m in re.finditer(pattern, text) if not any(a <= m.start() < b for a, b in links)]
    return chance.choice(found) if found else None


def number(source: Source, chance: random.Random) -> str | None:
    """One figure with other digits, ten times it, or one more."""
    text = source.sentence
    found = [
        m
        for m in _FIGURE.finditer(text)
        if not _YEAR.fullmatch(m[0].strip("£"))
        and not re.match(rf"(?:st|nd|rd|th)?\s(?:{'|'.join(MONTHS)})\b", text[m.end() :])
        and not any(a.start() <= m.start() < a.end() for a in _LINK.finditer(text))
    ]
    if not found:
        return None
    match = chance.choice(found)
    digits = match[1]
    way = chance.randrange(3)
    if way == 0:
        new = str(int(digits.replace(",", "")) + chance.choice([1, 2, 10, 100]))
    elif way == 1:
        new = str(int(digits.replace(",", "") + "0") or 7)
    else:
        at = chance.choice([n for n, c in enumerate(digits) if c.isdigit()])
        other = chance.choice([d for d in "123456789" if d != digits[at]])
        new = digits[:at] + other + digits[at + 1 :]
    if "," in digits and "," not in new:
        new = f"{int(new):,}"
    return text[: match.start(1)] + new + text[match.end(1) :]


def date(source: Source, chance: random.Random) -> str | None:
    """Another year, month or day."""
    text = source.sentence
    months = _pick(chance, rf"\b(?:{'|'.join(m for m in MONTHS if m != 'May')})\b", text)
    years = _pick(chance, _YEAR, text)
    days = _pick(chance, rf"\b(\d{{1,2}})(?=(?:st|nd|rd|th)?\s(?:{'|'.join(MONTHS)})\b)", text)
    found = [m for m in (months, years, days) if m]
    if not found:
        return None
    match = chance.choice(found)
    if match is months:
        return _put(text, match, chance.choice([m for m in MONTHS if m != match[0]]))
    if match is years:
        return _put(text, match, str(int(match[0]) + chance.choice([-3, -2, -1, 1, 2])))
    return _put(text, match, str(chance.choice([d for d in range(1, 28) if d != int(match[0])])))


def unit(source: Source, chance: random.Random) -> str | None:
    """Millions for billions, days for weeks, per cent for nothing."""
    ways = []
    for units in (_TIMES, _SIZES, _WIDTHS):
        match = _pick(chance, rf"(?<=\d )(?:{'|'.join(units)})\b", source.sentence)
        if match:
            other = chance.choice([u for u in units if u != match[0]])
            ways.append(_put(source.sentence, match, other))
    match = _pick(chance, r"(?<=\d)(?:%| per ?cent\b)", source.sentence)
    if match:
        ways.append(_put(source.sentence, match, chance.choice([" million", "", " thousand"])))
    match = _pick(chance, r"(?<=\d)(?:m|bn)\b", source.sentence)
    if match:
        ways.append(_put(source.sentence, match, "bn" if match[0] == "m" else "m"))
    return chance.choice(ways) if ways else None


def place(source: Source, chance: random.Random) -> str | None:
    """Another place."""
    match = _pick(chance, rf"\b(?:{'|'.join(PLACES)})\b", source.sentence)
    if not match:
        return None
    near = [p for p in PLACES if p in source.chunk and p != match[0]]
    pool = near if near and chance.random() < 0.5 else [p for p in PLACES if p != match[0]]
    return _put(source.sentence, match, chance.choice(pool))


def person(source: Source, chance: random.Random) -> str | None:
    """Another person's surname."""
    match = _pick(chance, rf"(?:(?<=Mr )|{_PERSON.pattern})([A-Z][a-z]+)", source.sentence)
    if not match:
        return None
    new = chance.choice([p for p in PEOPLE if p != match[1]])
    return source.sentence[: match.start(1)] + new + source.sentence[match.end(1) :]


def name(source: Source, chance: random.Random) -> str | None:
    """The name of another programme, act or body for one of this sentence."""
    match = _pick(chance, CAPITALS, source.sentence)
    if not match:
        return None
    near = [m for m in CAPITALS.findall(source.chunk) if m not in match[0] and match[0] not in m]
    pool = near if near and chance.random() < 0.4 else source.names
    other = chance.choice(pool)
    # "Secretary of State" for "Secretary of State for Defence" is shorter, not other.
    same = set(other.lower().split()) <= set(match[0].lower().split())
    return None if same else _put(source.sentence, match, other)


def department(source: Source, chance: random.Random) -> str | None:
    """Another department or body, half the time one that the chunk names as well."""
    match = _pick(chance, rf"\b(?:{'|'.join(map(re.escape, BODIES))})\b", source.sentence)
    if not match:
        return None
    same = next((names for names in ALIASES if match[0] in names), {match[0]})
    pool = [b for b in BODIES if b not in same]
    near = [b for b in pool if b in source.chunk and b not in match[0] and match[0] not in b]
    if near and chance.random() < 0.5:
        pool = near
    return _put(source.sentence, match, chance.choice(pool))


def dropped_negation(source: Source, chance: random.Random) -> str | None:
    """A "not" or "no" less."""
    text = source.sentence
    if re.search(r"(?i)whether or not|not only|not just|no (?:more|less|fewer) than", text):
        return None
    for pattern, new in chance.sample(_NEGATED, len(_NEGATED)):
        match = _pick(chance, pattern, text)
        if match:
            return _put(text, match, match.expand(new))
    return None


def added_negation(source: Source, chance: random.Random) -> str | None:
    """A "not" more."""
    match = _pick(chance, _AUXILIARY, source.sentence)
    if not match or re.match(r"\s+(?:not|n't|also not|only)", source.sentence[match.end() :]):
        return None
    return _put(source.sentence, match, f"{match[0]} not")


def modality(source: Source, chance: random.Random) -> str | None:
    """A possibility, an intention or a limit turned into a promise."""
    for pattern, new in chance.sample(_STRONGER, len(_STRONGER)):
        match = _pick(chance, pattern, source.sentence)
        if match:
            return _put(source.sentence, match, new)
    return None


def swapped(source: Source, chance: random.Random) -> str | None:
    """Two names on either side of a verb change places."""
    text = source.sentence
    found = list(re.finditer(rf"\b(?:{'|'.join(map(re.escape, BODIES + PLACES))})\b", text))
    found += [m for m in CAPITALS.finditer(text) if m.start() > 0]
    found.sort(key=lambda m: m.start())
    pairs = []
    for first in found:
        for second in found:
            between = text[first.end() : max(first.end(), second.start())]
            low = re.findall(r"\b[a-z]{4,}\b", between)
            one, two = set(first[0].lower().split()), set(second[0].lower().split())
            # A list, and what is done "with" somebody, is the same either way round.
            if (
                len(set(low) - {"with", "between", "alongside", "both", "from", "including"}) >= 1
                and not re.search(r"\b(?:with|and|or|between|alongside|including)\b|[,;]", between)
                and not one <= two
                and not two <= one
            ):
                pairs.append((first, second))
    if not pairs:
        return None
    a, b = chance.choice(pairs)
    return f"{text[: a.start()]}{b[0]}{text[a.end() : b.start()]}{a[0]}{text[b.end() :]}"


def swapped_figures(source: Source, chance: random.Random) -> str | None:
    """Two different figures of a sentence change places."""
    text = source.sentence
    links = [m.span() for m in _LINK.finditer(text)]
    found = [m for m in _FIGURE.finditer(text) if not any(a <= m.start() < b for a, b in links)]
    pairs = [
        (a, b)
        for n, a in enumerate(found)
        for b in found[n + 1 :]
        if a[0] != b[0]
        and re.search(r"[a-z]{3}", text[a.end() : b.start()])
        # "by 3 and 5" lists them, "section 3 of part 5" numbers them.
        and not re.fullmatch(r"[\d,\s]*(?:and|or|to)[\d,\s]*", text[a.end() : b.start()])
        # "2024 November 14" is the same day.
        and not re.fullmatch(
            rf"(?:[a-z]{{2}})?\s(?:{'|'.join(MONTHS)}),?\s", text[a.end() : b.start()]
        )
    ]
    if not pairs:
        return None
    a, b = chance.choice(pairs)
    return f"{text[: a.start()]}{b[0]}{text[a.end() : b.start()]}{a[0]}{text[b.end() :]}"


def counted(source: Source, chance: random.Random) -> str | None:
    """What a figure counts, half the time for something that the chunk counts as well."""
    match = _pick(chance, rf"(?<=\d )((?:[a-z]+ )?)({'|'.join(COUNTED)})\b", source.sentence)
    if not match:
        return None
    near = [c for c in COUNTED if re.search(rf"\b{c}\b", source.chunk) and c != match[2]]
    pool = near if near and chance.random() < 0.5 else [c for c in COUNTED if c != match[2]]
    return _put(source.sentence, match, match[1] + chance.choice(pool))


def spliced(source: Source, chance: random.Random) -> str | None:
    """Who acts from this sentence, what is done from another one of the chunk."""
    ours = _SUBJECT.match(source.sentence)
    chunk = [_SUBJECT.match(line.strip()) for line in re.split(r"(?<=[.])\s+", source.chunk)]
    # "The Taskforce" and "the Trade Taskforce" may well be the same.
    theirs = [
        m
        for m in chunk
        if m
        and ours
        and m[1].removeprefix("The ") not in ours[1]
        and ours[1].removeprefix("The ") not in m[1]
        and not any({m[1].removeprefix("The "), ours[1].removeprefix("The ")} <= a for a in ALIASES)
    ]
    # These may stand for the other subject, so that nothing would be altered.
    plain = re.compile(
        r"We|It|This|These|They|There|He|She|That|Those|As|You|Both|The|No|What|I|"
        r"(?:The )?(?:UK |Welsh |Scottish )?(?:Government|Department|Ministry|Office|HMG)"
    )
    theirs = [m for m in theirs if not plain.fullmatch(m[1])]
    if not ours or not theirs or plain.fullmatch(ours[1]):
        return None
    other = chance.choice(theirs)
    return f"{ours[1]} {other.string[other.start(2) :]}"


def other_answer(source: Source, chance: random.Random) -> str | None:
    """A sentence of another answer."""
    other = chance.choice(source.others)
    held = set(re.findall(r"\w+", source.chunk.lower()))
    new = [w for w in re.findall(r"\w{5,}", other.lower()) if w not in held]
    return other if len(new) >= 2 else None


def dropped_condition(source: Source, chance: random.Random) -> str | None:
    """What a statement depends on less: "subject to consultation", "where possible"."""
    text = source.sentence.strip()
    found = [m for pattern in _CONDITIONS for m in pattern.finditer(text)]
    found = [m for m in found if not _NO_CONDITION.search(text[max(0, m.start() - 20) : m.end()])]
    if not found:
        return None
    left = _put(text, chance.choice(found), "")
    return left[:1].upper() + left[1:]


def another_owner(source: Source, chance: random.Random) -> str | None:
    """Of two figures, each of a year or a place, one is kept and given for the other's."""
    text = source.sentence
    if match := _FOLLOWED.search(text):
        first, of, one, _, second, of_second, other = match.groups()
        ways = [f"{first}{of}{other}", f"{second}{of}{one}", f"{second}{of_second}{one}"]
    elif match := _LED.search(text):
        opening, one, of, first, _, other, _, second = match.groups()
        ways = [f"{opening}{one}{of}{second}", f"{opening}{other}{of}{first}"]
    else:
        return _another_cell(text, chance)
    if one in other or other in one or first == second or one[-1].isdigit() != other[-1].isdigit():
        return None
    return f"{text[: match.start()]}{chance.choice(ways)}."


def _another_cell(row: str, chance: random.Random) -> str | None:
    """A year of a row of a table with the figure of another."""
    cells = _CELL.findall(row)
    figures = [figure for _, figure in cells]
    cells = [(year, figure) for year, figure in cells if figures.count(figure) == 1]
    if len(cells) < 2 or len(set(dict(cells))) < len(cells):
        return None
    (one, _), (_, second) = chance.sample(cells, 2)
    heading = row[: next(_CELL.finditer(row)).start()].rstrip(" |")
    return chance.choice([f"{heading} | {one}: {second}", f"{heading}, {second} in {one}"])


Alter = Callable[[Source, random.Random], str | None]


def time_word(source: Source, chance: random.Random) -> str | None:
    """ "Since 2021" for "in 2021", "by" for "from": the date stays as it is."""
    match = _pick(chance, _DATED, source.sentence)
    if match is None:
        return None
    new = chance.choice(_OTHER_TIMES[match[1].lower()])
    new = new.capitalize() if match[1][0].isupper() else new
    return source.sentence[: match.start(1)] + new + source.sentence[match.end(1) :]


def small_word(source: Source, chance: random.Random) -> str | None:
    """ "Rose by" for "rose to", a figure a year for a total, and the other way round."""
    for pattern, new in chance.sample(_SMALL_WORDS, len(_SMALL_WORDS)):
        match = _pick(chance, pattern, source.sentence)
        if match:
            return _put(source.sentence, match, match.expand(new))
    return None


_DATED = re.compile(
    r"\b([Ss]ince|[Ii]n|[Bb]efore|[Aa]fter|[Uu]ntil|[Bb]y) "
    rf"(?=(?:the end of )?(?:\d{{1,2}} )?(?:(?:{'|'.join(MONTHS)}) )?(?:19|20)\d\d\b(?![-/–]))"
)
_OTHER_TIMES = {
    "since": ("in", "before", "until"),
    "in": ("since", "before", "by"),
    "before": ("since", "after"),
    "after": ("before", "by"),
    "until": ("since", "after"),
    "by": ("since", "in"),
}
_SMALL_WORDS = (
    (r"\b((?:ris\w+|rose|increas\w+|grow\w*|grew|f[ae]ll\w*|reduc\w+) )to (?=[£\d])", r"\1by "),
    (r"\b((?:ris\w+|rose|increas\w+|grow\w*|grew|f[ae]ll\w*|reduc\w+) )by (?=[£\d])", r"\1to "),
    (r"(£\d[\d.,]*(?: million| billion|m|bn)?) (?:a|per|each) (?:year|annum|month|week)\b", r"\1"),
)


KINDS: dict[str, Alter] = {
    "number": number,
    "date": date,
    "unit": unit,
    "counted": counted,
    "place": place,
    "person": person,
    "name": name,
    "department": department,
    "dropped negation": dropped_negation,
    "added negation": added_negation,
    "modality": modality,
    "swapped names": swapped,
    "swapped figures": swapped_figures,
    "spliced": spliced,
    "another answer": other_answer,
    "dropped condition": dropped_condition,
    "another's figure": another_owner,
    "time word": time_word,
    "small word": small_word,
}
