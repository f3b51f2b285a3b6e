"""Logs on standard error: lines to read, or one JSON object a line for programs.

What is asked is never in them.  What a line is about (a request's id, its status, an answer's
kind and timings) is given as fields: `extra` of the standard library's loggers.
"""

from __future__ import annotations

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Literal

LogFormat = Literal["text", "json"]

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Id of the request that is being dealt with; empty outside of one."""

_OURS = ("assistant", "index")
_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """One JSON object a line: ``time`` (UTC), ``level``, ``logger``, ``message`` and the fields
    of the record; ``request_id`` within a request, ``error`` (a traceback) where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id.get():
            told["request_id"] = request_id.get()
        told |= {name: value for name, value in vars(record).items() if name not in _USUAL}
        if record.exc_info:
            told["error"] = self.formatException(record.exc_info)
        # Line separators of Unicode are escaped as well, so that a line stays a line.
        return json.dumps(told, default=str)


def configure(form: LogFormat) -> None:
    """With ``json``, write lines of JSON: errors of every library, and what this program does.

    With ``text`` everything stays as it is: errors alone, as they are worded.
    """
    if form == "text":
        return
    for handler in logging.getLogger().handlers:
        handler.setFormatter(JsonLines())
        handler.setLevel(logging.INFO)
        handler.addFilter(_is_telling)
    for name in _OURS:
        logging.getLogger(name).setLevel(logging.INFO)


def is_json() -> bool:
    """Whether lines of JSON are written."""
    return any(isinstance(h.formatter, JsonLines) for h in logging.getLogger().handlers)


def complain(sentence: str, **fields: Any) -> None:
    """Say on standard error what went wrong, in the form of the log."""
    if is_json():
        logging.getLogger("assistant").error("%s", sentence, extra=fields)
    else:
        import typer

        typer.echo(sentence, err=True)


def _is_telling(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR or record.name.partition(".")[0] in _OURS
