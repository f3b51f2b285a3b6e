"""Earlier questions on a draft's matter, in a real index of invented records."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from assistant.answer import Assistant
from assistant.commands import asked as command
from assistant.following import follow
from assistant.types import ReplyKind
from index import Index
from index.errors import BadRequest
from index.types import WrittenAnswer

from .fakes import HashingEmbedder, make_record

DRAFT = "To ask the Secretary of State for Example, how many bridges are closed to lorries."


def record(record_id: str, question: str, text: str, day: date, **more: object) -> WrittenAnswer:
    return make_record(
        record_id,
        heading=f"Bridges {record_id}",
        question=f"To ask the Secretary of State for Example, {question}",
        text=text,
        answered=day,
        **more,
    )


RECORDS = (
    record(
        "101",
        "how many bridges are closed to lorries.",
        "Bridges matter to us. There are 114 bridges closed to lorries. We thank all engineers.",
        date(2024, 3, 6),
    ),
    record(
        "102",
        "how many bridges are closed to lorries in Ayle.",
        "The information requested is not held centrally.",
        date(2024, 5, 6),
    ),
    record(
        "103",
        "how many bridges are closed to heavy lorries.",
        "I refer the hon. Member to the answer of 6 March 2024 to Question 101.",
        date(2024, 7, 6),
    ),
    record("104", "what owls eat in winter months.", "Owls eat mice.", date(2024, 7, 6)),
)


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    folder: Path = tmp_path_factory.mktemp("asked")
    with Index.open_or_create(folder, embedder=HashingEmbedder(window=256)) as index:
        index.add(RECORDS)
        yield Assistant(index)


def test_the_most_alike_question_comes_first_with_what_was_answered(assistant: Assistant) -> None:
    found = assistant.asked_before(DRAFT)
    assert found[0].record.id == "101"
    assert found[0].similarity == pytest.approx(1.0, abs=1e-5)
    assert found[0].kind is ReplyKind.SUBSTANTIVE
    assert found[0].key == "There are 114 bridges closed to lorries."
    values = [one.similarity for one in found]
    assert values == sorted(values, reverse=True)
    assert "104" not in {one.record.id for one in found}


def test_a_refusal_is_known_as_one_and_its_words_are_shown(assistant: Assistant) -> None:
    told = {one.record.id: one for one in assistant.asked_before(DRAFT)}
    assert told["102"].kind is ReplyKind.NOT_HELD
    assert told["102"].key == "The information requested is not held centrally."


def test_a_reference_is_followed_to_the_earlier_answer(assistant: Assistant) -> None:
    told = {one.record.id: one for one in assistant.asked_before(DRAFT)}
    assert told["103"].kind is ReplyKind.REFERS_TO_EARLIER
    assert told["103"].referred is not None
    assert told["103"].referred.id == "101"


def test_a_reference_to_what_is_not_held_or_came_later_leads_nowhere(assistant: Assistant) -> None:
    gone = make_record("9", text="I refer the hon. Member to the answer to Question 99999.")
    assert follow(assistant.index, gone) is None
    before = make_record(
        "9", text="I refer him to the answer to Question 102.", answered=date(2024, 1, 1)
    )
    assert follow(assistant.index, before) is None


def test_no_more_than_k_and_only_what_the_filters_let_through(assistant: Assistant) -> None:
    from index.types import Filters

    assert len(assistant.asked_before(DRAFT, k=1)) == 1
    later = assistant.asked_before(DRAFT, filters=Filters(answered_from=date(2024, 5, 1)))
    assert {one.record.id for one in later} == {"102", "103"}
    # What a reply refers to is held back as well.
    assert all(one.referred is None for one in later)
    assert any(one.referred for one in assistant.asked_before(DRAFT))


def test_an_empty_draft_is_refused(assistant: Assistant) -> None:
    with pytest.raises(BadRequest):
        assistant.asked_before("  ")


def test_the_listing_reads_well_and_its_json_fits_the_records(assistant: Assistant) -> None:
    found = assistant.asked_before(DRAFT)
    text = command.as_text(found)
    assert text.startswith(
        "1. Bridges 101, asked 1 May 2024 by Ada Example, answered 6 March 2024 by the "
        "Department for Example, UIN 101"
    )
    assert "Not held: the department does not have this information" in text
    assert "The earlier answer is held here: UIN 101, 6 March 2024" in text
    for one in json.loads(command.as_json(found)):
        assert one["record"]["text"][one["start"] : one["end"]] == one["key"]
    assert command.as_text([]) == "No question on this was found among those held here."
