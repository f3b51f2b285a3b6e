"""The page: its views, what happens when it is opened, and where its buttons lead."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

# Read when Gradio is imported; it would otherwise look up its own address on the internet.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import gradio as gr

from index.errors import AssistantError, BadRequest
from index.reports import Facets

from .api import ask_endpoint, retrieve_endpoint
from .asking import AskView
from .basket import BasketView
from .conversation import AT_ONCE
from .keeping import owner
from .limit_boxes import problem
from .listing import ConversationsView
from .markup import panel
from .opening import read_address
from .records import IndexView
from .searching import SearchView
from .shared import (
    APOLOGY,
    QUIET,
    Shared,
    State,
    Update,
    basket_ids,
    header,
    make_shared,
    payload,
    word,
)
from .signals import basket as basket_signal
from .signals import say, signal

if TYPE_CHECKING:
    from ..answer import Assistant

Held = tuple[Facets, int]
"""What an index holds: it changes with whatever the page says of the index."""
TITLE = "Government Answers"
_log = logging.getLogger(__name__)


def build_page(assistant: Assistant) -> gr.Blocks:
    """The page over `assistant`, with the two named calls ``/ask`` and ``/retrieve``."""
    # Asked before anything is drawn: what changes meanwhile is then drawn anew, not missed.
    held = _held(assistant)
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as page:
        shared = make_shared(assistant)
        with gr.Tabs(elem_id="views", selected="ask") as shared.tabs:
            with gr.Tab("Ask", id="ask"):
                asking = AskView(shared)
            with gr.Tab("Search", id="search"):
                searching = SearchView(shared)
            with gr.Tab("Basket", id="basket"):
                basket = BasketView(shared)
            with gr.Tab("Conversations", id="conversations") as kept_tab:
                listing = ConversationsView(shared, asking)
            with gr.Tab("Index", id="index") as index_tab:
                records = IndexView(shared)
        gr.HTML(panel("footer"), elem_id="footer", apply_default_css=False)
        views = (asking, searching, basket, listing, records)
        for view in views:
            view.connect()
        kept_tab.select(listing.refreshed, listing.sought, listing.outputs, **QUIET)
        index_tab.select(records.refreshed, None, records.outputs, **QUIET)
        _Wiring(shared, asking, searching, basket, listing, held).connect(page)
        gr.api(ask_endpoint(assistant), api_name="ask")
        gr.api(retrieve_endpoint(assistant), api_name="retrieve")
    page.queue(default_concurrency_limit=AT_ONCE)
    return page


def _held(assistant: Assistant) -> Held:
    return assistant.index.facets(), assistant.index.count_records()


class _Wiring:
    """What concerns more than one view: opening the page, and the actions of its buttons."""

    def __init__(
        self,
        shared: Shared,
        asking: AskView,
        searching: SearchView,
        basket: BasketView,
        listing: ConversationsView,
        held: Held,
    ) -> None:
        self._shared = shared
        self._asking = asking
        self._searching = searching
        self._basket = basket
        self._listing = listing
        self._drawn: tuple[Held, Update] = held, {}

    def connect(self, page: gr.Blocks) -> None:
        """Tie the two to their functions."""
        shared = self._shared
        views = (self._asking, self._searching, self._basket, self._listing)
        parts = [part for view in views for part in view.outputs]
        outputs = list(dict.fromkeys([*parts, self._listing.sought, shared.header, shared.tabs]))
        page.load(self._opened, shared.basket, outputs, **QUIET)
        shared.do.change(
            self._acted, [shared.do, *shared.states], outputs, trigger_mode="multiple", **QUIET
        )

    def _opened(self, basket: Any, request: gr.Request) -> Iterator[Update]:
        """The index as it is now, and what the address asks for."""
        shared = self._shared
        kept = basket_ids(basket)
        yield {
            **self._changed(),
            shared.signal: signal(basket_signal(kept)),
            **(self._basket.refreshed(basket) if kept else {}),
        }
        try:
            opening = read_address(request.query_params)
            if opening.conversation:
                yield self._listing.opened(opening.conversation, owner(request))
            elif opening.question and opening.view == "search":
                yield {
                    **self._searching.limits.showing(opening.filters),
                    **self._searching.searched(opening.question, opening.filters),
                    shared.tabs: gr.Tabs(selected="search"),
                }
            elif opening.question:
                yield self._asking.limits.showing(opening.filters)
                yield from self._asking.asked(
                    opening.question, (), owner(request), "", opening.filters
                )
        except AssistantError as error:
            yield {self._asking.problem: problem(str(error))}

    def _changed(self) -> Update:
        """What shows the index and has to be drawn anew, for the index is no longer as it was.

        The rest of the page is still drawing itself when this is asked for, and may have been
        asked a question already, so nothing is worked out or drawn that is there already.
        """
        held, update = self._drawn
        now = _held(self._shared.assistant)
        if now != held:
            update = {
                self._shared.header: header(self._shared.assistant),
                **self._asking.refreshed(),
                **self._searching.limits.refreshed(),
            }
            self._drawn = now, update
        return update

    def _acted(
        self, text: str, turns: Any, conversation: str, basket: Any, search: Any,
        request: gr.Request,
    ) -> Update:  # fmt: skip
        """What a button of the page asks for, done by the view that knows how."""
        state = State(
            turns or (), conversation, basket_ids(basket), search, owner(request), request
        )
        try:
            given = payload(text)
            action = self._shared.actions.get(word(given, "do"))
            if action is None:
                raise BadRequest("The page asks for something unknown.", "Load it again.")
            return action(given, state)
        except AssistantError as error:
            return self._shared.told(error)
        except Exception:
            _log.exception("an action of the page failed")
            return {self._shared.signal: signal(say(APOLOGY))}
