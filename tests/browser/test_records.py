"""What is indexed, and files dropped into the page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from assistant.answer import Assistant
from index import Index

from ..fakes import HashingEmbedder, make_record
from .visits import in_a_browser, page_of, visiting

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = in_a_browser


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[str]:
    """A page over an index that holds nothing."""
    with (
        Index.open_or_create(tmp_path / "data", embedder=HashingEmbedder()) as index,
        page_of(Assistant(index)) as url,
    ):
        yield url


def test_an_empty_index_says_what_to_do_and_takes_files(
    browser: Browser, empty: str, tmp_path: Path
) -> None:
    good, bad = tmp_path / "good.jsonl", tmp_path / "bad<i>.json"
    records = [make_record("1"), make_record("2", heading="Cut", is_answer_truncated=True)]
    good.write_text("\n".join(r.model_dump_json(exclude={"content_hash"}) for r in records))
    bad.write_text("{")
    with visiting(browser, empty) as visit:
        page = visit.page
        said = visit.ask("How many examples?").inner_text()
        assert "There are no answers to search yet. Add some with" in said
        page.get_by_role("tab", name="Index").click()
        page.get_by_text("Nothing is indexed yet.").wait_for()
        page.locator("#files input[type=file]").set_input_files([good, bad])
        page.get_by_text("1 item could not be read").wait_for()
        report = page.locator("#adding").inner_text()
        assert "2 added, 0 changed" in report
        assert "bad" in report
        assert str(tmp_path) not in report
        page.get_by_text("1 record still to be completed").wait_for()
        assert "Department for Example" in page.locator("#held").inner_text()
        assert "2 records" in page.locator("#header").inner_text()
        page.get_by_role("tab", name="Ask", exact=True).click()
        assert "412" in visit.ask("How many examples were supplied in 2023?").inner_text()
