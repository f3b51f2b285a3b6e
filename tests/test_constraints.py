"""What a question limits its answer to, and whether a sentence keeps to it (invented records)."""

from __future__ import annotations

import pytest

from assistant.compose import asks, constraints, demands, unmet
from assistant.compose.asks import Sort
from assistant.compose.features import study
from assistant.compose.units import Candidate, units
from index.types import Member, Passage, WrittenAnswer
from prompts import render

from .fakes import make_record


def bridges(text: str, **changes: object) -> WrittenAnswer:
    fields = {
        "heading": "Bridges: Repairs",
        "question": "To ask the Secretary of State for Example, how many bridges were repaired.",
        "text": text,
    }
    return make_record("1", **{**fields, **changes})


def judged(question: str, record: WrittenAnswer, at: int = 0) -> constraints.Met:
    request = study(question, (), (Passage(record, 0, len(record.text), 1.0),))
    candidate = request.found[0]
    return constraints.judge(constraints.wanted(question), candidate, candidate.units[at])


@pytest.mark.parametrize(
    ("question", "sort"),
    [
        ("How many bridges were closed?", Sort.COUNT),
        ("no. of bridges in service", Sort.COUNT),
        ("What is the waiting list for bridge repairs?", Sort.COUNT),
        ("How much did the bridge cost?", Sort.MONEY),
        ("How many people are in the higher rate band?", Sort.COUNT),
        ("How many fines were there, and what did they come to?", Sort.MONEY),
        ("what was the total bill for the bridge", Sort.MONEY),
        ("What share of bridges are sound?", Sort.SHARE),
        ("when will the bridge open", Sort.TIME),
        ("How long is the closure?", Sort.DURATION),
        ("What is the average PIP clearance time?", Sort.DURATION),
        ("What is the minimum wage?", Sort.MONEY),
        ("Why will the bridge shut when it is full?", Sort.OTHER),
        ("Are carts allowed to cross when the bridge is full of eels?", Sort.OTHER),
        ("Is the Minister changing the number of tolls?", Sort.OTHER),
        ("Is it known how many tolls there are?", Sort.COUNT),
        ("When will owners find out their share of the toll?", Sort.TIME),
        ("What's covered by the Bridge Fund?", Sort.OTHER),
        ("What is being done about waiting times at the bridge?", Sort.OTHER),
        ("what are ministers doing about the cost of bridges", Sort.OTHER),
        ("What steps are they taking to cut the number of tolls?", Sort.OTHER),
        ("What is the cost of doing it?", Sort.MONEY),
        ("What did the plans for the bridge cost?", Sort.MONEY),
        ("How big is the Bridge Fund?", Sort.MONEY),
        ("How much per mile will owners be given?", Sort.AMOUNT),
        ("What is the timetable for the repairs?", Sort.TIME),
        ("Who will lead the review?", Sort.NAME),
        ("Which company won the contract?", Sort.NAME),
        ("Which sectors come first?", Sort.LIST),
        ("Is the bridge open?", Sort.OTHER),
        ("Will people be told when the bridge shuts?", Sort.TIME),
        ("I know someone who owns a bridge. Is it safe?", Sort.OTHER),
    ],
)
def test_the_sort_of_thing_asked_for(question: str, sort: Sort) -> None:
    assert asks.asked(question).sort is sort


def test_what_is_counted_ends_at_the_verb() -> None:
    assert asks.asked("How many toll bridges are in Ayle?").counted == {"toll", "bridg"}


def test_a_short_follow_up_asks_for_what_the_question_before_it_did() -> None:
    assert asks.asked("and in Ayle?", ["How many bridges are there in Bexton?"]).sort is Sort.COUNT
    longer = "and is it true that the bridge in Ayle is closed?"
    assert asks.asked(longer, ["How many bridges are there?"]).sort is Sort.OTHER


