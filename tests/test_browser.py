"""The page in a real browser, as staff use it."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from assistant.answer import Assistant
from assistant.types import Retrieved
from index import Index
from index.errors import IndexDamaged
from index.types import Filters

from .conftest import PROGRAM, Served, offline_environment
from .fakes import HashingEmbedder, make_record
from .test_ui_cards import HOSTILE, hostile_record

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
ANSWER_SECONDS = 60
ARRESTS = "How many arrests has the joint intelligence cell in France led to?"
HIV = "How much was spent on specialist HIV services in 2016/17?"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
]


class Visit:
    """A page being looked at, and what it did that a page of ours must not do."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        page.goto(url)
        page.locator("#question textarea").wait_for()

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def ask(self, question: str) -> Locator:
        """Type a question, press Enter, wait; gives the answer's message."""
        done = self.page.locator("#chat .kind:not(.kind-open), #chat .note")
        before = done.count()
        self.page.locator("#question textarea").fill(question)
        self.page.keyboard.press("Enter")
        done.nth(before).wait_for(timeout=1000 * ANSWER_SECONDS)
        return self.page.locator("#chat .answer").last

    @property
    def strangers(self) -> list[str]:
        """Requests that left the machine."""
        ours = (self.url, "data:", "blob:")
        return [url for url in self.requests if not url.startswith(ours)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def visiting(browser: Browser, url: str, width: int = 1400, height: int = 900) -> Iterator[Visit]:
    """A visit in a fresh session; fails afterwards if the page complained or called out."""
    context = browser.new_context(viewport={"width": width, "height": height})
    try:
        visit = Visit(context.new_page(), url)
        yield visit
        assert visit.complaints == []
        assert visit.strangers == []
    finally:
        context.close()


@contextmanager
def page_of(assistant: Any) -> Iterator[str]:
    """The page over `assistant`, served from this process."""
    import uvicorn

    from assistant.service.app import build_service
    from assistant.service.server import _listen
    from assistant.settings import Settings
    from assistant.ui import mount_page

    listener = _listen("127.0.0.1", 0)
    service = build_service(assistant, Settings(data_dir=assistant.index.folder), mount_page)
    config = uvicorn.Config(service.app, log_config=None, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()


def in_view(page: Page, selector: str) -> bool:
    """Whether the first such element lies within the window and every box it scrolls in."""
    return bool(
        page.locator(selector).first.evaluate(
            """element => new Promise(resolve => {
                const observer = new IntersectionObserver(entries => {
                    resolve(entries[0].intersectionRatio > 0.9);
                    observer.disconnect();
                });
                observer.observe(element);
            })"""
        )
    )


def settled(page: Page) -> None:
    """Wait until smooth scrolling has come to rest."""
    page.wait_for_timeout(900)


# -- the program as installed, on its sample ------------------------------------------------


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
        visit.page.locator("#chat .kind:not(.kind-open)").wait_for(timeout=1000 * ANSWER_SECONDS)
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
        page.locator("#chat .kind:not(.kind-open)").wait_for(timeout=1000 * ANSWER_SECONDS)
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


def test_a_conversation_can_be_cleared(browser: Browser, served: Served) -> None:
    with visiting(browser, served.url) as visit:
        visit.ask(HIV)
        visit.page.get_by_role("button", name="Clear conversation").click()
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


# -- records that mean harm ---------------------------------------------------------------------


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


# -- answers that take their time, or fail ---------------------------------------------


class Slow:
    """An assistant whose answers come late, or never."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.asked: list[str] = []

    def answer(self, question: str, history: Sequence[str], filters: Filters) -> Iterator[Any]:
        self.asked.append(question)
        yield Retrieved(tuple(self.index.retrieve("examples")))
        if "fail" in question:
            raise IndexDamaged("The index cannot be read.", "Run: assistant index rebuild")
        if "crash" in question:
            raise RuntimeError("an inner detail")
        for _ in range(200):
            time.sleep(0.1)
            yield Retrieved(())


@pytest.fixture(scope="module")
def slow_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("slow")
    with Index.open_or_create(folder, embedder=HashingEmbedder()) as index:
        index.add([make_record()])
        with page_of(Slow(index)) as url:
            yield url


def test_an_answer_can_be_stopped_and_another_asked(browser: Browser, slow_page: str) -> None:
    with visiting(browser, slow_page) as visit:
        page = visit.page
        page.locator("#question textarea").fill("take long")
        page.keyboard.press("Enter")
        stop = page.get_by_role("button", name="Stop")
        stop.click()
        page.get_by_text("Stopped before the answer was finished").wait_for()
        page.get_by_role("button", name="Ask", exact=True).wait_for()
        # For some hundredths of a second the page still takes the old question to be running.
        page.wait_for_timeout(500)
        assert "The index cannot be read." in visit.ask("fail").inner_text()


def test_two_readers_do_not_wait_for_each_other(browser: Browser, slow_page: str) -> None:
    with visiting(browser, slow_page) as first, visiting(browser, slow_page) as second:
        first.page.locator("#question textarea").fill("take long")
        first.page.keyboard.press("Enter")
        first.page.get_by_role("button", name="Stop").wait_for()
        assert "The index cannot be read." in second.ask("fail").inner_text()
        assert first.page.locator("#chat .kind-open").count() == 1
        first.page.get_by_role("button", name="Stop").click()


def test_a_crash_is_an_apology_without_inner_details(browser: Browser, slow_page: str) -> None:
    with visiting(browser, slow_page) as visit:
        said = visit.ask("crash").inner_text()
        assert "Sorry, something went wrong" in said
        assert "inner detail" not in visit.page.content()
