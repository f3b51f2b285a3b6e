"""The boxes a reader limits a search with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import gradio as gr

from index.errors import AssistantError
from index.types import Filters
from prompts import british_date

from .limits import Limits, in_words
from .markup import panel
from .shared import QUIET, Update

if TYPE_CHECKING:
    from index import Index

_DATES = (
    ("Answered from", "answered-from"),
    ("Answered to", "answered-to"),
    ("Asked from", "asked-from"),
    ("Asked to", "asked-to"),
)


class LimitBoxes:
    """An accordion of filters; `boxes` are its components in the order of `Limits`' fields.

    `prefix` goes before the ids of the elements, so that two views can have one each.
    """

    def __init__(self, index: Index, prefix: str = "", problem: Any = None) -> None:
        facets = index.facets()
        self._index = index
        with gr.Accordion(_label(""), open=False, elem_id=f"{prefix}limits") as self.accordion:
            with gr.Row():
                self.departments = gr.Dropdown(
                    _counted(facets.departments),
                    label="Department",
                    multiselect=True,
                    elem_id=f"{prefix}departments",
                    scale=3,
                )
                self.houses = gr.CheckboxGroup(
                    _counted(facets.houses), label="House", elem_id=f"{prefix}houses", scale=2
                )
            gr.HTML(panel("hint"), apply_default_css=False)
            with gr.Row():
                self.dates = [
                    gr.Textbox(label=label, max_lines=1, elem_id=f"{prefix}{name}", min_width=150)
                    for label, name in _DATES
                ]
            self.members = gr.Textbox(
                label="Member who asked or answered",
                info="A name or part of one, or a member number; several with ; between them.",
                max_lines=1,
                max_length=500,
                elem_id=f"{prefix}members",
            )
            self._none = gr.Button(
                "Remove these limits", size="sm", elem_id=f"{prefix}no-limits", elem_classes="small"
            )
        self.problem = problem or gr.HTML("", elem_id=f"{prefix}problem", apply_default_css=False)
        self.boxes = [self.departments, self.houses, *self.dates, self.members]
        self.outputs = [*self.boxes, self.accordion, self.problem]

    def connect(self) -> None:
        """Say the limits in words over the closed accordion, and what is wrong with them."""
        told = [self.accordion, self.problem]
        gr.on(
            [self.departments.change, self.houses.change]
            + [event for box in (*self.dates, self.members) for event in (box.blur, box.submit)],
            self._changed,
            self.boxes,
            told,
            **QUIET,
        )
        self._none.click(lambda: self.showing(Filters()), None, self.outputs, **QUIET)

    def refreshed(self) -> Update:
        """The choices of the index as it is now."""
        facets = self._index.facets()
        return {
            self.departments: gr.Dropdown(choices=_counted(facets.departments)),
            self.houses: gr.CheckboxGroup(choices=_counted(facets.houses)),
        }

    def showing(self, filters: Filters) -> Update:
        """The boxes filled in as `filters` say."""
        days = (
            filters.answered_from, filters.answered_to, filters.asked_from, filters.asked_to,
        )  # fmt: skip
        return {
            self.departments: list(filters.department),
            self.houses: list(filters.house),
            **{box: british_date(day) for box, day in zip(self.dates, days, strict=True)},
            self.members: "; ".join(map(str, filters.member)),
            self.accordion: gr.Accordion(label=_label(in_words(filters))),
            self.problem: "",
        }

    def _changed(self, *boxes: Any) -> tuple[Any, str]:
        try:
            filters = Limits(*boxes).filters()
        except AssistantError as error:
            return gr.skip(), problem(str(error))
        return gr.Accordion(label=_label(in_words(filters))), ""


def problem(text: str) -> str:
    """What is wrong, as a line that is read out."""
    return panel("problem", text=text)


def _counted(names: Sequence[tuple[str, int]]) -> list[tuple[str, str]]:
    """Choices with the number of records behind each."""
    return [(f"{name} ({count:,})", name) for name, count in names]


def _label(limits: str) -> str:
    return f"Limit the search (now: {limits})" if limits else "Limit the search"
