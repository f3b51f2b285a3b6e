"""Tests of what is offered as a question to ask."""

from __future__ import annotations

import pytest

from index.examples import standing_alone


@pytest.mark.parametrize(
    ("tabled", "offered"),
    [
        (
            "To ask the Secretary of State for Transport, how many bridges were repaired in 2023.",
            "How many bridges were repaired in 2023?",
        ),
        (
            "To ask the Minister for the Cabinet Office, what is the cost of the new building.",
            "What is the cost of the new building?",
        ),
        (
            "To ask the Secretary of State for Health, how many of the 40 hospitals are open.",
            "How many of the 40 hospitals are open?",
        ),
    ],
)
def test_a_question_stands_without_its_formula(tabled: str, offered: str) -> None:
    assert standing_alone(tabled) == offered


@pytest.mark.parametrize(
    "asked",
    [
        "how many staff from his Department are based in India.",
        "what the budget for the Small Boats Operational Command is.",
        "when Innovate UK will commence its next funding round.",
        "who the recipients of grants in Wimbledon were.",
        "how many toilets there are in each Department today.",
        "how many (a) people and (b) groups have been prosecuted.",
        "whether she will make a statement on bridges.",
        "what steps she is taking to repair bridges.",
        "how many eels?",
    ],
)
def test_what_leans_on_the_formula_is_not_offered(asked: str) -> None:
    assert standing_alone(f"To ask the Secretary of State for the Home Department, {asked}") == ""
