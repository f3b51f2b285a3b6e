"""Answers taken along: every form holds what it should, and hostile text stays text."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from assistant.export import citation, export
from assistant.export.documents import listed
from assistant.types import (
    AnswerKind,
    Citation,
    GroundedAnswer,
    Sentence,
    TimelineEntry,
    Verdict,
)
from index.errors import BadRequest
from index.types import Kind, Member, WrittenAnswer

TEXT = "The pier will be repaired. It will cost £3 million. Nothing else is planned."
URL = "https://example.org/written-questions/detail/2023-12-11/5480"
HOSTILE = (
    "<script>alert(1)</script> & [x](javascript:y) **b** {\\} $1 100% #_~^ `c`\n# h\n\u202e\x07"
)


def record(**changes: Any) -> WrittenAnswer:
    fields: dict[str, Any] = {
        "id": "77001",
        "uin": "5480",
        "house": "Commons",
        "heading": "Piers: Repairs",
        "department": "Department for Harbours",
        "answerer": Member(id=1, name="Ada Skipper"),
        "answerer_role": "Minister of State",
        "asked": date(2023, 12, 11),
        "answered": date(2023, 12, 15),
        "text": TEXT,
        "url": URL,
    }
    return WrittenAnswer(**{**fields, **changes})


def answer(*records: WrittenAnswer, **changes: Any) -> GroundedAnswer:
    cited = records or (record(),)
    sentences = [Sentence("The Department for Harbours answered:", framing=True)]
    for number, one in enumerate(cited, 1):
        cites = (Citation(number, one.id, 0, 26),)
        sentences.append(Sentence(one.text[:26], cites, Verdict.SUPPORTED))
    fields: dict[str, Any] = {
        "question": "Will the pier be repaired?",
        "kind": AnswerKind.ANSWERED,
        "sentences": tuple(sentences),
        "records": cited,
        "nearest": (),
        "passages": (),
        "composer": "test",
    }
    return GroundedAnswer(**{**fields, **changes})


# --- Citations ------------------------------------------------------------------------------


def test_a_citation_has_what_a_careful_reader_needs() -> None:
    assert citation(record()) == (
        "Department for Harbours, “Piers: Repairs”, HC Deb, written answer, UIN 5480, "
        "asked 11 December 2023, answered 15 December 2023, "
        f"by Ada Skipper (Minister of State), {URL}"
    )


def test_the_lords_have_their_own_series() -> None:
    assert "HL Deb, written answer, UIN HL77" in citation(record(house="Lords", uin="HL77"))


def test_what_the_source_does_not_give_is_left_out() -> None:
    bare = WrittenAnswer(id="x1", text="The pier is shut.", heading="Piers")
    assert citation(bare) == "“Piers”, written answer"
    document = WrittenAnswer(id="d1", text="The pier is shut.", heading="Piers", kind=Kind.DOCUMENT)
    assert citation(document) == "“Piers”"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"is_holding": True}, "holding reply"),
        ({"holding_answered": date(2023, 12, 13)}, "holding reply 13 December 2023"),
        ({"is_correction": True, "corrected": date(2024, 1, 3)}, "orrected answer, 3 January 2024"),
        ({"is_answer_truncated": True}, "cut the answer short"),
        ({"is_question_truncated": True}, "cut the question short"),
        ({"is_summary": True}, "not the official text"),
        ({"is_withdrawn": True}, "withdrawn"),
        ({"grouped_uins": ("5480", "5481", "5482")}, "together with UIN 5481, 5482"),
        ({"grouped_uins": tuple("12345")}, "UIN 1, 2, 3 and 2 more"),
    ],
)
def test_every_flag_shows_in_every_form(changes: dict[str, Any], words: str) -> None:
    flagged = record(**changes)
    assert words in citation(flagged)
    for form in ("markdown", "text", "html", "csl-json", "bibtex"):
        shown = export(answer(flagged), form)  # type: ignore[arg-type]
        assert words in shown.replace("\\", ""), form
        assert words not in export(answer(), form)  # type: ignore[arg-type]


# --- Documents ------------------------------------------------------------------------------


def test_text_gives_sentences_numbers_sources_and_spans() -> None:
    shown = export(answer(), "text")
    assert "The pier will be repaired. [1]\n" in shown
    assert f"[1] {citation(record())} (1 passage at characters 0–26 of the answer)" in shown
    assert "Open Parliament Licence" in shown


def test_numbers_are_those_of_the_records() -> None:
    two = (record(), record(id="77002", uin="5999", text="The jetty will be repaired. So will it."))
    shown = export(answer(*two), "text")
    assert "The jetty will be repaired [2]" in shown
    assert re.search(r"^\[2\] .*UIN 5999", shown, re.MULTILINE)


def test_doubt_goes_with_the_sentence() -> None:
    cites = (Citation(1, "77001", 0, 26),)
    doubted = Sentence("It costs £4m.", cites, Verdict.UNSUPPORTED, "The figure £4m is not there.")
    for form in ("text", "html", "markdown"):
        shown = export(answer(sentences=(doubted,)), form)  # type: ignore[arg-type]
        assert "not borne out by the cited text: The figure £4m is not there." in shown


def test_a_claim_without_a_source_says_so() -> None:
    bare = Sentence("It costs £4m.", (), Verdict.UNCITED)
    assert "It costs £4m. [no source is cited]" in export(answer(sentences=(bare,)), "text")


def test_answers_over_time_doubts_and_remarks_go_along() -> None:
    older = record(id="77000", uin="5000", answered=date(2022, 3, 4), text="It costs £2 million.")
    told = answer(
        timeline=(
            TimelineEntry(older, 0, 20),
            TimelineEntry(record(), 27, 51, change="£3 million, not £2 million"),
        ),
        withheld=(Sentence("It costs £9 million.", (), Verdict.UNSUPPORTED, "No £9 million."),),
        searched="the repair of the pier",
        note="The language model gave no answer.",
    )
    lines = (
        "2 answers on this over time",
        "4 March 2022, Department for Harbours (UIN 5000): It costs £2 million.",
        "15 December 2023, Department for Harbours (UIN 5480): ",
        " (£3 million, not £2 million)",
        "Kept out of the answer",
        "It costs £9 million. [No £9 million.]",
        "Searched for: the repair of the pier",
        "The language model gave no answer.",
    )
    for form in ("text", "html", "markdown"):
        shown = export(told, form).replace("\\", "")  # type: ignore[arg-type]
        for line in lines:
            assert line in shown, form
        assert "over time" not in export(answer(), form)  # type: ignore[arg-type]


def test_where_nothing_was_found_the_closest_are_listed_as_such() -> None:
    near = record(id="77009", uin="6000")
    empty = answer(kind=AnswerKind.NOT_COVERED, records=(), nearest=(near,), sentences=())
    shown = export(empty, "text")
    assert "Closest record\n" in shown
    assert "UIN 6000" in shown
    assert "characters" not in shown
    assert listed(empty) == (near,)
    assert json.loads(export(empty, "csl-json"))[0]["number"] == "UIN 6000"


def test_an_unknown_form_is_refused_with_a_remedy() -> None:
    with pytest.raises(BadRequest, match="Use markdown"):
        export(answer(), "pdf")  # type: ignore[arg-type]


# --- Hostile text ---------------------------------------------------------------------------


def hostile() -> GroundedAnswer:
    bad = record(
        heading=HOSTILE,
        department=HOSTILE,
        answerer=Member(name=HOSTILE),
        answerer_role=HOSTILE,
        uin=HOSTILE,
        url='https://example.org/"><script>alert(1)</script>{}\\%25',
    )
    cites = (Citation(1, bad.id, 0, 5),)
    said = Sentence(HOSTILE, cites, Verdict.PARTLY, HOSTILE)
    entry = TimelineEntry(bad, 0, 5, change=HOSTILE)
    return answer(
        bad, question=HOSTILE, sentences=(said,), withheld=(said,), note=HOSTILE,
        searched=HOSTILE, timeline=(entry, entry),
    )  # fmt: skip


def test_html_holds_no_markup_but_our_own() -> None:
    tree = lxml_html.fromstring(export(hostile(), "html"))
    ours = {"article", "h1", "h2", "p", "ol", "ul", "li", "a", "sup", "small"}
    assert {element.tag for element in tree.iter()} <= ours
    targets = [a.get("href") for a in tree.iter("a")]
    assert len(targets) == 2
    assert all(t.startswith(("#source-", "https://example.org/")) for t in targets)
    assert "<script>alert(1)</script> & [x](javascript:y)" in tree.text_content()


def test_markdown_holds_no_markup_but_our_own() -> None:
    shown = export(hostile(), "markdown")
    bare = re.sub(r"\\[!-/:-@\[-`{-~]", "", shown)
    ours = re.sub(r"^#{1,2} |^\*|\*$|<https://[^<>\s]*>", "", bare, flags=re.MULTILINE)
    assert not re.search(r"[<>*`\[\]{}#~$&|]", ours)


@pytest.mark.parametrize("opening", ["- x", "+ x", "1. x", "12) x", "=== x", "# x", "> x"])
def test_a_sentence_does_not_open_a_list_or_heading(opening: str) -> None:
    said = Sentence(opening, (Citation(1, "77001", 0, 5),), Verdict.SUPPORTED)
    lines = export(answer(sentences=(said,)), "markdown").splitlines()
    assert any(line.replace("\\", "").startswith(opening) for line in lines)
    assert not any(line.startswith(opening) for line in lines)


def entries(shown: str) -> list[str]:
    """BibTeX entries by counting braces, as a reader of the format does; fails on a loose one."""
    found, depth, start = [], 0, 0
    escaped = False
    for at, c in enumerate(shown):
        if c == "@" and depth == 0:
            start = at
        elif c == "{" and not escaped:
            depth += 1
        elif c == "}" and not escaped:
            depth -= 1
            assert depth >= 0
            if depth == 0:
                found.append(shown[start : at + 1])
        escaped = c == "\\" and not escaped
    assert depth == 0
    return found


def test_bibtex_escapes_what_tex_would_read() -> None:
    shown = export(hostile(), "bibtex")
    assert len(entries(shown)) == 1
    values = re.sub(r"url = \{.*\},", "", shown)
    assert not re.search(r"(?<!\\)[$&%#_]", values)
    assert r"\textbackslash{}" in values
    url = re.search(r"url = \{(.*)\},", shown)
    assert url is not None
    assert not set(url[1]) & set('{}\\ "<>')


def test_bibtex_entry() -> None:
    shown = export(answer(), "bibtex")
    assert shown.startswith("@misc{uin-5480-2023,\n")
    assert "  author = {{Department for Harbours}},\n" in shown
    assert "  title = {{Piers: Repairs}},\n" in shown
    assert "  howpublished = {Written answer, House of Commons},\n" in shown
    assert "  year = {2023},\n" in shown
    assert "  month = dec,\n" in shown
    assert f"  url = {{{URL}}},\n" in shown
    assert (
        "asked 11 December 2023; answered 15 December 2023; by Ada Skipper (Minister of State)"
        in shown
    )


def test_keys_differ_even_where_numbers_do_not() -> None:
    same = [record(id=f"7700{n}") for n in range(3)]
    shown = export(answer(*same), "bibtex")
    keys = re.findall(r"@misc\{([^,]+),", shown)
    assert keys == ["uin-5480-2023", "uin-5480-2023--2", "uin-5480-2023--3"]
    assert [item["id"] for item in json.loads(export(answer(*same), "csl-json"))] == keys


def test_csl_json_item() -> None:
    (item,) = json.loads(export(answer(), "csl-json"))
    assert item == {
        "id": "uin-5480-2023",
        "type": "document",
        "title": "Piers: Repairs",
        "author": [{"literal": "Department for Harbours"}],
        "contributor": [{"literal": "Ada Skipper (Minister of State)"}],
        "authority": "House of Commons",
        "genre": "Written answer",
        "number": "UIN 5480",
        "issued": {"date-parts": [[2023, 12, 15]]},
        "submitted": {"date-parts": [[2023, 12, 11]]},
        "URL": URL,
        "language": "en-GB",
    }


ANY = st.text(st.characters(codec=None), min_size=1, max_size=60).filter(lambda t: bool(t.strip()))


@given(ANY, ANY)
def test_any_text_can_be_exported_and_written_to_a_file(words: str, name: str) -> None:
    said = Sentence(words, (Citation(1, "77001", 0, 5),), Verdict.PARTLY, name)
    made = answer(record(heading=name, department=words), question=words, sentences=(said,))
    for form in ("markdown", "text", "html", "csl-json", "bibtex"):
        export(made, form).encode("utf-8")  # type: ignore[arg-type]
    json.loads(export(made, "csl-json"))
    assert len(entries(export(made, "bibtex"))) == 1
    ours = {"article", "h1", "h2", "p", "ol", "ul", "li", "a", "sup", "small"}
    assert {e.tag for e in lxml_html.fromstring(export(made, "html")).iter()} <= ours
