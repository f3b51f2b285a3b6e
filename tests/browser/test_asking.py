"""Asking: from a question to its source, on the program as installed."""

from __future__ import annotations

import re
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from ..conftest import PROGRAM, Served, offline_environment
from .visits import ARRESTS, HIV, Visit, in_a_browser, in_view, settled, visiting

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = in_a_browser


def test_an_answer_is_cited_and_its_citation_leads_to_the_words(
    browser: Browser, served: Served
) -> None:
    with visiting(browser, served.url) as visit:
        page = visit.page
        answer = visit.ask(ARRESTS)
        assert "over 400 arrests" in answer.inner_text()
        sentence = answer.locator(".sentence", has_text="400").first
        cite = sentence.locator("a.cite").first
        assert cite.inner_text() == "[1]"
        cite.click()
        settled(page)
        assert page.evaluate("document.querySelector(':target').tagName") == "MARK"
        assert in_view(page, "mark:target")
        quoted = page.locator("mark:target").inner_text()
        assert sentence.inner_text().split("[1]")[0].strip() == quoted.strip()
        card = page.locator("article.card:has(:target)")
        assert card.count() == 1
        said = card.inner_text()
        assert "20 July 2022" in said
        assert "Home Office" in said
        assert "not the official text" in said
        link = card.get_by_role("link", name="Open the official record")
        assert link.get_attribute("href") == (
            "https://questions-statements.parliament.uk/written-questions/detail/2022-07-06/HL1536"
        )
        card.get_by_role("link", name="Back to the answer").click()
        settled(page)
        assert page.evaluate("!!document.querySelector('#chat .sentence:target')")


def test_the_page_says_what_it_searches_and_under_which_licence(
    browser: Browser, served: Served
) -> None:
    with visiting(browser, served.url) as visit:
        assert "not official text" in visit.page.locator(".banner").inner_text()
        assert "Open Parliament Licence v3.0" in visit.page.locator("footer.foot").inner_text()
        assert visit.page.title() == "Government Answers"
        body = visit.page.locator("body").inner_text().lower()
        assert "gradio" not in body


def test_a_screen_reader_hears_the_answer_and_no_tags(browser: Browser, served: Served) -> None:
    with visiting(browser, served.url) as visit:
        visit.ask(ARRESTS)
        log = visit.page.get_by_role("log")
        assert log.get_attribute("aria-live") == "polite"
        assert "<" not in log.aria_snapshot()
        assert "400 arrests" in log.aria_snapshot()


def test_an_example_asks_itself(browser: Browser, served: Served) -> None:
    with visiting(browser, served.url) as visit:
        example = visit.page.locator("#chat button.example").first
        question = example.inner_text()
        example.click()
        visit.page.locator("#chat .kind:not(.kind-open)").wait_for()
        assert visit.page.locator("#chat .asked").inner_text() == question


def test_earlier_citations_go_on_working(browser: Browser, served: Served) -> None:
    with visiting(browser, served.url) as visit:
        page = visit.page
        visit.ask(ARRESTS)
        page.locator("#evidence-column").evaluate("column => column.scrollTo(0, 9999)")
        visit.ask(HIV)
        settled(page)
        assert in_view(page, "#evidence .section h2")
        assert not page.locator("#evidence details.turn").evaluate("fold => fold.open")
        earlier = page.locator("#chat .sentence", has_text="400").first
        earlier.locator("a.cite[href^='#cite-1-']").click()
        settled(page)
        assert "400" in page.locator("mark:target").inner_text()
        assert in_view(page, "mark:target")


def test_what_is_not_indexed_is_said_and_the_nearest_records_are_shown(
    browser: Browser, served: Served
) -> None:
    with visiting(browser, served.url) as visit:
        answer = visit.ask("What is the recipe for a Victoria sponge cake?")
        assert "could not find" in answer.inner_text()
        assert answer.locator("a.cite").count() == 0
        evidence = visit.page.locator("#evidence").inner_text()
        assert "they do not answer it" in evidence
        assert visit.page.locator("#evidence article.card").count() > 0


