"""Questions that say which earlier answer they follow, as labelled queries.

"To ask the Minister, pursuant to the Answer of 24 July 2024 to Question 155 on Defence:
Expenditure, whether..." wants the record it cites: it is found by its number and, since numbers
come again in every session, by the day of its answer.  The reference is cut from the query.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from index.dates import MONTHS
from index.sources.dates import parse_date
from index.text import html_to_text
from index.types import WrittenAnswer

_CITES = re.compile(
    r"pursuant to (?:the |his |her |their |your )?(?:oral |written )?answers?\b.*?"
    r"\bquestions?\s+(?:number\s+)?((?:HL)?\d+)",
    re.IGNORECASE | re.DOTALL,
)
_DAY = re.compile(rf"(\d{{1,2}})(?:st|nd|rd|th)?\s+({'|'.join(MONTHS)})\s+(\d{{4}})", re.IGNORECASE)
_SUBJECT = re.compile(r"\s*,?\s*(?:on|in|regarding|entitled)\b[^,;]*[,;]\s*")
_BARE = re.compile(r"\s*[,;]\s*")
_SHORTEST = 25
"""Characters left of a question that is still one."""


def citing(pairs: Path, records: Iterable[WrittenAnswer]) -> Iterator[dict[str, Any]]:
    """Queries with the record each wants, in the layout of the label tasks.

    `pairs` is a gzipped file of JSON objects, one a line, with `questionText`.
    """
    by_number: dict[str, list[WrittenAnswer]] = {}
    for record in records:
        if record.uin:
            by_number.setdefault(record.uin, []).append(record)
    with gzip.open(pairs, "rt", encoding="utf-8") as lines:
        for line in lines:
            question = html_to_text(json.loads(line)["questionText"])
            cited = _CITES.search(question)
            day = _DAY.search(cited.group()) if cited else None
            answered = parse_date(day.group()) if day else None
            if cited is None or answered is None:
                continue
            found = [r for r in by_number.get(cited[1], ()) if r.answered == answered]
            rest = _after(question[cited.end() :], found[0].heading or "") if found else ""
            if len(rest) >= _SHORTEST and not _CITES.search(rest):
                query = rest[0].upper() + rest[1:]
                yield {"query": query, "relevant": [found[0].id], "exclude": []}


def _after(text: str, heading: str) -> str:
    """What is asked after "on HEADING," or after a comma; empty where that is unclear."""
    named = re.compile(rf"\s*,?\s*on\s+{re.escape(heading)}\s*[,;:]?\s*", re.IGNORECASE)
    for cut in (*([named] if heading else []), _SUBJECT, _BARE):
        if end := cut.match(text):
            return text[end.end() :].strip()
    return ""
