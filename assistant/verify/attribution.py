"""Who answered and when, at the head of a claim: true by the record's own fields.

"On 9 May 2024 the Home Office said that 412 were repaired" cites a text that holds neither
the day nor the department.  Where the fields bear both out, what is left is checked against
the text; where they do not, nothing is taken away and the check finds the name or the date.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from index.dates import MONTH_NUMBERS, MONTHS
from index.text import fold
from index.types import WrittenAnswer

_SAYS = (
    r"(?:said|says|stated|states|answered|replied|reported|reports|confirmed|confirms|explained|"
    r"told (?:Parliament|the House|MPs|peers))"
)
_WHEN = r"(?:in an answer (?:of|on|dated) |on |in |as of |as at )"
_DAY = rf"(?:\d{{1,2}}(?:st|nd|rd|th)? )?(?:{'|'.join(MONTHS)}) \d{{4}}"
_HEADS = [
    re.compile(rf"^{pattern}(?=\S)", re.IGNORECASE)
    for pattern in (
        rf"(?:{_WHEN}(?P<first>{_DAY}),? )?(?P<who>.{{3,90}}?) {_SAYS}"
        rf"(?: {_WHEN}(?P<second>{_DAY}))?(?:,? that|,|:)? ",
        rf"according to (?P<who>.{{3,90}}?)(?: {_WHEN}(?P<first>{_DAY}))?, ",
    )
]
_ANYBODY = frozenset({"government", "department", "ministry", "minister"})


def unattributed(claim: str, records: Sequence[WrittenAnswer]) -> str:
    """The claim without its opening words about who answered and when, if these are true.

    They must be true of one and the same of the cited `records`.
    """
    claim = " ".join(claim.split())
    for head in _HEADS:
        found = head.match(claim)
        if found and any(_is_true(found, record) for record in records):
            rest = claim[found.end() :]
            return rest[:1].upper() + rest[1:]
    return claim


def _is_true(found: re.Match[str], record: WrittenAnswer) -> bool:
    days = [day for name, day in found.groupdict().items() if name != "who" and day]
    names = [record.department, record.answerer_role]
    names.append(record.answerer.name if record.answerer else None)
    said = _bare(found["who"])
    speaks = said in _ANYBODY or any(name and said == _bare(name) for name in names)
    return speaks and all(_is_day(day, record.answered) for day in days)


def _is_day(said: str, answered: date | None) -> bool:
    """Whether "9 May 2024" or "May 2024" is the day of the answer."""
    if answered is None:
        return False
    *day, month, year = said.lower().split()
    if day and int(day[0].rstrip("stndrh")) != answered.day:
        return False
    return (MONTH_NUMBERS[month], int(year)) == (answered.month, answered.year)


def _bare(name: str) -> str:
    return fold(name).replace(",", "").removeprefix("the ").strip()
