"""The wording: strict about variables, right for a reader, readable as it lies."""

from __future__ import annotations

import re
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest

import assistant
import prompts
from index.errors import AssistantError
from prompts import PromptError, british_date, counted, render, with_article

DAY = date(2022, 7, 20)


@pytest.mark.parametrize("name", prompts.names())
def test_every_template_says_its_purpose_and_its_variables(name: str) -> None:
    source = files("prompts").joinpath(name + prompts.SUFFIX).read_text("utf-8")
    header = re.match(r"\{# Purpose: .+?Variables: (.+?) #\}", source, re.DOTALL)
    assert header, f"{name} has no header"
    listed = re.sub(r"\([^)]*\)", "", header[1]).split(";")[0]
    words = set(re.findall(r"[a-z_]+", listed)) - {"none"}
    assert words == prompts._load(name)[1]


def test_every_template_is_used() -> None:
    code = "".join(
        file.read_text("utf-8") for file in Path(assistant.__file__).parent.rglob("*.py")
    )
    assert [name for name in prompts.names() if not re.search(rf"[\"']{name}[\"']", code)] == []


def test_a_missing_variable_is_an_error() -> None:
    with pytest.raises(PromptError, match="lacks records"):
        render("sample_banner")


def test_a_variable_that_is_not_used_is_an_error() -> None:
    with pytest.raises(PromptError, match="does not use colour"):
        render("sample_banner", records=3, colour="red")


@pytest.mark.parametrize("name", ["nonsense", "../prompts/opening", ""])
def test_an_unknown_template_is_an_error_that_lists_the_known_ones(name: str) -> None:
    with pytest.raises(PromptError, match="sample_banner") as caught:
        render(name)
    assert isinstance(caught.value, AssistantError)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"department": "Home Office", "member": "Baroness Smith", "answered": DAY},
            "The Home Office answered on 20 July 2022 (Baroness Smith):",
        ),
        (
            {"department": "Home Office", "answered": DAY},
            "The Home Office answered on 20 July 2022:",
        ),
        ({"department": "Home Office"}, "The Home Office answered:"),
        (
            {"department": "Home Office", "asked": DAY, "answered": DAY},
            "The Home Office answered on 20 July 2022:",
        ),
        (
            {"department": "Home Office", "asked": DAY},
            "The Home Office answered a question of 20 July 2022:",
        ),
        ({"member": "Lord Jones", "answered": DAY}, "Lord Jones answered on 20 July 2022:"),
        (
            {"department": "Home Office", "answered": DAY, "corrected": date(2022, 9, 1)},
            "The Home Office answered on 20 July 2022, corrected on 1 September 2022:",
        ),
        ({"answered": DAY}, "The answer of 20 July 2022 says:"),
        ({}, "The record says:"),
        (
            {"department": "Treasury", "member": "A. Smith", "answered": DAY, "is_summary": True},
            "Our summary of what the Treasury answered on 20 July 2022 (A. Smith):",
        ),
        ({"is_summary": True}, "Our summary of an answer:"),
        (
            {"department": "Home Office", "answered": DAY, "question": "What for"},
            "The Home Office answered on 20 July 2022 when asked “What for”:",
        ),
        (
            {"answered": DAY, "question": "What for"},
            "The answer of 20 July 2022 when asked “What for” says:",
        ),
    ],
)
def test_opening_says_only_what_is_known(fields: dict[str, object], expected: str) -> None:
    known = "department member answered asked corrected question".split()
    unknown: dict[str, object] = dict.fromkeys(known)
    assert render("opening", **{**unknown, "is_summary": False, **fields}) == expected


def test_text_is_not_escaped_because_the_surface_does_that() -> None:
    line = render(
        "source_line", title="Roads & <Rail>", department=None, house=None, answered=None, uin=None
    )
    assert line == "Roads & <Rail>"


def test_abstention_differs_with_what_is_held() -> None:
    def said(records: int, nearest: int, missing: tuple[str, ...] = (), **told: object) -> str:
        known = {"records": records, "nearest": nearest, "missing": missing}
        unsaid = {"sort": "", "said": False, "numbers": (), "is_courtesy": False, "within": None}
        return render("abstention", **{**unsaid, **known, **told})

    assert "assistant index add" in said(0, 0)
    assert "8,206 records" in said(8206, 3)
    assert said(8206, 3).endswith("closest are listed with this answer, but do not answer it.")
    assert said(8206, 1).endswith("closest is listed with this answer, but does not answer it.")
    lacking = said(8206, 3, ("cars", "2024"), sort="a number")
    assert lacking.endswith("answer, but have nothing on “cars” or 2024 and no number.")
    assert said(8206, 1, ("cars",)).endswith("answer, but has nothing on “cars”.")
    assert said(8206, 3, sort="a name", said=True).endswith("closest have no name, but say:")
    assert said(8206, 1, said=True).endswith("The closest does not answer it, but says:")
    assert said(8206, 3, said=True).endswith("The closest do not answer it, but say:")
    assert "closest" not in said(1, 0)
    assert "in the 7 records within these limits." in said(8206, 0, within=7)
    assert "None of the 8,206 records held here is within these limits." in said(8206, 0, within=0)
    unknown = said(8206, 0, numbers=("99", "HL7"))
    assert unknown == "None of the 8,206 records held here has the question number 99 or HL7."
    assert "assistant index add" in said(0, 0, numbers=("99",))


def test_what_is_left_open_is_named_in_quotes_where_it_is_of_the_question() -> None:
    left = {"parts": (), "missing": ("cars", "2024"), "sort": "a number"}
    assert render("uncovered", **left) == (
        "Asked for, and not in what is quoted: a number, “cars”, 2024."
    )


def test_helpers() -> None:
    assert british_date(None) == ""
    assert british_date(date(2024, 1, 5)) == "5 January 2024"
    assert counted(1, "summary", "summaries") == "1 summary"
    assert counted(8206, "record") == "8,206 records"
    assert with_article("Home Office") == "the Home Office"
    assert with_article("HM Treasury") == "HM Treasury"


def test_one_line_templates_stay_on_one_line() -> None:
    line = render(
        "status", records=12, summaries=12, departments=5, first_answered=DAY, last_answered=DAY
    )
    assert "\n" not in line
    assert line.endswith("12 sample summaries among them.")
    corrected = render("correction_note", corrected=DAY)
    assert corrected == "Corrected answer, 20 July 2022"
