"""The view of records put aside: exported together, two of them compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

from index.errors import BadRequest
from index.types import WrittenAnswer

from .comparing import comparison
from .markup import panel
from .searching import list_file, whole
from .shared import MOST_IN_BASKET, Shared, State, Update, basket_ids, word
from .signals import basket as held
from .signals import say, signal


class BasketView:
    """Its components, and what happens when they are used."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        with gr.Column(elem_id="basket-view", elem_classes="view"):
            self.list = gr.HTML(self.listed(()), elem_id="basket", apply_default_css=False)
            self.comparison = gr.HTML("", elem_id="comparison", apply_default_css=False)
        self.outputs = [shared.basket, shared.signal, self.list, self.comparison]

    def connect(self) -> None:
        """Say what the buttons do."""
        self._shared.actions |= {
            "add": self._add,
            "take-out": self._take_out,
            "empty-basket": self._empty,
            "compare": self._compare,
            "export-basket": self._export,
        }

    def refreshed(self, basket: Any) -> Update:
        """The basket as the browser kept it."""
        return {self.list: self.listed(basket_ids(basket))}

    def listed(self, ids: Sequence[str], left: str = "", right: str = "") -> str:
        """The basket's records; the two that would be compared are chosen."""
        records = self._records(ids)
        names = [record.id for record in records]
        left = left if left in names else names[0] if names else ""
        right = right if right in names else names[1] if len(names) > 1 else ""
        missing = len(ids) - len(records)
        return panel("basket", records=records, left=left, right=right, missing=missing)

    def _add(self, given: Mapping[str, Any], state: State) -> Update:
        record = self._shared.assistant.index.get(word(given, "id"))
        if record is None:
            raise BadRequest("That record is no longer in the index.", "Search for it again.")
        if len(state.basket) >= MOST_IN_BASKET:
            raise BadRequest(f"The basket holds {MOST_IN_BASKET} records.", "Take some out first.")
        ids = tuple(dict.fromkeys((*state.basket, record.id)))
        return self._changed(ids, f"Put into the basket, which holds {len(ids)}.")

    def _take_out(self, given: Mapping[str, Any], state: State) -> Update:
        ids = tuple(key for key in state.basket if key != word(given, "id"))
        return self._changed(ids, f"Taken out of the basket, which holds {len(ids)}.")

    def _empty(self, given: Mapping[str, Any], state: State) -> Update:
        return self._changed((), "The basket is empty.")

    def _changed(self, ids: Sequence[str], said: str) -> Update:
        return {
            self._shared.basket: list(ids),
            self._shared.signal: signal(held(ids), say(said)),
            self.list: self.listed(ids),
            self.comparison: "",
        }

    def _compare(self, given: Mapping[str, Any], state: State) -> Update:
        left, right = word(given, "left"), word(given, "right")
        found = self._records([left, right])
        if left == right or len(found) < 2:
            raise BadRequest("Choose two different records to compare.")
        return {
            self.list: self.listed(state.basket, left, right),
            self.comparison: comparison(*found),
            self._shared.signal: signal({"do": "focus", "on": "#comparison h2"}),
        }

    def _export(self, given: Mapping[str, Any], state: State) -> Update:
        passages = [whole(record) for record in self._records(state.basket)]
        return {self._shared.signal: signal(list_file(passages, word(given, "form")))}

    def _records(self, ids: Sequence[str]) -> list[WrittenAnswer]:
        index = self._shared.assistant.index
        return [record for key in ids if (record := index.get(key))]
