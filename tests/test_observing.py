"""What the program tells of itself: logs as JSON, metrics, months without answers."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from assistant import logs
from assistant.answer import Assistant
from assistant.freshness import coverage_lines
from assistant.service import observe
from assistant.service.app import build_service
from assistant.settings import Settings
from index import Index
from index.gaps import ThinMonth, coverage
from index.sync.plan import Cursor
from index.sync.questions import Scope, View
from index.sync.state import SyncStore

from .fakes import HashingEmbedder, make_record

ROOT = Path(__file__).resolve().parents[1]
MAIN = "from assistant.cli import main; main()"


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index.open_or_create(tmp_path / "data", embedder=HashingEmbedder()) as made:
        made.add(make_record(str(n), text=f"Otter {n}.") for n in range(5))
        yield made


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the log has, once it is configured to be JSON."""
    stream = io.StringIO()
    root, handler = logging.getLogger(), logging.StreamHandler(stream)
    loggers = [logging.getLogger(name) for name in ("assistant", "index", "assistant.requests")]
    levels = [logger.level for logger in loggers]
    monkeypatch.setattr(root, "handlers", [handler])
    logs.configure("json")
    yield stream
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def client(index: Index, **settings: Any) -> TestClient:
    chosen = Settings(data_dir=index.folder, **settings)
    observe.write_requests(chosen)
    service = build_service(Assistant(index), chosen)
    return TestClient(service.app, "http://localhost", raise_server_exceptions=False)


def test_every_line_is_one_json_object(written) -> None:
    log = logging.getLogger("index.somewhere")
    log.warning("two\nlines\u2028of %s", "otters", extra={"count": 3})
    try:
        raise ValueError("no otter\nat all")
    except ValueError:
        logging.getLogger("another.library").exception("failed")
    logging.getLogger("another.library").warning("chatter")
    log.debug("a detail")
    first, second = lines(written)
    assert first.pop("time").endswith("+00:00")
    assert first == {
        "level": "warning",
        "logger": "index.somewhere",
        "message": "two\nlines\u2028of otters",
        "count": 3,
    }
    assert second["error"].endswith("ValueError: no otter\nat all")


def test_lines_of_a_request_have_its_id_and_never_the_question(index, written) -> None:
    with client(index, log_requests=True) as opened:
        told = opened.post(
            "/api/v1/answer", json={"question": "about walruses"}, headers={"X-Request-ID": "abc-1"}
        )
        other = opened.get("/healthz", headers={"X-Request-ID": "evil\tid"})
    assert told.headers["x-request-id"] == "abc-1"
    assert len(other.headers["x-request-id"]) == 32
    found = {line["message"].split()[0]: line for line in lines(written) if "request_id" in line}
    assert found["answered"]["request_id"] == found["searched"]["request_id"] == "abc-1"
    request = next(line for line in lines(written) if line.get("path") == "/api/v1/answer")
    assert (request["method"], request["status"], request["user"]) == ("POST", 200, "local")
    assert request["request_id"] == "abc-1"
    assert "walrus" not in written.getvalue()


def test_requests_are_not_written_as_json_unless_they_are_to_be(index, written) -> None:
    with client(index) as opened:
        opened.get("/healthz")
    assert [line for line in lines(written) if "path" in line] == []


def test_a_command_that_fails_says_so_in_the_form_of_the_log(tmp_path) -> None:
    told = subprocess.run(
        [sys.executable, "-c", MAIN, "index", "status", "--data-dir", tmp_path / "none"],
        env={**os.environ, "ASSISTANT_LOG_FORMAT": "json"},
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
        check=False,
    )
    line = json.loads(told.stderr)
    assert told.returncode == line["exit_status"] == 1
    assert line["message"].startswith("There is no index in")


def test_metrics_count_searches_abstentions_and_errors(index, monkeypatch) -> None:
    before = list(logging.getLogger("index.queries").handlers)
    with client(index) as opened:
        opened.post("/api/v1/answer", json={"question": "what do walruses and narwhals cost"})
        opened.get("/api/v1/retrieve", params={"q": "otter"})
        monkeypatch.setattr(Index, "facets", None)
        assert opened.get("/api/v1/facets").status_code == 500
        monkeypatch.undo()
        told = opened.get("/metrics").text
    assert "assistant_queries_total 2.0" in told
    assert "assistant_abstentions_total 1.0" in told
    assert 'assistant_query_stage_seconds_count{stage="lexical"} 2.0' in told
    assert 'assistant_errors_total{part="assistant.api.problems"} 1.0' in told
    # A service that has ended counts no more, and keeps nothing alive.
    assert logging.getLogger("index.queries").handlers == before


def test_metrics_tell_how_long_ago_the_last_sync_was(index) -> None:
    with client(index) as opened:
        assert "assistant_sync_lag_seconds NaN" in opened.get("/metrics").text
        read = datetime.now(UTC) - timedelta(hours=2)
        cursor = Cursor(read.date(), read.date(), read)
        SyncStore(index.catalog).note_cursor(Scope(), View.ANSWERED, cursor)
        line = next(
            line
            for line in opened.get("/metrics").text.splitlines()
            if line.startswith("assistant_sync_lag_seconds ")
        )
    assert 7_200 <= float(line.split()[1]) < 7_800


def answers(months: dict[str, int], **changes: Any) -> list[Any]:
    return [
        make_record(f"{month}-{n}", answered=f"{month}-15", asked=f"{month}-01", **changes)
        for month, count in months.items()
        for n in range(count)
    ]


def test_months_without_answers_and_with_few_are_told_for_each_house(tmp_path) -> None:
    with Index.open_or_create(tmp_path, embedder=HashingEmbedder()) as index:
        assert coverage(index) == ()
        index.add(
            answers({"2023-11": 1, "2023-12": 20, "2024-01": 22, "2024-04": 1, "2024-05": 30})
        )
        index.add(
            record.model_copy(update={"id": f"L{record.id}", "house": "Lords"})
            for record in answers({"2024-01": 1, "2024-02": 2})
        )
        commons, lords = coverage(index)
        assert (commons.first, commons.last) == ("2023-11", "2024-05")
        assert commons.thin == (
            ThinMonth("Commons", "2024-02", 0, 20),
            ThinMonth("Commons", "2024-03", 0, 20),
            ThinMonth("Commons", "2024-04", 1, 20),
        )
        assert lords.thin == ()
        assert coverage_lines((commons, lords)) == [
            "Months (by day answered)",
            "Commons: 2023-11 to 2024-05; no answers in 2024-02 to 2024-03; "
            "few in 2024-04 (1) where a usual month has 20",
            "Lords: 2024-01 to 2024-02; answers in every month",
            "Parliament answers little in a recess and nothing at a general election.",
        ]
