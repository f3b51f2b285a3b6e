"""A server that speaks the official API as its OpenAPI description says, with its bad days.

`ApiServer` listens on a free port of this machine.  What it holds are detail objects of
questions and statements; its lists are made from them, cut exactly as the real lists are.  Every
request is checked against the description (path, parameters, values) where that lies beside the
checkout.  `faults` makes it fail: each is asked before a request is answered and may answer in
its place.
"""

from __future__ import annotations

import gzip
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from index.text import html_to_text

from .records import SHARED

DESCRIPTION = SHARED / "api" / "written-questions-openapi.json"
CUT = 255
SESSION = "2024-07-17"
"""First day of the sitting session, which lists are limited to unless told otherwise."""
WINDOWS = {
    "tabledWhen": "dateTabled",
    "answeredWhen": "dateAnswered",
    "correctedWhen": "dateAnswerCorrected",
    "dateForAnswerWhen": "dateForAnswer",
    "madeWhen": "dateMade",
}

Value = dict[str, Any]


@dataclass
class Request:
    """One request as it came in; `number` counts all requests from 1."""

    number: int
    path: str
    params: dict[str, str]
    headers: dict[str, str]
    when: float = field(default_factory=time.monotonic)

    @property
    def is_list(self) -> bool:
        return self.path.endswith(("/questions", "/statements"))


Fault = Callable[["Handler", Request], bool]
"""Answers a request in the server's place and returns True, or returns False."""


class ApiServer:
    """The server; use as a context manager.  `questions` and `statements` map ids to details."""

    def __init__(self) -> None:
        self.questions: dict[int, Value] = {}
        self.statements: dict[int, Value] = {}
        self.files: dict[str, str] = {}
        """Other files by path, served with validators: TheyWorkForYou's."""
        self.requests: list[Request] = []
        self.faults: list[Fault] = []
        self.with_etags = True
        self.most = 100
        """Items a list gives at most, however many are asked for."""
        self.order: Callable[[Value], Any] = lambda value: (-value["id"],)
        self.lock = threading.RLock()
        self._at_work = 0
        self.most_at_once = 0
        server = self

        class Bound(Handler):
            api = server

        self._http = _Quiet(("127.0.0.1", 0), Bound)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *details: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def hold(self, *values: Value) -> None:
        """Take these questions and statements in, replacing those of the same number."""
        with self.lock:
            for value in values:
                held = self.statements if "dateMade" in value else self.questions
                held[value["id"]] = value

    def asked(self, part: str) -> list[Request]:
        """The requests so far whose path holds this."""
        return [request for request in self.requests if part in request.path]

    def begin(self, path: str, params: dict[str, str], headers: dict[str, str]) -> Request:
        with self.lock:
            self._at_work += 1
            self.most_at_once = max(self.most_at_once, self._at_work)
            request = Request(len(self.requests) + 1, path, params, headers)
            self.requests.append(request)
            return request

    def end(self) -> None:
        with self.lock:
            self._at_work -= 1


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed is no fault of the server's."""


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    api: ApiServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        params = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        request = self.api.begin(parts.path, params, dict(self.headers.items()))
        try:
            if not any(fault(self, request) for fault in list(self.api.faults)):
                self.answer(request)
        except (BrokenPipeError, ConnectionResetError):
            pass
        finally:
            self.api.end()

    def log_message(self, format: str, *args: object) -> None:
        pass

    def answer(self, request: Request) -> None:
        """The right answer to a request."""
        if text := self.api.files.get(request.path):
            self.give_file(request, text)
            return
        if wrong := problems(request):
            self.problem(400, wrong)
            return
        kind, _, rest = request.path.removeprefix("/api/written").partition("/")
        with self.api.lock:
            held = {"questions": self.api.questions, "statements": self.api.statements}.get(kind)
            if held is None or not rest.startswith(kind):
                self.problem(404, "Not Found")
            elif rest == kind:
                listed = list_response(held.values(), request.params, self.api)
                self.give(listed, request, validators=self.api.with_etags)
            else:
                found = detail(held, rest.split("/")[1:], request.params)
                if found is None:
                    self.problem(404, "Not Found")
                else:
                    self.give(found, request)

    def give(self, value: Any, request: Request, validators: bool = False) -> None:
        body = json.dumps(value).encode()
        etag = f'"{hash(body):x}"' if validators else None
        if etag and request.headers.get("If-None-Match") == etag:
            self.send(304, b"", {"ETag": etag})
            return
        more = {"ETag": etag} if etag else {}
        self.send(200, body, {"Content-Type": "application/json", **more})

    def give_file(self, request: Request, text: str) -> None:
        etag = f'"{hash(text):x}"'
        if request.headers.get("If-None-Match") == etag:
            self.send(304, b"", {"ETag": etag})
        else:
            self.send(200, text.encode(), {"Content-Type": "text/xml", "ETag": etag})

    def problem(self, status: int, title: str) -> None:
        body = json.dumps({"type": "about:blank", "title": title, "status": status}).encode()
        self.send(status, body, {"Content-Type": "application/problem+json"})

    def send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        if len(body) > 1_000 and "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, 1)
            headers = {**headers, "Content-Encoding": "gzip"}
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def cut_off(self, part: bytes = b'{"totalResults": 1') -> None:
        """Promise a body and break the connection off in the middle of it."""
        self.send_response(200)
        self.send_header("Content-Length", "5000")
        self.end_headers()
        self.wfile.write(part)
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True


