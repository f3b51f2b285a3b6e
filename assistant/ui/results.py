"""The results of a search as HTML: facets, list, plot, and what can be done with them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from markupsafe import Markup

from index.text import fold
from index.types import Passage

from .cards import Card
from .limits import limit_chips
from .markup import linked, panel
from .passage import Mark
from .plots import over_time
from .search import MOST, SORTS, Search, reply, why
from .signals import link_to

SNIPPET = 420
"""Characters of a passage shown in the list; the card has the whole answer."""
_COMMON = frozenset(
    "a an and are as at be been by did do does for from had has have how if in into is it its of"
    " on or our s she that the their them there they this to was we were what when where which"
    " who why will with would".split()
)


@dataclass(frozen=True, slots=True)
class Result:
    """A line of the list."""

    rank: int
    passage: Passage
    snippet: Markup
    card: Markup
    reply: str
    name: str
    """An id that is unique on the page."""


def facet_panel(search: Search | None) -> Markup:
    """The facets to narrow a search by; nothing before the first search."""
    if search is None or not search.passages:
        return Markup()
    return panel("facets", search=search, facets=list(search.facets()), sorts=SORTS)


def result_panel(search: Search | None) -> Markup:
    """The results of a search."""
    if search is None:
        return panel("results_empty")
    found = search.found
    shown = [_result(rank, passage, search.query) for rank, passage in found[: search.shown]]
    days = [passage.record.answered or passage.record.asked for _, passage in found]
    return panel(
        "results",
        search=search,
        found=len(found),
        most=MOST,
        shown=shown,
        limits=limit_chips("data-do", search.filters, search.suggestions),
        limited=not search.filters.is_empty,
        link="" if search.title else link_to(search.query, search.filters, "search"),
        plot=over_time(days, "Answers found over time", "found-plot"),
    )


def _result(rank: int, passage: Passage, query: str) -> Result:
    name = f"result-{rank}"
    record = passage.record
    whole = passage.end - passage.start >= len(record.text.strip())
    marks = [] if whole else [Mark(passage.start, passage.end, f"{name}-passage")]
    card = Card(record, f"{name}-card", marks=marks, others=passage.others, why=why(passage, rank))
    return Result(rank, passage, _snippet(passage.text, query), card.html(), _reply(passage), name)


def _reply(passage: Passage) -> str:
    said = reply(passage.record)
    return "" if said == "Answered in substance" else said


def _snippet(text: str, query: str) -> Markup:
    """The passage cut to a few lines around the first word of the query, its words marked."""
    plain = " ".join(text.split())
    words = {word for word in re.findall(r"\w+", fold(query)) if word not in _COMMON}
    starts = [m.start() for m in re.finditer(r"\w+", plain) if fold(m.group()) in words]
    begin = _word_start(plain, max(0, starts[0] - 120)) if starts and len(plain) > SNIPPET else 0
    cut = plain[begin : begin + SNIPPET]
    if begin + SNIPPET < len(plain):
        cut = cut.rsplit(" ", 1)[0] + "…"
    parts: list[Markup] = [Markup("…")] if begin else []
    at = 0
    for found in re.finditer(r"\w+", cut):
        if fold(found.group()) in words:
            parts.append(linked(cut[at : found.start()]))
            parts.append(Markup("<mark>{}</mark>").format(found.group()))
            at = found.end()
    parts.append(linked(cut[at:]))
    return Markup("").join(parts)


def _word_start(text: str, at: int) -> int:
    space = text.find(" ", at)
    return space + 1 if at and 0 <= space < at + 40 else at
