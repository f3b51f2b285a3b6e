"""Make the README's pictures of the page from a running `assistant serve`.

Run: .venv/bin/python docs/screenshot.py http://127.0.0.1:7860 docs/images
Needs the `test` extra and Debian's chromium.  Ask in a data folder of its own: the question
asked here is kept in the list of conversations.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

QUESTION = "How many arrests has the joint intelligence cell in France led to?"
WORDS = "small boats Channel crossings"


def main(url: str, folder: str) -> None:
    """Ask the question and follow its first citation; search; keep both as pictures."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(120_000)
        page.goto(url)
        _ask(page, Path(folder, "page.png"))
        _search(page, Path(folder, "search.png"))
        browser.close()


def _ask(page: Page, file: Path) -> None:
    page.fill("#question textarea", QUESTION)
    page.keyboard.press("Enter")
    page.locator("#tools .tools").wait_for()
    page.locator("#chat a.cite").first.click()
    page.locator("mark:target").first.wait_for()
    page.wait_for_timeout(1000)  # the smooth scrolling to the source
    page.evaluate("scrollTo(0, 0)")
    page.locator("#chat [role=log], #chat .bubble-wrap").first.evaluate("log => log.scrollTo(0, 0)")
    page.wait_for_timeout(1000)
    page.screenshot(path=file)


def _search(page: Page, file: Path) -> None:
    page.get_by_role("tab", name="Search").click()
    page.locator("#query").locator("input, textarea").fill(WORDS)
    page.keyboard.press("Enter")
    page.locator(".result").first.wait_for()
    page.screenshot(path=file)


if __name__ == "__main__":
    main(*sys.argv[1:3])
