"""How fresh and complete the index is, in lines for the terminal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from index.gaps import Coverage
from index.sync.report import Followed, Month, SyncState
from prompts import counted

SHOWN_MONTHS = 13
"""Months that are always listed; older ones only where something is missing."""


def freshness_lines(state: SyncState) -> list[str]:
    """The last sync, what is followed, what is waited for, and the months one by one."""
    now = datetime.now(UTC)
    lines = ["Freshness"]
    if state.last_run:
        how = "" if state.last_outcome == "done" else f" ({state.last_outcome})"
        lines.append(f"Last sync: {ago(now - (state.last_ended or state.last_run))}{how}")
    if state.lag_seconds is not None and len(state.followed) > 1:
        lines.append(f"Oldest of what is followed read: {_span(state.lag_seconds)} ago")
    lines += [f"Followed: {_followed(part, now)}" for part in state.followed]
    if state.newest_answer:
        days = (now.date() - state.newest_answer).days
        lines.append(f"Newest answer: {state.newest_answer} ({counted(days, 'day')} ago)")
    for name, count in (
        ("Tabled questions that await an answer", state.waiting),
        ("Withdrawn before they were answered", state.withdrawn),
        ("Records still to be completed", max(state.owed, state.truncated)),
        ("Daily files read", state.daily_files),
    ):
        if count:
            lines.append(f"{name}: {count:,}")
    return lines + _months(state.months)


def coverage_lines(found: tuple[Coverage, ...]) -> list[str]:
    """Which months the answers are of, and which have none or few: a remark, not an error."""
    if not found:
        return []
    lines = ["Months (by day answered)"]
    for part in found:
        span = part.first if part.first == part.last else f"{part.first} to {part.last}"
        none = [thin.month for thin in part.thin if not thin.answers]
        few = [thin for thin in part.thin if thin.answers]
        told = [f"no answers in {_runs(none)}"] if none else []
        if few:
            some = ", ".join(f"{thin.month} ({thin.answers:,})" for thin in few)
            told.append(f"few in {some} where a usual month has {few[0].usual:,}")
        whole = "answers in every month" if part.first != part.last else "one month"
        lines.append(f"{part.house}: {span}; {'; '.join(told) or whole}")
    if any(part.thin for part in found):
        lines.append("Parliament answers little in a recess and nothing at a general election.")
    return lines


def _runs(months: list[str]) -> str:
    """``2020-01 to 2020-03, 2021-05``: months in a row as one."""
    runs: list[list[str]] = []
    for month in months:
        if runs and _number(month) == _number(runs[-1][-1]) + 1:
            runs[-1].append(month)
        else:
            runs.append([month])
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:])


def ago(span: timedelta) -> str:
    """``3 hours ago``, for a span of time that ends now."""
    return f"{_span(span.total_seconds())} ago"


def _span(seconds: float) -> str:
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            return counted(int(seconds // length), unit)
    return "less than a minute"


def _followed(part: Followed, now: datetime) -> str:
    what = f"the {part.house}" if part.house else "both Houses"
    if part.body:
        what += f", answering body {part.body}"
    return f"{what}, tabled since {part.since}; answers read {ago(now - part.last_read)}"


def _months(months: tuple[Month, ...]) -> list[str]:
    recent = sorted({month.month for month in months})[-SHOWN_MONTHS:]
    shown = [month for month in months if month.month in recent or month.missing]
    if not shown:
        return []
    lines = ["", "Tabled in         tabled  answered      held   missing   waiting"]
    lines += [
        f"{m.month} {m.house:<8} {m.tabled:>7,}   {m.answered:>7,}   {m.held:>7,}"
        f"   {m.missing or '-':>7}   {m.waiting or '-':>7}"
        for m in shown
    ]
    return lines
