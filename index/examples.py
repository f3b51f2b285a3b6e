"""Questions that show what an index can answer."""

from __future__ import annotations

import re

from .catalog import Catalog
from .text import strip_boilerplate

_QUESTION_WORDS = frozenset(
    "How What When Where Which Who Why Are Can Could Did Do Does Has Have Is Was Were Will".split()
)
# Words that mean somebody whom the formula named, and nobody without it.
_LEANS = re.compile(r"\b(?:his|her|their|he|she|they)\b|\bHon\.? ", re.IGNORECASE)


def pick(catalog: Catalog, n: int) -> tuple[str, ...]:
    """At most `n` short questions of different departments, without their opening formula."""
    ids = catalog.pick_questions(20 * n)
    found = catalog.records(ids)
    questions: list[str] = []
    for record_id in ids:
        question = " ".join(strip_boilerplate(found[record_id].question).split()).rstrip(".?") + "?"
        # "Whether he will..." is a question only after "To ask the Secretary of State".
        asks = question.split(" ", 1)[0] in _QUESTION_WORDS and not _LEANS.search(question)
        if asks and 20 <= len(question) <= 140 and question not in questions:
            questions.append(question)
        if len(questions) == n:
            break
    return tuple(questions)
