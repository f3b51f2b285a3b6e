"""How much of what an answer should say it says."""

from __future__ import annotations

import re
from collections.abc import Sequence

_BETWEEN = re.compile(r"[^0-9a-z]+")


def folded(text: str) -> str:
    """Lower-case words with single spaces, as gold sentences are compared."""
    return f" {_BETWEEN.sub(' ', text.casefold()).strip()} "


def gold_shown(gold: Sequence[str], text: str) -> list[bool]:
    """Of each gold sentence, whether `text` holds it; white space, case and punctuation folded."""
    own = folded(text)
    return [folded(sentence) in own for sentence in gold]


def figures_shown(short: str, text: str) -> list[bool]:
    """Of each figure and date of a short answer, whether `text` gives it, however written."""
    from ..verify.tokens import tokenise

    given = tokenise(text)
    wanted = [token for token in tokenise(short) if token.kind in ("figure", "date")]
    return [any(token.is_in(other) for other in given) for token in wanted]
