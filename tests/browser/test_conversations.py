"""Conversations: kept, found again after a restart, renamed, exported, deleted, shared."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from assistant.answer import Assistant
from assistant.history import Conversations, FeedbackLog
from index import Index

from ..fakes import HashingEmbedder, make_record
from .visits import in_a_browser, page_of, visiting

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = in_a_browser

QUESTION = "How many examples were supplied in 2023?"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with three records, two of them on one matter."""
    folder = tmp_path_factory.mktemp("kept")
    with Index.open_or_create(folder, embedder=HashingEmbedder()) as index:
        index.add(
            [
                make_record("1"),
                make_record(
                    "2",
                    house="Lords",
                    department="Home Office",
                    question="To ask His Majesty's Government how many examples were returned.",
                    text="In 2023 we supplied 99 examples to the other House.",
                ),
            ]
        )
    return folder


@pytest.fixture
def url(folder: Path) -> Iterator[str]:
    """A server of its own for each test, as after a restart."""
    with Index.open(folder, embedder=HashingEmbedder()) as index, page_of(Assistant(index)) as url:
        yield url


@pytest.fixture(scope="module")
def asked(browser: Browser, folder: Path) -> str:
    """The question, asked; gives the address that it was left at."""
    with (
        Index.open(folder, embedder=HashingEmbedder()) as index,
        page_of(Assistant(index)) as url,
        visiting(browser, url) as visit,
    ):
        visit.ask(QUESTION)
        visit.page.wait_for_url("**/?c=*")
        visit.page.get_by_role("button", name="Not useful").click()
        visit.page.locator("#reason").fill("The year is wrong")
        visit.page.get_by_role("button", name="Send").click()
        visit.page.get_by_text("Your reason is kept").wait_for()
        return visit.page.url.removeprefix(url)


def test_feedback_is_stored_with_the_question_and_what_was_retrieved(
    asked: str, folder: Path
) -> None:
    (item,) = FeedbackLog(folder).all()
    assert (item.useful, item.reason, item.question) == (False, "The year is wrong", QUESTION)
    assert set(item.retrieved) == {"1", "2"}
    assert "412" in item.answer


def test_a_restart_and_a_reload_leave_the_conversation_where_it_was(
    browser: Browser, asked: str, url: str
) -> None:
    with visiting(browser, url, query=asked) as visit:
        page = visit.page
        sentence = page.locator("#chat .sentence", has_text="412").first
        sentence.wait_for()
        assert page.locator("#chat .asked").inner_text() == QUESTION
        page.locator("#evidence mark", has_text="412").first.wait_for()
        sentence.locator("a.cite").first.click()
        page.locator("mark:target", has_text="412").wait_for()
        # A follow-up goes on in the same conversation.
        visit.ask("How many examples were returned?")
        page.locator("#tools .tools").wait_for()
        assert page.url.removeprefix(url).split("#")[0] == asked


def test_a_conversation_is_found_renamed_exported_and_deleted(
    browser: Browser, asked: str, url: str, folder: Path
) -> None:
    extra = visit_and_keep(browser, url, "Which examples went to the other House?")
    with visiting(browser, url) as visit:
        page = visit.page
        page.get_by_role("tab", name="Conversations").click()
        rows = page.locator(".kept-one")
        rows.nth(1).wait_for()
        page.locator("#sought input, #sought textarea").fill("which went")
        page.get_by_text("1 conversation with these words").wait_for()
        assert "Which examples" in rows.first.inner_text()
        rows.first.locator("summary", has_text="Rename").click()
        rows.first.get_by_label("New title").fill("The <b>Lords</b> question")
        rows.first.get_by_role("button", name="Save").click()
        title = page.get_by_role("button", name="The <b>Lords</b> question", exact=True)
        title.wait_for()
        with page.expect_download() as saved:
            page.get_by_role("button", name="Export The <b>Lords</b> question").click()
        text = Path(saved.value.path()).read_text("utf-8")
        assert "Which examples went to the other House?" in text
        title.click()
        page.locator("#chat .asked", has_text="other House").wait_for()
        page.get_by_role("tab", name="Conversations").click()
        row = page.locator(".kept-one", has_text="Lords")
        row.locator("summary", has_text="Delete").click()
        row.get_by_role("button", name="Delete it").click()
        row.wait_for(state="detached")
        assert "?c=" not in page.url
        assert page.locator("#chat .asked").count() == 0
    assert extra not in [item.id for item in Conversations(folder).list("")]


