"""How fast the page is, alone and with many people asking at once.

Run beside a warm server:  assistant serve --data-dir D  and then
    python -m benchmarks.page http://127.0.0.1:7860 [--visits 7] [--people 20]
Needs the `test` extra and Debian's chromium.  Prints seconds: median, and the most of any.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from gradio_client import Client
from playwright.sync_api import Browser, sync_playwright

from .common import commit, machine

QUESTIONS = (
    "How many prison places have been added since July 2024?",
    "How long do people wait for a driving test?",
    "What is the Government doing about small boat crossings?",
    "How many teachers are leaving the profession?",
    "How much was spent on hotels for asylum seekers?",
    "What support is there for people with long covid?",
    "How many new homes were built last year?",
)
"""What people ask; the answers do not matter, the time they take does."""


def visit(browser: Browser, url: str, question: str) -> dict[str, float]:
    """Open the page as for the first time, ask; gives seconds to each thing a reader sees."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.goto(url)
    page.locator("#question textarea").wait_for()
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    usable = page.evaluate("performance.now()")
    page.fill("#question textarea", question)
    # The page itself notes when each thing appears, so that polling adds nothing.
    page.evaluate(
        """() => {
            const wanted = {
                "first evidence": "#evidence .card",
                "first sentence": "#chat .sentence, #chat .kind:not(.kind-open)",
                "whole answer": "#tools .tools",
            };
            const began = performance.now();
            window.seen = {};
            const look = () => {
                for (const [name, selector] of Object.entries(wanted)) {
                    if (!(name in seen) && document.querySelector(selector)) {
                        seen[name] = performance.now() - began;
                    }
                }
            };
            new MutationObserver(look).observe(document, {subtree: true, childList: true});
        }"""
    )
    page.keyboard.press("Enter")
    page.locator("#tools .tools").wait_for()
    seen = page.evaluate("seen")
    context.close()
    times = {"first paint": paint, "question box usable": usable, **seen}
    return {name: value / 1000 for name, value in times.items()}


def at_once(url: str, people: int) -> tuple[list[float], list[float]]:
    """Seconds that answers take one after another, and when everybody asks at the same time."""

    def ask(n: int) -> float:
        client = clients[n]
        began = time.perf_counter()
        client.predict(QUESTIONS[n % len(QUESTIONS)], api_name="/ask")
        return time.perf_counter() - began

    clients = [Client(url, verbose=False) for _ in range(people)]
    alone = [ask(n) for n in range(min(people, 2 * len(QUESTIONS)))]
    with ThreadPoolExecutor(people) as pool:
        return alone, list(pool.map(ask, range(people)))


def line(name: str, seconds: Sequence[float]) -> str:
    return f"{name:32} {statistics.median(seconds):7.2f} {max(seconds):7.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url", help="address of a running assistant serve")
    parser.add_argument("--visits", type=int, default=7, help="how often the page is opened")
    parser.add_argument("--people", type=int, default=20, help="how many ask at once")
    given = parser.parse_args()
    print(f"commit {commit()}, {machine()}")
    print(f"{'seconds':32} {'median':>7} {'most':>7}")
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        visit(browser, given.url, QUESTIONS[0])
        visits = [
            visit(browser, given.url, QUESTIONS[n % len(QUESTIONS)]) for n in range(given.visits)
        ]
        browser.close()
    for name in visits[0]:
        print(line(name, [one[name] for one in visits]))
    alone, together = at_once(given.url, given.people)
    print(line("answer, one person", alone))
    print(line(f"answer, {given.people} people at once", together))
    print(f"answers a second then: {given.people / max(together):.1f}")


if __name__ == "__main__":
    main()
