"""What is told of a question without a language model: offered, looked up, never assumed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from index import Filters, Index
from index.abbreviations import definitions, usual
from index.departments import named
from index.types import Member
from index.understanding import asks_for_number_alone, question_numbers, suggestions

from .fakes import HashingEmbedder, make_record

DEPARTMENTS = ("Home Office", "Ministry of Defence", "Treasury", "Department for Work and Pensions")
SPAN = (date(2023, 1, 1), date(2025, 9, 1))


@pytest.fixture
def index(tmp_path) -> Iterator[Index]:
    with Index.open_or_create(tmp_path, embedder=HashingEmbedder()) as made:
        yield made


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("HL1234", ("HL1234",)),
        ("what did hl1234 say", ("HL1234",)),
        ("UIN 5480", ("5480",)),
        ("uin: 5480 please", ("5480",)),
        ("PQ 5480 and PQ5481", ("5480", "5481")),
        ("the answer to question 5480?", ("5480",)),
        ("question number 5480", ("5480",)),
        ("Pursuant to the Answer of 6 May 2025 to Question 5480 on Prisons, how many", ()),
        ("how do questions 500 people asked get answered", ()),
        (" 5480 ", ("5480",)),
        ("hl77?", ("HL77",)),
        ("how many of 5480 prisoners", ()),
    ],
)
def test_question_numbers(question, expected) -> None:
    assert question_numbers(question) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("5480", True),
        ("HL1234", True),
        ("What does question 5480 say?", True),
        ("show me the answer to PQ 5480 please", True),
        ("how many homes does UIN 5480 give", False),
        ("Pursuant to the Answer to Question 5480, what does it say", False),
        ("what does it say", False),
    ],
)
def test_whether_nothing_but_a_number_is_asked_for(question, expected) -> None:
    assert asks_for_number_alone(question) is expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("what did the Home Office say about hotels", ["Home Office"]),
        ("DWP spending and the MoD's", ["Department for Work and Pensions", "Ministry of Defence"]),
        ("dwp spending", ["Department for Work and Pensions"]),
        ("mod scooters", []),
        ("what has HM Treasury told us", ["Treasury"]),
        ("home offices for civil servants", []),
    ],
)
def test_departments_by_what_they_are_called(question, expected) -> None:
    assert named(question, DEPARTMENTS) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (
            "what was said in March 2025 about hotels",
            {"answered_from": "2025-03-01", "answered_to": "2025-03-31"},
        ),
        ("anything since 6 May 2024?", {"answered_from": "2024-05-06"}),
        ("what did ministers say before 2024?", {"answered_to": "2024-12-31"}),
        ("absence rates in 2024/25", {}),
        ("how many houses were built in 2024", {}),
        ("what was said in March 1925", {}),
        ("what happened on 31 February 2024", {}),
        ("Further to the Answer of 6 May 2024, how many", {}),
        ("what of the Roads report, published on 25 March 2025, was accepted", {}),
        ("what did ministers say of the report entitled Safe Roads, published in 2024", {}),
        ("the costs in the letter sent by the Minister for Roads on 4 March 2024", {}),
        ("does the oral statement of 4 March 2024 apply to lorries", {}),
        ("does the statement to the House on 4 March 2024 apply to lorries", {}),
        ("the statement on lorries made on 4 March 2024", {}),
        ("what does the press release on 4 March 2024 mean", {}),
        ("is the Roads Act of March 2024 in force", {}),
        ("is the Answer of 4 March 2024 still right", {}),
        ("is his answer of 4 March 2024 still right", {}),
        ("has the March 2024 annual report been acted on", {}),
        ("Oral Statement, Official Report, House of Commons, 4 March 2024, what changed", {}),
        (
            "what did ministers say of the report on roads in March 2024",
            {"answered_from": "2024-03-01", "answered_to": "2024-03-31"},
        ),
        (
            "is the act of speeding rarer, as the Minister said on 4 March 2024",
            {"answered_from": "2024-03-04", "answered_to": "2024-03-04"},
        ),
        (
            "did the report of May 2020 come up in the answers of 4 March 2024",
            {"answered_from": "2024-03-04", "answered_to": "2024-03-04"},
        ),
        (
            "what assessment of the consultation did ministers say was made in March 2024",
            {"answered_from": "2024-03-01", "answered_to": "2024-03-31"},
        ),
        (
            "of the report, what was answered on 4 March 2024",
            {"answered_from": "2024-03-04", "answered_to": "2024-03-04"},
        ),
    ],
)
def test_dates_are_offered_where_they_may_mean_the_answer(question, expected) -> None:
    found = suggestions(question, (), (), SPAN, lambda _: [])
    assert {s.field: s.value for s in found} == expected
    Filters(**{s.field: s.value for s in found})


def test_what_a_question_names_is_offered_and_not_applied(index) -> None:
    index.add(
        [
            make_record("1", text="Walruses are safe.", department="Home Office", house="Lords"),
            make_record(
                "2",
                text="Otters are wet.",
                asker=Member(name="Ada Lovelace"),
                department="Treasury",
            ),
        ]
    )
    found = index.retrieve("What did the Treasury tell Ada Lovelace in the Lords of walruses?")
    assert {(s.field, s.value) for s in found.understood.suggestions} == {
        ("department", "Treasury"),
        ("house", "Lords"),
        ("member", "Ada Lovelace"),
    }
    assert found[0].record.id == "1"
    for suggestion in found.understood.suggestions:
        limited = Filters(**{suggestion.field: suggestion.value})
        assert len(index.retrieve("walruses", filters=limited)) == 1


def test_a_question_number_is_looked_up_and_put_first(index) -> None:
    index.add(make_record(str(n), text=f"Answer {n} about question numbers.") for n in range(30))
    index.add([make_record("x", uin="HL77", text="Nothing to do with it.")])
    found = index.retrieve("question HL77", k=5)
    assert found[0].record.id == "x"
    assert found.understood.uins == ("HL77",)
    assert len(found) == 5
    elsewhere = index.retrieve("question HL77", filters=Filters(department="Treasury"))
    assert not elsewhere.passages


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Personal Independence Payment (PIP) is paid.",
            [("PIP", "Personal Independence Payment")],
        ),
        (
            "We help special educational needs and disabilities (SEND) schools.",
            [("SEND", "special educational needs and disabilities")],
        ),
        ("The Ministry of Defence’s (MOD) plan", [("MOD", "Ministry of Defence")]),
        ("local Integrated Care Boards (ICBs)", [("ICBs", "Integrated Care Boards")]),
        ("He said it was late. (PIP)", []),
        ("a great many others (NHS)", []),
        ("in the answer (A)", []),
    ],
)
def test_definitions_as_records_write_them(text, expected) -> None:
    assert list(definitions(text)) == expected


def test_the_usual_meaning_is_what_most_records_give() -> None:
    meanings = [("Smart Export Guarantee", 2), ("shipbuilding enterprises", 1), ("Shipbuilding "
                "Enterprise", 2)]  # fmt: skip
    assert usual(meanings) == "Shipbuilding Enterprise"
    assert usual([]) is None


def test_an_abbreviation_is_expanded_from_the_records(index) -> None:
    index.add(
        [
            make_record("1", text="Zonal Otter Grants (ZOG) opened in May.", heading="Otters"),
            make_record("2", text="The budget for zonal otter grants is 9.", heading="Rivers"),
            *(make_record(f"n{n}", text=f"Unrelated budget {n}.") for n in range(20)),
        ]
    )
    found = index.retrieve("ZOG budget", k=3)
    assert found.understood.expansions == {"ZOG": "Zonal Otter Grants"}
    # The second record spells it out and never abbreviates it; it is the one about a budget.
    assert {p.record.id for p in found[:2]} == {"1", "2"}
    every = index.retrieve("ZOG", k=22)
    assert {p.record.id for p in every if "lexical" in p.ranks} == {"1", "2"}
    assert {p.record.id for p in every[:2]} == {"1", "2"}
    assert index.retrieve("UFO budget").understood.expansions == {}


def test_words_that_no_record_has_and_those_that_some_are_headed_with_are_told(
    index: Index,
) -> None:
    text = "The Department repaired 412 bridges (Zonal Otter Grants)."
    index.add([make_record(n, heading="Passports: Delays", text=f"{text} {n}.") for n in "12"])
    index.add([make_record("3", heading="Eels", text="Some eels migrate.")])

    def told(question: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        understood = index.retrieve(question).understood
        return understood.unheld, understood.subjects

    assert told("fracking to be repaired") == (("fracking",), ())
    assert told("repairs of a bridge") == ((), ())
    assert told("delay of a passport for eels") == ((), ("delay", "passport"))
    # Too short to tell, half a word, a number: nothing is said of these.
    assert told("jab aren't don’t 7480") == ((), ())
