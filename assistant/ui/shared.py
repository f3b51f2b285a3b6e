"""What the views of the page share: the hidden parts, the states, and what an action is given."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import gradio as gr

from index.errors import AssistantError, BadRequest

from ..history import Conversations, FeedbackLog
from .conversation import Turns
from .markup import panel
from .signals import say, signal

if TYPE_CHECKING:
    from ..answer import Assistant

KEEP_STATE = 8 * 60 * 60
"""Seconds that the state of an idle page is remembered."""
BASKET_KEY = "government-answers-basket"
MOST_IN_BASKET = 100

APOLOGY = "Sorry, something went wrong and this could not be done. Please try again."

Update = dict[Any, Any]
"""New values of components, as Gradio takes them."""
QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
"""Events of the page: none can be called from outside, none covers the page with a spinner."""


@dataclass(frozen=True, slots=True)
class State:
    """What an action is given: the reader's conversation, basket and search, and who they are."""

    turns: Turns
    conversation: str
    basket: tuple[str, ...]
    search: Any
    owner: str
    request: Any


Action = Callable[[Mapping[str, Any], State], Update]


@dataclass(slots=True)
class Shared:
    """The parts that no view owns.

    The browser's script writes what a button asks for into `do` as JSON; `signal` is how the
    page answers the script.  `go` is for what streams, so that it holds up nothing else.
    """

    assistant: Assistant
    conversations: Conversations
    feedback: FeedbackLog
    turns: Any
    conversation: Any
    basket: Any
    search: Any
    do: Any
    go: Any
    signal: Any
    header: Any
    tabs: Any = None
    actions: dict[str, Action] = field(default_factory=dict)

    @property
    def states(self) -> list[Any]:
        """The states, in the order of the fields of `State`."""
        return [self.turns, self.conversation, self.basket, self.search]

    def told(self, error: AssistantError) -> Update:
        """An error as a line that is shown and read out."""
        return {self.signal: signal(say(str(error)))}


def make_shared(assistant: Assistant) -> Shared:
    """The hidden parts and the header, placed where they are called for."""
    folder = assistant.index.folder
    return Shared(
        assistant=assistant,
        conversations=Conversations(folder),
        feedback=FeedbackLog(folder),
        turns=gr.State((), time_to_live=KEEP_STATE),
        conversation=gr.State("", time_to_live=KEEP_STATE),
        # Kept in the browser: a basket outlives a reload and is nobody else's business.
        basket=gr.BrowserState([], storage_key=BASKET_KEY, secret=BASKET_KEY),
        search=gr.State(None, time_to_live=KEEP_STATE),
        do=gr.Textbox(elem_id="do", label="Action", visible="hidden"),
        go=gr.Textbox(elem_id="go", label="Action that streams", visible="hidden"),
        signal=gr.HTML("", elem_id="signal", visible="hidden", apply_default_css=False),
        header=gr.HTML(header(assistant), elem_id="header", apply_default_css=False),
    )


def header(assistant: Assistant) -> str:
    """The top of the page, with what the index holds now."""
    return panel("header", status=assistant.index.status())


def payload(text: str) -> dict[str, Any]:
    """What the browser's script asks for.

    Raises:
        BadRequest: it is not a JSON object of strings and lists of strings.
    """
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or len(text) > 100_000:
        raise BadRequest("The page sent something that cannot be read.", "Load it again.")
    return found


def word(given: Mapping[str, Any], name: str) -> str:
    """The field `name` as one string, empty where it was not given."""
    value = given.get(name, "")
    if isinstance(value, list):
        value = value[0] if value else ""
    return str(value).encode("utf-8", "replace").decode("utf-8")


def words(given: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """The field `name` as strings."""
    value = given.get(name, ())
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),) if value else ()


def basket_ids(value: Any) -> tuple[str, ...]:
    """The record ids of the basket, whatever the browser's storage holds."""
    if not isinstance(value, list | tuple):
        return ()
    ids = (item for item in value if isinstance(item, str) and item)
    return tuple(dict.fromkeys(ids))[:MOST_IN_BASKET]
