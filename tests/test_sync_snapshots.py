"""Real lists of successive days: after each day the index equals one built anew that day.

A snapshot holds what the API listed, cut as it was; the server's details are made from it by
adding words where it was cut.  A part of each month is taken, with all that changed in it.
"""

from __future__ import annotations

import gzip
import html
import json
import re
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from index import Index
from index.sync.report import sync_state

from .api_server import CUT, ApiServer, Value
from .fakes import HashingEmbedder
from .records import SHARED
from .test_sync import fresh, held, sync

FOLDER = SHARED / "snapshots"

needs_snapshots = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the snapshots are not in shared/data beside the checkout"
)


def whole(value: Value) -> Value:
    """A detail whose list item is this one."""
    text, answer = value["questionText"], value["answerText"]
    if len(text) == CUT:
        text += f" and the rest of question {value['id']}."
    if answer and answer.endswith("...") and len(answer) >= CUT:
        answer = f"<p>{html.escape(answer[:-3])}, and the rest of it.</p><p>It ends here.</p>"
    return {**value, "questionText": text, "answerText": answer}


def days(month: str) -> list[tuple[date, dict[int, Value]]]:
    found = []
    for file in sorted(FOLDER.glob(f"list-{month}-taken-*.json.gz")):
        taken = re.search(r"taken-(\d{4}-\d{2}-\d{2})", file.name)
        assert taken
        with gzip.open(file) as stream:
            values = [item["value"] for item in json.load(stream)]
        found.append((date.fromisoformat(taken[1]), {value["id"]: value for value in values}))
    return found


@needs_snapshots
@pytest.mark.records
@pytest.mark.parametrize(("month", "every"), [("2025-07", 12), ("2024-08", 40), ("2024-09", 80)])
def test_after_each_day_the_index_equals_a_fresh_one(
    month: str, every: int, tmp_path: Path
) -> None:
    path = days(month)
    lists = [items for _, items in path]
    # Everything that changed once it had an answer: holding replies, corrections, headings.
    late = {
        number
        for before, after in pairwise(lists)
        for number, value in before.items()
        if value["answerText"] and value != after[number]
    }
    with (
        ApiServer() as api,
        Index.open_or_create(tmp_path / "answers", embedder=HashingEmbedder()) as index,
    ):
        for today, items in path:
            api.questions.clear()
            api.hold(*(whole(v) for n, v in items.items() if n % every == 0 or n in late))
            report = sync(index, api, today=today, since=date.fromisoformat(f"{month}-01"))
            assert report.is_complete
            assert held(index) == fresh(api)
            waiting = sum(not value["answerText"] for value in api.questions.values())
            assert sync_state(index).waiting == waiting
            assert not sync_state(index).gaps
        assert not any(record.is_truncated for record in index.records())
