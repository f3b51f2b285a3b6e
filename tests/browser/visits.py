"""Looking at a page: what the browser tests share."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
WAIT = 60_000
"""Milliseconds to wait for anything: a busy machine is slow, which is no failure."""
ARRESTS = "How many arrests has the joint intelligence cell in France led to?"
HIV = "How much was spent on specialist HIV services in 2016/17?"

in_a_browser = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
]


class Visit:
    """A page being looked at, and what it did that a page of ours must not do."""

    def __init__(self, page: Page, url: str, query: str = "") -> None:
        page.set_default_timeout(WAIT)
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        page.goto(url + query)
        # An address may open the page in its search view.
        page.locator(":is(#question, #query) :is(input, textarea):visible").first.wait_for()

    def _heard(self, message: Any) -> None:
        # Gradio's own client says this of itself after an upload.
        if message.type in ("error", "warning") and message.text != "Method not implemented.":
            self.complaints.append(message.text)

    def ask(self, question: str) -> Locator:
        """Type a question, press Enter, wait; gives the answer's message."""
        done = self.page.locator("#chat .kind:not(.kind-open), #chat .note")
        before = done.count()
        self.page.locator("#question textarea").fill(question)
        self.page.keyboard.press("Enter")
        done.nth(before).wait_for()
        return self.page.locator("#chat .answer").last

    @property
    def strangers(self) -> list[str]:
        """Requests that left the machine."""
        ours = (self.url, "data:", "blob:")
        return [url for url in self.requests if not url.startswith(ours)]


@contextmanager
def visiting(
    browser: Browser,
    url: str,
    width: int = 1400,
    height: int = 900,
    query: str = "",
    dark: bool = False,
) -> Iterator[Visit]:
    """A visit in a fresh session; fails afterwards if the page complained or called out."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        accept_downloads=True,
        permissions=["clipboard-read", "clipboard-write"],
    )
    try:
        visit = Visit(context.new_page(), url, query)
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
