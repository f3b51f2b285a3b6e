"""Clients that behave badly, over real connections: silent, slow, gone in the middle."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from assistant.answer import Assistant
from assistant.compose import Request
from assistant.service import server
from assistant.service.app import build_service
from assistant.settings import Settings
from assistant.types import Citation, Sentence
from index import Index

from .fakes import HashingEmbedder, make_record

WAIT = 30
"""Seconds that anything here may take."""


class Slow:
    """A composer that goes on and on, and says when it was stopped."""

    name = "slow"

    def __init__(self) -> None:
        self.said = 0
        self.stopped = threading.Event()

    def compose(self, request: Request) -> Iterator[Sentence]:
        try:
            (record,) = (r for r in request.records.values() if r.id == "1")
            for _ in range(WAIT * 20):
                self.said += 1
                yield Sentence("There were 1 otters.", (Citation(1, "1", 0, len(record.text)),))
                time.sleep(0.05)
        finally:
            self.stopped.set()


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def url(tmp_path: Path, slow: Slow, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A service that listens as `assistant serve` does, with little patience."""
    monkeypatch.setattr(server, "PATIENCE", 0.5)
    with Index.open_or_create(tmp_path / "data", embedder=HashingEmbedder()) as index:
        index.add(make_record(str(n), text=f"There were {n} otters.") for n in range(1, 6))
        settings = Settings(data_dir=index.folder)
        service = build_service(Assistant(index, settings, composer=slow), settings)
        listener = server._listen("127.0.0.1", 0)
        config = server.uvicorn.Config(
            service.app, http=server._Patient, log_config=None, timeout_graceful_shutdown=1
        )
        running = server.uvicorn.Server(config)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            running.should_exit = True
            thread.join(WAIT)
            listener.close()


def connect(url: str) -> socket.socket:
    host, port = url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=WAIT)


@pytest.mark.parametrize("sent", [b"", b"GET /healthz HTTP/1.1\r\nHost: local"])
def test_a_connection_without_a_whole_request_is_closed(url: str, sent: bytes) -> None:
    with connect(url) as half_open:
        half_open.sendall(sent)
        assert half_open.recv(1) == b""
    assert httpx.get(f"{url}/healthz", timeout=WAIT).status_code == 200


def test_a_client_that_goes_in_mid_stream_stops_the_work(url: str, slow: Slow) -> None:
    body = json.dumps({"question": "How many otters were there?"}).encode()
    head = (
        b"POST /api/v1/answer HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    )
    with connect(url) as client:
        client.sendall(head + body)
        got = b""
        while b"event: sentence" not in got:
            part = client.recv(4096)
            assert part, got
            got += part
    assert slow.stopped.wait(WAIT)
    assert slow.said < WAIT * 20
    assert httpx.get(f"{url}/api/v1/status", timeout=WAIT).status_code == 200


def test_a_slow_reader_keeps_nobody_else_from_an_answer(url: str) -> None:
    with connect(url) as idle, ThreadPoolExecutor(8) as pool:
        idle.sendall(b"GET /api/v1/retrieve?q=otters HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        address = f"{url}/api/v1/retrieve?q=how+many+otters"
        replies = list(pool.map(lambda _: httpx.get(address, timeout=WAIT), range(24)))
        assert {reply.status_code for reply in replies} <= {200, 503}
        assert sum(reply.status_code == 200 for reply in replies) >= 8
        assert all(r.headers["retry-after"] for r in replies if r.status_code == 503)
        assert idle.recv(12) == b"HTTP/1.1 200"


def test_many_threads_get_what_one_gets(url: str) -> None:
    address = f"{url}/api/v1/asked-before?q=how+many+examples+were+supplied"
    alone = httpx.get(address, timeout=WAIT)
    with ThreadPoolExecutor(4) as pool:
        for reply in pool.map(lambda _: httpx.get(address, timeout=WAIT), range(4)):
            assert reply.status_code in (200, 503)
            if reply.status_code == 200:
                assert reply.json() == alone.json()
