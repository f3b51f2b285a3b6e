"""Which row of a table answers: its labels, its time, what it stands under (invented records)."""

from __future__ import annotations

import pytest

from assistant.compose import asks, constraints, extractive, leading, model, tables, unmet
from assistant.compose.units import units

from .test_compose_tables import MONTHS, ferries, found, shown


def rows(question: str, text: str, **changes: object) -> list[str]:
    return [line for line in shown(question, ferries(text, **changes)) if "|" in line]


def over(text: str, row: str) -> list[str]:
    """What stands over the row that begins so, the nearest first."""
    made = units(text)
    at = next(unit.lead for unit in made if unit.text.startswith(row))
    lines = []
    while at is not None:
        lines.append(made[at].text)
        at = made[at].lead
    return lines


CREWS = """Crews at the ports of Umber are below.

Umber | 2021: 610 | 2022: 860
Deckhands of the outer harbour | 2021: 300 | 2022: 400
Deckhands | 2021: 31 | 2022: 45
Cooks | 2021: 8 | 2022: 9"""


def test_the_row_of_the_group_goes_before_that_of_the_place() -> None:
    question = "How many deckhands in Umber were there in 2022?"
    assert rows(question, CREWS) == ["Deckhands | 2021: 31 | 2022: 45"]


GRADES = """The grades of ferry pilots are below.

Grade: Grade 6 | Pilots: 3
Grade: Grade 7 | Pilots: 14
Grade: Total | Pilots: 17"""


@pytest.mark.parametrize(
    ("asked", "text", "row"),
    [
        ("How many pilots are grade 7s?", GRADES, "Grade: Grade 7 | Pilots: 14"),
        (
            "How many offences under section 5 were there?",
            "Port Act { 4 } | Offences: 3\nPort Act { 5 } | Offences: 8\nAll offences | No: 11",
            "Port Act { 5 } | Offences: 8",
        ),
        (
            "How many pilots aged 80 and over are there?",
            "Age: Up to 69 | Pilots: 30\nAge: 70-79 | Pilots: 4\nAge: 80 and over | Pilots: 1",
            "Age: 80 and over | Pilots: 1",
        ),
    ],
)
def test_a_number_that_names_a_group_tells_its_row(asked: str, text: str, row: str) -> None:
    assert rows(asked, text) == [row]


def test_what_all_rows_have_tells_none_and_a_sentence_is_no_label() -> None:
    women, men = (frozenset({"ferr", who}) for who in ("women", "men"))
    asked = "ferry women"
    assert tables.tokens(asked) == women
    assert tables.telling(asked, [[women], [men]]) == ([1.0, 0.0], [0.0, 0.0])
    brief, long = frozenset({"lot", "2"}), frozenset({"2", *"abcdefg"})
    assert tables.telling("lot 2", [[brief], [long], []])[1] == [1.0, 0.0, 0.0]


def test_a_group_may_be_named_in_short() -> None:
    text = "Physiotherapists | 2022: 30\nPharmacists | 2022: 9"
    assert rows("How many physios were there in 2022?", text) == ["Physiotherapists | 2022: 30"]


def test_a_row_of_another_number_breaks_the_limit() -> None:
    question = "How many pilots of grade 5 are there?"
    (candidate,) = found(question, ferries(GRADES))
    want = constraints.wanted(question)
    assert want.numbered == (("grade", "5"),)
    made = [unit for unit in candidate.units if unit.table]
    assert [constraints.judge(want, candidate, unit).all for unit in made] == [False] * 3
    assert unmet.lacking(want, [(candidate, unit) for unit in made]) == ("grade 5",)
    other = constraints.wanted("How many pilots of grade 7 are there?")
    assert unmet.lacking(other, [(candidate, unit) for unit in made]) == ()


def test_a_number_by_a_word_that_the_table_has_not_is_no_limit() -> None:
    (candidate,) = found("How many pilots?", ferries(GRADES))
    want = constraints.wanted("How many pilots are there on route 5?")
    assert all(constraints.judge(want, candidate, unit).number == 1.0 for unit in candidate.units)
    named = ferries(GRADES, question="How many pilots of grade 5 at the most are there?")
    (candidate,) = found("How many pilots of grade 5?", named)
    want = constraints.wanted("How many pilots of grade 5?")
    assert all(constraints.judge(want, candidate, unit).number == 1.0 for unit in candidate.units)


MONTHLY = """Late ferries by month are below.

Month: May | Flag: Home | Late: 3 | Early: 40
Flag: Foreign | Late: 13 | Early: 50
Month: June | Flag: Home | Late: 4 | Early: 41
Flag: Foreign | Late: 14 | Early: 51"""


def test_a_row_has_what_it_leaves_out_from_the_row_above() -> None:
    assert over(MONTHLY, "Flag: Foreign | Late: 14")[0].startswith("Month: June")
    assert rows("How many foreign ferries were late in June?", MONTHLY) == [
        "Month: June | Flag: Home | Late: 4 | Early: 41",
        "Flag: Foreign | Late: 14 | Early: 51",
    ]


