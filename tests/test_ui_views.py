"""The page's further views as HTML: search, comparison, time line, plots, what is indexed."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.export.listing import passages_csv, passages_json, plain_cell
from assistant.export.sections import timeline_line
from assistant.holdings import holdings
from assistant.types import AnswerKind, Done, ReplyKind, Sentence, TimelineEntry, Verdict
from assistant.ui.chat import messages
from assistant.ui.comparing import comparison, marked_differences
from assistant.ui.conversation import Turn
from assistant.ui.evidence import evidence_panel
from assistant.ui.opening import read_address
from assistant.ui.plots import over_time
from assistant.ui.records import adding
from assistant.ui.results import facet_panel, result_panel
from assistant.ui.search import Search, why
from assistant.ui.shared import basket_ids, payload
from assistant.ui.signals import link_to
from assistant.ui.suggesting import next_questions
from index import Index
from index.errors import BadRequest
from index.reports import AddReport
from index.types import Filters, Member, Passage, RecordRef, WrittenAnswer
from prompts import render

from .fakes import HashingEmbedder, make_record
from .test_ui_cards import HOSTILE, answered, hostile_record, tree, turn_of, words

RECORDS = [
    make_record("1", department="Home Office", answered=date(2023, 3, 1)),
    make_record("2", department="Home Office", house="Lords", answered=date(2024, 1, 5)),
    make_record("3", department="Treasury", answered=date(2024, 6, 5), answerer=Member(id=9)),
    make_record("4", department=None, answered=None, asked=None, answerer=None),
    make_record("5", department="Treasury", is_withdrawn=True, answered=date(2022, 6, 5)),
]
SEARCH = Search("examples", tuple(Passage(r, 0, len(r.text), 1.0) for r in RECORDS))


def found_ids(search: Search) -> list[str]:
    return [passage.record.id for _, passage in search.found]


# -- search ------------------------------------------


def test_a_facet_counts_what_choosing_it_gives() -> None:
    for facet in SEARCH.facets():
        for option in facet.options:
            narrowed = SEARCH.narrowed({facet.name: [option.value]}, "relevance")
            assert len(narrowed.found) == option.count
    narrowed = SEARCH.narrowed({"department": ["Home Office", "Treasury"], "year": ["2024"]}, "x")
    assert found_ids(narrowed) == ["2", "3"]
    years = next(f for f in SEARCH.facets() if f.name == "year")
    assert [o.value for o in years.options] == ["2024", "2023", "2022", "Not given"]


def test_a_list_is_sorted_by_date_with_the_undated_last() -> None:
    assert found_ids(SEARCH.narrowed({}, "newest")) == ["3", "2", "1", "5", "4"]
    assert found_ids(SEARCH.narrowed({}, "oldest")) == ["5", "1", "2", "3", "4"]
    assert [rank for rank, _ in SEARCH.narrowed({}, "newest").found] == [3, 2, 1, 5, 4]


def test_why_a_result_ranks_where_it_does_is_said() -> None:
    passage = Passage(RECORDS[0], 0, 5, 1.0, {"dense": 2, "lexical": 13}, {"dense": 0.713})
    assert why(passage, 1) == (
        "2nd by meaning (similarity 0.71 of 1) and 13th by its words: number 1 when both are "
        "put together."
    )
    alone = why(replace(passage, ranks={"lexical": 1}), 3)
    assert alone.startswith("1st by its words; the other search did not bring it up")


def test_a_search_that_finds_nothing_says_what_to_do() -> None:
    nothing = words(tree(result_panel(Search("zzz", ()))))
    assert "Nothing was found. Use other words" in nothing
    narrowed = replace(SEARCH, chosen={"year": frozenset({"1999"})})
    assert "Take one of the choices away" in words(tree(result_panel(narrowed)))
    assert "1999" in words(tree(facet_panel(narrowed)))


# -- lists as files ------------------------------------------


def test_an_exported_list_holds_every_field_and_no_formula() -> None:
    record = make_record("1", heading="=HYPERLINK(1)", text="Line one.\nLine “two”, three.")
    passages = [Passage(record, 0, 9, 1.0, others=(RecordRef("7", "77"),))]
    (row,) = csv.DictReader(io.StringIO(passages_csv(passages)))
    assert row["heading"] == "'=HYPERLINK(1)"
    assert row["answer"] == record.text
    assert row["passage"] == "Line one."
    assert row["answered"] == "2024-05-09"
    assert "UIN 1" in row["citation"]
    (item,) = json.loads(passages_json(passages))
    assert item["record"]["text"][item["start"] : item["end"]] == item["passage"]
    assert item["others"] == [{"id": "7", "uin": "77"}]


@given(st.text())
def test_no_cell_begins_as_a_formula(text: str) -> None:
    assert plain_cell(text).lstrip(" ")[:1] not in set("=+-@\t\r")


# -- comparison ------------------------------------------


@given(st.text("ab .\n<&", max_size=60), st.text("ab .\n<&", max_size=60))
def test_a_comparison_loses_no_letter_and_marks_only_what_differs(left: str, right: str) -> None:
    first, second = (tree(side) for side in marked_differences(left, right))
    assert first.text_content().split() == left.split()
    assert second.text_content().split() == right.split()

    def common(shown: object) -> list[str]:
        for mark in shown.xpath(".//del | .//ins"):  # type: ignore[attr-defined]
            mark.text = ""
        return shown.text_content().split()  # type: ignore[attr-defined]

    assert common(first) == common(second)


def test_figures_that_differ_are_marked_and_facts_set_side_by_side() -> None:
    left = make_record("1", text="We supplied 412 examples.")
    right = make_record("2", text="We supplied 500 examples.", answered=date(2025, 1, 2))
    shown = tree(comparison(left, right))
    assert [words(e) for e in shown.xpath(".//article//del")] == ["412"]
    assert [words(e) for e in shown.xpath(".//article//ins")] == ["500"]
    differing = [words(row.xpath("./th")[0]) for row in shown.xpath(".//tr[@class='differs']")]
    assert differing == ["Answered", "UIN"]
    same = make_record("3", text=left.text)
    assert "have the same words" in words(tree(comparison(left, same)))


# -- time line, badges, verdicts ------------------------------------------


def over_years() -> Turn:
    old = make_record("1", answered=date(2023, 3, 1))
    new = make_record("2", text="We supplied 500 examples in 2024.", answered=date(2024, 3, 1))
    entries = (
        TimelineEntry(old, 0, 33),
        TimelineEntry(new, 0, 33, ReplyKind.NO_PLANS, "500, before 412", True),
    )
    answer = answered(
        old, (0, 33), timeline=entries, composer="Model <x>",
        withheld=(Sentence("We supplied 900.", (), Verdict.UNSUPPORTED, "900 is not there"),),
        searched="examples supplied", note="The model was slow.",
        passages=(Passage(old, 0, 33, 1.0, others=(RecordRef("8", "88"),)),),
    )  # fmt: skip
    return turn_of(answer)


def test_answers_over_time_are_listed_oldest_first_with_what_changed() -> None:
    panel = tree(evidence_panel([over_years()]))
    days = [words(e) for e in panel.xpath(".//*[contains(@class, 'timeline')]//time")]
    assert days == ["1 March 2023", "1 March 2024"]
    assert "Changed: 500, before 412" in words(panel)
    assert "A later answer, of 1 March 2024, says otherwise" in words(panel.xpath(".//article")[0])
    assert "UIN 88" in words(panel)


@pytest.mark.parametrize(
    ("asked", "said"), [(date(2024, 5, 1), "asked on 1 May 2024"), (None, "date not known")]
)
def test_a_day_that_is_not_that_of_the_answer_is_told_as_what_it_is(
    asked: date | None, said: str
) -> None:
    old, new = make_record("1"), make_record("2", answered=None, asked=asked)
    entries = (TimelineEntry(old, 0, 33), TimelineEntry(new, 0, 33))
    answer = answered(old, (0, 33), timeline=entries)
    panel = tree(evidence_panel([turn_of(answer)]))
    days = [words(e) for e in panel.xpath(".//*[contains(@class, 'timeline')]//time")]
    assert days[1] == said
    assert said in timeline_line(entries[1])


def test_an_answer_in_the_same_words_is_no_change() -> None:
    old, new = make_record("1", answered=date(2023, 3, 1)), make_record("2")
    again = TimelineEntry(new, 0, 33, change=render("timeline_same"))
    answer = answered(old, (0, 33), timeline=(TimelineEntry(old, 0, 33), again))
    panel = words(tree(evidence_panel([turn_of(answer)])))
    assert "The same words as before" in panel
    assert "Changed:" not in panel
    assert "with changes" not in panel


def test_what_a_language_model_wrote_is_marked_sentence_by_sentence() -> None:
    said = words(tree(messages([over_years()])[1]["content"]))
    assert "Written by Model <x>, each sentence checked" in said
    assert "checked against its source" in said
    assert "1 sentence left out, because no record bears it out" in said
    assert "We supplied 900. (900 is not there)" in said
    assert "Searched for: examples supplied" in said
    assert "The model was slow." in said
    quoted = answered(make_record(), (0, 33), composer="extractive")
    plain = words(tree(messages([turn_of(quoted)])[1]["content"]))
    assert "Quoted word for word, without a language model" in plain
    assert "checked against its source" not in plain


def test_only_answers_from_official_records_are_said_to_be_quoted_word_for_word() -> None:
    def said(record: WrittenAnswer, kind: AnswerKind) -> str:
        quoted = answered(record, (0, 33), kind=kind, composer="extractive")
        return words(tree(messages([turn_of(quoted)])[1]["content"]))

    official, summary = make_record(), make_record(is_summary=True)
    assert "Quoted word for word" in said(official, AnswerKind.PARTLY)
    assert "Quoted word for word" in said(official, AnswerKind.DECLINED)
    assert "Quoted word for word" not in said(official, AnswerKind.NOT_COVERED)
    assert "Quoted word for word" not in said(summary, AnswerKind.ANSWERED)


def test_what_was_found_is_shown_before_anything_is_cited() -> None:
    turn = Turn(1, "How many?", passages=tuple(p for p in SEARCH.passages))
    panel = tree(evidence_panel([turn]))
    assert "being written from 5 records" in words(panel)
    assert len(panel.xpath(".//article")) == 3


def test_a_record_that_changed_since_says_so() -> None:
    turn = replace(turn_of(answered(make_record(), (0, 33))), stale=frozenset({"1"}))
    assert "has changed since it was quoted" in words(tree(evidence_panel([turn])))


def test_further_questions_come_from_records_beside_the_cited_one() -> None:
    cited = make_record("1")
    near = make_record(
        "2", question="To ask the Minister, how many examples were returned in 2023."
    )
    odd = make_record("3", question="To ask the Minister, whether he will.")
    passages = tuple(Passage(r, 0, 5, 1.0) for r in (cited, near, odd, replace_id(near, "4")))
    turn = turn_of(answered(cited, (0, 33), passages=passages))
    assert next_questions([turn]) == ["How many examples were returned in 2023?"]
    asked = replace(turn, question="how many examples were returned in 2023")
    assert next_questions([asked]) == []


def replace_id(record: object, key: str) -> object:
    return record.model_copy(update={"id": key})  # type: ignore[attr-defined]


# -- hostile text in every view ------------------------------------------


def test_a_hostile_record_is_text_in_search_comparison_and_time_line() -> None:
    record = hostile_record()
    entry = TimelineEntry(record, 0, len(record.text), change=HOSTILE)
    answer = answered(record, (0, 10), timeline=(entry, entry))
    search = Search(HOSTILE, (Passage(record, 0, len(record.text), 1.0),), title=HOSTILE)
    views = {
        "results": result_panel(search),
        "facets": facet_panel(replace(search, chosen={"minister": frozenset({HOSTILE})})),
        "comparison": comparison(record, make_record("2")),
        "evidence": evidence_panel([turn_of(answer)]),
        "chat": "".join(m["content"] for m in messages([Turn(1, HOSTILE).advanced(Done(answer))])),
    }
    for name, html in views.items():
        shown = tree(html)
        assert HOSTILE in words(shown), name
        assert not shown.xpath(".//script | .//img | .//b | .//code | .//iframe"), name
        schemes = {link.partition(":")[0] for link in shown.xpath(".//@href")}
        assert schemes <= {"http", "https"} | {link for link in schemes if link[:1] == "#"}, name
        handlers = [key for e in shown.iter() for key in e.attrib if key.startswith("on")]
        assert handlers == [], name


# -- plots ------------------------------------------


def test_a_plot_shows_every_period_and_says_the_same_in_words_and_a_table() -> None:
    days = [date(2023, 11, 5), date(2024, 1, 1), date(2024, 1, 31), None]
    shown = tree(over_time(days, "Answers", "p"))
    (label,) = shown.xpath(".//*[@role='img']/@aria-label")
    assert label == "Answers, Nov 2023 to Jan 2024: 3 in all, most in Jan 2024 (2)."
    rows = [[words(cell) for cell in row] for row in shown.xpath(".//tbody/tr")]
    assert rows == [["Nov 2023", "1"], ["Dec 2023", "0"], ["Jan 2024", "2"]]
    heights = [float(h) for h in shown.xpath(".//rect/@height")]
    assert heights[1] == pytest.approx(2 * heights[0], rel=0.01)
    long = tree(over_time([date(2014, 1, 1), date(2024, 1, 1)], "Answers", "p"))
    assert len(long.xpath(".//tbody/tr")) == 11
    # A label stands at the place of its column, not spread over the width.
    labels = [words(span) for span in long.xpath(".//*[@class='ticks']/span")]
    assert labels == ["2014", "", "2016", "", "2018", "", "2020", "", "2022", "", ""]
    assert not over_time([date(2024, 1, 1)], "Answers", "p")


# -- addresses and what the browser sends ------------------------------------------


def test_a_link_leads_back_to_its_question_and_limits() -> None:
    from starlette.datastructures import QueryParams

    filters = Filters(
        department=("Home Office", "Treasury"),
        house="Lords",
        answered_from=date(2024, 1, 1),
        member=(1234, "Jane Smith"),
    )
    opening = read_address(QueryParams(link_to("what & why?", filters, "search")[1:]))
    assert (opening.question, opening.filters, opening.view) == ("what & why?", filters, "search")
    with pytest.raises(BadRequest, match="is not a date"):
        read_address(QueryParams("q=x&asked_to=never"))


@pytest.mark.parametrize("text", ["", "[]", "null", "{", '{"a":' + '"b"' * 50_000 + "}"])
def test_what_the_browser_sends_is_checked(text: str) -> None:
    with pytest.raises(BadRequest):
        payload(text)


def test_a_basket_of_anything_is_a_basket_of_ids() -> None:
    assert basket_ids(["1", "1", 2, None, "", "3"]) == ("1", "3")
    assert basket_ids("12") == ()


# -- what is indexed ------------------------------------------


def test_what_is_held_is_counted_and_files_are_added_as_on_the_command_line(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "data"
    good, bad = tmp_path / "good.jsonl", tmp_path / "bad.json"
    lines = [make_record("1"), make_record("2", is_answer_truncated=True, answered=None)]
    good.write_text("\n".join(r.model_dump_json(exclude={"content_hash"}) for r in lines))
    bad.write_text("{")
    with Index.open_or_create(folder, embedder=HashingEmbedder()) as index:
        index.add([make_record("s", is_summary=True)])
        *steps, report = adding(index, [good, bad])
        assert isinstance(report, AddReport)
        assert steps
        assert report.added == 2
        assert [item.file for item in report.rejected] == ["bad.json"]
        held = holdings(index)
        assert held.status.summaries == 0
        assert held.days == [date(2024, 5, 9)]
        assert [cut.id for cut in held.cut] == ["2"]
        assert [refusal.file for refusal in held.refused] == ["bad.json"]
        assert held.synced is None


def test_what_is_not_covered_is_said_first() -> None:
    answer = answered(
        make_record(), kind=AnswerKind.NOT_COVERED, records=(), nearest=(make_record(),),
        sentences=(Sentence("I could not find an answer.", framing=True),),
    )  # fmt: skip
    said = words(tree(messages([turn_of(answer)])[1]["content"]))
    assert said.startswith("Not in the indexed answers")
