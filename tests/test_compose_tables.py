"""Tables in answers: the row that is asked for, under what stands over it (invented records)."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from assistant.compose import (
    Request,
    asks,
    constraints,
    evidence,
    extractive,
    leading,
    model,
    periods,
    reading,
)
from assistant.compose.asks import Sort
from assistant.compose.extractive import ExtractiveComposer
from assistant.compose.features import study
from assistant.compose.units import Candidate, Unit, units
from index.types import Passage, WrittenAnswer

from .fakes import make_record

FERRIES = """The department keeps ferries under review.

The number of late ferries is provided in the table below.

Year: 2021 | Late ferries: 31 | Cancelled ferries: 4
Year: 2022 | Late ferries: 45 | Cancelled ferries: 9
Year: 2023 | Late ferries: 28 | Cancelled ferries: 2

Notes:
1. Ferries that were late twice are counted in the number of late ferries once."""


def ferries(text: str = FERRIES, key: str = "1", **changes: object) -> WrittenAnswer:
    fields = {
        "heading": "Ferries: Delays",
        "question": "To ask the Secretary of State for Example, how many ferries were late.",
        "text": text,
    }
    return make_record(key, **{**fields, **changes})


def passages(*records: WrittenAnswer) -> list[Passage]:
    return [
        Passage(r, 0, len(r.text), 1.0 - n / 20, similarities={"dense": 0.7})
        for n, r in enumerate(records)
    ]


def found(question: str, *records: WrittenAnswer) -> list[Candidate]:
    return list(study(question, (), passages(*records)).found)


def shown(question: str, *records: WrittenAnswer) -> list[str]:
    sentences = ExtractiveComposer().compose(study(question, (), passages(*records)))
    return [sentence.text for sentence in sentences if not sentence.framing]


def test_all_rows_stand_under_the_caption_of_their_table() -> None:
    made = units(FERRIES)
    rows = [unit for unit in made if unit.table is not None]
    assert len(rows) == 3
    assert {made[unit.lead].text for unit in rows if unit.lead is not None} == {
        "The number of late ferries is provided in the table below."
    }
    assert made[1].is_lead


def test_the_line_right_over_a_table_is_its_caption_as_long_as_a_title_may_be() -> None:
    text = (
        "(i) Ferries that were out of service in each year\n"
        "Port: Elver | 2022: 4 | 2023: 5\n\n"
        "The information in the table above is for all ferries.\n\n"
        "(ii) Ferries that were sold for scrap in each year\n"
        "Port: Elver | 2022: 1 | 2023: 2"
    )
    found = units(text)
    over = {unit.text: found[unit.lead].text for unit in found if unit.lead is not None}
    assert over == {
        "Port: Elver | 2022: 4 | 2023: 5": "(i) Ferries that were out of service in each year",
        "Port: Elver | 2022: 1 | 2023: 2": "(ii) Ferries that were sold for scrap in each year",
    }


def test_a_caption_that_gives_a_total_may_be_quoted_by_itself() -> None:
    made = units("In all 104 ferries were late, as the table shows.\nNorth: 50 | South: 54")
    assert made[1].lead == 0
    assert not made[0].is_lead


def test_a_paragraph_break_within_a_sentence_parts_nothing() -> None:
    text = "Each ferry that is reported as late is recorded by the\n\nharbour office of its port."
    (only,) = units(text)
    assert only.text == text == text[only.start : only.end]
    kept = units("The ports with the most late ferries are these:\n\nnorth harbour\n\nsouth pier")
    assert [unit.text for unit in kept][1:] == ["north harbour", "south pier"]


@pytest.mark.parametrize("heading", ["Notes:", "Notes to Table 1:", "Note", "Footnotes"])
def test_what_stands_under_notes_is_a_note(heading: str) -> None:
    made = units(f"Ferries were late.\n\n{heading}\n\nFerries are counted once.\n\nAll of them.")
    assert [unit.is_note for unit in made] == [False, True, True, True]
    assert not any(unit.is_note for unit in units("Notes of meetings are published. They help."))


@pytest.mark.parametrize(
    ("question", "row"),
    [
        ("How many ferries were late in 2022?", "Year: 2022"),
        ("How many ferries were late in 2023?", "Year: 2023"),
    ],
)
def test_the_row_of_the_year_is_shown_alone_with_its_caption(question: str, row: str) -> None:
    lines = shown(question, ferries())
    assert [line[:10] for line in lines if "|" in line] == [row]
    assert "The number of late ferries is provided in the table below." in lines
    assert "The department keeps ferries under review." not in lines


def test_every_row_since_a_year_and_each_of_two_years_is_shown() -> None:
    since = shown("How many ferries were late since 2022?", ferries())
    assert [line[:10] for line in since if "|" in line] == ["Year: 2022", "Year: 2023"]
    both = shown("How many ferries were late in 2021 and in 2023?", ferries())
    assert [line[:10] for line in both if "|" in line] == ["Year: 2021", "Year: 2023"]


MONTHS = """Late ferries by month are below.

