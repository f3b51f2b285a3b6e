"""`assistant index sync` as a person runs it: a process, real HTTP, the real embedding model."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from index import Index

from .api_server import ApiServer, Handler, Request, question
from .conftest import PROGRAM, offline_environment
from .test_sync import LONG

PATIENCE = 240


@pytest.fixture
def api() -> Iterator[ApiServer]:
    with ApiServer() as server:
        today = date.today()
        for number in range(1, 13):
            day = (today - timedelta(days=number)).isoformat()
            given = {"answer": LONG, "answered": day} if number % 4 else {}
            server.hold(question(number, day, **given))
        yield server


def start(api: ApiServer, home: Path, *words: str) -> subprocess.Popen[str]:
    environment = {
        **offline_environment(home),
        "ASSISTANT_API_URL": api.url,
        "ASSISTANT_API_RATE": "500",
        "ASSISTANT_DATA_DIR": str(home / "answers"),
        "NO_PROXY": "127.0.0.1",
    }
    return subprocess.Popen(
        [PROGRAM, "index", *words],
        cwd=home,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(api: ApiServer, home: Path, *words: str) -> tuple[int, str, str]:
    with start(api, home, *words) as process:
        out, err = process.communicate(timeout=PATIENCE)
    assert "Traceback" not in err
    return process.returncode, out, err


def test_a_killed_sync_goes_on_where_it_was(api: ApiServer, tmp_path: Path) -> None:
    def kill_then(handler: Handler, request: Request) -> bool:
        if len(api.asked("/questions/")) == 5:
            process.kill()
        return False

    api.faults.append(kill_then)
    with start(api, tmp_path, "sync") as process:
        process.communicate(timeout=PATIENCE)
    assert process.returncode == -signal.SIGKILL
    api.faults.clear()
    status, out, err = run(api, tmp_path, "sync")
    assert status == 0, err
    # What was whole before the kill is there already; together they are the nine, see below.
    assert re.search(r"\b[1-9] added\b", out)
    assert "3 tabled questions await an answer." in out
    status, out, _ = run(api, tmp_path, "status", "--json")
    told = json.loads(out)
    assert (status, told["records"], told["truncated"]) == (0, 9, 0)
    assert told["sync"]["waiting"] == 3
    assert told["sync"]["last_outcome"] == "done"
    with Index.open(tmp_path / "answers") as index:
        assert {record.id for record in index.records()} == {str(n) for n in range(1, 13) if n % 4}


def test_a_watch_goes_on_without_the_network_and_stops_cleanly(
    api: ApiServer, tmp_path: Path
) -> None:
    def gone(handler: Handler, request: Request) -> bool:
        handler.send(503, b"", {"Retry-After": "3600"})
        return True

    api.faults.append(gone)
    with start(api, tmp_path, "sync", "--watch") as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert "asks not to be called for 60 minutes" in line
        assert "Trying again at" in line
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert err.strip() == "Stopped."


def test_a_source_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with ApiServer() as server:
        pass
    status, out, err = run(server, tmp_path, "sync")
    assert status == 1
    assert not out
    assert "cannot be reached (Connection refused)" in err
    assert len(err.strip().splitlines()) == 1
