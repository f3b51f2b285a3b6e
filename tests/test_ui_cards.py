"""The page's HTML, made from records that mean well and records that do not."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from assistant.types import (
    AnswerKind,
    Citation,
    Done,
    GroundedAnswer,
    Sentence,
    Verdict,
)
from assistant.ui.cards import Card, badges
from assistant.ui.chat import messages
from assistant.ui.conversation import Turn
from assistant.ui.evidence import evidence_panel
from assistant.ui.markup import safe_url, visible
from assistant.ui.passage import Mark, passage, separated
from index.types import Attachment, Member, Passage, WrittenAnswer

from .fakes import make_record

HOSTILE = (
    "<script>window.pwned = 1</script><img src=x onerror=alert(1)> ![pixel](http://evil.example/p)"
    " [click](javascript:alert(1)) **bold** # heading $$x^2$$ `code` {{7*7}} ${7*7} &lt;b&gt;"
)


def tree(markup: str) -> Any:
    return lxml_html.fragment_fromstring(str(markup), create_parent="div")


def words(element: Any) -> str:
    return " ".join(element.text_content().split())


def card_of(record: WrittenAnswer, *marks: Mark) -> Any:
    return tree(Card(record, "card-1-1", 1, marks).html())


def answered(record: WrittenAnswer, *spans: tuple[int, int], **changes: Any) -> GroundedAnswer:
    """An answer that quotes spans of one record."""
    sentences = [Sentence("The Department for Example answered:", framing=True)]
    for start, end in spans:
        citation = Citation(1, record.id, start, end)
        sentences.append(Sentence(record.text[start:end], (citation,), Verdict.SUPPORTED))
    fields: dict[str, Any] = {
        "question": "How many examples?",
        "kind": AnswerKind.ANSWERED,
        "sentences": tuple(sentences),
        "records": (record,),
        "nearest": (),
        "passages": (Passage(record, 0, len(record.text), 1.0),),
        "composer": "test",
    }
    return GroundedAnswer(**{**fields, **changes})


def turn_of(answer: GroundedAnswer, number: int = 1) -> Turn:
    return Turn(number, answer.question).advanced(Done(answer))


# -- the text of a record -------------------------------------------------------------


def test_a_mark_holds_exactly_the_cited_characters() -> None:
    record = make_record(text="One & two. We supplied 412 <examples>. The rest is silence.")
    start, end = 11, 39
    marks = card_of(record, Mark(start, end, "cite-1-1-11")).xpath("//mark")
    assert [mark.text_content() for mark in marks] == [record.text[start:end]]
    assert marks[0].get("id") == "cite-1-1-11"


@given(
    text=st.text(
        st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs"]) | st.just("\n"),
        min_size=1,
        max_size=300,
    ),
    edges=st.lists(st.tuples(st.integers(0, 300), st.integers(1, 80)), max_size=5),
)
def test_no_character_is_lost_or_marked_wrongly(text: str, edges: list[tuple[int, int]]) -> None:
    marks = [
        Mark(start, min(start + length, len(text)), f"m{start}")
        for start, length in edges
        if start < len(text)
    ]
    shown = tree(passage(text, marks))
    for folded in shown.xpath(".//summary"):
        folded.text = ""

    def letters(of: str) -> list[str]:
        # A table and a list show the bars and dashes that make them as lines.
        return [c for c in of if not c.isspace() and c not in "-|:"]

    marked = {at for mark in marks for at in range(mark.start, mark.end)}
    if "|" not in text:
        assert letters(shown.text_content()) == letters(text)
        inside = "".join(mark.text_content() for mark in shown.xpath(".//mark"))
        assert letters(inside) == letters("".join(text[at] for at in sorted(marked)))


def test_overlapping_marks_keep_their_places() -> None:
    apart = separated([Mark(5, 20, "b"), Mark(0, 10, "a"), Mark(30, 40, "c")])
    assert [(m.start, m.end, m.anchor) for m in apart] == [(0, 5, "a"), (5, 20, "b"), (30, 40, "c")]


def test_paragraphs_lists_and_tables_are_shown_as_such() -> None:
    text = (
        "The areas are:\n- Leeds\n- York\n\nA second paragraph.\n\n"
        "Region: Leeds | Places: 4\nRegion: York | Places: 12"
    )
    start = text.index("Region: York")
    shown = tree(passage(text, [Mark(start, len(text), "row")]))
    assert [words(item) for item in shown.xpath(".//li")] == ["Leeds", "York"]
    assert [words(p) for p in shown.xpath(".//p")] == ["The areas are:", "A second paragraph."]
    assert [words(cell) for cell in shown.xpath(".//th")] == ["Region", "Places"]
    assert [words(cell) for cell in shown.xpath(".//td")] == ["Leeds", "4", "York", "12"]
    assert [words(mark) for mark in shown.xpath(".//mark")] == ["York", "12"]
    assert len(shown.xpath(".//*[@id='row']")) == 1


def test_rows_stay_lines_where_a_mark_cuts_one() -> None:
    text = "Region: Leeds | Places: 4\nRegion: York | Places: 12"
    shown = tree(passage(text, [Mark(16, 25, "cell")]))
    assert not shown.xpath(".//table")
    assert [mark.text_content() for mark in shown.xpath(".//mark")] == ["Places: 4"]


def test_a_long_answer_is_folded_but_never_around_its_mark() -> None:
    paragraphs = [f"Paragraph {n}. " + "words and more words " * 30 for n in range(12)]
    text = "\n\n".join(paragraphs)
    start = text.index("Paragraph 6.")
    shown = tree(passage(text, [Mark(start, start + 12, "here")]))
    assert len(shown.xpath(".//details")) == 2
    assert not shown.xpath(".//details//mark")
    assert words(shown).count("Paragraph") == 12


def test_a_book_is_not_put_on_a_card() -> None:
    text = "\n\n".join("A paragraph of a long document. " * 40 for _ in range(100))
    start = len(text) // 2
    shown = passage(text, [Mark(start, start + 20, "here")])
    assert len(shown) < 20_000
    assert "characters of the text are not shown here" in shown


# -- hostile text ------------------------------------------------------------------------


def hostile_record() -> WrittenAnswer:
    return make_record(
        heading=HOSTILE,
        question=HOSTILE,
        department=HOSTILE,
        asker=Member(id=7, name=HOSTILE, party=HOSTILE, constituency=HOSTILE),
        answerer=Member(name=HOSTILE),
        answerer_role=HOSTILE,
        uin=HOSTILE,
        text=HOSTILE,
        original_text=HOSTILE,
        grouped_uins=(HOSTILE,),
        attachments=(Attachment(title=HOSTILE, url="javascript:alert(1)"),),
        url="https://example.test/?a=1&b='<x>'",
    )


def test_source_text_in_a_card_stays_text() -> None:
    card = card_of(hostile_record(), Mark(0, len(HOSTILE), "m"))
    assert not card.xpath(".//script | .//img | .//b | .//strong | .//code")
    assert {scheme(link) for link in card.xpath(".//@href")} <= {"http", "https"}
    assert not [name for element in card.iter() for name in element.attrib if name[:2] == "on"]
    assert card.xpath(".//mark")[0].text_content() == HOSTILE


def scheme(address: str) -> str:
    return address.partition(":")[0]


def test_every_link_out_is_http_and_opens_apart() -> None:
    text = "See https://www.gov.uk/a?b=1&c=2. Not javascript:alert(1) or data:text/html,x."
    record = make_record(text=text, attachments=(Attachment(title="a", url="data:text/html,x"),))
    card = card_of(record)
    out = [link for link in card.xpath(".//a") if not link.get("href").startswith("#")]
    assert "https://www.gov.uk/a?b=1&c=2" in [link.get("href") for link in out]
    for link in out:
        assert scheme(link.get("href")) in ("http", "https")
        assert link.get("rel") == "noopener noreferrer"
        assert link.get("target") == "_blank"


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "//evil.example", "https://", "https://a b",
     "https://a/\u202egpj.exe", 'https://a/"onclick="x', "", None, "http://[::1"],
)  # fmt: skip
def test_odd_addresses_are_not_linked(url: str | None) -> None:
    assert safe_url(url) is None


def test_bidirectional_and_control_characters_do_not_reach_the_page() -> None:
    record = make_record(
        heading="a\u202eb\u2066c", text="x\x00y\u202dz\x1b[31m", question="q\u2069"
    )
    shown = Card(record, "c", 1).html()
    assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\x00\x1b") & set(shown)
    assert visible("abc\n\tdéf") == "abc\n\tdéf"


def test_source_text_in_the_chat_leaves_nothing_to_markdown() -> None:
    record = hostile_record()
    answer = answered(record, (0, len(record.text)))
    turn = Turn(1, HOSTILE, limits=HOSTILE, note=HOSTILE).advanced(Done(answer))
    for said in messages([turn]):
        content = said["content"]
        assert content.startswith("<div")
        assert "\n" not in content
        assert HOSTILE in words(tree(content))
        # Between its own tags the message holds nothing that Markdown or LaTeX could read.
        between = re.sub(r"<[^>]*>|&#\d+;|\[1\]", "", content)
        assert not set("*_`[]()!#$\\{}|~&") & set(between)


# -- what a card says ----------------------------------------------------------------------


def test_a_card_says_who_asked_who_answered_and_when() -> None:
    record = make_record(
        asker=Member(id=11, name="Ada Example", party="Independent", constituency="Leeds East"),
        answerer=Member(id=12),
        answerer_role="Minister of State",
        asked=date(2022, 7, 6),
        answered=date(2022, 7, 20),
        corrected=date(2022, 8, 1),
        is_correction=True,
    )
    card = card_of(record)
    said = words(card)
    assert "Ada Example (Independent, Leeds East)" in said
    assert "6 July 2022" in said
    assert "20 July 2022" in said
    assert "1 August 2022" in said
    assert "Minister of State" in said
    assert "House of Commons" in said
    members = card.xpath(".//a[contains(@href, 'members.parliament.uk')]")
    assert [(words(m), m.get("href")) for m in members] == [
        ("Ada Example", "https://members.parliament.uk/member/11"),
        ("Member 12", "https://members.parliament.uk/member/12"),
    ]
    assert words(card.xpath(".//a[@href=$url]", url=record.url)[0]) == "Open the official record"


def test_a_record_without_an_address_says_so() -> None:
    assert "No official address in the source" in words(card_of(make_record(url=None)))


def test_a_long_question_is_folded_and_whole() -> None:
    question = "To ask the Secretary of State, " + "and further to that matter, " * 20
    card = card_of(make_record(question=question))
    fold = card.xpath(".//details[@class='question']")[0]
    assert words(fold.xpath("./p")[0]) == " ".join(question.split())
    short = card_of(make_record(question="To ask why."))
    assert not short.xpath(".//details[@class='question']")
    assert "To ask why." in words(short)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"is_holding": True}, "Holding reply"),
        ({"is_correction": True, "corrected": date(2024, 2, 1)}, "1 February 2024"),
        ({"is_answer_truncated": True}, "Cut short by the source: not the full answer"),
        ({"is_question_truncated": True}, "Question cut short"),
        ({"is_withdrawn": True}, "withdrawn"),
        ({"grouped_uins": ("2", "3")}, "3 questions answered together"),
        ({"is_summary": True}, "ummary, not the official text"),
    ],
)
def test_what_a_reader_must_know_is_a_badge(changes: dict[str, Any], said: str) -> None:
    record = make_record(**changes)
    assert [said in badge.text for badge in badges(record)] == [True]
    assert said in words(card_of(record).xpath(".//ul[@class='badges']")[0])


def test_a_plain_record_has_no_badges() -> None:
    assert badges(make_record()) == []


# -- the panel and the chat -------------------------------------------------------------------


def test_every_citation_of_every_turn_leads_to_one_mark_with_its_words() -> None:
    record = make_record()
    turns = [turn_of(answered(record, (0, 33), (34, 64)), number) for number in (1, 2, 3)]
    panel = tree(evidence_panel(turns))
    chat = tree("".join(said["content"] for said in messages(turns)))
    sentences = chat.xpath(".//p[@class='sentence']")
    assert len(sentences) == 6
    for sentence in sentences:
        (link,) = sentence.xpath(".//a[@class='cite']")
        (mark,) = panel.xpath(".//*[@id=$id]", id=link.get("href").removeprefix("#"))
        assert words(sentence).startswith(mark.text_content())
    assert len(panel.xpath(".//details[@class='turn']")) == 2
    assert not panel.xpath(".//details[@class='turn']//mark[starts-with(@id, 'cite-3-')]")
    for link in panel.xpath(".//a[starts-with(@href, '#said')]/@href"):
        assert len(chat.xpath(".//*[@id=$id]", id=link.removeprefix("#"))) == 1


def test_ids_are_not_used_twice() -> None:
    record = make_record()
    turns = [turn_of(answered(record, (0, 32), (0, 32), (10, 40)), n) for n in (1, 2)]
    ids = tree(evidence_panel(turns)).xpath(".//@id")
    assert len(ids) == len(set(ids))


def test_records_near_an_uncovered_question_are_said_not_to_answer() -> None:
    record = make_record()
    answer = answered(
        record, kind=AnswerKind.NOT_COVERED, records=(), nearest=(record,),
        sentences=(Sentence("I could not find an answer.", framing=True),),
    )  # fmt: skip
    panel = tree(evidence_panel([turn_of(answer)]))
    assert "Near to the question, but it does not answer it." in words(panel)
    assert len(panel.xpath(".//article")) == 1
    assert not panel.xpath(".//mark")


def test_what_a_near_record_says_instead_is_marked_and_numbered() -> None:
    record, other = make_record(), make_record("2", heading="Another matter")
    answer = answered(record, (0, 32), kind=AnswerKind.NOT_COVERED, nearest=(record, other))
    panel = tree(evidence_panel([turn_of(answer)]))
    assert "they do not answer it" in words(panel)
    first, second = panel.xpath(".//article")
    assert len(first.xpath(".//mark")) == 1
    assert not second.xpath(".//mark")
    assert first.get("id") == "card-1-1"


def test_records_found_and_not_quoted_are_listed_apart() -> None:
    record, other = make_record(), make_record("2", heading="Another matter")
    passages = (Passage(record, 0, 32, 2.0), Passage(other, 0, 32, 1.0))
    panel = tree(evidence_panel([turn_of(answered(record, (0, 32), passages=passages))]))
    (also,) = panel.xpath(".//details[@class='also']")
    assert "Another matter" in words(also)
    assert "Examples: Supply" not in words(also)


def test_a_sentence_that_its_record_does_not_bear_out_says_so() -> None:
    record = make_record()
    sentence = Sentence(
        "We supplied 500.", (Citation(1, record.id, 0, 32),), Verdict.UNSUPPORTED, "no 500 there"
    )
    said = messages([turn_of(answered(record, sentences=(sentence,)))])[1]["content"]
    assert "does not bear this out: no 500 there" in words(tree(said))
