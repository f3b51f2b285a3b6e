"""The log of questions: off, as digests, or in full, and for no longer than it is kept."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import os
import secrets
import time
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from logging.handlers import TimedRotatingFileHandler
from pathlib import Path
from typing import Any, Literal

QuestionLogging = Literal["off", "hashed", "full"]

FILE = "questions.log"
KEY_FILE = "questions.key"


class QuestionLog:
    """One JSON line for each question; files older than `days` are deleted.

    "hashed" keeps a keyed digest (HMAC-SHA256), which tells that a question was asked again
    but not what it was.
    """

    def __init__(self, folder: Path, how: QuestionLogging, days: int) -> None:
        self._how = how
        self._handler: TimedRotatingFileHandler | None = None
        if how == "off":
            return
        self._key = _key(folder / KEY_FILE)
        _forget(folder, days)
        self._handler = _Daily(
            folder / FILE, when="midnight", backupCount=max(days - 1, 1), encoding="utf-8", utc=True
        )

    def note(self, question: str, kind: str) -> None:
        """Keep one question, as far as the setting allows."""
        if self._handler is None:
            return
        shown = question
        if self._how == "hashed":
            folded = " ".join(question.casefold().split()).encode("utf-8", "replace")
            shown = hmac.new(self._key, folded, hashlib.sha256).hexdigest()
        now = datetime.now(UTC).isoformat(timespec="seconds")
        line = json.dumps({"at": now, "question": shown, "kind": kind}, ensure_ascii=False)
        record = logging.LogRecord(FILE, logging.INFO, "", 0, "%s", (line,), None)
        self._handler.handle(record)

    def close(self) -> None:
        """Let go of the file."""
        if self._handler is not None:
            self._handler.close()


class _Daily(TimedRotatingFileHandler):
    """A file a day for its owner alone, which another process may turn over or take away."""

    def emit(self, record: logging.LogRecord) -> None:
        if self.stream is not None and self._is_elsewhere(self.stream.fileno()):
            # Turning it over once more would put what is new in the place of the day before.
            # It is opened where what fails is told to the log and not to whoever asked.
            self.stream.close()
            self.stream = None
            self.rolloverAt = self.computeRollover(int(time.time()))
        super().emit(record)

    def _open(self) -> Any:
        opened = super()._open()
        os.chmod(self.baseFilename, 0o600)
        return opened

    def _is_elsewhere(self, opened: int) -> bool:
        try:
            return not os.path.samestat(os.stat(self.baseFilename), os.fstat(opened))
        except OSError:
            return True


def _forget(folder: Path, days: int) -> None:
    """Delete what is older than `days`: nothing is turned over while nobody asks."""
    first = datetime.now(UTC).date() - timedelta(days=days)
    for file in folder.glob(f"{FILE}.*"):
        with suppress(ValueError):
            if date.fromisoformat(file.suffix.removeprefix(".")) < first:
                file.unlink(missing_ok=True)


def _key(file: Path) -> bytes:
    if not file.exists():
        file.touch(mode=0o600)
        file.write_bytes(secrets.token_bytes(32))
    return file.read_bytes()
