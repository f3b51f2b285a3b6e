"""A process that holds the search files and does not go on keeps nobody waiting for ever."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from assistant.answer import Assistant
from assistant.service.app import build_service
from assistant.settings import Settings
from index import Index
from index.errors import IndexBusy
from index.guarding import FileGuard
from index.locking import write_lock
from index.paths import VECTOR_FOLDER

from .fakes import HashingEmbedder, make_record

ROOT = Path(__file__).resolve().parents[1]
WAIT = 0.3

HOLD = """
import os, signal, sys
from pathlib import Path
from index.guarding import FileGuard
with getattr(FileGuard(Path(sys.argv[1])), sys.argv[2])():
    print("held", flush=True)
    os.kill(os.getpid(), signal.SIGSTOP)
"""


@pytest.fixture
def index(tmp_path, monkeypatch) -> Iterator[Index]:
    monkeypatch.setattr("index.guarding.WAIT", WAIT)
    with Index.open_or_create(tmp_path, embedder=HashingEmbedder()) as opened:
        opened.add(make_record(str(n), text=f"An otter {n}.") for n in range(40))
        opened.retrieve("otter")
        yield opened


@pytest.fixture
def suspended(index) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that was suspended while it wrote the vectors of the index."""
    with hold(index, "writing") as holder:
        try:
            yield holder
        finally:
            holder.kill()


def hold(index: Index, way: str) -> subprocess.Popen[bytes]:
    arguments = [sys.executable, "-c", HOLD, str(index.folder / VECTOR_FOLDER), way]
    holder = subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    return holder


@pytest.mark.usefixtures("suspended")
def test_a_search_says_that_the_files_are_held_and_which(index) -> None:
    began = time.monotonic()
    with pytest.raises(IndexBusy) as caught:
        index.retrieve("An otter 7.")
    assert time.monotonic() - began < 5 * WAIT
    lock = index.folder / VECTOR_FOLDER / "files.lock"
    said = f"Another process holds {lock}: it has not been free for {WAIT} seconds."
    assert caught.value.message == said
    assert f"fuser -v {lock}" in caught.value.remedy


def test_a_search_goes_on_as_soon_as_the_process_does(index, suspended, monkeypatch) -> None:
    monkeypatch.setattr("index.guarding.WAIT", 30.0)
    with ThreadPoolExecutor(1) as pool:
        search = pool.submit(index.retrieve, "An otter 7.", 1)
        with pytest.raises(TimeoutError):
            search.result(timeout=0.2)
        os.kill(suspended.pid, signal.SIGCONT)
        assert search.result(timeout=20)[0].record.id == "7"


def test_a_writer_that_finds_them_held_says_so_and_loses_nothing(index) -> None:
    with hold(index, "reading") as holder:
        try:
            with pytest.raises(IndexBusy, match="has not been free"):
                index.add([make_record("w", text="A walrus.")])
        finally:
            holder.kill()
    assert index.add([make_record("w", text="A walrus.")]).added == 1
    assert Index.verify(index.folder, embedder=HashingEmbedder()).ok


def test_an_index_that_is_held_is_not_opened_and_is_closed_in_peace(index, suspended) -> None:
    with pytest.raises(IndexBusy, match="has not been free"):
        Index.open(index.folder, embedder=HashingEmbedder())
    assert FileGuard(index.folder / VECTOR_FOLDER).has_journal()
    index.close()


LOADED = """
import sys
from contextlib import contextmanager
from pathlib import Path
from index.guarding import FileGuard
from index.store import VectorStore
opening = FileGuard.opening
@contextmanager
def watched(guard):
    with opening(guard):
        print("chromadb.api.client" in sys.modules)
        yield
FileGuard.opening = watched
VectorStore(Path(sys.argv[1])).close()
"""


def test_chroma_is_loaded_before_the_files_are_held(tmp_path) -> None:
    # Loading Chroma takes seconds, or tens of them where the machine is busy.
    arguments = [sys.executable, "-c", LOADED, str(tmp_path)]
    ended = subprocess.run(
        arguments, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    assert ended.stdout == "True\n"


@pytest.mark.usefixtures("suspended")
def test_the_service_says_that_it_is_busy(index) -> None:
    settings = Settings(data_dir=index.folder)
    service = build_service(
        Assistant(index, settings), settings, lambda app, _: app.mount("/", FastAPI())
    )
    with TestClient(service.app, "http://localhost", raise_server_exceptions=False) as client:
        reply = client.get("/api/v1/retrieve", params={"q": "An otter 7."})
        asked = client.post("/api/v1/answer", json={"question": "How many otters are there?"})
    for told in (reply, asked):
        assert told.status_code == 503
        assert told.headers["Retry-After"]
        assert told.json()["code"] == "index_busy"
        assert "has not been free" in told.json()["title"]


def test_vectors_that_are_being_put_in_place_are_waited_for_and_not_made(
    index, monkeypatch
) -> None:
    monkeypatch.setattr("index.locking.WAIT", 0.2)
    ours = index.folder / VECTOR_FOLDER
    aside = ours.with_name(f"{VECTOR_FOLDER}.old")
    index.close()
    with write_lock(index.folder):
        ours.rename(aside)
        with ThreadPoolExecutor(1) as pool, pytest.raises(IndexBusy, match="Another process"):
            pool.submit(Index.open, index.folder, embedder=HashingEmbedder()).result()
        assert not ours.exists()
        aside.rename(ours)
    with Index.open(index.folder, embedder=HashingEmbedder()) as opened:
        assert opened.retrieve("An otter 7.", k=1)[0].record.id == "7"


def test_a_thread_does_not_wait_for_another_without_end(index, monkeypatch) -> None:
    monkeypatch.setattr("index.attached._OPENED_WITHIN", 0.1)
    with Index.open(index.folder, embedder=HashingEmbedder()) as other:
        other.add([make_record("w", text="A walrus.")])
    with index._files._refreshing, pytest.raises(IndexBusy, match="have not been opened"):
        index.retrieve("walrus")
    assert index.retrieve("walrus")[0].record.id == "w"