Month: Nov-23 | Late ferries: 31
Month: Mar-24 | Late ferries: 45
Month: Apr-24 | Late ferries: 28"""


def test_rows_that_are_left_out_are_counted() -> None:
    def said(question: str, max_words: int = 120) -> list[str]:
        record = make_record("1", heading="Ferries", text=FERRIES)
        request = study(question, (), [Passage(record, 0, len(record.text), 1.0)])
        shown = list(ExtractiveComposer(max_words).compose(request))
        assert sum(len(s.text.split()) for s in shown) <= max_words
        return [s.text for s in shown if s.framing and not s.citations]

    two = "How many ferries were late in 2021 and in 2023?"
    assert said(two)[-1] == "2 of the 3 rows of that table are shown."
    # It has its room: rather another row less.
    every = "How many ferries were late in each year since 2021?"
    assert said(every, 45)[-1] == "1 of the 3 rows of that table is shown."
    # Whoever asks for one row is not told of others, nor who is shown them all.
    assert len(said("How many ferries were late in 2022?")) == 1
    assert len(said("How many ferries were late in each year since 2021?")) == 1


def test_months_in_short_are_months() -> None:
    lines = shown("How many ferries were late in March 2024?", ferries(MONTHS))
    assert [line for line in lines if "|" in line] == ["Month: Mar-24 | Late ferries: 45"]


def test_the_last_row_is_shown_where_the_latest_is_asked_for() -> None:
    lines = shown("How many ferries were late in the most recent month?", ferries(MONTHS))
    assert [line for line in lines if "|" in line] == ["Month: Apr-24 | Late ferries: 28"]


@pytest.mark.parametrize("question", ["in the last 3 months?", "in each month so far?"])
def test_a_stretch_of_time_is_not_its_end(question: str) -> None:
    lines = shown(f"How many ferries were late {question}", ferries(MONTHS))
    assert sum("|" in line for line in lines) == 3


def test_initials_name_the_row_that_has_them_in_full() -> None:
    text = """Calls are in this table.

Line: Harbour Entry Permit | Average wait: 19 minutes
Line: Universal Berth | Average wait: 2 minutes"""
    lines = shown("What is the average wait for HEP callers?", ferries(text))
    assert [line[:12] for line in lines if "|" in line] == ["Line: Harbou"]


def test_columns_of_that_name_make_no_row_the_one_asked_for() -> None:
    question = "How many HEP callers were late in 2022?"
    text = """Year: 2021 | HEP callers late: 3 | Others: 1
