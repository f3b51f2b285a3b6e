"""The page's two calls for programs: `ask` and `retrieve`, over HTTP and gradio_client."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gradio import Error

from index.errors import AssistantError, BadRequest
from index.types import Filters, WrittenAnswer

from ..types import Sentence
from .limits import Limits

if TYPE_CHECKING:
    from ..answer import Assistant

MOST_PASSAGES = 100


def ask_endpoint(assistant: Assistant) -> Callable[..., dict[str, Any]]:
    """The function behind ``/ask``; its signature and docstring are what callers are told."""

    def ask(
        question: str,
        department: list[str] | None = None,
        house: str | None = None,
        answered_from: str | None = None,
        answered_to: str | None = None,
        history: list[str] | None = None,
    ) -> dict[str, Any]:
        """Answer a question from the indexed records.

        Gives the answer's text and kind, its sentences with their citations (record_id,
        start, end, number), the cited records and, where nothing answers, the nearest ones.
        Dates are written 2024-07-30 or 30/07/2024; history holds the earlier questions,
        oldest first.
        """
        with _told_to_the_caller():
            filters = _filters(department, house, answered_from, answered_to)
            answer = assistant.answer(question, tuple(history or ()), filters).result()
        return {
            "text": answer.text,
            "kind": answer.kind.value,
            "sentences": [_sentence(sentence) for sentence in answer.sentences],
            "records": [_record(record) for record in answer.records],
            "nearest": [_record(record) for record in answer.nearest],
        }

    return ask


def retrieve_endpoint(assistant: Assistant) -> Callable[..., list[dict[str, Any]]]:
    """The function behind ``/retrieve``; its signature and docstring are what callers are told."""

    def retrieve(
        query: str,
        k: int = 8,
        department: list[str] | None = None,
        house: str | None = None,
        answered_from: str | None = None,
        answered_to: str | None = None,
    ) -> list[dict[str, Any]]:
        """Find the passages that bear on a question, best first.

        Each has its text, start and end in the record's text, score and record.
        """
        with _told_to_the_caller():
            if not 1 <= k <= MOST_PASSAGES:
                raise BadRequest(f"k is {k}; it must be from 1 to {MOST_PASSAGES}.")
            filters = _filters(department, house, answered_from, answered_to)
            found = assistant.index.retrieve(query, k, filters)
        return [
            {
                "text": passage.text,
                "start": passage.start,
                "end": passage.end,
                "score": passage.score,
                "record": _record(passage.record),
            }
            for passage in found
        ]

    return retrieve


@contextmanager
def _told_to_the_caller() -> Iterator[None]:
    """Give a caller the sentence of an error; Gradio would hide it."""
    try:
        yield
    except AssistantError as error:
        raise Error(str(error), print_exception=False) from error


def _filters(
    department: Sequence[str] | None, house: str | None, first: str | None, last: str | None
) -> Filters:
    houses = (house,) if house else ()
    return Limits(department or (), houses, first or "", last or "").filters()


def _sentence(sentence: Sentence) -> dict[str, Any]:
    return {
        "text": sentence.text,
        "framing": sentence.framing,
        "verdict": sentence.verdict.value,
        "citations": [
            {
                "number": citation.number,
                "record_id": citation.record_id,
                "start": citation.start,
                "end": citation.end,
            }
            for citation in sentence.citations
        ],
    }


def _record(record: WrittenAnswer) -> dict[str, Any]:
    return record.model_dump(mode="json", exclude={"original_text", "source"})