def visit_and_keep(browser: Browser, url: str, question: str) -> str:
    """Ask and leave; gives the conversation's id."""
    with visiting(browser, url) as visit:
        visit.ask(question)
        visit.page.wait_for_url("**/?c=*")
        return visit.page.url.split("?c=")[1]


def test_a_shared_link_asks_again_under_the_same_limits(browser: Browser, url: str) -> None:
    query = "?q=How+many+examples+were+supplied%3F&house=Lords&answered_from=2024-01-01"
    with visiting(browser, url, query=query) as visit:
        page = visit.page
        page.locator("#tools .tools").wait_for()
        said = page.locator("#chat").inner_text()
        assert "Only: House of Lords; answered on or after 1 January 2024" in said
        for place in page.locator("#evidence .where").all_inner_texts():
            assert "House of Lords" in place
        page.get_by_role("button", name="Copy link").click()
        page.get_by_text("The link is copied").wait_for()
        link = page.evaluate("navigator.clipboard.readText()")
        assert link == f"{url}/{query}"


def test_a_question_is_asked_again_under_a_limit_it_names(browser: Browser, url: str) -> None:
    with visiting(browser, url) as visit:
        page = visit.page
        visit.ask("How many examples did the Home Office supply?")
        page.locator("#tools").get_by_role("button", name="Home Office", exact=True).click()
        away = page.get_by_role("button", name="Home Office: take this limit away")
        away.wait_for()
        assert page.locator("#chat .asked").count() == 1
        assert "Only: Home Office" in page.locator("#chat .asked").inner_text()
        page.get_by_role("button", name="Limit the search (now: Home Office)").wait_for()
        away.click()
        page.locator("#tools").get_by_role("button", name="Home Office", exact=True).wait_for()
        assert "Only:" not in page.locator("#chat .asked").inner_text()


def test_an_answer_is_asked_again_edited_and_copied(browser: Browser, url: str) -> None:
    with visiting(browser, url) as visit:
        page = visit.page
        visit.ask(QUESTION)
        page.get_by_role("button", name="Copy answer").click()
        page.get_by_text("The answer is copied").wait_for()
        text = page.evaluate("navigator.clipboard.readText()")
        assert "We supplied 412 examples in 2023." in text
        assert "UIN 1" in text
        before = page.locator("#tools .tools").element_handle()
        page.get_by_role("button", name="Ask again").click()
        before.wait_for_element_state("hidden")
        page.locator("#tools .tools").wait_for()
        assert page.locator("#chat .asked").count() == 1
        page.get_by_role("button", name="Edit question").click()
        page.locator("#chat .asked").wait_for(state="detached")
        box = page.locator("#question textarea")
        assert box.input_value() == QUESTION
        box.fill("How many examples were returned?")
        box.press("Enter")
        page.locator("#tools .tools").wait_for()
        assert page.locator("#chat .asked").all_inner_texts() == [
            "How many examples were returned?"
        ]


def test_what_is_pressed_while_an_answer_is_made_anew_does_not_cross_it(
    browser: Browser, url: str
) -> None:
    with visiting(browser, url) as visit:
        page = visit.page
        visit.ask(QUESTION)
        before = page.locator("#tools .tools").element_handle()
        page.evaluate(
            """() => {
                for (const name of ["Ask again", "Edit question"])
                    [...document.querySelectorAll("#tools button")]
                        .find((button) => button.textContent === name).click();
            }"""
        )
        before.wait_for_element_state("hidden")
        page.locator("#tools .tools").wait_for()
        assert page.locator("#chat .asked").all_inner_texts() == [QUESTION]
        assert page.locator("#question textarea").input_value() == ""


@pytest.mark.parametrize("query", ["?c=nonsense", "?q=x&answered_from=soon"])
def test_an_address_that_leads_nowhere_is_told_in_a_sentence(
    browser: Browser, url: str, query: str
) -> None:
    with visiting(browser, url, query=query) as visit:
        problem = visit.page.locator("#problem .problem")
        problem.wait_for()
        assert problem.inner_text() in (
            "There is no such conversation. It may have been deleted: ask the question again.",
            "'soon' is not a date (answered from). Write it as 2024-07-30.",
        )