@pytest.mark.parametrize(
    ("sort", "text", "given"),
    [
        (Sort.COUNT, "We repaired 412 bridges.", ["412"]),
        (Sort.COUNT, "Six bridges were closed.", ["Six"]),
        (Sort.COUNT, "It cost £3 million and took 65 days.", []),
        (Sort.COUNT, "Work began on 7 March 2025 on the A38 under section 12.", []),
        (Sort.COUNT, "It is 0.8 miles away, for 12-year-olds.", []),
        (Sort.MONEY, "It cost £3 million.", ["£3 million"]),
        (Sort.MONEY, "We repaired 412 bridges.", []),
        (Sort.MONEY, "Fixed costs (£m)*: Total | 2022/23: 0 | Total: 278", ["0", "278"]),
        (Sort.MONEY, "Ayle (£000): 34,058", ["34,058"]),
        (Sort.MONEY, "Staff: 34 | Total: 278", []),
        (Sort.SHARE, "About 12.5% of them, or half.", ["12.5%", "half"]),
        (Sort.TIME, "It opens in the spring, for a year.", ["spring", "a year"]),
        (Sort.NAME, "The contract went to Ayle Engineering.", ["Ayle Engineering"]),
        (Sort.NAME, "The Government will say in due course.", []),
        (Sort.LIST, "We begin with steel, stone and timber; then roads; then rail.", None),
        (Sort.LIST, "We will consider this carefully.", []),
    ],
)
def test_where_a_sentence_gives_such_a_thing(
    sort: Sort, text: str, given: list[str] | None
) -> None:
    found = [text[start:end] for start, end in asks.given(sort, text)]
    assert bool(found) if given is None else found == given


def test_a_number_that_the_question_brings_is_no_answer_to_it() -> None:
    question = "How many of the 412 bridges are sound?"
    assert asks.given(Sort.COUNT, "There are 412 bridges.", question) == ()
    assert len(asks.given(Sort.COUNT, "Of 412 bridges 90 are sound.", question)) == 1


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("How many bridges are in North East Ayle?", [("North East Ayle", True)]),
        ("What's Bexton's allocation?", [("Bexton", True)]),
        ("Does the Bridge Fund pay for Welsh bridges?", [("Bridge Fund", False), ("Welsh", True)]),
        ("Is the MoD's bridge open in May?", [("MoD", True)]),
        ("Bridges are what?", []),
        ("What have Government and Ministers said?", []),
        ("(a) How many bridges are there and (b) Are they sound?", []),
    ],
)
def test_names_and_which_of_them_are_places(question: str, names: list[tuple[str, bool]]) -> None:
    assert [(name.text, name.is_place) for name in demands.names(question)] == names


@pytest.mark.parametrize(
    ("scope", "name", "has"),
    [
        ("UKRI invested in the North West and in East Ayle.", "North East", False),
        ("Police of Cornwall and of Devon.", "Devon and Cornwall Police", True),
        ("Scottish roads.", "Scotland", True),
        ("English roads.", "Scotland", False),
        ("Britain has bridges.", "UK", True),
        ("There are 412 bridges.", "UK", True),
        ("There are 412 bridges in Wales.", "UK", False),
        ("There are 412 bridges in Wales, 9,000 in the UK.", "UK", True),
        ("Department for Example staff.", "DfE", True),
        ("Bexton has bridges.", "Ipswich", False),
        ("We help in South East Asia.", "SE Asia", True),
        ("We help in Southeast Asia.", "SE Asia", True),
        ("We help in SE Asia.", "South-Eastern Asia", True),
        ("Northern Ireland has bridges.", "N Ireland", True),
        ("The East-West rail line.", "East West Rail", True),
        ("Great British Energy builds bridges.", "GB Energy", True),
        ("Great British Rail builds bridges.", "GB Energy", False),
        ("We help in South West Asia.", "SE Asia", False),
    ],
)
def test_whether_a_text_has_a_name(scope: str, name: str, has: bool) -> None:
    assert demands.mentions(scope, name) is has


@pytest.mark.parametrize(
    ("question", "text", "whole"),
    [
        ("How many bridges were repaired?", "We repaired 412 bridges.", True),
        ("How many bridges were repaired?", "Repairs began on 7 March 2025.", False),
        ("How many bridges were repaired?", "This information is not held centrally.", True),
        ("How many bridges were repaired?", "So counting them all is not possible.", True),
        ("How many bridges were repaired in Ipswich?", "We repaired 412 bridges.", False),
        ("How many bridges were repaired in Ipswich?", "Ipswich had 4 bridges mended.", True),
        ("How many bridges were repaired in 2019?", "We repaired 412 bridges.", False),
        ("How many bridges were repaired in 2024?", "We repaired 412 bridges.", True),
        ("How many bridges did the Toll Fund mend?", "We repaired 412 bridges.", False),
    ],
)
def test_no_limit_may_be_broken(question: str, text: str, whole: bool) -> None:
    assert judged(question, bridges(text)).all is whole


