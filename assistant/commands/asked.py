"""Asked before?  The earlier questions on a matter, for whoever drafts another."""

from __future__ import annotations

import json as jsonlib
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from .options import (
    Config,
    DataDir,
    Department,
    From,
    House,
    Json,
    Member,
    Model,
    Question,
    To,
    limits,
    load_settings,
)

if TYPE_CHECKING:
    from ..asked import AskedBefore

_WIDTH = 96


def asked(
    question: Question,
    *,
    k: Annotated[int, typer.Option("--k", "-k", min=1, help="How many at most.")] = 10,
    department: Department = None,
    house: House = None,
    member: Member = None,
    answered_from: From = None,
    answered_to: To = None,
    json: Json = False,
    data_dir: DataDir = None,
    model: Model = None,
    config: Config = None,
) -> None:
    """List the questions already asked on a draft's matter: when, by whom, what was answered.

    \b
    assistant asked "how many bridges are closed to lorries"
    assistant asked "what assessment he has made of ..." --department "Home Office" --json
    """
    from ..building import ensure_index
    from ..settings import open_assistant

    settings = load_settings(config, data_dir, model)
    filters = limits(department, house, member, answered_from, answered_to)
    ensure_index(settings, data_dir)
    with open_assistant(settings) as assistant:
        found = assistant.asked_before(question, k=k, filters=filters)
    typer.echo(as_json(found) if json else as_text(found))


def as_text(found: Sequence[AskedBefore]) -> str:
    """The earlier questions, each with its date, asker, sort of reply and key sentence."""
    from prompts import render

    if not found:
        return render("asked_none")
    lines: list[str] = []
    for number, one in enumerate(found, 1):
        record = one.record
        who = record.asker.label if record.asker else None
        lines.append(
            f"{number}. "
            + render(
                "asked_line",
                title=record.title,
                asked=record.asked,
                asker=who,
                department=record.department,
                answered=record.answered,
                uin=record.uin,
            )
        )
        lines += _wrapped(record.question)
        lines.append(f"   {render('reply_label', kind=one.kind.value)}")
        lines += _wrapped(f"“{one.key}”") if one.key else []
        if one.referred is not None:
            earlier = {"uin": one.referred.uin, "answered": one.referred.answered}
            lines.append("   " + render("asked_referred", **earlier))
        lines += [f"   {record.url}"] if record.url else []
        lines.append("")
    return "\n".join(lines[:-1])


def as_json(found: Sequence[AskedBefore]) -> str:
    """The same as a JSON array; `start` and `end` are the span of `key` in the record's text."""
    return jsonlib.dumps(
        [
            {
                "record": one.record.model_dump(mode="json", exclude={"original_text"}),
                "similarity": round(one.similarity, 4),
                "kind": one.kind.value,
                "start": one.start,
                "end": one.end,
                "key": one.key,
                "referred": one.referred.id if one.referred else None,
            }
            for one in found
        ],
        ensure_ascii=False,
        indent=2,
    )


def _wrapped(text: str) -> list[str]:
    indent = "   "
    return textwrap.wrap(
        text, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False
    )