Year: 2022 | HEP callers late: 5 | Others: 2"""
    (candidate,) = found(question, ferries(text))
    first, second = candidate.units
    assert second.features["row_overlap"] - first.features["row_overlap"] >= 0.3


def test_a_row_of_another_year_breaks_the_limit_though_the_caption_names_all_years() -> None:
    text = FERRIES.replace("late ferries is", "late ferries from 2021 to 2023 is")
    question = "How many ferries were late in 2022?"
    (candidate,) = found(question, ferries(text))
    want = constraints.wanted(question)
    years = [constraints.judge(want, candidate, u).years for u in candidate.units if u.table]
    assert years == [0.0, 1.0, 0.0]


def test_a_note_on_the_figures_does_not_lead() -> None:
    question = "How many ferries were late?"
    candidates = found(question, ferries())
    (worth,) = model.worths(candidates)
    noted = candidates[0].units[-1]
    assert noted.is_note
    noted.is_note = False
    (unmarked,) = model.worths(candidates)
    assert worth[-1] == pytest.approx(model.NOTE * unmarked[-1])


def test_what_breaks_a_limit_gives_way_only_where_something_keeps_it() -> None:
    other = ferries(
        "There were 30 late ferries in 2022.", "2", question="How many ferries were late?"
    )
    question = "How many Harbour Agency ferries were late in 2022?"
    asked_by = ferries(key="1", question="How many Harbour Agency ferries were late?")
    candidates = found(question, asked_by, other)
    want = constraints.wanted(question)
    worth = [[1.0] * len(c.units) for c in candidates]
    kept, without = leading.within_limits(candidates, worth, want)
    assert without == [leading.BROKEN]
    assert [kept[u] for u in range(len(kept)) if candidates[0].units[u].table] == [
        leading.BROKEN,
        1.0,
        leading.BROKEN,
    ]
    unmet = found("How many Harbour Agency ferries were late in 2019?", asked_by, other)
    want = constraints.wanted("How many Harbour Agency ferries were late in 2019?")
    assert leading.within_limits(unmet, worth, want) == worth


def test_an_answer_about_one_constituency_counts_less_where_none_was_asked_about() -> None:
    local = ferries(question="How many ferries were late in Cold Ash constituency?")
    for question, elsewhere in (
        ("How many ferries were late?", True),
        ("How many ferries were late in Cold Ash?", False),
    ):
        candidates = found(question, local)
        assert candidates[0].is_elsewhere is elsewhere
        whole = model.worths(candidates)[0]
        candidates[0].is_elsewhere = False
        factor = model.ELSEWHERE if elsewhere else 1.0
        assert whole == pytest.approx([factor * v for v in model.worths(candidates)[0]])


def test_a_long_caption_leaves_the_room_to_the_rows() -> None:
    caption = "The table shows " + "ferries that were late or " * 8 + "cancelled"
    text = f"{caption}\n\n" + "\n".join(f"Port: {n} | Late ferries: {n}0" for n in "1234")
    assert [line for line in shown("How many ferries were late?", ferries(text)) if "|" in line]
    assert caption not in shown("How many ferries were late?", ferries(text))


@pytest.mark.parametrize(
    "line", ["DISCLAIMER", "Notes to Table 1:", "1.", "Table 2", "Late ferries by port"]
)
def test_a_label_alone_is_not_quoted(line: str) -> None:
    text = f"In 2022 there were 45 late ferries.\n\n{line}\n\nFerries matter to ports."
    said = shown("How many late ferries by port were there in 2022?", ferries(text))
    assert line not in said or len(line.split()) > extractive._LABEL_WORDS


@pytest.mark.parametrize(
    ("sort", "text", "given"),
    [
        (Sort.SHARE, "Country: France | % spent on food (2022): 13.2", ["13.2"]),
        (Sort.SHARE, "Country: France | Proportion: 13.2 | Total: 40", ["13.2"]),
        (Sort.SHARE, "Country: France | Spent on food: 13.2", []),
        (Sort.MONEY, "Year: 2022 – 23 | £m: 30.18", ["30.18"]),
        (Sort.MONEY, "Force: Cheshire | TOTAL: £ 1,802,647", ["£ 1,802,647"]),
    ],
)
def test_the_heading_of_a_cell_tells_what_its_number_is(
    sort: Sort, text: str, given: list[str]
) -> None:
    assert [text[slice(*span)] for span in asks.given(sort, text)] == given


def test_how_much_of_that_goes_on_with_the_money() -> None:
    before = ["How much did the ferry fund get?"]
    assert asks.asked("How much of that went to ports?", before).sort is Sort.MONEY
    assert asks.asked("How much of that went to ports?", ["Who pays?"]).sort is Sort.SHARE


@pytest.mark.parametrize(
    ("scope", "year", "has"),
    [
        ("Reporting Year: 2022-2023", "2022-23", True),
        ("Reporting Year: 2021-2022", "2022-23", False),
        ("Reporting Year: 2021 – 2022", "2022-23", False),
        ("in 2022", "2022-23", True),
        ("Month: Mar-24", "2024", True),
        ("Month: Mar-24", "2023", False),
        ("on Mar 24 2023", "2024", False),
    ],
)
def test_a_span_of_years_begins_with_its_first_year(scope: str, year: str, has: bool) -> None:
    assert periods.has_year(scope, year) is has


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("Mar-24", (2024, 3)),
        ("from March 2023 to April 2024", (2024, 4)),
        ("2023/24", (2023, 0)),
        ("no time", (0, 0)),
    ],
)
def test_the_last_time_that_a_text_names(text: str, last: tuple[int, int]) -> None:
    assert periods.latest(text) == last


def test_the_newest_record_is_looked_at_where_the_latest_is_asked_for() -> None:
    texts = [f"Ferries of port {n} wait {n} hours under rule {n * 'x'}." for n in range(1, 6)]
    records = [ferries(text, str(n), answered=date(2020 + n, 1, 1)) for n, text in enumerate(texts)]
    latest = found("How long do ferries wait now?", *records)
    assert [c.record.id for c in latest] == ["0", "1", "4"]
    assert [c.record.id for c in found("How long do ferries wait?", *records)] == ["0", "1", "2"]


def chosen(candidates: list[Candidate], worth: list[list[float]], words: int = 200) -> list[str]:
    taken = extractive.select(candidates, worth, words)
    return [candidates[at].units[n].text for at, own in taken for n in own]


def test_what_is_worth_far_less_does_not_stand_before_the_best_sentence() -> None:
    text = "Ports differ in size. Late ferries were 45. Eels swim in the sea. No estimate is held."
    candidates = found("How many ferries were late?", ferries(text))
    first, best, after, _ = (unit.text for unit in candidates[0].units)
    assert chosen(candidates, [[0.19, 1.0, 0.19, 0.0]]) == [best, after]
    assert chosen(candidates, [[0.21, 1.0, 0.19, 0.0]]) == [first, best, after]
    # Not so what limits it.
    limited = ferries("No such estimate is held of eels. Late ferries were 45.")
    candidates = found("How many ferries were late?", limited)
    assert len(chosen(candidates, [[0.1, 1.0]])) == 2


def test_beside_a_row_only_what_is_worth_nearly_as_much_is_quoted() -> None:
    candidates = found("How many ferries were late in 2022?", ferries())
    made = candidates[0].units
    rows = {n: float(unit.text.startswith("Year: 2022")) for n, unit in enumerate(made)}
    for prose, is_shown in ((0.29, False), (0.31, True)):
        worth = [rows[n] if unit.table else prose for n, unit in enumerate(made)]
        assert ("The department keeps ferries under review." in chosen(candidates, [worth])) is (
            is_shown
        )


def test_rows_are_held_against_those_of_their_own_table_and_of_the_record() -> None:
    candidates = found("How many ferries were late in 2022?", ferries())
    rows = [unit for unit in candidates[0].units if unit.table]
    worth = [[float(bool(unit.table)) for unit in candidates[0].units]]
    for best, table, is_shown in ((0.0, 0.0, 1), (-0.05, -0.05, 0), (-0.2, 0.0, 0), (-0.05, 0, 1)):
        for row in rows:
            row.features |= {"row_below_best": best, "row_below_table": table}
        # The best is shown where nothing else is.
        assert sum("|" in line for line in chosen(candidates, worth)) == (3 if is_shown else 1)


DADS = """The number who got paternity pay is below.

