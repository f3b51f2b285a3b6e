"""An answer to take along: with its sources as a document, or the sources for a library."""

from __future__ import annotations

from typing import Literal

from index.errors import BadRequest

from ..types import GroundedAnswer
from .citing import citation
from .documents import html, listed, markdown, text
from .references import bibtex, csl_json

__all__ = ["Form", "citation", "export"]

Form = Literal["markdown", "text", "html", "csl-json", "bibtex"]


def export(answer: GroundedAnswer, form: Form) -> str:
    """The answer in the form asked for.

    "markdown", "text" and "html" (a fragment) give the sentences, each with the numbers of its
    sources, the sources with their spans, the answers over time and what was kept out; "csl-json"
    and "bibtex" give the sources alone.
    Where nothing was found the closest records take the place of the sources.

    Raises `BadRequest` for any other form.
    """
    match form:
        case "markdown":
            return markdown(answer)
        case "text":
            return text(answer)
        case "html":
            return html(answer)
        case "csl-json":
            return csl_json(listed(answer))
        case "bibtex":
            return bibtex(listed(answer))
        case _:
            raise BadRequest(
                f"There is no form of export called {form!r}.",
                "Use markdown, text, html, csl-json or bibtex.",
            )
