"""Follow-up questions: what leans on history is joined with it, what does not is left alone."""

from __future__ import annotations

import pytest

from index import Index
from index.followups import (
    GOING_ON_WEIGHT,
    LEANING_WEIGHT,
    joined_weight,
    joined_with,
    leans_on_history,
)
from index.ranking.model import load

from .fakes import HashingEmbedder, make_record

RELATED = load()["related"]


@pytest.mark.parametrize(
    "question",
    [
        "and in Wales?",
        "who pays for that?",
        "what about the ones abroad",
        "how many of them are under 18",
        "why?",
        "Does it apply to tenants?",
    ],
)
def test_what_leans_on_history_is_joined_with_it(question) -> None:
    assert leans_on_history(question)
    before = "How many tenants have boiler grants?"
    assert joined_with(question, [before]) == f"{before} {question}"
    assert joined_weight(question, before, 0.0, RELATED) == LEANING_WEIGHT


def test_a_question_with_too_few_words_of_its_own_leans_on_the_one_before() -> None:
    before = "Why did the Grants Agency stop boiler grants?"
    assert leans_on_history("what did the agency promise to change?", before)
    assert leans_on_history("What has the Agency done since?", before)
    # A name or a figure of its own makes a subject.
    assert not leans_on_history("What has the Eel Office done since?", before)
    assert not leans_on_history("When will Heathrow be running?", before)
    assert not leans_on_history("How many grants were paid in 2023?", before)


@pytest.mark.parametrize(
    "question",
    [
        "How many prison officers were recruited in England in 2023?",
        "When will the Department for Transport publish its rail fares review?",
    ],
)
def test_a_change_of_subject_is_not_dragged_back(question) -> None:
    before = "How many tenants have boiler grants?"
    assert joined_weight(question, before, 0.4, RELATED) < 0.1


def test_what_goes_on_with_the_subject_is_searched_both_ways() -> None:
    before = "How many tenants have boiler grants in Wales?"
    question = "Whether the boiler grants for tenants will be extended in 2026."
    assert 0.2 < joined_weight(question, before, 0.9, RELATED) <= GOING_ON_WEIGHT


def test_without_history_the_question_stands_alone() -> None:
    assert joined_with("and in Wales?", []) is None
    assert joined_with("and in Wales?", ["", "  "]) is None


def test_a_chain_leads_back_to_the_subject() -> None:
    joined = joined_with("and in Wales?", ["How many boiler grants?", "and for tenants?"])
    assert joined == "How many boiler grants? and for tenants? and in Wales?"


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
        assert found.joined == pytest.approx(LEANING_WEIGHT)