def test_a_place_must_stand_by_the_figure_and_other_names_in_the_record() -> None:
    text = "We repaired 412 bridges. The Toll Fund in Ayle was told."
    assert not judged("How many bridges were repaired in Ayle?", bridges(text)).all
    assert judged("How many bridges did the Toll Fund repair?", bridges(text)).all
    over = bridges(text, heading="Bridges: Ayle")
    assert judged("How many bridges were repaired in Ayle?", over).all


def test_a_department_is_known_by_its_everyday_name() -> None:
    record = bridges(
        "We repaired 412 bridges.", department="Department for Environment, Food and Rural Affairs"
    )
    assert judged("How many bridges did Defra repair?", record).names == 1.0
    assert judged("How many bridges did DWP repair?", record).names == 0.0
    request = study("q", (), (Passage(record, 0, len(record.text), 1.0),))
    (candidate,) = request.found
    for question, missing in (("What did Defra repair?", ()), ("What did DWP repair?", ("DWP",))):
        shown = [(candidate, candidate.units[0])]
        assert unmet.lacking(constraints.wanted(question), shown) == missing


def test_who_answered_is_no_place() -> None:
    record = bridges("We repaired 412 bridges.", answerer=Member(name="Ann Example"))
    met = judged("How many bridges are in Ann Example's plan?", record)
    assert met.places == met.names == 1.0
    other = judged("How many bridges are in Ann Exam's plan?", record)
    assert other.places == other.names == 0.0


def test_a_sentence_that_points_back_is_read_with_the_one_before() -> None:
    question = "How many viaducts will the Arches Fund mend?"
    before = "The Arches Fund mends viaducts."
    told = judged(question, bridges(f"{before} This will provide 412 mended spans."), at=1)
    apart = judged(question, bridges(f"{before} Ayle will provide 412 mended spans."), at=1)
    assert told.near == told.covered == 1.0
    assert max(apart.near, apart.covered) < 0.5


def test_nothing_points_back_but_a_sentence_of_running_text() -> None:
    text = "It is so. However, these bridges are sound.\nThey are:\n- it\n- Ayle"
    assert [unit.back for unit in units(text)] == [None, 0, 1, None, None]


def test_every_broken_limit_lessens_satisfaction() -> None:
    question = "How many bridges were repaired in Ayle in 2024?"
    good = judged(question, bridges("We repaired 412 bridges in Ayle in 2024.")).satisfaction
    for text in (
        "We repaired many bridges in Ayle in 2024.",
        "We repaired 412 bridges in 2024.",
        "We painted 412 owls in Ayle in 2024.",
    ):
        assert judged(question, bridges(text)).satisfaction < good


def test_by_hand_satisfaction_is_the_product_of_what_is_met() -> None:
    met = constraints.Met(sort=0.8, near=0.35, names=0.5, places=0.0, years=1.0, covered=0.5)
    assert met.satisfaction == pytest.approx(0.8 * 0.5 * 0.3 * 1.0 * (0.3 + 0.7 * 0.5) * 0.5)


def shown(text: str) -> list[tuple[Candidate, object]]:
    candidate = Candidate(bridges(text), units(text))
    return [(candidate, unit) for unit in candidate.units]


