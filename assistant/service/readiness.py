"""Whether the service can answer: told by a search, not by its being there.

A search that does not come back, as where another process that holds the index was suspended, is
waited for in a thread of its own, so that whoever asks is told.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

LONGEST = 5.0
"""Seconds that a search may take."""
KEPT = 10.0
"""Seconds for which what was found holds: a monitor may ask as often as it likes."""


class Readiness:
    """Asks `search`, which gives how many records there are to search, and tells why not.

    `in_words` gives what anybody may be told of an error; the log has all of it, once when
    something begins to be wrong and once when it is right again.  Safe from many threads.
    """

    def __init__(
        self,
        search: Callable[[], int],
        in_words: Callable[[Exception], str] = str,
        longest: float = LONGEST,
        kept: float = KEPT,
    ) -> None:
        self._search, self._in_words = search, in_words
        self._noted = ""
        self._longest, self._kept = longest, kept
        self._lock = threading.Lock()
        self._why, self._when = "", float("-inf")
        self._asking: threading.Thread | None = None

    def why_not(self) -> str:
        """What keeps it from answering, in a sentence; empty where nothing does."""
        with self._lock:
            if time.monotonic() - self._when < self._kept:
                return self._why
            if self._asking is None or not self._asking.is_alive():
                self._asking = threading.Thread(target=self._ask, name="ready", daemon=True)
                self._asking.start()
            asking = self._asking
        asking.join(self._longest)
        if asking.is_alive():
            why = (
                f"A search has not come back within {self._longest:.0f} seconds: changed search "
                "files are being tried, or another process holds the index and is suspended."
            )
            self._note(why)
            return why
        return self._why

    def _ask(self) -> None:
        try:
            why = "" if self._search() else "the index holds no record yet"
            self._note("")
        except Exception as error:  # whatever it is, no question is answered
            why = self._in_words(error)
            self._note(str(error) or type(error).__name__)
        self._why, self._when = why, time.monotonic()

    def _note(self, wrong: str) -> None:
        with self._lock:
            before, self._noted = self._noted, wrong
        if wrong and wrong != before:
            log.error("No question can be answered: %s", wrong)
        elif before and not wrong:
            log.error("Questions can be answered again.")
