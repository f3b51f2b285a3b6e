"""The messages of the chat: what was asked and what is answered, as HTML in one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from prompts import render

from ..types import AnswerKind, Sentence, Verdict
from .conversation import Turn
from .markup import message

QUOTING = "extractive"
"""The composer whose sentences are the records' own and need no mark."""

_DOUBTS = {
    Verdict.PARTLY: "The record cited bears this out only in part",
    Verdict.UNSUPPORTED: "The record cited does not bear this out",
    Verdict.UNCITED: "No record is cited for this",
}


@dataclass(frozen=True, slots=True)
class Link:
    """A citation as the reader sees it: its number, leading to the marked words."""

    number: int
    anchor: str


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of the answer; `doubt` says where its citation does not bear it out."""

    id: str
    text: str
    links: Sequence[Link]
    doubt: str = ""
    is_borne_out: bool = False


@dataclass(slots=True)
class Block:
    """An opening line in the assistant's own words and the sentences under it."""

    opening: Sentence | None = None
    sentences: list[Said] = field(default_factory=list)


def messages(turns: Sequence[Turn]) -> list[dict[str, str]]:
    """The conversation as Gradio's chatbot takes it."""
    found = []
    for turn in turns:
        found.append({"role": "user", "content": str(message("question", turn=turn))})
        composer = _who_wrote(turn)
        content = message(
            "message",
            turn=turn,
            blocks=blocks(turn),
            written=bool(composer) and composer != QUOTING,
            composer=render("composer_label", composer=composer) if composer else "",
        )
        found.append({"role": "assistant", "content": str(content)})
    return found


def _who_wrote(turn: Turn) -> str:
    """The composer that is named over an answer; nothing where that would say too much.

    "Quoted word for word" is said of official records: neither of our own summaries, nor of what
    the closest records say instead of an answer.
    """
    answer = turn.answer
    if answer is None:
        return ""
    is_answer = answer.kind is not AnswerKind.NOT_COVERED
    is_official = not any(record.is_summary for record in turn.cited.values())
    return answer.composer if answer.composer != QUOTING or (is_answer and is_official) else ""


def blocks(turn: Turn) -> list[Block]:
    """The sentences of an answer, each opening line with those that belong to it."""
    found: list[Block] = []
    for position, sentence in enumerate(turn.sentences):
        if sentence.framing:
            found.append(Block(sentence))
            continue
        if not found:
            found.append(Block())
        found[-1].sentences.append(_said(turn, position, sentence))
    return found


def _said(turn: Turn, position: int, sentence: Sentence) -> Said:
    numbers: dict[int, Link] = {}
    for citation in sentence.citations:
        numbers.setdefault(citation.number, Link(citation.number, turn.anchor(citation)))
    doubt = _DOUBTS.get(sentence.verdict, "")
    if doubt and sentence.reason:
        doubt = f"{doubt}: {sentence.reason}"
    return Said(
        f"said-{turn.number}-{position}",
        sentence.text,
        list(numbers.values()),
        doubt,
        sentence.verdict is Verdict.SUPPORTED,
    )
