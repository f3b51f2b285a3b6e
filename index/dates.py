"""Months and days in English, whatever language the machine speaks.

What Python gives (``%B``, `calendar.month_name`) follows the locale that a program has set.
"""

from __future__ import annotations

from datetime import date

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
MONTH_NUMBERS = {name.lower(): number for number, name in enumerate(MONTHS, 1)}
MONTH_NUMBERS |= {name[:3]: number for name, number in MONTH_NUMBERS.items()} | {"sept": 9}
"""The numbers of the months by their names and their short names, in small letters."""


def british_date(day: date) -> str:
    """``6 July 2022``."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
