"""Make the README's picture of the page from a running `assistant serve`.

Run: .venv/bin/python docs/screenshot.py http://127.0.0.1:7860 docs/images/page.png
Needs the `test` extra and Debian's chromium.
"""

from __future__ import annotations

import shutil
import sys

from playwright.sync_api import sync_playwright

QUESTION = "How many arrests has the joint intelligence cell in France led to?"


def main(url: str, file: str) -> None:
    """Ask the question, follow its first citation, take the picture."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.goto(url)
        page.fill("#question textarea", QUESTION)
        page.keyboard.press("Enter")
        page.locator("#chat a[href^='#']").first.click()
        page.locator("mark:target").first.wait_for()
        page.screenshot(path=file)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:3])
