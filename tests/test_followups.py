"""Follow-up questions: what leans on history is joined with it, what does not is left alone."""

from __future__ import annotations

from collections import Counter

import pytest

from assistant.compose import words
from assistant.compose.features import asked_weights
from assistant.evaluation.haystack import read_records
from benchmarks.common import json_lines
from benchmarks.conversations import ASKED
from index import Index
from index.followups import (
    JOINED_WEIGHT,
    MOST,
    Likeness,
    joined_weight,
    joined_with,
    leans_on_history,
    points_back,
)
from index.ranking.model import load
from index.text import fold

from .fakes import HashingEmbedder, make_record
from .records import SHARED, needs_records

RELATED = load()["related"]
APART = Likeness(both=0.0, alone=0.7, joined=0.6, before=0.7)
TOGETHER = Likeness(both=0.5, alone=0.6, joined=0.75, before=0.7)
"""What the default model has for two questions on two matters, and on one."""


@pytest.mark.parametrize(
    "question",
    [
        "and in Wales?",
        "who pays for that?",
        "what about the ones abroad",
        "how many of them are under 18",
        "why?",
        "Does it apply to tenants?",
        "what share of it is aimed at women and girls?",
        "how many of each have they given out over the past three years?",
    ],
)
def test_what_points_back_is_joined_with_what_was_asked_before(question) -> None:
    assert leans_on_history(question)
    before = "How many tenants have boiler grants?"
    assert joined_with(question, [before]) == f"{before} {question}"
    assert points_back(question) or joined_weight(question, APART, RELATED) > JOINED_WEIGHT / 2


@pytest.mark.parametrize(
    "question",
    [
        "Are there any coal mines still working in Britain?",
        "Is it illegal to call yourself a nurse?",
        "What does it cost Parliament to run the Youth Select Committee?",
        "Which IT contractors built the payments system?",
        "How much was spent on consultants this year?",
        "When is the next census?",
    ],
)
def test_what_only_looks_so_does_not_point_back(question) -> None:
    assert not points_back(question)
    assert joined_weight(question, APART, RELATED) < JOINED_WEIGHT / 2


def test_a_follow_up_that_points_nowhere_is_told_by_what_both_are_about() -> None:
    question = "was the effect on surgeries looked at?"
    assert joined_weight(question, TOGETHER, RELATED) > JOINED_WEIGHT / 2
    assert joined_weight(question, APART, RELATED) < JOINED_WEIGHT / 2


def test_a_question_with_too_few_words_of_its_own_leans_on_the_one_before() -> None:
    assert leans_on_history("what did the agency promise to change?")
    # A name or a figure of its own makes a subject.
    assert not leans_on_history("What has the Eel Office done since?")
    assert not leans_on_history("When will Heathrow be running?")
    assert not leans_on_history("How many grants were paid in 2023?")


@pytest.mark.parametrize(
    "question",
    [
        "How many prison officers were recruited in England in 2023?",
        "When will the Department for Transport publish its rail fares review?",
    ],
)
def test_a_change_of_subject_is_not_dragged_back(question) -> None:
    assert joined_weight(question, APART, RELATED) < 0.1


def test_what_goes_on_with_the_subject_is_searched_both_ways() -> None:
    question = "Whether the boiler grants for tenants will be extended in 2026."
    assert 0.5 < joined_weight(question, TOGETHER, RELATED) <= JOINED_WEIGHT


def test_without_history_the_question_stands_alone() -> None:
    assert joined_with("and in Wales?", []) is None
    assert joined_with("and in Wales?", ["", "  "]) is None


def test_a_chain_leads_back_to_the_subject() -> None:
    joined = joined_with("and in Wales?", ["How many boiler grants?", "and for tenants?"])
    assert joined == "How many boiler grants? and for tenants? and in Wales?"


def test_a_long_chain_leads_back_to_the_subject_too() -> None:
    history = ["What is the budget of the Youth Hostel Programme?", "and in Wales?", "and here?"]
    joined = joined_with("why?", history)
    assert joined is not None
    assert "Youth Hostel Programme" in joined
    assert asked_weights("why?", history).keys() >= words.terms("Youth Hostel Wales")


def test_a_chain_goes_no_further_back_than_the_question_that_named_the_subject() -> None:
    named = "How many boiler grants were paid to tenants in Wales in 2023?"
    history = ["How many badgers were vaccinated in Somerset in 2020?", f"  {named}\n"]
    assert joined_with("and in 2024?", history) == f"{named} and in 2024?"


def test_questions_are_joined_without_whom_they_ask() -> None:
    tabled = "To ask the Secretary of State for Example, how many boiler grants were paid in 2023."
    plain = "How many boiler grants were paid in 2023."
    assert joined_with("and in Wales?", [tabled]) == f"{plain} and in Wales?"
    chain = [tabled, "and for tenants?"]
    assert joined_with("and in Wales?", chain) == f"{plain} and for tenants? and in Wales?"


def test_of_a_long_question_before_its_end_is_kept() -> None:
    joined = joined_with("and in Wales?", ["boiler grants " * MOST])
    assert joined is not None
    assert len(joined) == MOST
    assert joined.endswith("boiler grants and in Wales?")


def test_history_finds_what_the_question_alone_cannot(tmp_path) -> None:
    with Index.open_or_create(tmp_path, embedder=HashingEmbedder()) as index:
        index.add(
            [
                make_record("1", heading="Boiler grants", text="Wales had 40 boiler grants."),
                make_record("2", heading="Sheep", text="Wales has many sheep, and Wales is wet."),
            ]
        )
        assert index.retrieve("and in Wales?")[0].record.id == "2"
        assert index.retrieve("and in Wales?").joined == 0.0
        history = ["How many boiler grants were paid?"]
        found = index.retrieve("and in Wales?", history=history)
        assert found[0].record.id == "1"
        assert found.joined == pytest.approx(JOINED_WEIGHT)


def test_every_written_turn_has_a_question_before_it_or_stands_alone() -> None:
    rows = json_lines(ASKED)
    kinds = Counter((row["id"], "history" in row) for row in rows)
    assert set(kinds.values()) == {1, 2}
    assert all(count == (1 if follows else 2) for (_, follows), count in kinds.items())
    assert all(text.strip() for row in rows for text in (row["q"], *row.get("history", ())))


@needs_records
def test_written_turns_are_of_no_record_that_is_measured_on() -> None:
    wanted = {str(row["id"]) for row in json_lines(ASKED)}
    pairs, _ = read_records([SHARED / "pairs-dev.jsonl.gz"])
    texts = {record.id: fold(record.text) for record in pairs if record.id in wanted}
    assert set(texts) == wanted
    measured = {fold(record.text) for record in read_records([SHARED / "answers-dev.jsonl.gz"])[0]}
    assert measured.isdisjoint(texts.values())