def list_response(values: Iterable[Value], params: dict[str, str], api: ApiServer) -> Value:
    """What the list address gives: the items that pass, in order, one page of them, cut short."""
    passing = sorted((v for v in values if passes(v, params)), key=api.order)
    skip, take = int(params.get("skip", 0)), int(params.get("take", 20))
    page = passing[skip : skip + min(take, api.most)]
    return {"totalResults": len(passing), "results": [list_item(value, params) for value in page]}


def passes(value: Value, params: dict[str, str]) -> bool:
    """Whether a list with these parameters holds an item."""
    for prefix, name in WINDOWS.items():
        day = (value.get(name) or "")[:10]
        first, last = params.get(f"{prefix}From"), params.get(f"{prefix}To")
        if (first and (not day or day < first[:10])) or (last and (not day or day > last[:10])):
            return False
    if value.get("isWithdrawn") and params.get("includeWithdrawn") != "true":
        return False
    if params.get("sessionStatus") != "Any" and day_of(value) < SESSION:
        return False
    house = params.get("house", "Bicameral")
    if house != "Bicameral" and value["house"] != house:
        return False
    body = params.get("answeringBodies")
    return not body or str(value["answeringBodyId"]) == body


def day_of(value: Value) -> str:
    """The day a question was tabled or a statement made."""
    return str(value.get("dateTabled") or value["dateMade"])[:10]


def list_item(value: Value, params: dict[str, str]) -> Value:
    """A detail as a list gives it: cut, as plain text, with no members unless asked for."""
    short = dict(value)
    if "questionText" in value:
        short["questionText"] = plain(value["questionText"])[:CUT]
        short["answerText"] = cut(value["answerText"])
    else:
        short["text"] = cut(value["text"])
    return {"value": bare(short, params), "links": []}


def cut(text: str | None) -> str | None:
    if text is None:
        return None
    whole = plain(text)
    return whole if len(whole) <= CUT else whole[:CUT] + "..."


def plain(text: str) -> str:
    """HTML as the list writes it: tags dropped, paragraphs run together."""
    return html_to_text(re.sub(r"<[^>]+>", "", text)).replace("\n", "")


def detail(held: dict[int, Value], rest: list[str], params: dict[str, str]) -> Value | None:
    """A detail by number, or by day and UIN."""
    value: Value | None
    if len(rest) == 1:
        value = held.get(int(rest[0])) if rest[0].isdigit() else None
    else:
        day, uin = rest
        found = (v for v in held.values() if v["uin"] == uin and day == day_of(v))
        value = next(found, None)
    return None if value is None else {"value": bare(value, params), "links": []}


def bare(value: Value, params: dict[str, str]) -> Value:
    """Without the members' details unless they were asked for."""
    if params.get("expandMember") == "true":
        return value
    members = ("askingMember", "answeringMember", "member")
    return {name: None if name in members else item for name, item in value.items()}


@lru_cache(maxsize=1)
def description() -> Value:
    """The OpenAPI description; empty where it is not at hand."""
    return dict(json.loads(DESCRIPTION.read_text("utf-8"))) if DESCRIPTION.is_file() else {}


