"""The view to ask in: the conversation, the evidence beside it, what can be done with an answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import gradio as gr

from index.errors import AssistantError, BadRequest
from index.types import Filters

from ..export import export
from . import conversation
from .chat import messages
from .conversation import Turn, Turns
from .evidence import evidence_panel
from .keeping import kept, owner
from .limit_boxes import LimitBoxes, problem
from .limits import Limits, changed, in_words
from .shared import QUIET, Shared, State, Update, payload, word
from .signals import address, save, say, signal
from .tools import tools

EXAMPLES = 4
LONGEST_QUESTION = 2_000
HIDDEN: Literal["hidden"] = "hidden"
"""Drawn and not shown.  What is not drawn at all has yet to be mounted when it is to appear, and
Gradio loses what a stream says of it meanwhile: a reader could then not stop an answer."""
_FORMS = {
    "markdown": ("answer.md", "text/markdown"),
    "text": ("answer.txt", "text/plain"),
    "html": ("answer.html", "text/html"),
    "csl-json": ("sources.json", "application/json"),
    "bibtex": ("sources.bib", "application/x-bibtex"),
}


class AskView:
    """Its components, and what happens when they are used."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        with gr.Row(elem_id="columns"):
            with gr.Column(scale=6, min_width=280, elem_id="asking"):
                self.chat = gr.Chatbot(
                    [],
                    elem_id="chat",
                    label="Conversation",
                    show_label=False,
                    autoscroll=False,  # to the end of an answer: the page shows its beginning
                    height=None,
                    layout="bubble",
                    buttons=[],
                    feedback_options=None,
                    latex_delimiters=[],
                    line_breaks=False,
                    allow_tags=False,
                    placeholder="Ask what you want to know, or try one of these.",
                    examples=self._examples(),
                )
                self.tools = gr.HTML(tools(()), elem_id="tools", apply_default_css=False)
                self.problem = gr.HTML("", elem_id="problem", apply_default_css=False)
                with gr.Row(elem_id="ask-row"):
                    self.question = gr.Textbox(
                        elem_id="question",
                        label="Your question",
                        placeholder="Type your question",
                        lines=1,
                        max_lines=5,
                        max_length=LONGEST_QUESTION,
                        autofocus=True,
                        scale=8,
                        min_width=160,
                    )
                    self.ask = gr.Button(
                        "Ask", variant="primary", elem_id="ask", scale=1, min_width=80
                    )
                    self.stop = gr.Button(
                        "Stop",
                        variant="stop",
                        elem_id="stop",
                        scale=1,
                        min_width=80,
                        visible=HIDDEN,
                    )
                with gr.Row(elem_id="beneath"):
                    with gr.Column(scale=8, min_width=240):
                        self.limits = LimitBoxes(shared.assistant.index, problem=self.problem)
                    self.new = gr.Button(
                        "New conversation", size="sm", elem_id="new", scale=1, min_width=150
                    )
            with gr.Column(scale=5, min_width=280, elem_id="evidence-column"):
                self.evidence = gr.HTML(
                    evidence_panel(()), elem_id="evidence", apply_default_css=False
                )
        self.shown = [
            shared.turns, shared.conversation, shared.signal, self.chat, self.tools, self.evidence,
            self.problem, self.question, self.ask, self.stop,
        ]  # fmt: skip

    def connect(self) -> None:
        """Tie every event to its function; none of them can be called from outside."""
        shared = self._shared
        given = [shared.turns, shared.conversation, *self.limits.boxes]
        asking = [
            gr.on(
                [self.question.submit, self.ask.click],
                self._typed,
                [self.question, *given],
                self.shown,
                trigger_mode="once",
                **QUIET,
            ),
            self.chat.example_select(self._chosen, given, self.shown, **QUIET),
            # Gradio tells of input only where a key was pressed: the script's shows as a change.
            shared.go.change(
                self._streamed,
                [shared.go, *given],
                self.outputs,
                trigger_mode="once",
                **QUIET,
            ),
        ]
        # First the answer under way ends, then the page changes: not both at the same time.
        for button, function, before in (
            (self.stop, self._stopped, shared.turns),
            (self.new, self._renewed, None),
        ):
            ended = button.click(None, cancels=asking, **QUIET)
            ended.then(function, before, self.shown, **QUIET)
        self.limits.connect()
        shared.actions |= {
            "edit": self._edit,
            "export": self._export,
            "feedback": self._feedback,
            "explain": self._explain,
        }

    @property
    def outputs(self) -> list[Any]:
        """What any of the view's functions may change."""
        return list(dict.fromkeys([*self.shown, *self.limits.outputs]))

    def refreshed(self) -> Update:
        """The examples and choices of the index as it is now."""
        return {self.chat: gr.Chatbot(examples=self._examples()), **self.limits.refreshed()}

    def asked(
        self, question: str, turns: Turns, whose: str, kept_as: str, filters: Filters
    ) -> Iterator[Update]:
        """Answer a question, showing the answer as it grows, and keep it when it is finished."""
        shared = self._shared
        grown = turns
        begun = {self.question: "", self.problem: "", self.tools: ""}
        for grown in conversation.ask(
            shared.assistant, turns, question, filters, in_words(filters)
        ):
            # Every picture says that it is not the last: Gradio can lose the first of a stream,
            # and a reader could then not stop the answer.
            running = self._running(True) if grown[-1].is_open else {}
            yield {**begun, **running, **self._growing(grown)}
            begun = {}
        number, why_not = kept(shared.conversations, whose, kept_as, grown)
        messages_ = [say(why_not)] if why_not else []
        if number:
            messages_.append(address(f"?c={number}"))
        yield {
            shared.conversation: number,
            shared.signal: signal(*messages_),
            self.tools: tools(grown),
            **self._running(False),
        }

    def showing(self, turns: Turns, kept_as: str) -> Update:
        """The view with these turns, and the address that brings them back."""
        query = f"?c={kept_as}" if kept_as else ""
        return {
            **self._growing(turns),
            self._shared.conversation: kept_as,
            self._shared.signal: signal(address(query)),
            self.tools: tools(turns),
            self.problem: "",
            **self._running(False),
        }

    # -- events that stream ---------------------------------------------------------------

    def _typed(
        self, request: gr.Request, question: str, turns: Turns, kept_as: str, *boxes: Any
    ) -> Iterator[Update]:
        question = question.strip().encode("utf-8", "replace").decode("utf-8")
        if not question:
            yield {self.problem: problem("Type a question first.")}
            return
        try:
            filters = Limits(*boxes).filters()
        except AssistantError as error:
            yield {self.problem: problem(f"{error} Change it under “Limit the search”.")}
            return
        yield from self.asked(question, turns, owner(request), kept_as, filters)

    def _chosen(
        self, request: gr.Request, chosen: gr.SelectData, turns: Turns, kept_as: str, *boxes: Any
    ) -> Iterator[Update]:
        yield from self._typed(request, str(chosen.value["text"]), turns, kept_as, *boxes)

    def _streamed(
        self, request: gr.Request, text: str, turns: Turns, kept_as: str, *boxes: Any
    ) -> Iterator[Update]:
        """What a button of the page asks to be answered: the same again, or a suggestion."""
        given = payload(text)
        if word(given, "do") == "again" and turns:
            last = turns[-1]
            yield self.limits.showing(last.filters)
            yield from self.asked(last.question, turns[:-1], owner(request), kept_as, last.filters)
            return
        if word(given, "do") == "limit" and turns:
            yield from self._limited(given, turns, owner(request), kept_as)
            return
        yield from self._typed(request, word(given, "question"), turns, kept_as, *boxes)

    def _limited(
        self, given: Mapping[str, Any], turns: Turns, whose: str, kept_as: str
    ) -> Iterator[Update]:
        """The last question again, under one limit more or one fewer."""
        last = turns[-1]
        limit = word(given, "field"), word(given, "value")
        away = bool(word(given, "away"))
        filters = changed(last.filters, last.suggestions, *limit, away=away)
        if filters is None:
            yield {self.problem: problem("That limit is not offered any more. Ask again.")}
            return
        yield self.limits.showing(filters)
        yield from self.asked(last.question, turns[:-1], whose, kept_as, filters)

    def _stopped(self, turns: Turns) -> Update:
        stopped = conversation.stopped(turns)
        return {**self._growing(stopped), self.tools: tools(stopped), **self._running(False)}

    def _renewed(self) -> Update:
        return self.showing((), "")

    # -- what can be done with an answer ----------------------------------------------------

    def _edit(self, given: Mapping[str, Any], state: State) -> Update:
        """The last question back in its box; its turn gives way to what is asked then."""
        turn = _turn(given, state)
        earlier = tuple(t for t in state.turns if t.number < turn.number)
        return {
            **self.showing(earlier, state.conversation),
            **self.limits.showing(turn.filters),
            self.question: turn.question,
            self._shared.signal: signal({"do": "focus", "on": "#question textarea"}),
        }

    def _export(self, given: Mapping[str, Any], state: State) -> Update:
        """The answer as a file."""
        answer = _turn(given, state).answer
        form = word(given, "form")
        if answer is None or form not in _FORMS:
            raise BadRequest("There is no finished answer to export.", "Ask again.")
        name, kind = _FORMS[form]
        content = export(answer, form)  # type: ignore[arg-type]
        return {self._shared.signal: signal(save(name, content, kind))}

    def _feedback(self, given: Mapping[str, Any], state: State) -> Update:
        """Note that an answer was useful or not, and ask for the reason."""
        turn = _turn(given, state)
        if turn.answer is None:
            raise BadRequest("There is no finished answer to judge.", "Ask again.")
        useful = word(given, "useful") == "yes"
        number = self._shared.feedback.add(
            turn.answer,
            useful=useful,
            history=[t.question for t in state.turns if t.number < turn.number],
            filters=turn.filters,
            owner=state.owner,
        )
        said = "Noted as useful." if useful else "Noted as not useful."
        return {
            self.tools: tools(state.turns, judged=number, useful=useful),
            self._shared.signal: signal(say(f"{said} You can add why.")),
        }

    def _explain(self, given: Mapping[str, Any], state: State) -> Update:
        number = word(given, "number")
        if number.isdigit():
            self._shared.feedback.explain(int(number), word(given, "reason"), state.owner)
        return {
            self.tools: tools(state.turns, thanked=True),
            self._shared.signal: signal(say("Thank you. Your reason is kept.")),
        }

    # -- what is shown ------------------------------------------------------------------------

    def _growing(self, turns: Turns) -> Update:
        return {
            self._shared.turns: turns,
            self.chat: messages(turns),
            self.evidence: evidence_panel(turns),
        }

    def _running(self, running: bool) -> Update:
        return {
            self.ask: gr.Button(visible=HIDDEN if running else True),
            self.stop: gr.Button(visible=True if running else HIDDEN),
        }

    def _examples(self) -> list[dict[str, str]]:
        return [{"text": q} for q in self._shared.assistant.index.examples(EXAMPLES)]


def _turn(given: Mapping[str, Any], state: State) -> Turn:
    """The turn that an action names, else the latest."""
    named = [t for t in state.turns if str(t.number) == word(given, "turn")]
    if not named and not state.turns:
        raise BadRequest("There is no answer yet.", "Ask a question first.")
    return named[0] if named else state.turns[-1]
