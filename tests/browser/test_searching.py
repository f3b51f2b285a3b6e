"""Searching, putting aside, comparing, exporting, finding similar: the researcher's journey."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from assistant.answer import Assistant
from index import Index

from ..fakes import HashingEmbedder, make_record
from .visits import Visit, in_a_browser, page_of, visiting

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = in_a_browser


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page over answers on one matter, from two Houses and three years."""
    records = [
        make_record("1", answered=date(2023, 3, 1)),
        make_record("2", text="We supplied 500 examples in 2024.", answered=date(2024, 3, 1)),
        make_record("3", house="Lords", department="Home Office", answered=date(2022, 2, 1)),
        *(make_record(str(n), text=f"Example number {n} was supplied.") for n in range(10, 30)),
    ]
    folder = tmp_path_factory.mktemp("searched")
    with Index.open_or_create(folder, embedder=HashingEmbedder()) as index:
        index.add(records)
        with page_of(Assistant(index)) as url:
            yield url


def search(visit: Visit, query: str) -> None:
    page = visit.page
    page.get_by_role("tab", name="Search").click()
    page.locator("#query").locator("input, textarea").fill(query)
    page.keyboard.press("Enter")
    # Results of a search before this one look the same: the address comes with the new ones.
    page.wait_for_function(
        "query => new URLSearchParams(location.search).get('q') === query", arg=query
    )
    page.locator(".results h2", has_text="passage").wait_for()


def test_results_are_narrowed_sorted_and_exported(browser: Browser, url: str) -> None:
    with visiting(browser, url) as visit:
        page = visit.page
        search(visit, "examples supplied")
        assert page.locator(".result").count() == 15
        page.get_by_role("button", name="Show more results").click()
        page.locator(".result").nth(22).wait_for()
        lords = page.get_by_label("House of Lords")
        lords.check()
        page.get_by_text("1 passage of 23").wait_for()
        # What was chosen keeps the focus although the list is drawn again.
        page.wait_for_function("document.activeElement.name === 'house'")
        page.locator(".result .where", has_text="Home Office").first.wait_for()
        page.get_by_label("House of Lords").uncheck()
        page.locator(".results h2", has_text="23 passages").wait_for()
        page.get_by_label("Sort by").select_option("oldest")
        page.locator(".result .where", has_text="1 February 2022").first.wait_for()
        assert "1 February 2022" in page.locator(".result .where").first.inner_text()
        page.locator(".result summary").first.click()
        assert "Why it ranks here" in page.locator(".result").first.inner_text()
        texts = {}
        for form in ("CSV", "JSON", "BibTeX"):
            with page.expect_download() as saved:
                page.get_by_role("button", name=f"Export {form}").click()
            texts[form] = Path(saved.value.path()).read_text("utf-8-sig")
        rows = list(csv.DictReader(texts["CSV"].splitlines()))
        assert rows[0]["id"] == "3"
        assert len(rows) == len(json.loads(texts["JSON"])) == texts["BibTeX"].count("@misc") == 23


def test_two_answers_are_put_aside_and_compared(browser: Browser, url: str) -> None:
    with visiting(browser, url) as visit:
        page = visit.page
        for query, figure in (("412 examples 2023", "412"), ("500 examples 2024", "500")):
            search(visit, query)
            result = page.locator(".result", has_text=f"{figure} examples").first
            result.locator("details.whole > summary").click()
            result.get_by_role("button", name="Add to basket").click()
            result.get_by_role("button", name="Take out of basket").wait_for()
        # The basket outlives a reload, which opens the same search again first.
        page.reload()
        page.locator(".results h2", has_text="passage").wait_for()
        page.get_by_role("tab", name="Basket").click()
        page.get_by_text("2 records put aside").wait_for()
        page.get_by_role("button", name="Compare", exact=True).click()
        page.locator(".comparison ins").first.wait_for()
        assert page.locator(".comparison article").count() == 2
        marked = " ".join(page.locator(".comparison article :is(ins, del)").all_inner_texts())
        assert {"412", "500"} <= set(marked.split())
        page.get_by_role("button", name="Find similar").first.click()
        page.locator(".results h2", has_text="Similar to").wait_for()
        assert page.locator(".result").count() > 0


def test_a_limit_that_the_words_name_is_offered_used_and_taken_away(
    browser: Browser, url: str
) -> None:
    with visiting(browser, url) as visit:
        page = visit.page
        search(visit, "examples the Home Office supplied in February 2022")
        page.locator("#results").get_by_role("button", name="Home Office", exact=True).click()
        page.locator(".results h2", has_text="1 passage").wait_for()
        page.get_by_role("button", name="Home Office: take this limit away").click()
        page.locator(".results h2", has_text="23 passages").wait_for()


def test_a_link_opens_the_same_search(browser: Browser, url: str) -> None:
    with visiting(browser, url, query="?view=search&q=examples&house=Lords") as visit:
        page = visit.page
        page.locator(".results h2", has_text="1 passage").wait_for()
        page.get_by_role("button", name="House of Lords: take this limit away").click()
        page.locator(".results h2", has_text="23 passages").wait_for()
        page.locator("#query").locator("input, textarea").fill("   ")
        page.keyboard.press("Enter")
        page.get_by_text("Type what to search for first.").wait_for()
