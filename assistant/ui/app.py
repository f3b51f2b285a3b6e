"""The page: its components, and what happens when they are used."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

# Read when Gradio is imported; it would otherwise look up its own address on the internet.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import gradio as gr

from index.errors import AssistantError

from . import conversation
from .api import ask_endpoint, retrieve_endpoint
from .cards import evidence_panel
from .chat import messages
from .conversation import Turns
from .limits import Limits, in_words
from .markup import panel

if TYPE_CHECKING:
    from ..answer import Assistant

TITLE = "Government Answers"
EXAMPLES = 4
AT_ONCE = 16
"""Questions answered at the same time; further ones wait their turn."""
LONGEST_QUESTION = 2_000
KEEP_STATE = 8 * 60 * 60
"""Seconds that an idle conversation is remembered."""

_Update = dict[Any, Any]
"""New values of components, as Gradio takes them."""


@dataclass(slots=True)
class _Parts:
    """The components that change."""

    header: Any
    turns: Any
    chat: Any
    problem: Any
    question: Any
    ask: Any
    stop: Any
    clear: Any
    accordion: Any
    limits: list[Any]
    no_limits: Any
    evidence: Any


def build_page(assistant: Assistant) -> gr.Blocks:
    """The page over `assistant`, with the two named calls ``/ask`` and ``/retrieve``."""
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as page:
        parts = _layout(assistant)
        _Wiring(assistant, parts).connect(page)
        gr.api(ask_endpoint(assistant), api_name="ask")
        gr.api(retrieve_endpoint(assistant), api_name="retrieve")
    page.queue(default_concurrency_limit=AT_ONCE)
    return page


def _layout(assistant: Assistant) -> _Parts:
    header = gr.HTML(_header(assistant), elem_id="header", apply_default_css=False)
    turns = gr.State((), time_to_live=KEEP_STATE)
    with gr.Row(elem_id="columns"):
        with gr.Column(scale=6, min_width=320, elem_id="asking"):
            chat = gr.Chatbot(
                [],
                elem_id="chat",
                label="Conversation",
                show_label=False,
                height=None,
                layout="bubble",
                buttons=[],
                feedback_options=None,
                latex_delimiters=[],
                line_breaks=False,
                allow_tags=False,
                placeholder="Ask what you want to know, or try one of these.",
                examples=_examples(assistant),
            )
            problem = gr.HTML("", elem_id="problem", apply_default_css=False)
            with gr.Row(elem_id="ask-row"):
                question = gr.Textbox(
                    elem_id="question",
                    label="Your question",
                    placeholder="Type your question",
                    lines=1,
                    max_lines=5,
                    max_length=LONGEST_QUESTION,
                    autofocus=True,
                    scale=8,
                    min_width=200,
                )
                ask = gr.Button("Ask", variant="primary", elem_id="ask", scale=1, min_width=90)
                stop = gr.Button(
                    "Stop", variant="stop", elem_id="stop", scale=1, min_width=90, visible=False
                )
            accordion, limits, no_limits = _limit_boxes(assistant)
            clear = gr.Button("Clear conversation", size="sm", elem_id="clear")
        with gr.Column(scale=5, min_width=320, elem_id="evidence-column"):
            evidence = gr.HTML(evidence_panel(()), elem_id="evidence", apply_default_css=False)
    gr.HTML(panel("footer"), elem_id="footer", apply_default_css=False)
    return _Parts(
        header, turns, chat, problem, question, ask, stop, clear, accordion, limits, no_limits,
        evidence,
    )  # fmt: skip


def _limit_boxes(assistant: Assistant) -> tuple[Any, list[Any], Any]:
    """The filters, in the order of the fields of `Limits`."""
    facets = assistant.index.facets()
    with gr.Accordion(_limits_label(""), open=False, elem_id="limits") as accordion:
        with gr.Row():
            departments = gr.Dropdown(
                _counted(facets.departments),
                label="Department",
                multiselect=True,
                elem_id="departments",
                scale=3,
            )
            houses = gr.CheckboxGroup(
                _counted(facets.houses), label="House", elem_id="houses", scale=2
            )
        gr.HTML(panel("hint"), apply_default_css=False)
        with gr.Row():
            dates = [
                gr.Textbox(label=label, max_lines=1, elem_id=name, min_width=150)
                for label, name in (
                    ("Answered from", "answered-from"),
                    ("Answered to", "answered-to"),
                    ("Asked from", "asked-from"),
                    ("Asked to", "asked-to"),
                )
            ]
        no_limits = gr.Button("Remove these limits", size="sm", elem_id="no-limits")
    return accordion, [departments, houses, *dates], no_limits


class _Wiring:
    """What happens when the components are used."""

    def __init__(self, assistant: Assistant, parts: _Parts) -> None:
        self._assistant = assistant
        self._parts = parts

    def connect(self, page: gr.Blocks) -> None:
        """Tie every event to its function; none of them can be called from outside."""
        parts = self._parts
        quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        shown = [parts.turns, parts.chat, parts.evidence, parts.problem, parts.question]
        shown += [parts.ask, parts.stop]
        page.load(self.refreshed, None, [parts.header, parts.chat, *parts.limits[:2]], **quiet)
        asking = [
            gr.on(
                [parts.question.submit, parts.ask.click],
                self.asked,
                [parts.question, parts.turns, *parts.limits],
                shown,
                trigger_mode="once",
                **quiet,
            ),
            parts.chat.example_select(
                self.example_asked, [parts.turns, *parts.limits], shown, **quiet
            ),
        ]
        # First the answer under way ends, then the page changes: not both at the same time.
        for button, function, given in (
            (parts.stop, self.stopped, parts.turns),
            (parts.clear, self.cleared, None),
        ):
            ended = button.click(None, cancels=asking, **quiet)
            ended.then(function, given, shown, **quiet)
        boxes = parts.limits
        told = [parts.accordion, parts.problem]
        gr.on(
            [boxes[0].change, boxes[1].change, *(box.blur for box in boxes[2:])],
            self.limits_changed,
            boxes,
            told,
            **quiet,
        )
        gr.on([box.submit for box in boxes[2:]], self.limits_changed, boxes, told, **quiet)
        parts.no_limits.click(
            lambda: [[], [], "", "", "", "", gr.Accordion(label=_limits_label("")), ""],
            None,
            [*boxes, *told],
            **quiet,
        )

    def refreshed(self) -> list[Any]:
        """The counts and examples of the index as it is now."""
        facets = self._assistant.index.facets()
        return [
            _header(self._assistant),
            gr.Chatbot(examples=_examples(self._assistant)),
            gr.Dropdown(choices=_counted(facets.departments)),
            gr.CheckboxGroup(choices=_counted(facets.houses)),
        ]

    def asked(self, question: str, turns: Turns, *boxes: Any) -> Iterator[_Update]:
        """Answer a question, showing the answer as it grows."""
        parts = self._parts
        question = question.strip()
        if not question:
            yield {parts.problem: _problem("Type a question first.")}
            return
        try:
            filters = Limits(*boxes).filters()
        except AssistantError as error:
            yield {parts.problem: _problem(f"{error} Change it under “Limit the search”.")}
            return
        yield {parts.question: "", parts.problem: "", **self._running(True)}
        for grown in conversation.ask(self._assistant, turns, question, filters, in_words(filters)):
            yield self._shown(grown)
        yield self._running(False)

    def example_asked(self, chosen: gr.SelectData, turns: Turns, *boxes: Any) -> Iterator[_Update]:
        """Answer the example that the reader chose."""
        yield from self.asked(str(chosen.value["text"]), turns, *boxes)

    def stopped(self, turns: Turns) -> _Update:
        """The conversation as it stood when the reader stopped it."""
        return {**self._shown(conversation.stopped(turns)), **self._running(False)}

    def cleared(self) -> _Update:
        """An empty conversation."""
        parts = self._parts
        return {**self._shown(()), parts.problem: "", **self._running(False)}

    def limits_changed(self, *boxes: Any) -> tuple[Any, str]:
        """The limits in words over the closed filters, or what is wrong with them."""
        try:
            filters = Limits(*boxes).filters()
        except AssistantError as error:
            return gr.skip(), _problem(str(error))
        return gr.Accordion(label=_limits_label(in_words(filters))), ""

    def _shown(self, turns: Turns) -> _Update:
        parts = self._parts
        return {
            parts.turns: turns,
            parts.chat: messages(turns),
            parts.evidence: evidence_panel(turns),
        }

    def _running(self, running: bool) -> _Update:
        parts = self._parts
        return {
            parts.ask: gr.Button(visible=not running),
            parts.stop: gr.Button(visible=running),
        }


def _header(assistant: Assistant) -> str:
    return panel("header", status=assistant.index.status())


def _examples(assistant: Assistant) -> list[dict[str, str]]:
    return [{"text": question} for question in assistant.index.examples(EXAMPLES)]


def _counted(names: Sequence[tuple[str, int]]) -> list[tuple[str, str]]:
    """Choices with the number of records behind each."""
    return [(f"{name} ({count:,})", name) for name, count in names]


def _limits_label(limits: str) -> str:
    return f"Limit the search (now: {limits})" if limits else "Limit the search"


def _problem(text: str) -> str:
    return panel("problem", text=text)