@pytest.mark.parametrize(
    ("question", "text", "missing"),
    [
        ("How much did the bridge cost?", "Work began in March.", {"a sum of money"}),
        ("How much did the bridge cost?", "It cost £3,000.", set()),
        ("How much did the bridge cost?", "A third was paid, or 33%.", {"a sum of money"}),
        ("How many bridges are there?", "There are tens of thousands of bridges.", {"a number"}),
        ("How many bridges are there?", "Bridges stand no matter where.", {"a number"}),
        (
            "How much did the bridge cost?",
            "This information is not held centrally.",
            {"a sum of money"},
        ),
        ("How many bridges closed?", "There are no current plans to close any.", {"a number"}),
        ("How many bridges closed?", "Bridges of category 1 must be free of rust.", {"a number"}),
        (
            "How many bridges closed?",
            "9) Includes bridges of trainees aged 18 and over.",
            {"a number"},
        ),
        ("How many bridges closed?", "No bridges closed.", set()),
        ("How many bridges are there in Scotland?", "England has 90 bridges.", {"Scotland"}),
        ("How many bridges closed in 2019?", "There were 90 in 2021.", {"2019"}),
        # The record was answered on 5 May 2024: that says nothing of a sentence on other years.
        ("How many bridges closed in 2024?", "We closed 90.", set()),
        ("How many bridges closed in 2024?", "There were 90 in 2021.", {"2024"}),
        ("How many bridges did you say in 2024 had closed?", "There were 90 in 2021.", set()),
        ("How many bridges closed in March 2021?", "There were 90 in April 2021.", {"March 2021"}),
        ("How many bridges closed in March 2021?", "There were 90 in 2019.", {"March 2021"}),
        ("How many bridges closed in March 2021?", "In March and April 2021 90 closed.", set()),
        ("How many bridges closed in Mar 21?", "Mar-21: 90 | Apr-21: 12", set()),
        ("How many bridges closed in May 2024?", "We closed 90.", set()),
        ("How many bridges closed in the 1990s?", "There were 90 in 2021.", {"1990s"}),
        ("When does Nora's law start?", "It starts in May 2024.", {"Nora's law"}),
        ("When does Nora’s Law start?", "It starts in May 2024.", {"Nora’s Law", "Law"}),
        ("How many bridges are in Ayle's plan?", "There were 90.", {"Ayle"}),
        ("How many bridges closed in the 1990s?", "We closed 90 in 1994.", set()),
    ],
)
def test_what_is_lacking_is_said_in_words(question: str, text: str, missing: set[str]) -> None:
    assert set(unmet.lacking(constraints.wanted(question), shown(text))) == missing


def test_words_that_are_lacking_are_told_once_and_apart_from_the_sort() -> None:
    missing = ("Paper", "a number", "Green Paper", "Paperwork", "2024")
    assert unmet.told_apart(missing) == (("Green Paper", "Paperwork", "2024"), "a number")
    assert unmet.told_apart(()) == ((), "")


@pytest.mark.parametrize(
    ("sort", "text", "given"),
    [
        (Sort.DURATION, "It shut on 5 May 2023.", False),
        (Sort.DURATION, "It is shut until May 2027.", True),
        (Sort.DURATION, "It takes six weeks.", True),
        (Sort.TIME, "It will open once repairs are complete.", True),
        (Sort.TIME, "It will open again.", False),
        (Sort.AMOUNT, "There are 30 tonnes.", True),
        (Sort.AMOUNT, "It is £3 million worth.", True),
        (Sort.AMOUNT, "There is a lot.", False),
    ],
)
def test_what_gives_a_length_of_time_a_day_an_amount(sort: Sort, text: str, given: bool) -> None:
    assert bool(asks.given(sort, text)) is given


@pytest.mark.parametrize("sort", list(Sort))
def test_every_sort_of_thing_has_a_name_for_readers(sort: Sort) -> None:
    assert render("sought", sort=sort)


@pytest.mark.parametrize(
    ("text", "near", "has"),
    [
        ("We hired 90 divers.", {"bridg": 0.2}, False),
        ("We mended 90 crossings.", {"bridg": 0.6}, True),
        ("We mended 90 bridges.", {"bridg": 0.2}, True),
        ("There are six TBs in Ayle.", {"bridg": 0.2, "toll": 0.3}, True),
        ("Ayle | Closed: 90 | Open: 12", {"bridg": 0.2}, True),
        # Without word vectors nothing is known of what a number counts.
        ("We mended 90 crossings.", {}, True),
    ],
)
def test_a_number_counts_for_the_thing_asked_for(
    text: str, near: dict[str, float], has: bool
) -> None:
    candidate, unit = shown(text)[0]
    unit.near = near
    assert (
        constraints.has_sought(constraints.wanted("How many toll bridges closed?"), candidate, unit)
        is has
    )


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "How many bridges were closed and what did it cost?",
            ["How many bridges were closed", "what did it cost"],
        ),
        ("What is spent on (a) bridges and (b) tunnels?", ["bridges", "tunnels"]),
        ("Is RAAC found? How many schools have it?", ["Is RAAC found", "How many schools have it"]),
        ("How many bridges and tunnels were closed?", ["How many bridges and tunnels were closed"]),
        # One letter is no list, one word no part.
        ("Is (a) bridge open?", ["Is (a) bridge open"]),
        ("Why? How many bridges closed?", ["How many bridges closed"]),
    ],
)
def test_the_parts_of_a_question(question: str, parts: list[str]) -> None:
    assert list(unmet.parts(question)) == parts


