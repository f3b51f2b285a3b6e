"""The view of kept conversations: listed, searched, opened, renamed, exported, deleted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import gradio as gr

from index.errors import AssistantError

from .asking import AskView
from .keeping import owner, reopened, written_out
from .markup import panel
from .shared import QUIET, Shared, State, Update, word
from .signals import address, save, say, signal


class ConversationsView:
    """Its components, and what happens when they are used."""

    def __init__(self, shared: Shared, asking: AskView) -> None:
        self._shared = shared
        self._asking = asking
        with gr.Column(elem_id="conversations", elem_classes="view"):
            self.sought = gr.Textbox(
                label="Search your conversations",
                placeholder="Words in a title, a question or an answer",
                elem_id="sought",
                max_lines=1,
            )
            self.list = gr.HTML("", elem_id="conversation-list", apply_default_css=False)
        self.outputs = [self.list, shared.signal]

    def connect(self) -> None:
        """Tie every event to its function."""
        gr.on(
            [self.sought.submit, self.sought.change],
            self.refreshed,
            self.sought,
            self.outputs,
            trigger_mode="always_last",
            **QUIET,
        )
        self._shared.actions |= {
            "open-conversation": self._open,
            "rename-conversation": self._rename,
            "export-conversation": self._export,
            "delete-conversation": self._delete,
        }

    def refreshed(self, request: gr.Request, sought: str = "") -> Update:
        """The list as it is now."""
        try:
            return {self.list: self._listed(owner(request), sought)}
        except AssistantError as error:
            return self._shared.told(error)

    def opened(self, conversation: str, whose: str) -> Update:
        """A kept conversation in the view to ask in.

        Raises:
            ConversationMissing: the reader has none of that id.
        """
        found = self._shared.conversations.read(whose, conversation)
        turns = reopened(found, self._shared.assistant.index)
        return self._asking.showing(turns, found.id)

    def _open(self, given: Mapping[str, Any], state: State) -> Update:
        shown = self.opened(word(given, "id"), state.owner)
        return {**shown, self._shared.tabs: gr.Tabs(selected="ask")}

    def _rename(self, given: Mapping[str, Any], state: State) -> Update:
        conversations = self._shared.conversations
        title = conversations.rename(state.owner, word(given, "id"), word(given, "title"))
        return self._changed(state, say(f"Renamed to “{title}”."))

    def _export(self, given: Mapping[str, Any], state: State) -> Update:
        found = self._shared.conversations.read(state.owner, word(given, "id"))
        name = re.sub(r"[^A-Za-z0-9]+", "-", found.title).strip("-").lower()[:60]
        file = save(f"{name or 'conversation'}.md", written_out(found), "text/markdown")
        return {self._shared.signal: signal(file)}

    def _delete(self, given: Mapping[str, Any], state: State) -> Update:
        gone = word(given, "id")
        self._shared.conversations.delete(state.owner, gone)
        if gone != state.conversation:
            return self._changed(state, say("The conversation is deleted."))
        return {
            **self._asking.showing((), ""),
            **self._changed(state, say("The conversation is deleted."), address("")),
        }

    def _changed(self, state: State, *messages: Mapping[str, Any]) -> Update:
        return {
            self.list: self._listed(state.owner),
            self.sought: "",
            self._shared.signal: signal(*messages),
        }

    def _listed(self, whose: str, sought: str = "") -> str:
        found = self._shared.conversations.list(whose, sought)
        return panel("conversations", found=found, sought=sought.strip())
