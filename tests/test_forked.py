"""A process that was forked from one that has an index open is told so, and does not hang."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from index import Index

from .fakes import HashingEmbedder, make_record

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="a system without fork")


@pytest.fixture
def index(tmp_path):
    with Index.open_or_create(tmp_path, embedder=HashingEmbedder()) as opened:
        opened.add(make_record(str(n), text=f"Otter {n}.") for n in range(5))
        opened.retrieve("otter")
        yield opened


def said_in_a_fork(task: Callable[[], object]) -> str:
    """What a forked process raises when it runs `task`; it has half a minute for that."""
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        signal.alarm(30)
        said = "nothing"
        try:
            task()
        except BaseException as error:
            said = str(error)
        os.write(theirs, said.encode())
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours) as told:
        said = told.read()
    os.waitpid(child, 0)
    return said


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize(
    "use",
    [
        lambda index: index.retrieve("otter"),
        lambda index: index.get("1"),
        lambda index: index.add([make_record("new")]),
        lambda index: Index.open(index.folder, embedder=HashingEmbedder()),
    ],
    ids=["retrieve", "get", "add", "open"],
)
def test_a_fork_is_told_to_open_the_index_elsewhere(index, use) -> None:
    said = said_in_a_fork(lambda: use(index))
    assert "was forked from one that had opened the index" in said
    assert "spawn" in said
    assert index.retrieve("otter")


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_fork_that_leaves_the_block_of_the_index_leaves_it_to_its_parent(index) -> None:
    assert said_in_a_fork(index.close) == "nothing"
    assert index.retrieve("otter")
