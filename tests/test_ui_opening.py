"""What the page draws when it is opened: nothing that it shows already."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from assistant import Assistant
from assistant.ui.app import build_page
from index import Index

from .fakes import HashingEmbedder, make_record


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index.open_or_create(tmp_path / "data", embedder=HashingEmbedder()) as opened:
        opened.add([make_record("1", department="Home Office")])
        yield opened


def drawn(page: Any, basket: list[str]) -> dict[str, Any]:
    """What opening the page sends to it first, by the ids of its parts."""
    (opened,) = [
        function.fn
        for function in page.fns.values()
        if any(event == "load" for _, event in function.targets)
    ]
    first = next(opened(basket, SimpleNamespace(query_params={})))
    return {part.elem_id: value for part, value in first.items()}


def test_opening_the_page_draws_what_has_changed_since_it_was_built(index: Index) -> None:
    page = build_page(Assistant(index))
    assert set(drawn(page, [])) == {"signal"}

    index.add([make_record("2", department="Treasury")])
    for _ in range(2):
        update = drawn(page, [])
        assert "2 records" in update["header"]
        choices = [name for name, _ in update["departments"].choices]
        assert choices == ["Home Office (1)", "Treasury (1)"]
        assert "chat" in update


def test_the_basket_is_drawn_where_the_browser_kept_one(index: Index) -> None:
    page = build_page(Assistant(index))
    assert "Home Office" in drawn(page, ["1"])["basket"]
