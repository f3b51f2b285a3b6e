"""Capitals for places that a question gives in small letters, as the records write them.

Who types in haste writes "in burnley"; that this is a place, and must be met by the evidence, is
otherwise told by its capital.  No gazetteer is needed: the records know.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

_TOKEN = re.compile(r"[A-Za-z'’]+|[^A-Za-z'’]+")
_PLACING = frozenset("in at near around across outside".split())
_LINKING = frozenset("upon on under of and the le by".split())
_SHORTEST = 4


def restored(question: str, texts_with: Callable[[str], Iterable[str]]) -> str:
    """The question, its places with the capitals that they have wherever the records name them.

    A place is what stands after "in" or its like.  `texts_with` gives some texts that have a word.
    """
    made: list[str] = []
    is_placed = False
    for token in _TOKEN.findall(question):
        if not token.strip():
            made.append(token)
        elif token.lower() in _PLACING:
            is_placed = True
            made.append(token)
        elif is_placed and token.islower() and _is_named(token, texts_with):
            made.append(token.capitalize())
        else:
            # Who writes one name with a capital has left the other words small on purpose.
            is_placed = is_placed and token in _LINKING
            made.append(token)
    return "".join(made)


def _is_named(word: str, texts_with: Callable[[str], Iterable[str]]) -> bool:
    """Whether these texts write a word, in any form, with a capital where no sentence begins."""
    if len(word) < _SHORTEST or not word.isalpha():
        return False
    within = re.compile(rf"(?<=[a-z,;] ){word.removesuffix('s')}\w{{0,3}}\b", re.IGNORECASE)
    found = [match.group() for text in texts_with(word) for match in within.finditer(text)]
    return word.capitalize() in found and all(written[0].isupper() for written in found)
