"""What callers give by mistake: one sentence, of the documented type."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from assistant import Assistant
from assistant.compose.asks import Sort, asked
from index import Index, make_filters
from index.errors import BadRequest

from .fakes import HashingEmbedder, make_record


@pytest.fixture
def index(tmp_path) -> Iterator[Index]:
    with Index.open_or_create(tmp_path, embedder=HashingEmbedder()) as made:
        made.add([make_record(str(n), text=f"We repaired {n} bridges.") for n in range(1, 4)])
        yield made


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"query": None}, "The question must be text, not NoneType."),
        ({"k": "3"}, "The number of passages must be 1 or more."),
        ({"k": float("inf")}, "The number of passages must be 1 or more."),
        ({"k": float("nan")}, "The number of passages must be 1 or more."),
        ({"k": 0}, "The number of passages must be 1 or more."),
        ({"history": "What is it?"}, "The history must be a list of the earlier questions"),
        ({"history": None}, "The history must be a list of the earlier questions"),
        ({"history": [{"role": "user"}]}, "The history must be text, not dict."),
        ({"filters": {"house": "Lords"}}, "The filters must be Filters, not dict."),
    ],
)
def test_a_slip_is_one_sentence(index: Index, given: dict[str, Any], message: str) -> None:
    with pytest.raises(BadRequest) as caught:
        index.retrieve(**{"query": "bridges", **given})
    assert message in str(caught.value)
    if not given.keys() & {"k"}:
        asks = {"question" if name == "query" else name: value for name, value in given.items()}
        with pytest.raises(BadRequest):
            Assistant(index).answer(**{"question": "bridges", **asks})


def test_all_there_is_may_be_asked_for(index: Index) -> None:
    for k in (500, 10**9, sys.maxsize):
        assert len(index.retrieve("bridges", k=k, collapse=False)) == 3


def test_half_a_character_is_no_failure(index: Index) -> None:
    assert index.retrieve("\ud83d bridges")
    assert Assistant(index).answer("\ud83d bridges").result().question


@pytest.mark.parametrize("member", ["²", "9" * 23, "9" * 5000, 10**30])
def test_a_member_that_cannot_be_is_none(index: Index, member: object) -> None:
    assert not len(index.retrieve("bridges", filters=make_filters(member=member)))


def test_a_closed_index_says_so(tmp_path) -> None:
    with Index.open_or_create(tmp_path, embedder=HashingEmbedder()) as index:
        index.add([make_record("1")])
    with pytest.raises(BadRequest, match="This index was closed"):
        index.retrieve("bridges")


def test_thousands_of_marks_are_read_in_no_time() -> None:
    # A pattern that tries every way to part them would take minutes.
    assert asked("-" * 40_000).sort is Sort.OTHER
