"""Open to everybody: no barrier that axe-core knows, keyboard alone, a telephone, large print."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from assistant.answer import Assistant
from index import Index

from ..fakes import HashingEmbedder, make_record
from ..test_ui_cards import hostile_record
from .visits import in_a_browser, page_of, visiting

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = in_a_browser

ARTIFACTS = Path(__file__).parents[2] / "artifacts"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
QUESTION = "How many examples were supplied in 2023?"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("open")
    table = "The places are:\n\nRegion: Leeds | Places: 4\nRegion: York | Places: 12"
    with Index.open_or_create(folder, embedder=HashingEmbedder()) as index:
        index.add(
            [
                make_record("1", is_correction=True, grouped_uins=("1", "7")),
                make_record("2", text="We supplied 99 examples in 2022.", is_holding=True),
                make_record("3", text=table, house="Lords", department="Home Office"),
            ]
        )
        with page_of(Assistant(index)) as url:
            yield url


def barriers(page: Page) -> list[str]:
    """What axe-core calls serious or critical, with the elements meant."""
    if not page.evaluate("!!window.axe"):
        page.evaluate(files("axe_core_python").joinpath("axe.min.js").read_text("utf-8"))
    found: dict[str, Any] = page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", TAGS
    )
    return [
        f"{one['id']}: {node['html'][:160]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def turn_to(page: Page, view: str) -> None:
    """Open a view; a narrow window keeps the last ones under "More tabs"."""
    tab = page.get_by_role("tab", name=view)
    if tab.is_visible():
        tab.click()
        return
    page.get_by_role("button", name="More tabs").click()
    page.locator(".overflow-dropdown").get_by_role("button", name=view).click()


def wander(page: Page, name: str) -> Iterator[str]:
    """Every view with something in it, one after another, each kept as a picture."""
    ARTIFACTS.mkdir(exist_ok=True)

    def shot(view: str) -> str:
        page.screenshot(path=ARTIFACTS / f"{name}-{view}.png")
        return view

    page.locator("#question textarea").fill(QUESTION)
    page.keyboard.press("Enter")
    page.locator("#tools .tools").wait_for()
    yield shot("ask")
    turn_to(page, "Search")
    page.locator("#query").locator("input, textarea").fill("examples")
    page.keyboard.press("Enter")
    page.locator(".result summary").first.click()
    for _ in range(2):
        page.get_by_role("button", name="Add to basket").first.click()
        page.get_by_text("Put into the basket").wait_for()
        page.locator(".result summary").nth(1).click()
    yield shot("search")
    turn_to(page, "Basket")
    page.get_by_role("button", name="Compare", exact=True).click()
    page.locator(".comparison article").first.wait_for()
    yield shot("basket")
    turn_to(page, "Conversations")
    page.locator(".kept-one").first.wait_for()
    yield shot("conversations")
    turn_to(page, "Index")
    page.locator("#held .figures").wait_for()
    yield shot("index")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_view_has_a_serious_barrier(browser: Browser, url: str, dark: bool) -> None:
    with visiting(browser, url, dark=dark) as visit:
        found = {
            view: barriers(visit.page) for view in wander(visit.page, "dark" if dark else "light")
        }
    assert {view: what for view, what in found.items() if what} == {}


def test_on_a_telephone_and_in_large_print_nothing_is_cut_off(browser: Browser, url: str) -> None:
    # A window of 640 pixels at twice the size of print has the room of 320.
    with visiting(browser, url, 360, 780) as visit:
        for view in wander(visit.page, "phone"):
            for width in (360, 320):
                visit.page.set_viewport_size({"width": width, "height": 780})
                wide = visit.page.evaluate("document.documentElement.scrollWidth")
                assert wide <= width, f"{view} at {width}"
            visit.page.set_viewport_size({"width": 360, "height": 780})


def test_a_keyboard_alone_leads_from_the_question_to_its_source(browser: Browser, url: str) -> None:
    with visiting(browser, url) as visit:
        page = visit.page
        # The question box has the focus from the start.
        page.wait_for_function("document.activeElement.closest('#question')")
        page.keyboard.type(QUESTION)
        page.keyboard.press("Enter")
        page.locator("#chat .sentence a.cite").first.wait_for()
        page.locator("#tools .tools").wait_for()
        tab_to(page, "a.cite", backwards=True)
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
        assert float(outline.removesuffix("px")) >= 2
        page.keyboard.press("Enter")
        page.locator("mark:target", has_text="412").wait_for()
        # From the marked words on, the way leads to the official record.
        tab_to(page, "a[href^='https://questions-statements']")


def tab_to(page: Page, selector: str, *, backwards: bool = False) -> None:
    """Press Tab until such an element has the focus."""
    for _ in range(60):
        page.keyboard.press("Shift+Tab" if backwards else "Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"no way leads to {selector}")


def test_hostile_text_is_text_in_every_view(browser: Browser, tmp_path: Path) -> None:
    with Index.open_or_create(tmp_path, embedder=HashingEmbedder()) as index:
        hostile = hostile_record()
        # Copies of one text, or answers of one group, would be one result.
        other = "pwned script <b>eels</b> <img src=x onerror='window.pwned=1'> under bridges."
        second = {"id": "2", "text": other, "uin": "77", "grouped_uins": ()}
        index.add([hostile.model_copy(update={"id": "1"}), hostile.model_copy(update=second)])
        with page_of(Assistant(index)) as url, visiting(browser, url, 360, 780) as visit:
            page = visit.page
            visit.ask("pwned window script")
            turn_to(page, "Search")
            page.locator("#query").locator("input, textarea").fill("pwned script <b>x</b>")
            page.keyboard.press("Enter")
            page.locator(".result summary").first.click()
            for key in ("1", "2"):
                page.locator(f"button[data-do='add'][data-id='{key}']").first.evaluate(
                    "button => button.click()"
                )
                page.locator(f"button[data-do='take-out'][data-id='{key}']").first.wait_for(
                    state="attached"
                )
            turn_to(page, "Basket")
            page.get_by_role("button", name="Compare", exact=True).click()
            page.locator(".comparison article").first.wait_for()
            turn_to(page, "Conversations")
            page.locator(".kept-one").first.wait_for()
            turn_to(page, "Index")
            page.locator("#held .figures").wait_for()
            page.wait_for_timeout(500)
            assert page.evaluate("window.pwned") is None
            ours = ":is(#chat .message, #evidence, #results, #comparison, #held, #basket)"
            assert page.locator(f"{ours} :is(img, script, iframe)").count() == 0
            links = page.locator("a[href]").evaluate_all("all => all.map(a => a.protocol)")
            assert set(links) <= {"http:", "https:"}
            assert page.evaluate("document.documentElement.scrollWidth") <= 360
