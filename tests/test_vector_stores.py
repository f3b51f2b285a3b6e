"""One suite for every form of the vector store: embedded, and on a real Chroma server."""

from __future__ import annotations

import multiprocessing
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from index import Index
from index.backup import back_up, restore
from index.catalog import Catalog
from index.errors import BadRequest, IndexDamaged, VectorsUnreachable
from index.paths import CATALOG_FILE
from index.place import server_of
from index.store import ChromaServer, VectorStore

from .fakes import HashingEmbedder, make_record

START_SECONDS = 300


class Server:
    """A `chroma run` on a port of its own."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = found.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        program = Path(sys.executable).with_name("chroma")
        self._log = (folder / "log").open("w")
        self._process = subprocess.Popen(
            [program, "run", "--path", folder / "data", "--port", str(self.port)],
            stdout=self._log,
            stderr=self._log,
            env={**os.environ, "HOME": str(folder)},
        )
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/api/v2/heartbeat", timeout=5).close()
                return
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    self.stop()
                    pytest.fail(f"chroma run did not start: {(folder / 'log').read_text()[-500:]}")
                time.sleep(0.1)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        self._log.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("chroma"))
    yield running
    running.stop()


@pytest.fixture(params=["embedded", "server"])
def store(request, tmp_path) -> Iterator[VectorStore]:
    if request.param == "embedded":
        made = VectorStore(tmp_path / "chroma")
    else:
        name = f"contract-{os.getpid()}-{abs(hash(request.node.name))}"
        address = request.getfixturevalue("server").url
        made = VectorStore(tmp_path / "chroma", ChromaServer(address, name))
    yield made
    made.close()


def manifest(folder: Path) -> dict[str, str]:
    catalog = Catalog(folder / CATALOG_FILE)
    try:
        return catalog.manifest()
    finally:
        catalog.close()


def collections(server: Server) -> set[str]:
    import chromadb

    client = chromadb.HttpClient(host="127.0.0.1", port=server.port)
    try:
        return {collection.name for collection in client.list_collections()}
    finally:
        client.close()


def unit(n: int, seed: int = 1) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(n, 64)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_an_empty_store_finds_nothing(store) -> None:
    assert store.count() == 0
    assert store.numbers() == []
    assert store.vectors([1]) == {}


def test_what_was_stored_comes_back_by_number_and_by_nearness(store) -> None:
    vectors = unit(600)
    store.upsert(range(1, 601), vectors)
    assert store.count() == 600
    assert sorted(store.numbers()) == list(range(1, 601))
    back = store.vectors(list(range(300, 602)))
    assert set(back) == set(range(300, 601))
    assert np.allclose(back[300], vectors[299], atol=1e-6)
    found = store.search(vectors[41], 5)
    assert found[0][0] == 42
    assert found[0][1] == pytest.approx(1.0, abs=1e-5)
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)
    exact = vectors @ vectors[41]
    assert found[1][1] == pytest.approx(float(np.sort(exact)[-2]), abs=1e-4)


def test_a_search_may_be_limited_to_some(store) -> None:
    vectors = unit(50)
    store.upsert(range(1, 51), vectors)
    assert {n for n, _ in store.search(vectors[0], 3, [7, 8, 9])} == {7, 8, 9}


def test_a_limit_that_names_what_is_gone_is_no_failure(store) -> None:
    vectors = unit(2000)
    store.upsert(range(1, 2001), vectors)
    store.delete([5])
    found = store.search(vectors[0], 3, list(range(1, 1500)))
    assert 5 not in {n for n, _ in found}


def test_storing_again_replaces_and_deleting_forgets(store) -> None:
    first, second = unit(3), unit(3, seed=2)
    store.upsert([1, 2, 3], first)
    store.upsert([2], second[1:2])
    assert store.count() == 3
    assert np.allclose(store.vectors([2])[2], second[1], atol=1e-6)
    store.delete([2, 99])
    assert sorted(store.numbers()) == [1, 3]
    store.clear()
    assert store.numbers() == []


def test_vectors_move_to_a_server_and_back_without_embedding(tmp_path, server) -> None:
    embedder, folder = HashingEmbedder(), tmp_path / "data"
    with Index.open_or_create(folder, embedder=embedder) as index:
        index.add(make_record(str(n), heading=f"Topic{n}", text=f"Otter {n}.") for n in range(30))
        before = embedder.encoded
        assert Index.rebuild(folder, chroma_url=server.url) == 30
        assert embedder.encoded == before
        # One that was open before has followed.
        assert index.retrieve("topic7 otter")[0].record.id == "7"
        assert index._store._server is not None
    with Index.open(folder, embedder=embedder) as index:
        index.add([make_record("new", heading="Walrus", text="A walrus.")])
    assert not (folder / "chroma").exists()
    report = Index.verify(folder, embedder=embedder)
    assert (report.ok, report.chunks) == (True, 31)
    assert Index.rebuild(folder) == 31, "it stays where it is"
    assert collections(server) >= {server_of(manifest(folder)).collection}
    there = server_of(manifest(folder)).collection
    assert Index.rebuild(folder, chroma_url="") == 31
    assert there not in collections(server)
    with Index.open(folder, embedder=embedder) as index:
        assert index.retrieve("walrus")[0].record.id == "new"
        assert index._store._server is None


def test_another_model_moves_the_vectors_within_the_server(tmp_path, server) -> None:
    with Index.open_or_create(
        tmp_path, embedder=HashingEmbedder("one"), chroma_url=server.url
    ) as index:
        index.add([make_record("1", heading="Walrus", text="A walrus.")])
        old = server_of(manifest(tmp_path)).collection
        index.reembed(HashingEmbedder("two", dimension=32))
        new = server_of(manifest(tmp_path)).collection
        assert index.retrieve("walrus")[0].record.id == "1"
    assert collections(server) & {old, new} == {new}


def test_a_backup_of_vectors_on_a_server_is_restored_into_a_folder(tmp_path, server) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    with Index.open_or_create(source, embedder=HashingEmbedder(), chroma_url=server.url) as index:
        index.add([make_record("1", heading="Walrus", text="A walrus.")])
    back_up(source, tmp_path / "backup")
    restore(tmp_path / "backup", target)
    assert server_of(manifest(target)) is None


def search_in_a_process(folder: Path, ready, go, told) -> None:
    with Index.open(folder, embedder=HashingEmbedder()) as index:
        index.retrieve("otter")
        ready.set()
        go.wait(120)
        told.send(index.retrieve("walrus")[0].record.id)


def test_several_processes_share_a_server_and_see_what_one_of_them_adds(tmp_path, server) -> None:
    processes = multiprocessing.get_context("spawn")
    with Index.open_or_create(tmp_path, embedder=HashingEmbedder(), chroma_url=server.url) as index:
        index.add([make_record("1", heading="Otter", text="An otter.")])
        go, started = processes.Event(), []
        for _ in range(2):
            ours, theirs = processes.Pipe(duplex=False)
            ready = processes.Event()
            process = processes.Process(
                target=search_in_a_process, args=(tmp_path, ready, go, theirs)
            )
            process.start()
            started.append((process, ready, ours))
        for _, ready, _ in started:
            assert ready.wait(120)
        index.add([make_record("2", heading="Walrus", text="A walrus.")])
        go.set()
        for process, _, ours in started:
            assert ours.recv() == "2"
            process.join(60)


def test_a_server_that_is_lost_is_said(tmp_path) -> None:
    running = Server(tmp_path)
    folder = tmp_path / "index"
    with Index.open_or_create(folder, embedder=HashingEmbedder(), chroma_url=running.url) as index:
        index.add([make_record("1")])
        running.stop()
        with pytest.raises(VectorsUnreachable, match="does not answer"):
            index.retrieve("examples")
        with pytest.raises(VectorsUnreachable, match="does not answer"):
            index.add([make_record("2")])
        assert [r.id for r in index.records()] == ["1"]
    for attempt in (Index.open, Index.verify):
        with pytest.raises(VectorsUnreachable, match="Check that it runs"):
            attempt(folder, embedder=HashingEmbedder())
    # Its vectors are in the catalogue as well.
    assert Index.rebuild(folder, chroma_url="") == 1
    assert Index.verify(folder, embedder=HashingEmbedder()).ok


def test_an_address_that_is_none_is_refused(tmp_path) -> None:
    with pytest.raises(BadRequest, match="not the address of a Chroma server"):
        VectorStore(tmp_path, ChromaServer("chroma.example:8000", "some-name"))


def test_an_address_where_nobody_answers_moves_nothing(tmp_path) -> None:
    with Index.open_or_create(tmp_path, embedder=HashingEmbedder()) as index:
        index.add([make_record("1", heading="Walrus", text="A walrus.")])
    with pytest.raises(VectorsUnreachable):
        Index.rebuild(tmp_path, chroma_url="http://127.0.0.1:9")
    with Index.open(tmp_path, embedder=HashingEmbedder()) as index:
        assert index.retrieve("walrus")[0].record.id == "1"


def test_a_store_that_could_not_be_opened_can_be_once_its_file_is_back(tmp_path) -> None:
    with closing(VectorStore(tmp_path / "chroma")) as store:
        store.upsert([1, 2], np.eye(2, 8, dtype=np.float32))
    file = tmp_path / "chroma" / "chroma.sqlite3"
    whole = file.read_bytes()
    file.write_bytes(b"no database" * 1_000)
    with pytest.raises(IndexDamaged):
        VectorStore(tmp_path / "chroma")
    file.write_bytes(whole)
    with closing(VectorStore(tmp_path / "chroma")) as store:
        assert store.count() == 2