def problems(request: Request) -> str:
    """What is wrong with a request by the description: an unknown path, name or value."""
    spec = description()
    if not spec:
        return ""
    for path, methods in spec["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), request.path):
            given = methods["get"]["parameters"]
            known = {p["name"]: p["schema"] for p in given if p["in"] == "query"}
            wrong = (
                f"{name}={value}"
                for name, value in request.params.items()
                if not _fits(value, known.get(name), spec)
            )
            return next(wrong, "")
    return ""


def _fits(value: str, schema: Value | None, spec: Value) -> bool:
    if schema is None:
        return False
    if "$ref" in schema:
        return value in spec["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]["enum"]
    if schema["type"] == "array":
        return _fits(value, schema["items"], spec)
    if schema["type"] == "integer":
        return value.isdigit()
    if schema["type"] == "boolean":
        return value in ("true", "false")
    is_day = re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) is not None
    return is_day or schema.get("format") != "date-time"


# -- bad days ---------------------------------------------------------------------------


def failing(
    status: int, times: int, part: str = "", headers: dict[str, str] | None = None
) -> Fault:
    """The first `times` requests whose path holds `part` are answered with a status."""
    left = [times]

    def fault(handler: Handler, request: Request) -> bool:
        if part not in request.path or left[0] <= 0:
            return False
        left[0] -= 1
        handler.send(status, b"no", headers or {})
        return True

    return fault


def once_in(every: int, answer: Callable[[Handler], None]) -> Fault:
    """Each `every`-th request is answered by `answer`, the ones between as they should be."""

    def fault(handler: Handler, request: Request) -> bool:
        if request.number % every:
            return False
        answer(handler)
        return True

    return fault


# -- made records -----------------------------------------------------------------------


def question(number: int, tabled: str, **changes: Any) -> Value:
    """An invented question, not answered yet; `answer=` and `answered=` give it an answer."""
    answer, answered = changes.pop("answer", None), changes.pop("answered", None)
    moment = f"{answered}T00:00:00" if answered else None
    value: Value = {
        "id": number,
        "askingMemberId": 4000,
        "askingMember": {"id": 4000, "name": "Ada Example", "party": "Example"},
        "house": "Commons",
        "memberHasInterest": False,
        "dateTabled": f"{tabled}T00:00:00",
        "dateForAnswer": f"{tabled}T00:00:00",
        "uin": str(number % 100_000),
        "questionText": f"To ask the Secretary of State for Example, how many examples of kind "
        f"{number} were supplied.",
        "answeringBodyId": 17,
        "answeringBodyName": "Department for Example",
        "isWithdrawn": False,
        "isNamedDay": False,
        "groupedQuestions": [],
        "answerIsHolding": False if answer else None,
        "answerIsCorrection": False if answer else None,
        "answeringMemberId": 4001 if answer else None,
        "answeringMember": {"id": 4001, "name": "Bob Answer"} if answer else None,
        "correctingMemberId": None,
        "correctingMember": None,
        "dateAnswered": moment,
        "answerText": answer,
        "originalAnswerText": "",
        "comparableAnswerText": "",
        "dateAnswerCorrected": None,
        "dateHoldingAnswer": None,
        "attachmentCount": 0,
        "heading": "Examples: Supply",
        "attachments": [],
        "groupedQuestionsDates": [],
    }
    return {**value, **changes}


def statement(number: int, made: str, **changes: Any) -> Value:
    """An invented ministerial statement."""
    value: Value = {
        "id": number,
        "memberId": 4001,
        "member": {"id": 4001, "name": "Bob Answer"},
        "memberRole": "Minister for Example",
        "uin": f"HCWS{number}",
        "dateMade": f"{made}T00:00:00",
        "answeringBodyId": 17,
        "answeringBodyName": "Department for Example",
        "title": "Review of Examples",
        "text": "<p>I am today publishing the review of examples.</p><p>It found 40 of them.</p>",
        "house": "Commons",
        "noticeNumber": 1,
        "hasAttachments": False,
        "hasLinkedStatements": False,
        "linkedStatements": [],
        "attachments": [],
    }
    return {**value, **changes}
