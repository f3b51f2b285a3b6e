"""The view for researchers: ranked passages without an answer, to narrow, sort and export."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import gradio as gr

from index.errors import AssistantError, BadRequest
from index.types import Filters, Passage, WrittenAnswer

from ..export.listing import passages_csv, passages_json
from ..export.references import bibtex
from ..similar import similar
from .limit_boxes import LimitBoxes, problem
from .limits import Limits, changed, offered_limits
from .results import facet_panel, result_panel
from .search import FACETS, MOST, Search
from .shared import APOLOGY, QUIET, Shared, State, Update, word, words
from .signals import address, link_to, save, say, signal

_log = logging.getLogger(__name__)

SIMILAR = 30
"""Records shown as similar to one."""


class SearchView:
    """Its components, and what happens when they are used."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        with gr.Column(elem_id="searching", elem_classes="view"):
            with gr.Row(elem_id="search-row"):
                self.query = gr.Textbox(
                    label="Search the answers",
                    placeholder="Words, a question or a question number (UIN)",
                    elem_id="query",
                    max_lines=1,
                    max_length=2_000,
                    scale=8,
                    min_width=160,
                )
                self.go = gr.Button(
                    "Search", variant="primary", elem_id="search", scale=1, min_width=90
                )
            self.limits = LimitBoxes(shared.assistant.index, "search-")
            with gr.Row(elem_id="found"):
                with gr.Column(scale=3, min_width=220, elem_id="facets-column"):
                    self.facets = gr.HTML("", elem_id="facets", apply_default_css=False)
                with gr.Column(scale=9, min_width=280):
                    self.results = gr.HTML(
                        result_panel(None), elem_id="results", apply_default_css=False
                    )
        self.outputs = [
            shared.search, shared.signal, shared.tabs, self.query, self.facets, self.results,
            *self.limits.outputs,
        ]  # fmt: skip

    def connect(self) -> None:
        """Tie every event to its function."""
        gr.on(
            [self.query.submit, self.go.click],
            self._typed,
            [self.query, *self.limits.boxes],
            self.outputs,
            **QUIET,
        )
        self.limits.connect()
        self._shared.actions |= {
            "narrow": self._narrow,
            "more": self._more,
            "limit": self._limit,
            "similar": self._similar,
            "others": self._others,
            "export-list": self._export,
        }

    def searched(self, query: str, filters: Filters) -> Update:
        """The view with the results of a search.

        Raises:
            AssistantError: the search cannot be made.
        """
        found = self._shared.assistant.index.retrieve(query, k=MOST, filters=filters)
        search = Search(
            query,
            found.passages,
            filters,
            found.query,
            offered_limits(filters, found.understood.suggestions),
        )
        return {
            **self._showing(search),
            self.query: query,
            self.limits.problem: "",
            self._shared.signal: signal(address(link_to(query, filters, "search"))),
        }

    def _typed(self, query: str, *boxes: Any) -> Update:
        query = query.strip().encode("utf-8", "replace").decode("utf-8")
        try:
            if not query:
                raise BadRequest("Type what to search for first.")
            return self.searched(query, Limits(*boxes).filters())
        except AssistantError as error:
            return {self.limits.problem: problem(str(error))}
        except Exception:
            _log.exception("the search for %r could not be made", query)
            return {self.limits.problem: problem(APOLOGY)}

    def _narrow(self, given: Mapping[str, Any], state: State) -> Update:
        search = _current(state)
        chosen = {name: words(given, name) for name in FACETS}
        return self._showing(search.narrowed(chosen, word(given, "sort")))

    def _more(self, given: Mapping[str, Any], state: State) -> Update:
        return self._showing(_current(state).with_more())

    def _limit(self, given: Mapping[str, Any], state: State) -> Update:
        """Apply a limit that the question seems to ask for, or take one away."""
        search = _current(state)
        limit = word(given, "field"), word(given, "value")
        away = bool(word(given, "away"))
        filters = changed(search.filters, search.suggestions, *limit, away=away)
        if filters is None:
            raise BadRequest("That limit is not offered any more.", "Search again.")
        return {**self.searched(search.query, filters), **self.limits.showing(filters)}

    def _similar(self, given: Mapping[str, Any], state: State) -> Update:
        """Other records on the matter of one."""
        index = self._shared.assistant.index
        record = index.get(word(given, "id"))
        found = similar(index, record.id, SIMILAR) if record else None
        if record is None or found is None:
            raise BadRequest("That record is no longer in the index.", "Search for it again.")
        return self._listed(f"Similar to “{record.title}”", found.passages, record.title)

    def _others(self, given: Mapping[str, Any], state: State) -> Update:
        """The records that were shown as one."""
        index = self._shared.assistant.index
        records = [index.get(key) for key in word(given, "ids").split()[:MOST]]
        passages = tuple(whole(record) for record in records if record)
        return self._listed("Answered together or in the same words", passages, "")

    def _listed(self, title: str, passages: tuple[Passage, ...], query: str) -> Update:
        search = Search(query, passages, title=title)
        said = say(f"{len(passages)} records: {title}.")
        return {
            **self._showing(search),
            self._shared.tabs: gr.Tabs(selected="search"),
            self._shared.signal: signal(said, {"do": "focus", "on": "#results h2"}),
        }

    def _export(self, given: Mapping[str, Any], state: State) -> Update:
        """The list as it stands, as a file."""
        passages = [passage for _, passage in _current(state).found]
        return {self._shared.signal: signal(list_file(passages, word(given, "form")))}

    def _showing(self, search: Search) -> Update:
        return {
            self._shared.search: search,
            self.facets: facet_panel(search),
            self.results: result_panel(search),
        }


def list_file(passages: list[Passage], form: str) -> Mapping[str, Any]:
    """A list of passages as a file for the reader.

    Raises:
        BadRequest: there is no such form.
    """
    if form == "csv":
        # The mark at the beginning tells Excel that the text is UTF-8.
        return save("answers.csv", "\ufeff" + passages_csv(passages), "text/csv")
    if form == "json":
        return save("answers.json", passages_json(passages), "application/json")
    if form == "bibtex":
        return save("answers.bib", bibtex([p.record for p in passages]), "application/x-bibtex")
    raise BadRequest("There is no such form of export.", "Choose CSV, JSON or BibTeX.")


def whole(record: WrittenAnswer) -> Passage:
    """A record's whole text as a passage."""
    return Passage(record, 0, len(record.text), 0.0)


def _current(state: State) -> Search:
    if not isinstance(state.search, Search):
        raise BadRequest("There is no search to work on any more.", "Search again.")
    return state.search
