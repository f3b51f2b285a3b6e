"""An answer as server-sent events while it is made (the WHATWG's HTML standard, 9.2).

| event | data | when |
|---|---|---|
| `retrieved` | `passages`, `searched`, `suggestions` | first, once |
| `sentence` | `position` and a `SentenceBody` | a sentence is finished and checked |
| `citation` | `position` and a `CitationBody` | for each of its spans, after the sentence |
| `verdict` | `position`, `verdict`, `reason` | after its citations; not for framing |
| `started_again` | `note` | the sentences so far no longer count; positions begin at 0 |
| `done` | an `AnswerBody` | last, once |
| `error` | a `Problem` | last, in the place of `done`, where the answer breaks off |
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any

from index.errors import AssistantError

from ..service.gate import Gate, Overloaded
from ..service.replies import problem_body
from ..types import (
    CitationReady,
    Done,
    Retrieved,
    SentenceReady,
    StartedAgain,
    VerdictReady,
)
from . import shaping

if TYPE_CHECKING:
    from ..answer import AnswerStream
    from ..service.discretion import Discretion
    from ..types import Event, GroundedAnswer

_log = logging.getLogger(__name__)


async def event_stream(
    gate: Gate,
    begin: Callable[[], AnswerStream],
    finish: Callable[[GroundedAnswer], str],
    discretion: Discretion,
) -> AsyncIterator[bytes]:
    """The events of an answer, encoded.  A client that goes away ends the work.

    `finish` is told of the finished answer and gives its name.

    What goes wrong before the first event is raised, what goes wrong later is told as the
    event `error`.
    """
    has_begun = False
    try:
        async for event in gate.walk(_Walk(begin())):
            told = _told(event)
            if isinstance(event, Done):
                done = shaping.answer(event.answer, finish(event.answer))
                told = "done", done.model_dump(mode="json")
            if told is not None:
                has_begun = True
                yield _encoded(*told)
    except AssistantError as error:
        if not has_begun or isinstance(error, Overloaded):
            raise
        problem = problem_body(error.http_status, error.code, *discretion.told(error))
        yield _encoded("error", problem)
    except Exception:
        if not has_begun:
            raise
        _log.exception("an answer broke off")
        problem = problem_body(500, "internal", "Something went wrong here; it has been noted.")
        yield _encoded("error", problem)


class _Walk:
    """A stream as an iterator that can be closed while it is under way."""

    def __init__(self, stream: AnswerStream) -> None:
        self._stream = stream
        self._events = iter(stream)

    def __iter__(self) -> Iterator[Event]:
        return self

    def __next__(self) -> Event:
        return next(self._events)

    def close(self) -> None:
        self._stream.close()


def _told(event: Event) -> tuple[str, Any] | None:
    """The name and data of every event but the last, whose name of its own `finish` gives."""
    match event:
        case Retrieved(passages, searched, understood):
            found = [shaping.passage(p).model_dump(mode="json") for p in passages]
            limits = [s.model_dump(mode="json") for s in shaping.suggestions(understood)]
            return "retrieved", {"passages": found, "searched": searched, "suggestions": limits}
        case SentenceReady(sentence, position):
            said = shaping.sentence(sentence).model_dump(mode="json")
            return "sentence", {"position": position, **said}
        case CitationReady(citation, position):
            span = shaping.citation(citation).model_dump(mode="json")
            return "citation", {"position": position, **span}
        case VerdictReady(verdict, reason, position):
            return "verdict", {"position": position, "verdict": verdict.value, "reason": reason}
        case StartedAgain(note):
            return "started_again", {"note": note}
        case Done():
            return None


def _encoded(name: str, data: Any) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
