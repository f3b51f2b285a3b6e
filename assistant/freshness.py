"""How fresh and complete the index is, in lines for the terminal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from index.sync.report import Followed, Month, SyncState
from prompts import counted

SHOWN_MONTHS = 13
"""Months that are always listed; older ones only where something is missing."""


def freshness_lines(state: SyncState, now: datetime | None = None) -> list[str]:
    """The last sync, what is followed, what is waited for, and the months one by one."""
    now = now or datetime.now(UTC)
    lines = ["Freshness"]
    if state.last_run:
        how = "" if state.last_outcome == "done" else f" ({state.last_outcome})"
        lines.append(f"Last sync: {ago(now - state.last_run)}{how}")
    if state.lag_seconds is not None and len(state.followed) > 1:
        lines.append(f"Oldest of what is followed read: {_span(state.lag_seconds)} ago")
    lines += [f"Followed: {_followed(part, now)}" for part in state.followed]
    if state.newest_answer:
        lines.append(f"Newest answer: {state.newest_answer}")
    for name, count in (
        ("Tabled questions that await an answer", state.waiting),
        ("Withdrawn before they were answered", state.withdrawn),
        ("Records still to be completed", max(state.owed, state.truncated)),
        ("Daily files read", state.daily_files),
    ):
        if count:
            lines.append(f"{name}: {count:,}")
    return lines + _months(state.months)


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