def test_only_what_it_leaves_out_is_carried() -> None:
    above, row = "Month: June | Flag: Home | Late: 4", "Flag: Foreign | Late: 14"
    assert tables.carried(above, row) == "June"
    assert tables.carried("Masters | 2022: 9", "Of which deputies | 2022: 4") == "Masters"


def test_what_comes_after_a_total_is_not_of_it() -> None:
    text = "Port: Total | Berth: 4 | Late: 9\nBerth: North | Late: 3"
    assert over(text, "Berth: North") == []


def test_part_of_a_row_stands_under_it() -> None:
    text = "Pilots | 2022: 30\nMasters | 2022: 9\nOf which deputies | 2022: 4\nCooks | 2022: 2"
    assert over(text, "Of which") == ["Masters | 2022: 9"]
    assert over(text, "Cooks") == []


DATES = """Staff at the harbour were:

31/03/2022 | 31/03/2023
Pilots | 17 | 3
Cooks | 18 | 5"""


def test_a_first_row_of_dates_says_when_its_columns_are_of() -> None:
    assert over(DATES, "Cooks")[0] == "31/03/2022 | 31/03/2023"
    question = "How many cooks were there in March 2023?"
    assert shown(question, ferries(DATES)) == [
        "Staff at the harbour were:",
        "31/03/2022 | 31/03/2023",
        "Cooks | 18 | 5",
    ]
    (candidate,) = found(question, ferries(DATES))
    want = constraints.wanted("How many cooks were there in 2019?")
    assert constraints.judge(want, candidate, candidate.units[-1]).years == 0.0


@pytest.mark.parametrize(
    ("cell", "is_time"),
    [
        ("2022-23", True),
        ("April 2021 to March 2022", True),
        ("2023, up to 13 December 2023", True),
        ("2024 (to 05/09/24)", True),
        ("Mar-24", True),
        ("Harbour Act 1986", False),
        ("1,347", False),
        ("12", False),
        ("A", False),
    ],
)
def test_a_cell_may_say_a_time_and_nothing_else(cell: str, is_time: bool) -> None:
    assert tables.is_time(cell) is is_time


def test_a_remark_on_another_year_does_not_make_a_row_of_it() -> None:
    text = """Year: 2020 | Late: 5 | Lost: Before 2022 no count of lost ferries was kept at any port
Year: 2022 | Late: 9 | Lost: 4"""
    assert rows("How many ferries were late in 2022?", text) == ["Year: 2022 | Late: 9 | Lost: 4"]
    # A number under a year is no year.
    assert tables.times("Ferries | 2021: 2014 | 2022: 2051") == ""


def test_a_month_alone_is_of_the_year_asked_for_and_goes_before_that_year() -> None:
    text = (
        "Late ferries in 2025:\nMonth: May | Late: 5\nMonth: June | Late: 6\nMonth: 2025 | Late: 11"
    )
    assert rows("How many ferries were late in May 2025?", text) == ["Month: May | Late: 5"]


def test_a_caption_may_stand_some_lines_above_its_table() -> None:
    text = """The table below shows late ferries.
Data for 2022 are from the new system.
Data for 2021 are not.
Year: 2021 | Late: 5"""
    assert over(text, "Year: 2021") == ["The table below shows late ferries."]
    headed = text.replace("Year: 2021", "Type of delay\nYear: 2021")
    assert over(headed, "Year: 2021") == ["Type of delay", "The table below shows late ferries."]
    apart = text.replace("Data for 2022", "Port: North | Late: 3\nData for 2022")
    assert over(apart, "Year: 2021") == []


def test_rows_with_other_columns_are_another_table() -> None:
    text = "Port: North | Hours lost: 3\nPort: North | Sum due (£): 70"
    assert [unit.table for unit in units(text)] == [0, 1]


def test_rows_that_give_the_sort_asked_for_go_before_the_others() -> None:
    text = """Ferries late | May: 70 | June: 80
% of ferries late | May: 7% | June: 8%"""
    assert rows("What share of ferries was late in June?", text) == [
        "% of ferries late | May: 7% | June: 8%"
    ]


def test_a_department_by_its_everyday_name_tells_its_row() -> None:
    text = "Department: DfT | Ferries (£m): 4\nDepartment: DESNZ | Ferries (£m): 6"
    asked = "How much do ferries of the energy department cost?"
    assert rows(asked, text) == ["Department: DESNZ | Ferries (£m): 6"]