def test_the_part_that_is_not_answered_is_named() -> None:
    want = constraints.wanted("How many bridges were closed and what did it cost?")
    assert unmet.parts_lacking(want, shown("Six bridges were closed.")) == ("what did it cost",)
    both = shown("Six bridges were closed at a cost of £3 million.")
    assert unmet.parts_lacking(want, both) == ()
    # Where no part is answered the question is not covered, not partly.
    assert unmet.parts_lacking(want, shown("Bridges matter.")) == ()


def test_a_part_that_asks_for_nothing_of_a_form_must_be_spoken_of() -> None:
    want = constraints.wanted("How many bridges were closed and are the tunnels painted?")
    assert unmet.parts_lacking(want, shown("Six bridges were closed.")) == (
        "are the tunnels painted",
    )
    assert unmet.parts_lacking(want, shown("Six bridges closed. Tunnels are painted.")) == ()
    refused = shown("Six bridges were closed. We do not publish more.")
    assert unmet.parts_lacking(want, refused) == ()
    leans = constraints.wanted("How many bridges were closed and what is it for?")
    assert unmet.parts_lacking(leans, shown("Six bridges were closed.")) == ()


def test_a_part_that_breaks_a_limit_is_open() -> None:
    want = constraints.wanted("How many bridges closed and how many tunnels closed in Bexton?")
    told = "Six bridges and 12 tunnels closed{}."
    assert unmet.parts_lacking(want, shown(told.format(" in Bexton"))) == ()
    assert unmet.parts_lacking(want, shown(told.format(" in Ayle"))) == (
        "how many tunnels closed in Bexton",
    )


def test_nothing_is_lacking_where_nothing_is_shown() -> None:
    want = constraints.wanted("What is it for and how many bridges closed in Ayle?")
    assert unmet.lacking(want, ()) == unmet.parts_lacking(want, ()) == ()


def test_a_part_is_spoken_of_by_all_that_is_shown_together() -> None:
    want = constraints.wanted("How many bridges closed and are tunnels painted blue?")
    told = "Six bridges closed.", "Tunnels are old.", "We painted them."
    (part,) = unmet.parts_lacking(want, shown(f"{told[0]} {told[1]}"))
    assert part == "are tunnels painted blue"
    for order in (told, told[::-1]):
        assert unmet.parts_lacking(want, shown(" ".join(order))) == ()


def test_one_sentence_that_has_what_is_asked_for_is_enough() -> None:
    want = constraints.wanted("How much did the bridge cost?")
    assert unmet.lacking(want, shown("Work began in March. It cost £3,000.")) == ()


def test_a_place_must_stand_by_the_sentence_and_other_names_in_the_record() -> None:
    record = bridges("We repaired 412 bridges. The Toll Fund paid. Ayle is pleased.")
    candidate = Candidate(record, units(record.text))
    told = [(candidate, candidate.units[0])]
    for question, missing in (
        ("How many bridges were repaired in Ayle?", ("Ayle",)),
        ("How many bridges did the Toll Fund repair?", ()),
    ):
        assert unmet.lacking(constraints.wanted(question), told) == missing


def test_a_place_that_tells_a_thing_apart_holds_wherever_the_thing_is_named() -> None:
    record = bridges("Work with the Bridge Panel in Ayle goes on. The Bridge Panel saw 12 bridges.")
    told_apart = judged("How many bridges did the Bridge Panel in Ayle see?", record, at=1)
    assert told_apart.places == 1.0
    other = judged("How many bridges did the Bridge Panel in Bexton see?", record, at=1)
    assert other.places == 0.0
    merely_near = judged("How many bridges were mended in Ayle?", record, at=1)
    assert merely_near.places == 0.0
