"""Answers on the subject that are newer than what is quoted (invented records)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from assistant import Assistant, newer
from assistant.compose import Request
from assistant.compose.features import study
from assistant.types import GroundedAnswer
from index import Index
from index.types import Passage, WrittenAnswer

from .fakes import HashingEmbedder, make_record

QUESTION = "Will the toll on the bridges in Ayle be abolished?"
BEFORE = date(2024, 3, 6)


def tolls(record_id: str, day: date, text: str, **changes: object) -> WrittenAnswer:
    told = {
        "heading": "Bridges: Tolls",
        "question": f"To ask the Secretary of State, what her policy is on bridge tolls ({day}).",
        "department": "Department for Example",
        "answered": day,
    }
    return make_record(record_id, text=text, **(told | changes))


OLD = tolls("1", BEFORE, "The toll on the bridges in Ayle will be abolished after a review.")
NEW = tolls(
    "2", date(2025, 7, 14), "Thank you. The toll on the bridges in Ayle will not be abolished."
)


def asked(*records: WrittenAnswer, scores: float = 0.8, question: str = QUESTION) -> Request:
    passages = tuple(
        Passage(r, 0, len(r.text), scores, similarities={"dense": 0.8}) for r in records
    )
    return study(question, (), passages)


def told(request: Request, *quoted: WrittenAnswer) -> list[str]:
    return [e.record.text[e.start : e.end] for e in newer.Later(request).than(quoted)]


def test_a_newer_answer_is_told_with_the_sentence_nearest_to_the_question() -> None:
    assert told(asked(OLD, NEW), OLD) == ["The toll on the bridges in Ayle will not be abolished."]
    assert newer.Later(asked(OLD, NEW)).may_be_said


def test_newer_is_newer_than_all_that_is_quoted() -> None:
    latest = NEW.model_copy(update={"id": "3", "answered": date(2025, 9, 1)})
    assert told(asked(OLD, NEW), OLD, NEW) == []
    assert told(asked(OLD, NEW), NEW) == []
    assert len(told(asked(latest, OLD, NEW), OLD)) == 2
    later = newer.Later(asked(latest, OLD, NEW))
    assert [e.record.id for e in later.than([OLD])] == ["2", "3"]
    assert [e.record.id for e in later.than([OLD, NEW])] == ["3"]


@pytest.mark.parametrize(
    "changed",
    [
        {"answered": date(2024, 3, 30)},
        {"department": "Department for Eels"},
        {"heading": "Eels", "question": "To ask the Secretary of State, how many eels there are."},
        {"is_holding": True},
        {"text": "The toll on the bridges in Ayle: this information is not held centrally."},
        {"text": "The toll on the bridges in Bexton will be abolished."},
    ],
)
def test_what_is_not_newer_or_on_another_subject_is_not_told(changed: dict[str, object]) -> None:
    assert told(asked(OLD, NEW.model_copy(update=changed)), OLD) == []


def test_what_the_search_finds_far_behind_is_not_told() -> None:
    assert told(asked(OLD, NEW, scores=0.5), OLD) == []


def test_a_question_of_a_year_is_told_of_newer_answers_that_speak_of_it() -> None:
    of_a_year = "Will the toll on the bridges in Ayle be abolished in 2024?"
    assert told(asked(OLD, NEW, question=of_a_year), OLD) == []
    speaks = NEW.model_copy(update={"text": f"{NEW.text} It was so in 2024."})
    assert told(asked(OLD, speaks, question=of_a_year), OLD)


@pytest.fixture
def answer(tmp_path: Path) -> Callable[..., GroundedAnswer]:
    def made(*records: WrittenAnswer) -> GroundedAnswer:
        with Index.open_or_create(tmp_path / "d", embedder=HashingEmbedder()) as index:
            index.add(records)
            return Assistant(index).answer(QUESTION).result()

    return made


def test_the_answer_points_to_it_with_a_citation_and_has_it_in_its_timeline(
    answer: Callable[..., GroundedAnswer], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of records as alike as these the newer one is quoted itself.
    monkeypatch.setattr("assistant.compose.features.CONSIDERED", 1)
    old = OLD.model_copy(update={"question": f"To ask the Secretary of State, {QUESTION}"})
    given = answer(old, NEW)
    assert [record.id for record in given.records] == ["1", "2"]
    pointer = given.sentences[-1]
    assert pointer.framing
    assert pointer.text == "There is a newer answer on this subject, of 14 July 2025."
    (citation,) = pointer.citations
    assert citation.number == 2
    assert NEW.text[citation.start : citation.end].endswith("will not be abolished.")
    assert [entry.record.id for entry in given.timeline] == ["1", "2"]


def test_an_answer_that_quotes_the_newest_points_nowhere(
    answer: Callable[..., GroundedAnswer],
) -> None:
    given = answer(OLD, NEW)
    assert "2" in [record.id for record in given.records]
    assert all("newer answer" not in sentence.text for sentence in given.sentences)
