"""Answers that take their time, or fail."""

from __future__ import annotations

import html
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from assistant.types import Retrieved
from index import Index
from index.errors import IndexDamaged
from index.types import Filters

from ..fakes import HashingEmbedder, make_record
from .visits import in_a_browser, page_of, visiting

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = in_a_browser


class Slow:
    """An assistant whose answers come late, or never."""

    takes_time = True

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
        for _ in range(900):
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


class Together:
    """An assistant that begins no answer before `people` have asked for one."""

    takes_time = True

    def __init__(self, index: Index, people: int) -> None:
        self.index = index
        self._all_here = threading.Barrier(people)

    def answer(self, question: str, history: Sequence[str], filters: Filters) -> Iterator[Any]:
        self._all_here.wait(60)
        yield Retrieved(())
        raise IndexDamaged(f"Answered {question}.")


def test_twenty_people_ask_at_once_and_nobody_waits_for_another(tmp_path: Path) -> None:
    with Index.open_or_create(tmp_path, embedder=HashingEmbedder()) as index:
        index.add([make_record()])
        with page_of(Together(index, 20)) as url, ThreadPoolExecutor(20) as pool:
            config = httpx.get(f"{url}/config", timeout=60).json()
            number = asking_event(config)
            ends = list(pool.map(lambda n: asked_by_script(url, number, f"person {n}"), range(20)))
    for number, end in enumerate(ends):
        assert f"Answered person {number}." in end


def asking_event(config: dict[str, Any]) -> int:
    """The number of the event that the question box raises."""
    ids = {one["id"]: one["props"].get("elem_id") for one in config["components"]}
    return next(
        int(event["id"])
        for event in config["dependencies"]
        if any((ids.get(t[0]), t[1]) == ("question", "submit") for t in event["targets"])
    )


def asked_by_script(url: str, event: int, question: str) -> str:
    """Ask as the page's own program does; gives all that comes back."""
    api = f"{url}/gradio_api/queue"
    session = question.replace(" ", "-")
    given = {"data": [question, None, None, [], [], "", "", "", "", ""]}
    joined = {**given, "fn_index": event, "session_hash": session}
    with httpx.Client(timeout=90) as client:
        client.post(f"{api}/join", json=joined).raise_for_status()
        told = []
        with client.stream("GET", f"{api}/data", params={"session_hash": session}) as stream:
            for line in stream.iter_lines():
                told.append(html.unescape(line))
                if '"process_completed"' in line:
                    break
    return "".join(told)
