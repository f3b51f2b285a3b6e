"""A sentence as the tokens that its meaning hangs on."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from index.text import plain_signs

from . import words
from .dates import Date, parse_dates
from .figures import CURRENCIES, Figure, ordinal, parse_figure
from .lexing import Lexeme, lexemes

Kind = Literal[
    "figure", "date", "name", "word", "link", "negation", "modal", "hedge", "bound", "condition"
]


@dataclass(frozen=True, slots=True)
class Token:
    """One token; `key` is equal for the same thing written otherwise.

    `before` holds the words and signs that were passed over since the token before.
    """

    kind: Kind
    key: Hashable
    text: str
    before: tuple[str, ...] = ()
    figure: Figure | None = None
    date: Date | None = None

    @property
    def is_content(self) -> bool:
        """Whether it says what is spoken of, not how it is said."""
        return self.kind in ("figure", "date", "name", "word", "link")

    def is_in(self, other: Token) -> bool:
        """Whether `other`, in the evidence, gives what this token claims."""
        if self.key == other.key:
            return True
        if self.date and other.date:
            return other.date.holds(self.date)
        # "2000 officers" has the look of a year.
        if self.date and other.figure and not other.figure.unit:
            return self.date == Date(self.date.year) and self.date.year == other.figure.value
        if self.figure and other.date and not self.figure.unit:
            return other.date == Date(other.date.year) and other.date.year == self.figure.value
        return False


def tokenise(sentence: str) -> list[Token]:
    """The tokens of a sentence, in order."""
    found: list[Token] = []
    run = lexemes(plain_signs(sentence))
    before: list[str] = []
    at = 0
    while at < len(run):
        made, end = _read(run, at)
        if not made:
            before.append(run[at].lower)
        for token in made:
            found.append(replace(token, before=tuple(before)))
            before = []
        at = end
    return found


Read = tuple[list[Token], int]
"""The tokens that begin at a lexeme (none for a word passed over) and where they end."""


def _read(run: Sequence[Lexeme], at: int) -> Read:
    for reader in (_bound, _link, _date, _ordinal, _figure, _phrase, _cue, _known_name):
        read = reader(run, at)
        if read:
            return read
    return _word(run, at)


def _link(run: Sequence[Lexeme], at: int) -> Read | None:
    if run[at].kind != "link":
        return None
    return [Token("link", run[at].lower.rstrip("/"), run[at].text)], at + 1


def _date(run: Sequence[Lexeme], at: int) -> Read | None:
    if run[at].kind != "number" and not (run[at].kind == "word" and run[at].text[:1].isupper()):
        return None
    dates = parse_dates(run, at)
    if dates is None:
        return None
    text = _shown(run[at : dates[1]])
    return [Token("date", date, text, date=date) for date in dates[0]], dates[1]


def _ordinal(run: Sequence[Lexeme], at: int) -> Read | None:
    place = ordinal(run[at])
    return ([Token("word", place, run[at].text)], at + 1) if place else None


def _figure(run: Sequence[Lexeme], at: int) -> Read | None:
    read = None if _is_pronoun_one(run, at) else parse_figure(run, at)
    if read is None:
        return None
    value, end = read
    return [Token("figure", ("figure", value.value), _shown(run[at:end]), figure=value)], end


def _phrase(run: Sequence[Lexeme], at: int) -> Read | None:
    """Phrases whose words would be read amiss one by one."""
    following = [lexeme.lower for lexeme in run[at + 1 : at + 3]]
    low = run[at].lower
    if low == "not" and following[:1] and following[0] in {"only", "just", "least"}:
        return [], at + 2
    condition = words.CONDITION_PHRASES.get((low, *following))
    if condition:
        return [Token("condition", condition, " ".join((low, *following)))], at + 3
    if low in words.RATES and following[:1] and following[0] in words.PERIODS:
        text = f"{low} {following[0]}"
        return [Token("word", ("rate", words.PERIODS[following[0]]), text)], at + 2
    if (
        low == "total"
        and following[:1] == ["of"]
        and _starts_figure(run, min(at + 2, len(run) - 1))
    ):
        return [], at + 2
    if low == "no" and _is_abbreviation(run, at):
        return [Token("word", "no.", run[at].text)], at + 1
    return None


def _cue(run: Sequence[Lexeme], at: int) -> Read | None:
    """Negations and modal verbs; "cannot" and "won't" are both."""
    low = run[at].lower
    negated = low in words.NEGATORS or low.endswith("n't")
    modal = None if run[at].text == "May" and at else words.MODALS.get(low)
    if not modal and not negated:
        return None
    made = [Token("modal", ("modal", modal), run[at].text)] if modal else []
    if negated:
        made.append(Token("negation", "not", run[at].text))
    nobody = low == "no" and at + 1 < len(run) and run[at + 1].lower == "one"
    return made, at + 1 + nobody


def _word(run: Sequence[Lexeme], at: int) -> Read:
    low, text = run[at].lower, run[at].text
    if run[at].kind == "sign" or (low in words.FUNCTION and text != "US"):
        return [], at + 1
    if low in words.CONDITIONS:
        if low == "provided" and (at + 1 == len(run) or run[at + 1].lower != "that"):
            return [Token("word", words.stem(low), text)], at + 1
        return [Token("condition", low, text)], at + 1
    if low in words.YEARLY:
        return [Token("word", ("rate", words.YEARLY[low]), text)], at + 1
    key = words.stem(low)
    if _is_name(run, at):
        return [Token("name", key, text)], at + 1
    return [Token("hedge" if key in words.HEDGES else "word", key, text)], at + 1


def _known_name(run: Sequence[Lexeme], at: int) -> Read | None:
    """A body with a well-known short name, however it is given."""
    if not run[at].text[:1].isupper():
        return None
    # "Environment, Food and Rural Affairs": the comma is no part of the name's words.
    window = [n for n in range(at, min(at + 8, len(run))) if not run[n].is_sign(",")]
    for length in range(min(words.LONGEST_NAME, len(window)), 0, -1):
        taken = window[:length]
        lowered = tuple("and" if run[n].text == "&" else run[n].lower for n in taken)
        short = words.NAMES_FOR.get(lowered)
        if short:
            end = taken[-1] + 1
            return [Token("name", short, _shown(run[at:end]))], end
    return None


def _bound(run: Sequence[Lexeme], at: int) -> Read | None:
    """A phrase such as "up to", where a figure follows it."""
    if run[at].kind != "word":
        return None
    for length in range(words.LONGEST_BOUND, 0, -1):
        phrase = tuple(lexeme.lower for lexeme in run[at : at + length])
        end = at + length
        if len(phrase) == length and phrase in words.BOUNDS and end < len(run):
            if not _starts_figure(run, end):
                continue
            return [Token("bound", ("bound", words.BOUNDS[phrase]), " ".join(phrase))], end
    return None


def _starts_figure(run: Sequence[Lexeme], at: int) -> bool:
    if run[at].is_sign(*CURRENCIES):
        return True
    if _is_pronoun_one(run, at):
        return False
    dates = parse_dates(run, at) if run[at].kind == "number" else None
    if dates is None:
        return parse_figure(run, at) is not None
    # "Up to 1924 homes" counts them, "up to 1924" is a year.
    date, end = dates[0][0], dates[1]
    counts = end < len(run) and run[end].kind == "word" and run[end].lower not in words.FUNCTION
    return counts and end == at + 1 and date == Date(date.year) and run[end].text.islower()


def _is_pronoun_one(run: Sequence[Lexeme], at: int) -> bool:
    """Whether "one" counts nothing: "one another", "this one", "one-off"."""
    if run[at].lower != "one":
        return False
    if at + 1 < len(run) and run[at + 1].lower in {"another", "off", "-", "'s"}:
        return run[at + 1].lower != "-" or run[at + 2 : at + 3] == [] or run[at + 2].lower == "off"
    return at > 0 and run[at - 1].lower in {"this", "that", "any", "every", "each"}


def _is_abbreviation(run: Sequence[Lexeme], at: int) -> bool:
    """Whether "No" stands for "number": "No. 10"."""
    rest = run[at + 1 : at + 3]
    if run[at].text != "No" or not rest:
        return False
    after = rest[1] if rest[0].is_sign(".") and len(rest) > 1 else rest[0]
    return after.kind == "number"


def _is_name(run: Sequence[Lexeme], at: int) -> bool:
    """Whether the word is written as a name: a capital, and not only for opening a sentence."""
    text = run[at].text
    if not text[:1].isupper() and not any(c.isupper() for c in text[1:]):
        return False
    if sum(c.isupper() for c in text) > 1 or any(c.isdigit() for c in text):
        return True
    opens = at == 0 or all(lexeme.kind == "sign" for lexeme in run[max(0, at - 2) : at])
    return not opens or (at + 1 < len(run) and run[at + 1].text[:1].isupper())


def _shown(run: Sequence[Lexeme]) -> str:
    """The lexemes as a reader would write them."""
    text = ""
    for lexeme in run:
        text += lexeme.text if lexeme.glued or not text else f" {lexeme.text}"
    return text
