"""Answers as a terminal and a program see them (invented records)."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from assistant.compose.llm.prompting import Evidence, answer_messages
from assistant.export import citation
from assistant.terminal import answer_as_json, answer_as_text, notes
from assistant.types import TimelineEntry
from assistant.ui.cards import badges

from .fakes import make_record
from .test_ui_cards import answered

OLD = make_record("1", answered=date(2023, 3, 1))
NEW = make_record("2", uin="77", text="We supplied 500 examples.", answered=date(2024, 3, 1))
ENTRIES = (
    TimelineEntry(OLD, 0, 33),
    TimelineEntry(NEW, 0, 25, change="500, where the answer before gave 412"),
)


def test_answers_over_time_are_listed_oldest_first_with_what_changed() -> None:
    lines = answer_as_text(answered(NEW, (0, 25), timeline=ENTRIES)).splitlines()
    at = lines.index("2 answers on this over time")
    assert lines[at + 1].startswith("  1 March 2023")
    assert OLD.text[:33] in lines[at + 1]
    # Neither what it says nor what differs is left out, and another department is seen to be one.
    told = " ".join(line.strip() for line in lines[at + 2 : at + 5])
    assert told.startswith("1 March 2024, Department for Example (UIN 77): We supplied 500")
    assert "(500, where the answer before gave 412)" in told


def test_one_answer_makes_no_list_over_time() -> None:
    assert "over time" not in answer_as_text(answered(NEW, (0, 25), timeline=ENTRIES[1:]))


def test_json_has_what_is_open_the_confidence_and_the_answers_over_time() -> None:
    answer = answered(NEW, (0, 25), timeline=ENTRIES, confidence=0.8, uncovered=("a date",))
    given = json.loads(answer_as_json(answer))
    assert (given["confidence"], given["uncovered"]) == (0.8, ["a date"])
    last = given["timeline"][-1]
    assert (last["record_id"], last["answered"]) == ("2", "2024-03-01")
    assert last["text"] == NEW.text[last["start"] : last["end"]]


@pytest.mark.parametrize("marks", [{"is_correction": True}, {"corrected": date(2024, 9, 1)}])
def test_a_corrected_answer_is_marked_wherever_it_is_shown(marks: dict[str, Any]) -> None:
    record = make_record("1", **marks)
    assert any(note.startswith("Corrected answer") for note in notes(record))
    assert any(badge.text.startswith("Corrected answer") for badge in badges(record))
    assert "corrected answer" in citation(record)
    sent = answer_messages("Why?", [Evidence(1, record, ((0, 4),))], 50)[-1]["content"]
    assert 'note="corrected"' in sent
    for shown in (notes, badges, citation):
        assert "orrected" not in str(shown(make_record("1")))
