"""The official API of written questions and ministerial statements, as far as a sync needs it.

The list addresses cut what is long and leave out the members' names; the detail addresses give
everything.  So lists are only used to notice what is new or has changed, by a digest of each
item, and whatever has an answer is then read whole.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from pydantic import ValidationError

from ..errors import SourceUnreachable
from ..sources import api, statements
from ..sources.fields import BadRecord, Fields, plain_reason
from ..types import House, Rejected, WrittenAnswer
from .http import Client, Validators

PAGE = 100
"""Items asked for at a time; a server that gives fewer is followed at its own pace."""


class Stream(StrEnum):
    """What is followed: written questions, or written ministerial statements."""

    QUESTIONS = "questions"
    STATEMENTS = "statements"


class View(StrEnum):
    """A list of the API by one of its dates; each is read with its own cursor."""

    TABLED = "tabled"
    ANSWERED = "answered"
    CORRECTED = "corrected"
    MADE = "made"

    @property
    def stream(self) -> Stream:
        return Stream.STATEMENTS if self is View.MADE else Stream.QUESTIONS


class State(StrEnum):
    """Where a question stands, as its list item says; statements are always answered."""

    WAITING = "waiting"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"
    """Withdrawn with no answer; a question withdrawn after its answer counts as answered."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What part of Parliament's questions is followed; each part has cursors of its own."""

    house: House | None = None
    body: int | None = None
    """Number of an answering body (a department)."""

    @property
    def key(self) -> str:
        return f"{self.house or 'both'}:{self.body or 'all'}"


@dataclass(frozen=True, slots=True)
class Listed:
    """One item of a list: enough to know whether it must be read whole."""

    stream: Stream
    id: int
    house: str | None
    body: int | None
    department: str | None
    uin: str | None
    day: date
    """Day it was tabled, or made."""
    state: State
    digest: str
    value: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list and how many items the whole list has."""

    items: tuple[Listed, ...]
    total: int
    received: int
    """Items on the page, those that could not be read included."""
    unreadable: tuple[Rejected, ...] = ()


class Questions:
    """The API, one method for a list and one for a detail."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.keep: Validators | None = None
        """Where list pages are kept, to ask later only whether they have changed."""

    def page(self, view: View, scope: Scope, first: date, last: date, skip: int) -> Page:
        """Items ``skip`` onwards of what was tabled (answered, ...) from one day to another."""
        params: dict[str, str | int | bool] = {
            f"{view}WhenFrom": first.isoformat(),
            f"{view}WhenTo": last.isoformat(),
            # Left out, only the sitting session may be meant.
            "sessionStatus": "Any",
            "skip": skip,
            "take": PAGE,
        }
        if view.stream is Stream.QUESTIONS:
            params["includeWithdrawn"] = True
        if scope.house:
            params["house"] = scope.house
        if scope.body:
            params["answeringBodies"] = scope.body
        path = _path(view.stream)
        value = self.client.get_json(path, params, self.keep)
        results = value.get("results") if isinstance(value, dict) else None
        total = value.get("totalResults") if isinstance(value, dict) else None
        if results is None and total == 0:
            results = []
        if not isinstance(results, list) or not isinstance(total, int):
            raise SourceUnreachable(
                f"{self.client.base_url}/{path} did not give a list of results.",
                "Check the setting api_url.",
            )
        read = [_listed(view.stream, item) for item in results]
        return Page(
            tuple(item for item in read if isinstance(item, Listed)),
            total,
            len(results),
            tuple(item for item in read if isinstance(item, Rejected)),
        )

    def detail(self, stream: Stream, number: int) -> WrittenAnswer | Rejected:
        """A question with its answer, or a statement, whole and with the members' names.

        Raises:
            SourceRefused: there is none of that number (its `status` is 404).
            SourceUnreachable: see `Client.get_json`.
        """
        params: dict[str, str | int | bool] = {"expandMember": True, "sessionStatus": "Any"}
        value = self.client.get_json(f"{_path(stream)}/{number}", params)
        if isinstance(value, dict) and isinstance(value.get("results"), list):
            value = next(iter(value["results"]), {})
        if _id_of(value) not in (None, number):
            raise SourceUnreachable(f"{self._host} gave another record than {number}.")
        return read_whole(stream, value, self._host)

    def from_list(self, item: Listed) -> WrittenAnswer | Rejected:
        """What a list item tells of an answer, marked as cut where it is."""
        return _read(item.stream, item.value, self._host)

    @property
    def _host(self) -> str:
        return self.client.base_url.split("://", 1)[-1]


def _id_of(value: Any) -> Any:
    inner = value.get("value", value) if isinstance(value, dict) else None
    return inner.get("id") if isinstance(inner, dict) else None


def read_whole(stream: Stream, value: Any, name: str) -> WrittenAnswer | Rejected:
    """A record from a detail object: what it gives is whole, however long it is."""
    record = _read(stream, value, name)
    if isinstance(record, WrittenAnswer) and record.is_truncated:
        whole = {"is_answer_truncated": False, "is_question_truncated": False}
        return record.model_copy(update=whole)
    return record


def _path(stream: Stream) -> str:
    return f"api/written{stream}/{stream}"


def _read(stream: Stream, value: Any, name: str) -> WrittenAnswer | Rejected:
    inner = value.get("value", value) if isinstance(value, dict) else None
    label = str(inner.get("id", "")) if isinstance(inner, dict) else ""
    try:
        if not isinstance(inner, dict):
            raise BadRecord("the record is not an object")
        if stream is Stream.STATEMENTS:
            return statements.read_record(inner, name)
        return api.read_record(inner, name)
    except ValidationError as error:
        return Rejected(name, label, plain_reason(error))
    except BadRecord as error:
        return Rejected(name, label, str(error))


def _listed(stream: Stream, item: Any) -> Listed | Rejected:
    value = item.get("value") if isinstance(item, dict) else None
    label = str(value.get("id", "")) if isinstance(value, dict) else ""
    try:
        if not isinstance(value, dict):
            raise BadRecord("a list item is not an object")
        fields = Fields(value)
        number = fields.number("id")
        day = fields.day("dateMade" if stream is Stream.STATEMENTS else "dateTabled")
        if number is None or number < 0 or day is None:
            raise BadRecord("a list item lacks its id or its date")
        return Listed(
            stream=stream,
            id=number,
            house=fields.line("house"),
            body=fields.number("answeringBodyId"),
            department=fields.line("answeringBodyName"),
            uin=fields.line("uin"),
            day=day,
            state=_state(stream, fields),
            digest=digest(value),
            value=value,
        )
    except BadRecord as error:
        return Rejected("the API's list", label, str(error))


def _state(stream: Stream, fields: Fields) -> State:
    if stream is Stream.STATEMENTS or fields.raw("answerText").strip():
        return State.ANSWERED
    return State.WITHDRAWN if fields.flag("isWithdrawn") else State.WAITING


def digest(value: dict[str, Any]) -> str:
    """A short name for exactly what a list item says."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