def test_a_keyboard_alone_limits_the_search(browser: Browser, served: Served) -> None:
    with visiting(browser, served.url) as visit:
        page = visit.page
        keyboard = page.keyboard
        page.locator("#limits button").first.focus()
        keyboard.press("Enter")
        page.locator("#departments input").wait_for()
        keyboard.press("Tab")
        keyboard.type("Health and Social")
        keyboard.press("Enter")
        keyboard.press("Escape")
        page.locator("#limits button", has_text="Health and Social Care").first.wait_for()
        page.locator("#question textarea").focus()
        keyboard.type(ARRESTS)
        keyboard.press("Enter")
        page.locator("#chat .kind:not(.kind-open)").wait_for()
        assert "Only: Department of Health and Social Care" in page.locator("#chat").inner_text()
        for place in page.locator("#evidence .where").all_inner_texts():
            assert "Health and Social Care" in place


def test_a_date_that_is_none_is_told_and_nothing_is_asked(browser: Browser, served: Served) -> None:
    with visiting(browser, served.url) as visit:
        page = visit.page
        page.locator("#limits button").first.click()
        box = page.locator("#answered-from").locator("input, textarea")
        box.fill("31/02/2024")
        box.press("Tab")
        problem = page.locator("#problem .problem")
        problem.wait_for()
        assert problem.inner_text() == (
            "“31/02/2024” is not a date. Write it like 20/07/2022 or 20 July 2022."
        )
        # For some hundredths of a second after an update the page may let a key go unheard.
        page.wait_for_timeout(500)
        page.locator("#question textarea").fill(HIV)
        page.keyboard.press("Enter")
        page.get_by_text("Change it under").wait_for()
        assert page.locator("#question textarea").input_value() == HIV
        assert page.locator("#chat .answer").count() == 0
        page.get_by_role("button", name="Remove these limits").click()
        problem.wait_for(state="detached")
        assert (
            "539.3"
            in visit.ask("How much did specialist HIV services cost in 2014/15?").inner_text()
        )


def test_a_new_conversation_begins_empty(browser: Browser, served: Served) -> None:
    with visiting(browser, served.url) as visit:
        visit.ask(HIV)
        visit.page.get_by_role("button", name="New conversation").click()
        visit.page.locator("#evidence article").first.wait_for(state="detached")
        assert visit.page.locator("#chat .answer").count() == 0


def test_on_a_telephone_nothing_is_wider_than_the_screen(browser: Browser, served: Served) -> None:
    with visiting(browser, served.url, 390, 844) as visit:
        page = visit.page
        page.locator("#limits button").first.click()
        visit.ask(ARRESTS)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        chat, evidence = (
            page.locator("#chat").bounding_box(),
            page.locator("#evidence").bounding_box(),
        )
        assert chat is not None
        assert evidence is not None
        assert evidence["y"] > chat["y"] + chat["height"]
        page.locator("#chat a.cite").first.click()
        settled(page)
        assert in_view(page, "mark:target")


def test_stopping_the_program_while_a_page_is_open_is_quick_and_quiet(
    browser: Browser, served: Served, tmp_path: Path
) -> None:
    command = [PROGRAM, "serve", "--port", "0", "--data-dir", served.data_dir]
    with subprocess.Popen(
        command,
        env=offline_environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found is not None
        context = browser.new_context()
        try:
            Visit(context.new_page(), found.group())
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 130
        finally:
            process.kill()
            context.close()
        assert "Traceback" not in process.stdout.read()


def test_a_long_answer_is_shown_from_its_beginning(browser: Browser, served: Served) -> None:
    with visiting(browser, served.url) as visit:
        visit.page.add_style_tag(content="#chat .answer { min-height: 1500px }")
        for number, question in enumerate((ARRESTS, HIV)):
            visit.ask(question)
            visit.page.wait_for_function(
                """(number) => {
                    const asked = document.querySelectorAll("#chat .asked")[number];
                    const chat = asked.closest(".bubble-wrap").getBoundingClientRect();
                    const top = asked.getBoundingClientRect().top - chat.top;
                    return top > 0 && top < 60;
                }""",
                arg=number,
            )
