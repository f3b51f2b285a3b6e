"""What the service tells of itself: metrics (Prometheus), a request log, health."""

from __future__ import annotations

import logging
import re
import time
from typing import TYPE_CHECKING, Any

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


def write_requests(settings: Settings) -> None:
    """Write a line for each request to standard error, if the settings ask for it."""
    wanted = settings.auth != "none" if settings.log_requests is None else settings.log_requests
    if wanted and not log.handlers:
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

    def text(self) -> bytes:
        """Everything in Prometheus's text format."""
        from prometheus_client import generate_latest

        return generate_latest(self.registry)

    def listen(self) -> logging.Handler:
        """Count every answer from now on, whatever surface asked for it."""
        handler = _AnswerCounter(self)
        logger = logging.getLogger(ANSWERS)
        logger.setLevel(logging.INFO)
        logger.addHandler(handler)
        return handler


class _AnswerCounter(logging.Handler):
    def __init__(self, metrics: Metrics) -> None:
        super().__init__()
        self._metrics = metrics

    def emit(self, record: logging.LogRecord) -> None:
        told = record.__dict__
        self._metrics.answers.labels(str(told.get("kind")), str(told.get("composer"))).inc()
        for stage, seconds in (told.get("timings") or {}).items():
            self._metrics.stages.labels(stage).observe(seconds)


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

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
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
            log.info(
                "%s %s %s %.3f s %s",
                scope["method"],
                _UNSAFE.sub("?", scope["path"])[:200],
                status,
                seconds,
                identity_of(scope).name,
            )


def _surface(path: str) -> str:
    return next((known.strip("/") for known in _SURFACES if path.startswith(known)), "page")


def _age(assistant: Assistant) -> float:
    from datetime import date

    last = assistant.index.facets().last_answered
    return float((date.today() - last).days) if last else float("nan")
