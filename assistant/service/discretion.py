"""What others are told of an error: what is wrong, but not where the files of this machine lie."""

from __future__ import annotations

import logging
import re
import time
from pathlib import Path

from index.errors import AssistantError

log = logging.getLogger(__name__)

SILENT = 60.0
"""Seconds for which an error that the log has is not written again."""

_PLACE = re.compile(
    r"(?<![\w./:\\-])(?:[A-Za-z]:[\\/]+|/(?!api/))[\w.+@~-]+(?:[\\/]+[\w.+@~-]*\w)+"
)
"""A file or folder by its whole path; no address of the service, and no part of a URL."""
_WITHIN = r"(?!\.?[\w+@~-])((?:[\\/][\w+@~-]+(?:\.[\w+@~-]+)*)*)"
"""What follows the data folder's name: a file in it, and no more of the name of one beside it."""


class Discretion:
    """Words errors for those who are not at this machine; `folder` is the data folder."""

    def __init__(self, folder: Path) -> None:
        # A relative one may be a word as any other.
        names = {str(place) for place in (folder, folder.resolve()) if place.is_absolute()}
        longest_first = sorted(map(re.escape, names), key=len, reverse=True)
        self._ours = re.compile(f"(?:{'|'.join(longest_first)}){_WITHIN}")
        self._noted = "", float("-inf")

    def told(self, error: AssistantError) -> tuple[str, str]:
        """What is wrong, and what to do about it; what that leaves out, the log has."""
        # What is the caller's fault quotes what he sent.
        is_theirs = error.http_status < 500
        told = self._worded(error, is_theirs)
        if told != (error.message, error.remedy):
            self._note(str(error))
        return told

    def _worded(self, error: AssistantError, is_theirs: bool) -> tuple[str, str]:
        return self._cleaned(error.message, is_theirs), self._cleaned(error.remedy, is_theirs)

    def of(self, error: Exception) -> str:
        """As `told`, in one text, for those who log by themselves; of an error that nobody
        expected only what sort it is."""
        if not isinstance(error, AssistantError):
            return f"Something unexpected went wrong ({type(error).__name__})."
        return " ".join(filter(None, self._worded(error, error.http_status < 500)))

    def _note(self, sentence: str) -> None:
        before, when = self._noted
        if sentence != before or time.monotonic() - when >= SILENT:
            self._noted = sentence, time.monotonic()
            log.error("%s", sentence)

    def _cleaned(self, text: str, is_theirs: bool) -> str:
        ours = self._ours.sub(_relative, text)
        return ours if is_theirs else _PLACE.sub("a file of the server", ours)


def _relative(found: re.Match[str]) -> str:
    return f"the data folder ({found[1][1:]})" if found[1] else "the data folder"
