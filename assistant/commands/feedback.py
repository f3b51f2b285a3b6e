"""What readers said of answers: written out, or turned into evaluation questions."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .options import Config, DataDir, load_settings

if TYPE_CHECKING:
    from ..history import Feedback

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="What readers said of answers.")
To = Annotated[
    Path | None,
    typer.Option("--to", help="File to write; the terminal if left out.", metavar="FILE"),
]


class Form(StrEnum):
    """The forms that feedback is exported in."""

    JSONL = "jsonl"
    CSV = "csv"


@app.command()
def export(
    form: Annotated[
        Form, typer.Option("--form", help="JSON Lines or CSV.", case_sensitive=False)
    ] = Form.JSONL,
    to: To = None,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Write all feedback with its question, the answer and the ids of what was retrieved.

    \b
    assistant feedback export > feedback.jsonl
    assistant feedback export --form csv --to feedback.csv
    """
    found = _feedback(data_dir, config)
    _write(_as_csv(found) if form is Form.CSV else _lines(f.as_json() for f in found), to)


@app.command("to-questions")
def to_questions(to: To = None, data_dir: DataDir = None, config: Config = None) -> None:
    """Turn answers that readers called useful into questions for the evaluation.

    One JSON object a line: the question, the records that answer it and the sentences quoted.
    Read them through before you rely on them: a reader's word is not a label.

    \b
    assistant feedback to-questions --to questions.jsonl
    """
    from ..history.feedback import as_questions

    _write(_lines(as_questions(_feedback(data_dir, config))), to)


def _feedback(data_dir: Path | None, config: Path | None) -> list[Feedback]:
    from ..history import FeedbackLog

    found = FeedbackLog(load_settings(config, data_dir, None).data_dir).all()
    if not found:
        typer.echo("There is no feedback yet.", err=True)
    return found


def _lines(items: Iterable[object]) -> str:
    return "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items)


def _as_csv(found: list[Feedback]) -> str:
    from ..export.listing import plain_cell

    out = io.StringIO()
    writer = csv.writer(out)
    rows = [item.as_json() for item in found]
    if rows:
        writer.writerow(rows[0])
    for row in rows:
        writer.writerow(
            [
                plain_cell("; ".join(map(str, v)) if isinstance(v, list) else _cell(v))
                for v in row.values()
            ]
        )
    return out.getvalue()


def _cell(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)


def _write(text: str, to: Path | None) -> None:
    if to is None:
        typer.echo(text, nl=False)
        return
    to.write_text(text, "utf-8")
    typer.echo(f"Written to {to}.", err=True)
