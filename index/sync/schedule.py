"""Syncing again and again: a pause after each run, a plain word when one fails, on to the next."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..errors import BadRequest, IndexBusy, IndexDamaged, SourceUnreachable

PASSING = (SourceUnreachable, IndexBusy, IndexDamaged)
"""What may be better next time: no network, another writer, a full disk."""


@dataclass(frozen=True, slots=True)
class Round:
    """One turn of a watch: what went wrong, if anything, and when the next turn is due."""

    error: Exception | None
    following: datetime


def watch(
    run: Callable[[], object],
    every: timedelta,
    told: Callable[[Round], None],
    stop: threading.Event,
) -> None:
    """Call `run` until `stop` is set, each turn `every` after the start of the one before.

    A turn that takes longer than that is followed by the next after a minute.  What may pass is
    told and tried again at the next turn; any other error ends the watch.
    """
    if every < timedelta(minutes=1):
        raise BadRequest("The source is asked once a minute at most.", "Give --every 1 or more.")
    while not stop.is_set():
        started = datetime.now()
        error: Exception | None = None
        try:
            run()
        except PASSING as failure:
            error = failure
        following = max(started + every, datetime.now() + timedelta(minutes=1))
        told(Round(error, following))
        stop.wait((following - datetime.now()).total_seconds())
