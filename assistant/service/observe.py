"""What the service tells of itself: metrics (Prometheus), a request log, health."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

from index.sync.report import sync_lag
from index.timing import QUERIES

from ..logs import is_json, request_id
from .identity import identity_of
from .replies import App, Message, Receive, Scope, Send

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from ..answer import Assistant
    from ..settings import Settings
    from .gate import Gates

log = logging.getLogger("assistant.requests")

ANSWERS = "assistant.answers"
"""Name of the logger that tells of each answer, with `kind`, `composer` and `timings`."""

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_SURFACES = ("/api/", "/mcp", "/gradio_api/", "/metrics", "/healthz", "/readyz")
_UNSAFE = re.compile(r"[^\x21-\x7e]")
_ID_HEADER = b"x-request-id"
_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


def write_requests(settings: Settings) -> None:
    """Write a line for each request to standard error, if the settings ask for it."""
    wanted = settings.auth != "none" if settings.log_requests is None else settings.log_requests
    if is_json():  # what is logged is written already
        log.setLevel(logging.INFO if wanted else logging.WARNING)
    elif wanted and not log.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        log.addHandler(handler)
        log.setLevel(logging.INFO)


class Metrics:
    """Counters of one service, in a registry of their own."""

    def __init__(self, assistant: Assistant, gates: Gates) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self.registry: CollectorRegistry = CollectorRegistry()
        given: Any = {"registry": self.registry}
        self.requests = Counter(
            "assistant_requests", "Requests by surface and status", ("surface", "status"), **given
        )
        self.seconds = Histogram(
            "assistant_request_seconds",
            "Time to the end of the reply",
            ("surface",),
            buckets=_BUCKETS,
            **given,
        )
        self.answers = Counter(
            "assistant_answers",
            "Answers by kind (not_covered: abstained) and composer",
            ("kind", "composer"),
            **given,
        )
        self.abstentions = Counter(
            "assistant_abstentions", "Answers that nothing in the index covers", **given
        )
        self.queries = Counter("assistant_queries", "Searches of the index", **given)
        self.query_seconds = Histogram(
            "assistant_query_stage_seconds",
            "Time of each stage of a search",
            ("stage",),
            buckets=_BUCKETS,
            **given,
        )
        self.errors = Counter(
            "assistant_errors",
            "Errors that nobody expected, by the part that met them",
            ("part",),
            **given,
        )
        self.stages = Histogram(
            "assistant_stage_seconds",
            "Time of each stage of an answer",
            ("stage",),
            buckets=_BUCKETS,
            **given,
        )
        busy = Gauge("assistant_work_inside", "Pieces of work running or queued", **given)
        busy.set_function(lambda: gates.inside)
        records = Gauge("assistant_records", "Records in the index", **given)
        records.set_function(assistant.index.count_records)
        newest = Gauge(
            "assistant_newest_answer_days", "Days since the newest answer in the index", **given
        )
        newest.set_function(lambda: _age(assistant))
        lag = Gauge(
            "assistant_sync_lag_seconds",
            "Since the answers of everything followed were last read to the end; NaN without sync",
            **given,
        )
        lag.set_function(lambda: _or_nan(sync_lag(assistant.index)))

    def text(self) -> bytes:
        """Everything in Prometheus's text format."""
        from prometheus_client import generate_latest

        return generate_latest(self.registry)

    def listen(self) -> list[tuple[logging.Logger, logging.Handler]]:
        """Count what happens from now on, whatever surface asked for it; for `deafen`."""
        listeners: list[tuple[str, logging.Handler]] = [
            (ANSWERS, _Counting(self._count_answer)),
            (QUERIES, _Counting(self._count_query)),
            *(
                (name, _Counting(self._count_error, logging.ERROR))
                for name in ("assistant", "index")
            ),
        ]
        found = [(logging.getLogger(name), handler) for name, handler in listeners]
        for logger, handler in found:
            if handler.level < logging.ERROR:
                logger.setLevel(logging.INFO)
            logger.addHandler(handler)
        return found

    def _count_answer(self, told: dict[str, Any]) -> None:
        self.answers.labels(str(told.get("kind")), str(told.get("composer"))).inc()
        if told.get("kind") == "not_covered":
            self.abstentions.inc()
        for stage, seconds in (told.get("timings") or {}).items():
            self.stages.labels(stage).observe(seconds)

    def _count_query(self, told: dict[str, Any]) -> None:
        self.queries.inc()
        for stage, seconds in (told.get("timings") or {}).items():
            self.query_seconds.labels(stage).observe(seconds)

    def _count_error(self, told: dict[str, Any]) -> None:
        self.errors.labels(str(told.get("name"))).inc()


def deafen(listeners: list[tuple[logging.Logger, logging.Handler]]) -> None:
    """Count no more."""
    for logger, handler in listeners:
        logger.removeHandler(handler)


class _Counting(logging.Handler):
    def __init__(self, count: Callable[[dict[str, Any]], None], level: int = logging.INFO) -> None:
        super().__init__(level)
        self._count = count

    def emit(self, record: logging.LogRecord) -> None:
        self._count(record.__dict__)


class Observer:
    """Counts every request and logs one line of it: never what was asked, never a password."""

    def __init__(self, app: App, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 499  # the client went before anything was sent
        name = _request_id(scope)
        told = request_id.set(name)

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (_ID_HEADER, name.encode())]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except BaseException:
            status = 500 if status == 499 else status
            raise
        finally:
            seconds = time.perf_counter() - began
            surface = _surface(scope["path"])
            self._metrics.requests.labels(surface, str(status)).inc()
            self._metrics.seconds.labels(surface).observe(seconds)
            fields = {
                "method": scope["method"],
                "path": _UNSAFE.sub("?", scope["path"])[:200],
                "status": status,
                "seconds": round(seconds, 4),
                "user": identity_of(scope).name,
            }
            line = "%(method)s %(path)s %(status)s %(seconds).3f s %(user)s"
            log.info(line, fields, extra=fields)
            request_id.reset(told)


def _surface(path: str) -> str:
    return next((known.strip("/") for known in _SURFACES if path.startswith(known)), "page")


def _request_id(scope: Scope) -> str:
    """The id that a proxy in front gave the request, or one of its own."""
    given = next((value for key, value in scope["headers"] if key == _ID_HEADER), b"")
    return given.decode() if _ID.fullmatch(given) else uuid.uuid4().hex


def _age(assistant: Assistant) -> float:
    last = assistant.index.facets().last_answered
    return float((date.today() - last).days) if last else float("nan")


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value
