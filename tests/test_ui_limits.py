"""Tests of the limits on a search: typed, offered, said, taken away."""

from __future__ import annotations

from datetime import date

import pytest
from lxml import html

from assistant.types import Retrieved
from assistant.ui.conversation import Turn
from assistant.ui.limits import (
    Limits,
    changed,
    in_words,
    limit_chips,
    limits_of,
    offered_limits,
    read_date,
    with_limit,
    without_limit,
)
from index.errors import BadRequest
from index.types import Filters, Suggestion, Understanding

HOME_OFFICE = Suggestion("department", "Home Office", "Home Office")
MARCH = Suggestion("answered_from", "2025-03-01", "from 1 March 2025")
LORDS = Suggestion("house", "Lords", "House of Lords")
EVERYTHING = Filters(
    department=("Home Office", "Treasury"),
    house=("Lords",),
    member=(1234, "Jane Smith"),
    asked_from=date(2024, 1, 1),
    asked_to=date(2024, 2, 1),
    answered_from=date(2024, 1, 2),
    answered_to=date(2024, 2, 2),
)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("20/07/2022", date(2022, 7, 20), date(2022, 7, 20)),
        ("20 July 2022", date(2022, 7, 20), date(2022, 7, 20)),
        (" 3rd  jan 2024 ", date(2024, 1, 3), date(2024, 1, 3)),
        ("2022-07-20", date(2022, 7, 20), date(2022, 7, 20)),
        ("February 2024", date(2024, 2, 1), date(2024, 2, 29)),
        ("2023", date(2023, 1, 1), date(2023, 12, 31)),
        ("  ", None, None),
    ],
)
def test_dates_are_read_as_people_write_them(
    text: str, first: date | None, last: date | None
) -> None:
    assert read_date(text) == first
    assert read_date(text, end=True) == last


@pytest.mark.parametrize("text", ["31/02/2024", "soon", "07/20/2022", "20 July", "Smarch 2022"])
def test_what_is_no_date_is_told_in_words(text: str) -> None:
    with pytest.raises(BadRequest, match=r"is not a date\. Write it like 20/07/2022"):
        read_date(text)


def test_limits_become_filters_and_words() -> None:
    limits = Limits(["Home Office"], ["Lords"], "2024", "", "", "20/07/2022")
    filters = limits.filters()
    assert filters == Filters(
        department=("Home Office",),
        house=("Lords",),
        answered_from=date(2024, 1, 1),
        asked_to=date(2022, 7, 20),
    )
    assert in_words(filters) == (
        "Home Office; House of Lords; answered on or after 1 January 2024; "
        "asked on or before 20 July 2022"
    )
    assert in_words(Filters()) == ""


def test_dates_the_wrong_way_round_are_told_in_words() -> None:
    with pytest.raises(BadRequest, match="1 May 2024 is later than 1 April 2024"):
        Limits(answered_from="1/5/2024", answered_to="1/4/2024").filters()


def test_members_are_names_or_numbers() -> None:
    filters = Limits(members=" Jane  Smith; 1234;; ").filters()
    assert filters.member == ("Jane Smith", 1234)
    assert in_words(filters) == "asked or answered by Jane Smith or member 1234"


def test_a_limit_is_added_to_those_there_are() -> None:
    filters = with_limit(Filters(house="Lords"), "department", "Home Office")
    assert filters == Filters(house="Lords", department="Home Office")
    assert with_limit(Filters(), "answered_from", "2025-03-01").answered_from == date(2025, 3, 1)
    with pytest.raises(ValueError, match="not a filter"):
        with_limit(Filters(), "colour", "red")


def test_every_limit_in_force_can_be_taken_away_alone() -> None:
    limits = list(limits_of(EVERYTHING))
    assert len(limits) == 9
    left = EVERYTHING
    for count, limit in enumerate(limits, 1):
        left = without_limit(left, limit.field, limit.value)
        assert len(list(limits_of(left))) == len(limits) - count
    assert left.is_empty
    assert without_limit(EVERYTHING, "department", "Nobody") == EVERYTHING
    assert without_limit(EVERYTHING, "colour", "red") == EVERYTHING


def test_what_says_nothing_new_or_cannot_hold_is_not_offered() -> None:
    asked = (HOME_OFFICE, MARCH, LORDS)
    assert offered_limits(Filters(), asked) == asked
    assert offered_limits(Filters(department="Treasury", house="Lords"), asked) == (MARCH,)
    assert offered_limits(Filters(answered_to=date(2024, 1, 1)), (MARCH,)) == ()


def test_a_range_of_days_is_offered_and_added_as_one() -> None:
    last = Suggestion("answered_to", "2025-03-31", "to 31 March 2025")
    (one,) = offered_limits(Filters(), (MARCH, last))
    assert one.label == "answered from 1 March 2025 to 31 March 2025"
    filters = with_limit(Filters(), one.field, one.value)
    assert (filters.answered_from, filters.answered_to) == (date(2025, 3, 1), date(2025, 3, 31))
    day = Suggestion("answered_to", "2025-03-01", "to 1 March 2025")
    assert offered_limits(Filters(), (MARCH, day))[0].label == "answered on 1 March 2025"


def test_only_what_is_offered_can_be_added_and_anything_taken_away() -> None:
    filters = Filters(house="Lords")
    added = changed(filters, (HOME_OFFICE,), "department", "Home Office", away=False)
    assert added == Filters(house="Lords", department="Home Office")
    assert changed(filters, (HOME_OFFICE,), "department", "Treasury", away=False) is None
    assert changed(filters, (), "house", "Lords", away=True) == Filters()


def test_a_turn_offers_what_its_question_names() -> None:
    turn = Turn(1, "q", filters=Filters(house="Lords"))
    turn = turn.advanced(Retrieved((), understood=Understanding((HOME_OFFICE, LORDS))))
    assert turn.suggestions == (HOME_OFFICE,)
    shown = html.fromstring(limit_chips("data-go", turn.filters, turn.suggestions))
    buttons = [
        (button.get("data-go"), button.get("data-field"), button.get("data-away"))
        for button in shown.iter("button")
    ]
    assert buttons == [("limit", "house", "yes"), ("limit", "department", None)]


def test_a_hostile_limit_is_text() -> None:
    nasty = '"><script>alert(1)</script>'
    shown = html.fromstring(f"<div>{limit_chips('data-do', Filters(department=nasty), ())}</div>")
    assert not shown.xpath(".//script")
    assert shown.xpath(".//button/@data-value") == [nasty]