def test_the_row_asked_for_leads_where_prose_meets_the_question_less() -> None:
    text = """Ferries of all ports were 90 late in all and are to be improved.

Late ferries by flag of crew:

Flag: Home | Late ferries: 3
Flag: Foreign | Late ferries: 14"""
    question = "How many late ferries have a foreign flag?"
    candidates = found(question, ferries(text))
    want = constraints.wanted(question)
    worth = [[1.0, *[0.1] * (len(candidates[0].units) - 1)]]
    place = leading.row_asked_for(candidates, worth, want)
    assert place is not None
    assert candidates[0].units[place[1]].text == "Flag: Foreign | Late ferries: 14"
    assert leading.row_asked_for(candidates, model.worths(candidates), want) in (place, None)
    assert (
        leading.row_asked_for(candidates, worth, constraints.wanted("Why are they late?")) is None
    )

    chosen, _ = extractive.choose(candidates, worth, 20, want)
    assert place[1] in dict(chosen)[0]


FLAGS = """Late ferries are to be improved.

Flag: Home | Late ferries: 3
Flag: Foreign | Late ferries: 14
Flag: None | Late ferries: 2"""


def test_of_rows_asked_for_that_of_the_number_then_the_best_of_its_table_leads() -> None:
    question = "How many late ferries?"
    candidates = found(question, ferries(FLAGS))
    want = constraints.wanted(question)
    made = candidates[0].units
    worth = [[1.0, 0.3, 0.2, 0.1]]
    for unit in made[1:]:
        unit.features |= {"told": 1.0, "number": 0.0, "row_below_best": -0.1}
    assert leading.row_asked_for(candidates, worth, want) == (0, 1)
    made[2].features["row_below_best"] = 0.0
    assert leading.row_asked_for(candidates, worth, want) == (0, 2)
    made[3].features["number"] = 1.0
    assert leading.row_asked_for(candidates, worth, want) == (0, 3)


@pytest.mark.parametrize(
    ("question", "asked_for"),
    [
        ("How many ferries were late in March 2024?", ["Month: Mar-24 | Late ferries: 45"]),
        ("How many ferries were late in the latest month?", ["Month: Apr-24 | Late ferries: 28"]),
        ("How many ferries were late?", []),
    ],
)
def test_the_row_asked_for_is_of_the_month_or_the_latest(
    question: str, asked_for: list[str]
) -> None:
    (candidate,) = found(question, ferries(MONTHS))
    want = constraints.wanted(question)
    assert [
        unit.text
        for unit in candidate.units
        if constraints.is_row_asked_for(want, unit, constraints.judge(want, candidate, unit))
    ] == asked_for


def test_a_row_asked_for_keeps_the_limits_however_far_its_figure_is_from_the_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    question = "How many late ferries were there in 2022?"
    candidates = found(
        question, ferries("Year: 2021 | Late ferries: 4\nYear: 2022 | Late ferries: 5")
    )
    monkeypatch.setattr(leading, "SOUGHT", 1.1)
    limited = leading.within_limits(candidates, [[1.0, 1.0]], constraints.wanted(question))
    assert limited == [[leading.BROKEN, 1.0]]


def test_prose_of_another_year_gives_way_to_the_row_of_the_year() -> None:
    text = "In 2019 there were 31 late ferries.\n\nYear: 2022 | Late ferries: 45"
    question = "How many late ferries were there in 2022?"
    candidates = found(question, ferries(text))
    worth = [[1.0, 0.5]]
    limited = leading.within_limits(candidates, worth, constraints.wanted(question))
    assert limited == [[leading.BROKEN, 0.5]]


def test_each_part_of_a_question_gets_the_sort_of_thing_that_it_asks_for() -> None:
    text = """Orders of ferries were these.

Orders | 2022: 295
Value of orders | 2022: £283"""
    question = "How many orders of ferries were there in 2022 and how much did they cost?"
    want = constraints.wanted(question)
    assert len(unmet.wanted_of_parts(want)) == 2
    assert rows(question, text) == ["Orders | 2022: 295", "Value of orders | 2022: £283"]
    assert unmet.wanted_of_parts(constraints.wanted("Why are ferries late?")) == []


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("Category: 2 | Response time: 00:49:59", True),
        ("Port: North | Average wait (weeks): 10.4", True),
        ("Port: North | Late: 10.4", False),
        ("It opens at 09:30.", False),
    ],
)
def test_a_length_of_time_may_be_written_as_a_clock_has_it(text: str, given: bool) -> None:
    assert bool(asks.given(asks.Sort.DURATION, text)) is given


def test_a_name_that_rows_stand_under_is_not_that_of_all_rows() -> None:
    text = """Sailings by port are below.

Port: Umber | Season: Summer | Sailings: 31
Season: Winter | Sailings: 45
Port: Wexcombe | Season: Summer | Sailings: 8
Season: Winter | Sailings: 9"""
    (candidate,) = found("How many sailings were there from Wexcombe?", ferries(text))
    told = [unit.features["told"] for unit in candidate.units if "|" in unit.text]
    assert told == [0.0, 0.0, 1.0, 1.0]