Statutory Paternity Pay | 2021-22: 204,200 | 2022-23: 195,300"""


def test_a_row_need_not_name_those_whom_it_counts() -> None:
    question = "How many dads got paternity pay in 2021-22?"
    (candidate,) = found(question, ferries(DADS, question="Paternity pay."))
    candidate.units[-1].near = {"dads": 0.0}
    want = constraints.wanted(question)
    assert constraints.has_sought(want, candidate, candidate.units[-1])
    other = constraints.wanted("How many dads of twins have got shared parental leave in 2021-22?")
    assert not constraints.has_sought(other, candidate, candidate.units[-1])


def test_a_row_is_about_what_stands_over_it() -> None:
    (candidate,) = found("How many ferries were late?", ferries())
    want = constraints.wanted("Which table has the number provided?")
    row = next(unit for unit in candidate.units if unit.table)
    likes = constraints.likes(want, candidate, row)
    assert {likes[term] for term in likes if term in ("tabl", "provid")} == {1.0}
    counted = constraints.wanted("How many late ferries are provided in the table?")
    assert constraints.judge(counted, candidate, row).near == 1.0


def test_the_right_row_is_brought_in_for_one_of_another_year() -> None:
    question = "How many late ferries were there in 2022?"
    candidates = found(question, ferries())
    want = constraints.wanted(question)
    made = candidates[0].units
    wrong, right = (
        next(n for n, unit in enumerate(made) if unit.text.startswith(f"Year: {year}"))
        for year in (2021, 2022)
    )
    worth = [[1.0 if n == wrong else 0.1 for n in range(len(made))]]
    place = leading.sought(candidates, worth, want, [(0, [wrong])])
    assert place == (0, right)
    assert leading.put_first(worth, place)[0][right] == 1.0
    assert leading.sought(candidates, worth, want, [(0, [wrong, right])]) is None


def test_a_row_of_the_year_asked_for_counts_as_read() -> None:
    question = "How many late ferries were there in 2022?"
    (candidate,) = found(question, ferries())
    want = constraints.wanted(question)
    asked_for = [
        unit.text
        for unit in candidate.units
        if constraints.is_row_asked_for(want, unit, constraints.judge(want, candidate, unit))
    ]
    assert asked_for == ["Year: 2022 | Late ferries: 45 | Cancelled ferries: 9"]
    worth = model.worths([candidate])
    read = dict.fromkeys(("read", "read_below_best"), -6.0)
    for unit in candidate.units:
        unit.features |= read
    assert evidence.features(_request(candidate), worth, want)["read"] == evidence.ROW_ANSWERS


def test_a_near_miss_in_a_table_is_quoted_with_its_caption() -> None:
    request = study("How many late ferries were there in 2019?", (), passages(ferries()))
    said = [
        sentence.text for sentence in evidence.near_misses(request, evidence.assess(request), 100)
    ]
    assert any("|" in line for line in said)
    assert "The number of late ferries is provided in the table below." in said


def test_a_row_is_read_behind_the_line_over_it() -> None:
    (candidate,) = found("How many ferries were late?", ferries())
    at = next(n for n, unit in enumerate(candidate.units) if unit.table)
    lead = candidate.units[at].lead
    assert lead is not None
    vectors = {(0, at): np.full((2, 3), 2.0), (0, lead): np.full((1, 3), 1.0)}
    read = reading.Read(np.zeros((1, 3), np.float32), vectors)
    assert reading._in_full([candidate], read, (0, at)).tolist() == [[1.0] * 3, *[[2.0] * 3] * 2]
    assert reading._in_full([candidate], read, (0, lead)).tolist() == [[1.0] * 3]


def test_the_row_asked_for_is_among_those_compared_in_meaning() -> None:
    table = "\n".join(f"Month: Mar-{year} | Late ferries: {year % 9}" for year in range(10, 40))
    (candidate,) = found("How many late ferries were there in March 2035?", ferries(table))
    taken = reading._most_promising(candidate.units)
    assert len(taken) == reading.EMBEDDED
    assert any(candidate.units[n].text.startswith("Month: Mar-35") for n in taken)


def test_a_department_that_is_named_goes_before_another() -> None:
    question = "How many ferries did the business and trade department say were late?"
    theirs, others, told = (
        ferries(f"There were {key}5 late ferries.", key, department=department, question="Ferries?")
        for key, department in (
            ("1", "Department for Business and Trade"),
            ("2", "Department for Transport"),
            ("3", "Department for Transport"),
        )
    )
    told = told.model_copy(update={"text": "The DBT said that 31 ferries were late."})
    candidates = found(question, theirs, others, told)
    want = constraints.wanted(question)
    assert leading.within_limits(candidates, [[1.0]] * 3, want) == [[1.0], [leading.BROKEN], [1.0]]
    alone = found(question, others)
    assert leading.within_limits(alone, [[1.0]], want) == [[1.0]]


PARTED = """Number of thefts

