"""Records that mean harm are shown as the text they are, in every view."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from assistant.answer import Assistant
from index import Index

from ..fakes import HashingEmbedder, make_record
from ..test_ui_cards import HOSTILE, hostile_record
from .visits import in_a_browser, page_of, visiting

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = in_a_browser


@pytest.fixture(scope="module")
def hostile_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page over an index of a hostile record and one with a very long word."""
    folder = tmp_path_factory.mktemp("hostile")
    with Index.open_or_create(folder, embedder=HashingEmbedder()) as index:
        long_word = make_record("2", text=f"The word is {'a' * 600} in full. " * 2)
        report = index.add([hostile_record().model_copy(update={"id": "1"}), long_word])
        assert report.added == 2
        with page_of(Assistant(index)) as url:
            yield url


def test_a_hostile_record_is_shown_as_the_text_it_is(browser: Browser, hostile_page: str) -> None:
    with visiting(browser, hostile_page, 390, 844) as visit:
        page = visit.page
        visit.ask(f"pwned window script {HOSTILE}")
        page.locator("#evidence article").first.wait_for()
        assert page.evaluate("window.pwned") is None
        assert page.locator("#chat .message img, #evidence img").count() == 0
        assert page.locator("#chat .message script, #evidence script").count() == 0
        assert page.locator("#chat .prose :is(strong, code, h1, .katex)").count() == 0
        links = page.locator("#chat a, #evidence a").evaluate_all(
            "links => links.map(link => link.getAttribute('href'))"
        )
        assert links
        assert [link for link in links if not link.startswith(("#", "http://", "https://"))] == []
        assert HOSTILE in " ".join(page.locator("#chat .asked").inner_text().split())
        assert HOSTILE in " ".join(page.locator("#evidence .text").first.inner_text().split())
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
