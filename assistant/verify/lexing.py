"""Text cut into words, numbers and signs: the first step of reading a sentence.

Hyphens and slashes stand alone, so "long-term" and "long term" are the same words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

# Every alternative begins with a different sort of character and none can give back what it
# has taken, so the whole runs in linear time.  No group is repeated possessively: Python 3.11.2
# then takes in the beginning of a repetition that fails ("2023," of "In 2023, the ...").
_LEXEME = re.compile(
    r"""(?P<link>(?:https?://|www\.)[^\s<>"]++)
      | (?P<number>[0-9]++(?:,[0-9]{3}(?![0-9]))*(?:\.[0-9]++)*[^\W\d_]*+)
      | (?P<word>[^\W_]++(?:'[^\W_]++)*)
      | (?P<sign>[£$€%&/+\-.,;:()!?|"])""",
    re.VERBOSE | re.IGNORECASE,
)
RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"
"""The marks of footnotes."""


@dataclass(frozen=True, slots=True)
class Lexeme:
    """A word, number, link or sign; `glued` when no white space stands before it."""

    text: str
    kind: Literal["link", "number", "word", "sign"]
    glued: bool
    lower: str

    def is_sign(self, *signs: str) -> bool:
        """Whether this is one of the signs."""
        return self.kind == "sign" and self.text in signs


def lexemes(text: str) -> list[Lexeme]:
    """The lexemes of a text with plain signs (`index.text.plain_signs`), in order."""
    found: list[Lexeme] = []
    last = -1
    for match in _LEXEME.finditer(text):
        shown = match.group()
        kind = match.lastgroup
        if kind == "link":
            shown = shown.rstrip(".,;:!?)'\"")
        if kind == "word" and not shown.strip(RAISED):
            continue  # the mark of a footnote
        # The groups have exactly these four names.
        found.append(Lexeme(shown, kind, match.start() == last, shown.lower()))  # type: ignore[arg-type]
        last = match.end()
    return found