Port
Location: North | 2021: 3 | 2022: 10

Number of prosecutions (these may take longer)

Port
Location: North | 2021: 0 | 2022: 0"""


def test_rows_are_shown_under_all_their_headings() -> None:
    made = units(PARTED)
    leads = [[made[n].text for n in _chain(made, unit)] for unit in made if unit.table]
    assert leads == [
        ["Port", "Number of thefts"],
        ["Port", "Number of prosecutions (these may take longer)"],
    ]
    lines = shown("How many thefts were there at North in 2022?", ferries(PARTED))
    assert lines == ["Number of thefts", "Port", "Location: North | 2021: 3 | 2022: 10"]


def _request(candidate: Candidate) -> Request:
    return Request("", (), (), (candidate,))


def _chain(made: list[Unit], unit: Unit) -> list[int]:
    return [] if unit.lead is None else [unit.lead, *_chain(made, made[unit.lead])]


def test_the_year_over_its_rows_is_the_year_of_each() -> None:
    text = "2021-22\nPort: North | Late: 31\n2022-23\nPort: North | Late: 45"
    question = "How many were late at North in 2022-23?"
    (candidate,) = found(question, ferries(text))
    want = constraints.wanted(question)
    years = [constraints.judge(want, candidate, u).years for u in candidate.units if u.table]
    assert years == [0.0, 1.0]
    lines = [line for line in shown(question, ferries(text)) if "|" in line]
    assert lines == ["Port: North | Late: 45"]


def test_the_total_goes_before_rows_that_have_no_more_of_the_question() -> None:
    text = "Port: North | Late: 31\nPort: South | Late: 45\nTotal | Late: 76"
    assert shown("How many were late?", ferries(text)) == ["Total | Late: 76"]
    assert shown("How many were late at South?", ferries(text)) == ["Port: South | Late: 45"]
