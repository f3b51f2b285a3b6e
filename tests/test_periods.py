"""The years that a question asks for: spans of months, and those told by the question before."""

from __future__ import annotations

import pytest

from assistant.compose import periods


@pytest.mark.parametrize(
    ("scope", "year", "expected"),
    [
        ("April 2021 to March 2022", "2021-22", True),
        ("1 April 2021 – 31 March 2022", "2021/22", True),
        ("April 2020 to March 2021", "2021-22", False),
        ("April 2020 to end March 2021", "2021/22", False),
        # Of a single year the span has a part.
        ("April 2020 to March 2021", "2021", True),
        ("April 2020 to March 2023", "2021-22", False),
        ("by March 2021", "2021-22", True),
    ],
)
def test_a_span_of_months_is_one_financial_year(scope, year, expected) -> None:
    assert periods.has_year(scope, year) is expected


@pytest.mark.parametrize(
    ("question", "history", "expected"),
    [
        ("And the year after?", ["How many otters in 2021-22?"], "How many otters in 2022-23?"),
        ("and the year before", ["Otters in December 2019?"], "Otters in December 2018?"),
        (
            "And the year after?",
            ["How many otters in 2021?", "And the year after?"],
            "How many otters in 2023?",
        ),
        (
            "And how many seals in the previous financial year?",
            ["How many otters in 2021/22?"],
            "And how many seals in the previous financial year (2020/21)?",
        ),
        (
            "And the year before?",
            ["How many otters in 2021?", "How many seals?"],
            "How many seals (2020)?",
        ),
        ("And the year after?", ["How many otters are there?"], "And the year after?"),
        ("How many in 2019?", ["How many in 2021?"], "How many in 2019?"),
        ("What happened the year before the flood?", ["And in 2020?"], None),
        ("And the year after?", [], "And the year after?"),
    ],
)
def test_the_year_after_is_spelt_out(question, history, expected) -> None:
    assert periods.spelt_out(question, history) == (expected or question)
