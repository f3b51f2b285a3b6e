"""What a sync reads: which days of which list, and when days read before are due again.

What was tabled is read in slices of about a week.  Much changes with no date of its own (a
heading is given, a question passes to another department, is withdrawn, vanishes), so slices are
read again: recent ones every time, older ones more and more seldom.  What was answered,
corrected or made is followed by a cursor, going back a few days each time, because an answer
can be published some days after the day it bears.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

OVERLAP = timedelta(days=7)
"""How far before its cursor a list is read again."""

FIRST_SYNC = timedelta(days=30)
"""How far back a first sync goes where no day is given."""

EARLIEST = date(2014, 5, 1)
"""The API holds nothing older."""

_ALWAYS = timedelta(days=45)
_DAILY = timedelta(days=400)
_SELDOM = timedelta(days=30)
WEEK = timedelta(days=7)
QUARTER = timedelta(days=91)
"""How many days of a list are read together: few of one that is long, many of a short one."""


@dataclass(frozen=True, slots=True)
class Days:
    """A run of days, both ends included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Cursor:
    """Everything from `since` until `until` has been read; `read` is when it last was."""

    since: date
    until: date
    read: datetime


def slices(since: date, today: date) -> list[Days]:
    """The slices from one day to another, newest first: days 1-7, 8-14, 15-21, 22-end of a month.

    The first begins with its own first day, however far into it `since` lies, so that a slice
    is always the same days.
    """
    found: list[Days] = []
    day = _slice_start(since)
    while day <= today:
        after = _next_slice(day)
        found.append(Days(day, after - timedelta(days=1)))
        day = after
    return found[::-1]


def is_due(last_read: datetime | None, days: Days, now: datetime) -> bool:
    """Whether a slice read then must be read again now."""
    if last_read is None:
        return True
    age = now.date() - days.last
    if age <= _ALWAYS:
        return True
    pause = timedelta(days=1) if age <= _DAILY else _SELDOM
    # A daily run that starts a few minutes earlier than yesterday's is not too early.
    return now - last_read >= pause - timedelta(hours=1)


def windows(
    cursor: Cursor | None, since: date, today: date, length: timedelta = WEEK
) -> Iterator[Days]:
    """The days to read of a list with a cursor, so many at a time.

    First, newest first, what lies before the cursor's beginning, then, oldest first, from a
    little before its end until today: whenever the reading stops, what was read is one run.
    """
    if cursor is None:
        yield from _forward(since, today, length)
        return
    last = cursor.since - timedelta(days=1)
    while last >= since:
        first = max(since, last - length + timedelta(days=1))
        yield Days(first, last)
        last = first - timedelta(days=1)
    yield from _forward(max(min(since, cursor.since), cursor.until - OVERLAP), today, length)


def moved(cursor: Cursor | None, read: Days, now: datetime) -> Cursor:
    """The cursor once these days have been read and their records are safely indexed."""
    if cursor is None:
        return Cursor(read.first, read.last, now)
    return Cursor(min(cursor.since, read.first), max(cursor.until, read.last), now)


def _forward(first: date, today: date, length: timedelta) -> Iterator[Days]:
    while first <= today:
        last = min(first + length - timedelta(days=1), today)
        yield Days(first, last)
        first = last + timedelta(days=1)


def _slice_start(day: date) -> date:
    return day.replace(day=min((day.day - 1) // 7 * 7 + 1, 22))


def _next_slice(start: date) -> date:
    if start.day < 22:
        return start + timedelta(days=7)
    return (start + timedelta(days=10)).replace(day=1)
