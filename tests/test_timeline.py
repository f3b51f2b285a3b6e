"""Which answer is the latest, and what an older one says otherwise (invented records)."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.compose import Request, model
from assistant.compose.extractive import ExtractiveComposer
from assistant.compose.features import study
from assistant.compose.units import units
from assistant.timeline import differences, of_answer, other_figure, same_matter
from assistant.types import ReplyKind, Sentence, TimelineEntry
from index.types import Passage, WrittenAnswer

from .fakes import make_record

QUESTION = "How many bridges in Ayle are closed to lorries?"


def closed(record_id: str, day: date, text: str, **changes: object) -> WrittenAnswer:
    return make_record(
        record_id,
        heading="Bridges: Lorries",
        question="To ask the Secretary of State, how many bridges in Ayle are closed to lorries.",
        answered=day,
        text=text,
        **changes,
    )


def said(figure: str) -> str:
    return f"There are {figure} bridges in Ayle that are closed to lorries."


def asked(*records: WrittenAnswer) -> Request:
    found = tuple(
        Passage(r, 0, len(r.text), 1.0 - n / 50, similarities={"dense": 0.8})
        for n, r in enumerate(records)
    )
    return study(QUESTION, (), found)


def answer(*records: WrittenAnswer) -> list[Sentence]:
    return list(ExtractiveComposer().compose(asked(*records)))


OLD = closed("1", date(2024, 3, 6), said("114"))
NEW = closed("2", date(2025, 7, 14), said("123"))


@pytest.mark.parametrize(
    ("one", "other", "figures"),
    [
        (said("114"), said("123"), ("114", "123")),
        (said("114"), said("114"), None),
        # Another place, another matter, two figures at once: no contradiction.
        (said("114"), said("123").replace("Ayle", "Bexton"), None),
        (said("114"), "We spent much on 123 schools in Ayle that need new lorries soon.", None),
        (
            "The repair programme in 2025 covers the stone bridges and the roads of Ayle.",
            "The repair scheme in 2025 covers the stone bridges and the roads of Ayle.",
            None,
        ),
        (f"{said('114')[:-1]} of 300.", f"{said('123')[:-1]} of 310.", None),
        # Spent and expected to be: both are true.
        (
            "The Department has invested £223 million in the bridges of Ayle this year.",
            "The Department expects to invest £1.3 billion in the bridges of Ayle this year.",
            None,
        ),
        (
            "The scheme cost £11.4 million in the year to 5 May 2023 for all lorries.",
            "The scheme cost £12 million in the year to 5 May 2024 for all lorries.",
            ("£11.4 million", "£12 million"),
        ),
    ],
)
def test_only_the_same_sentence_with_another_figure_says_otherwise(
    one: str, other: str, figures: tuple[str, str] | None
) -> None:
    found = other_figure(units(one)[0], units(other)[0])
    told = found and (one[slice(*found[0])], other[slice(*found[1])])
    assert told == figures


@pytest.mark.parametrize("records", [(OLD, NEW), (NEW, OLD)])
def test_the_newest_leads_and_the_older_figure_is_told_with_both_spans(
    records: tuple[WrittenAnswer, ...],
) -> None:
    sentences = answer(*records)
    assert sentences[1].text == said("123")
    told = sentences[-1]
    assert told.text == (
        "On 6 March 2024 the Department for Example gave 114; the latest, 14 July 2025, gives 123."
    )
    assert told.framing
    by_id = {"1": OLD, "2": NEW}
    spans = [by_id[c.record_id].text[c.start : c.end] for c in told.citations]
    assert spans == ["123", "114"]
    assert said("114") not in [sentence.text for sentence in sentences]


def test_of_three_answers_the_newest_leads() -> None:
    last = closed("3", date(2025, 9, 1), said("150"))
    sentences = answer(OLD, NEW, last)
    assert sentences[1].text == said("150")
    quoted = [s.text for s in sentences if not s.framing]
    assert quoted == [said("150")]


def test_a_holding_reply_takes_no_part_in_differences() -> None:
    held = NEW.model_copy(update={"is_holding": True})
    request = asked(OLD, held)
    assert differences(request.found, model.worths(request.found)) == []


def test_the_timeline_is_oldest_first_and_says_what_changed() -> None:
    held = closed("0", date(2024, 2, 1), "An answer is being prepared on this question.")
    request = asked(NEW, OLD, held)
    entries = of_answer(request, list(ExtractiveComposer().compose(request)))
    assert [entry.record.id for entry in entries] == ["0", "1", "2"]
    assert entries[0].kind is ReplyKind.HOLDING
    assert entries[0].change == ""
    assert entries[1].change == "An answer in substance, after a holding reply"
    assert entries[2].change == "123, where the answer before gave 114"
    assert [entry.says_otherwise for entry in entries] == [False, False, True]
    for entry in entries:
        assert entry.record.text[entry.start : entry.end]


def test_a_copy_set_aside_for_its_newest_is_in_the_timeline() -> None:
    copy = closed("9", date(2024, 1, 1), said("123"))
    request = asked(NEW, copy)
    entries = of_answer(request, list(ExtractiveComposer().compose(request)))
    assert [entry.record.id for entry in entries] == ["9", "2"]
    assert entries[1].change == "The same words as before"
    assert not entries[1].says_otherwise


def test_an_answer_on_the_subject_is_not_told_as_another_reply_to_the_question() -> None:
    other = make_record("8", text="We have no plans for eels.", answered=date(2025, 9, 1))
    request = asked(NEW)
    newer = TimelineEntry(other, 0, len(other.text), ReplyKind.NO_PLANS)
    entries = of_answer(request, list(ExtractiveComposer().compose(request)), [newer])
    assert [entry.record.id for entry in entries] == ["2", "8"]
    assert entries[1].change == ""
    assert not entries[1].says_otherwise


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        # What it gives is an answer of its own; what it cannot give says nothing.
        (said("99"), ["1", "5"]),
        ("We do not hold figures on the bridges in Ayle that are closed to lorries.", []),
    ],
)
def test_another_department_takes_nothing_back(text: str, entries: list[str]) -> None:
    other = closed("5", date(2025, 8, 1), text)
    request = asked(OLD, other.model_copy(update={"department": "Department for Eels"}))
    made = of_answer(request, list(ExtractiveComposer().compose(asked(OLD))))
    assert [entry.record.id for entry in made] == entries
    assert not any(entry.change or entry.says_otherwise for entry in made)


def test_a_renamed_department_goes_on_with_its_answers() -> None:
    old, new = (
        record.model_copy(update={"department": name})
        for record, name in (
            (OLD, "Department for Levelling Up, Housing and Communities"),
            (NEW, "Ministry of Housing, Communities and Local Government"),
        )
    )
    request = asked(old, new)
    entries = of_answer(request, list(ExtractiveComposer().compose(request)))
    assert [entry.says_otherwise for entry in entries] == [False, True]


@pytest.mark.parametrize("place", ["Bexton", "Cold Ash"])
def test_another_place_is_another_matter(place: str) -> None:
    other = closed("5", date(2025, 8, 1), said("99").replace("Ayle", place))
    other = other.model_copy(update={"question": other.question.replace("Ayle", place)})
    request = asked(OLD, other)
    assert of_answer(request, list(ExtractiveComposer().compose(asked(OLD)))) == ()
    assert not same_matter(OLD, other)


def test_two_departments_figures_are_no_difference() -> None:
    other = NEW.model_copy(update={"department": "Department for Eels"})
    request = asked(OLD, other)
    assert differences(request.found, model.worths(request.found)) == []


@pytest.mark.parametrize(
    "change",
    [
        {"answered": None, "asked": None},
        # Another measure under the same heading, and a reply that only points elsewhere.
        {"text": "Bridges in Ayle are inspected by engineers who travel from port to port."},
        {"text": "I refer the hon. Member to the answer I gave on 3 May 2024 to Question 17."},
    ],
)
def test_what_answers_nothing_of_the_question_is_no_entry(change: dict[str, object]) -> None:
    request = asked(OLD, NEW.model_copy(update=change))
    assert of_answer(request, list(ExtractiveComposer().compose(asked(OLD)))) == ()


def test_a_correction_is_said() -> None:
    corrected = closed("1", date(2024, 3, 6), said("114"), is_correction=True)
    corrected = corrected.model_copy(update={"corrected": date(2024, 4, 1)})
    request = asked(NEW, corrected)
    entries = of_answer(request, list(ExtractiveComposer().compose(request)))
    assert entries[0].change == "Corrected answer, 1 April 2024"


def test_one_heading_does_not_make_one_matter() -> None:
    wide = make_record(
        "6",
        heading="Bridges: Lorries",
        question="To ask the Secretary of State, who pays drivers that wait for ferries.",
        answered=date(2024, 1, 1),
        text="Hauliers pay drivers who wait for ferries near bridges in Ayle.",
    )
    request = asked(NEW, wide)
    assert of_answer(request, list(ExtractiveComposer().compose(request))) == ()


def test_an_answer_that_stands_alone_has_no_timeline() -> None:
    other = make_record("5", heading="Owls", question="How many owls?", text="Owls nest in barns.")
    request = asked(NEW, other)
    assert of_answer(request, list(ExtractiveComposer().compose(request))) == ()
    assert of_answer(Request("x", (), ()), []) == ()
