"""The composer: what it quotes is in the record, and it is what was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.compose import (
    Request,
    constraints,
    cues,
    evidence,
    extractive,
    meaning,
    model,
    reading,
    words,
)
from assistant.compose.extractive import ExtractiveComposer
from assistant.compose.features import study
from assistant.compose.units import units
from assistant.types import AnswerKind, Sentence, Verdict
from index.types import Kind, Member, Passage, WrittenAnswer

from .fakes import make_record

BRIDGES = (
    "Bridges matter to everyone. In 2023 we repaired 412 bridges at a cost of £18 million. "
    "However, bridges on private land are not covered by the scheme. "
    "The repairs began because of flood damage. We thank all engineers for their work."
)


def passages(*records: WrittenAnswer, cosine: float = 0.7) -> tuple[Passage, ...]:
    """The records as whole passages, each a little less likely than the one before."""
    return tuple(
        Passage(r, 0, len(r.text), 1.0 - n / 10, similarities={"dense": cosine - n / 20})
        for n, r in enumerate(records)
    )


def bridges(record_id: str = "1", **changes: object) -> WrittenAnswer:
    fields = {
        "heading": "Bridges: Repairs",
        "question": "To ask the Secretary of State for Example, how many bridges were repaired.",
        "text": BRIDGES,
    }
    return make_record(record_id, **{**fields, **changes})


def compose(
    question: str, *records: WrittenAnswer, max_words: int = 120, history: Sequence[str] = ()
) -> list[Sentence]:
    request = study(question, history, passages(*records))
    return list(ExtractiveComposer(max_words).compose(request))


def quoted(sentences: list[Sentence]) -> list[str]:
    return [s.text for s in sentences if not s.framing]


# -- what is shown ----------------------------------------------------------------


def test_every_sentence_is_the_very_text_of_its_span() -> None:
    record = bridges()
    sentences = compose("How many bridges were repaired?", record)
    assert any(sentence.citations for sentence in sentences)
    for sentence in sentences:
        if sentence.framing:
            assert not sentence.citations
            continue
        (citation,) = sentence.citations
        assert citation.record_id == record.id
        assert record.text[citation.start : citation.end] == sentence.text
        assert sentence.verdict is Verdict.SUPPORTED


def test_the_opening_says_who_answered_and_when() -> None:
    sentences = compose("How many bridges were repaired?", bridges())
    expected = "The Department for Example answered on 9 May 2024 (Bob Answer):"
    assert sentences[0].text == expected
    assert sentences[0].framing


def test_a_member_number_is_not_a_name() -> None:
    record = bridges(answerer=Member(id=4519))
    opening = compose("How many bridges were repaired?", record)[0].text
    assert opening == "The Department for Example answered on 9 May 2024:"


def test_without_the_date_of_the_answer_the_opening_gives_that_of_the_question() -> None:
    opening = compose("How many bridges?", bridges(answered=None, answerer=None))[0].text
    assert opening == "The Department for Example answered a question of 1 May 2024:"


def test_a_document_is_opened_by_its_title() -> None:
    record = bridges(kind=Kind.DOCUMENT, question="", answerer=None)
    opening = compose("How many bridges were repaired?", record)[0].text
    assert opening == "“Bridges: Repairs”, Department for Example, 9 May 2024:"


@pytest.mark.parametrize(
    "text",
    [
        "No such assessment has been made.",
        "The Department does not hold the requested information centrally.",
        "The information requested is not held.",
        "No formal assessment has been made.",
        "The Department has not made an assessment.",
        "Yes.",
    ],
)
def test_what_says_nothing_without_its_question_has_that_over_it(text: str) -> None:
    opening = compose("How many bridges were repaired?", bridges(text=text))[0].text
    assert opening == (
        "The Department for Example answered on 9 May 2024 (Bob Answer) when asked "
        "“How many bridges were repaired”:"
    )


def test_a_long_question_over_an_answer_is_cut_and_counts_as_words() -> None:
    question = "To ask the Secretary of State for Example, whether " + "bridges and " * 40 + "more."
    other = "In 2023 we repaired 412 bridges. " * 2
    record = bridges(question=question, text=f"No such count of bridges is made. {other}")
    sentences = compose("How many bridges were repaired?", record, max_words=60)
    assert "“Whether bridges and" in sentences[0].text
    assert sentences[0].text.endswith("and bridges…”:")
    assert sum(len(s.text.split()) for s in sentences) <= 60
    assert "No such count of bridges is made." in quoted(sentences)


def test_the_question_over_a_sentence_that_was_brought_in_counts_as_words() -> None:
    question = "To ask the Secretary of State for Example, what it costs" + " to repair bridges" * 9
    text = "No such estimate has been made. This repair will cost £18 million for 412 bridges."
    for limit in range(25, 70):
        sentences = compose(
            "How much will the repair of bridges cost?",
            bridges(question=question, text=text),
            max_words=limit,
        )
        assert sum(len(sentence.text.split()) for sentence in sentences) <= limit


def test_a_summary_is_never_passed_off_as_official_text() -> None:
    opening = compose("How many bridges?", bridges(is_summary=True))[0].text
    assert opening.startswith("Our summary of what the Department for Example answered")


@pytest.mark.parametrize(
    ("question", "needle"),
    [
        ("How many bridges were repaired?", "412 bridges"),
        ("what did repairing bridges cost", "£18 million"),
        ("Why did bridge repairs begin?", "because of flood damage"),
        ("Are bridges on private land covered?", "not covered"),
    ],
)
def test_the_sentence_that_answers_survives_a_tight_limit(question: str, needle: str) -> None:
    shown = quoted(compose(question, bridges(), max_words=30))
    assert len(shown) < 3
    assert any(needle in text for text in shown)


def test_sentences_of_one_record_keep_their_order() -> None:
    record = bridges()
    shown = quoted(compose("bridges repaired, cost, private land and flood damage", record))
    places = [record.text.index(text) for text in shown]
    assert len(places) > 2
    assert places == sorted(places)


def test_the_limit_on_words_counts_the_opening_line() -> None:
    records = [bridges(str(n), text=BRIDGES.replace("412", f"{n}12")) for n in range(1, 5)]
    for limit in (30, 60, 120):
        sentences = compose("How many bridges were repaired?", *records, max_words=limit)
        assert sum(len(s.text.split()) for s in sentences) <= limit


def test_a_sentence_longer_than_the_limit_is_shown_whole_rather_than_nothing() -> None:
    text = "We repaired 412 bridges " + "and more " * 30 + "in 2023."
    assert quoted(compose("How many bridges were repaired?", bridges(text=text), max_words=30)) == [
        text
    ]


def test_a_bare_address_and_a_documents_own_title_are_not_quoted() -> None:
    text = (
        "Bridge repairs\n\nWe repaired 412 bridges.\n\n"
        "https://www.example.gov.uk/bridge-repairs-how-many-bridges-were-repaired"
    )
    record = bridges(text=text, heading="Bridge repairs", kind=Kind.DOCUMENT)
    said = compose("How many bridge repairs were there?", record)
    assert [s.text for s in said if not s.framing] == ["We repaired 412 bridges."]


def test_a_set_phrase_answers_each_question_by_itself() -> None:
    phrase = "The Department does not hold the information requested."
    asked = bridges(text=phrase, answered=date(2024, 5, 9))
    other = bridges(
        "2",
        heading="Tunnels",
        question="To ask the Secretary of State for Example, how many tunnels were drained.",
        text=phrase,
        answered=date(2025, 5, 9),
    )
    sentences = compose("How many bridges were repaired?", asked, other)
    assert sentences[1].citations[0].record_id == asked.id


def test_the_reply_to_the_very_question_leads_whatever_its_words() -> None:
    asked = bridges(text="The Department does not hold the information requested.")
    near = bridges(
        "2",
        heading="Railway Bridges",
        question="To ask the Secretary of State for Example, how many railway bridges were built.",
        text="Information on how many bridges were repaired on railways is not held centrally.",
    )
    question = "How many bridges of all kinds were repaired by the Department?"
    tabled = f"To ask the Secretary of State for Example, {question[0].lower()}{question[1:-1]}."
    itself = asked.model_copy(update={"question": tabled})
    assert compose(question, near, itself)[1].citations[0].record_id == itself.id
    assert compose(question, near, asked)[1].citations[0].record_id == near.id
    # A holding reply to it leads nothing.
    put_off = itself.model_copy(
        update={"is_holding": True, "text": "I will reply to the question shortly."}
    )
    assert compose(question, near, put_off)[1].citations[0].record_id == near.id


def test_the_same_text_is_shown_once_and_from_the_newest_record() -> None:
    old = bridges("1", answered=date(2022, 1, 1))
    new = bridges("2", answered=date(2024, 1, 1))
    sentences = compose("How many bridges were repaired?", old, new)
    assert {c.record_id for s in sentences for c in s.citations} == {"2"}


@pytest.mark.parametrize(
    ("text", "leads"),
    [
        ("Once winter was over 77 bridges had at long last been repaired.", True),
        ("We shall say next year how many were repaired.", False),
    ],
)
def test_a_newer_answer_on_the_matter_that_says_as_much_leads(text: str, leads: bool) -> None:
    old = bridges("1", text="We repaired 412 bridges. Rain fell.", answered=date(2022, 1, 1))
    new = bridges("2", text=text, answered=date(2024, 1, 1))
    said = [s for s in compose("How many bridges were repaired?", old, new) if not s.framing]
    assert (said[0].citations[0].record_id == "2") is leads
    # Another matter is no newer answer, whatever it says, nor is that of another department.
    elsewhere = {"heading": "Eels", "question": "Eels?"}, {"department": "Eel Office"}
    for changes in elsewhere:
        other = bridges("3", text=text, answered=date(2024, 1, 1), **changes)
        said = [s for s in compose("How many bridges were repaired?", old, other) if not s.framing]
        assert said[0].citations[0].record_id == "1"


def test_of_records_of_one_day_the_best_ranked_stands_for_all() -> None:
    sentences = compose("How many bridges were repaired?", bridges("1"), bridges("2"))
    assert {c.record_id for s in sentences for c in s.citations} == {"1"}


def test_a_holding_reply_never_leads_a_substantive_answer() -> None:
    holding = bridges(
        "1",
        is_holding=True,
        text="It has not proved possible to say how many bridges were repaired.",
    )
    sentences = compose("How many bridges were repaired?", holding, bridges("2"))
    assert sentences[1].citations[0].record_id == "2"


def test_citation_numbers_follow_first_use_and_are_shared_by_a_record() -> None:
    wales = bridges("2", text="In Wales 77 bridges were repaired. They cost £2 million.")
    sentences = compose("How many bridges were repaired?", wales, bridges())
    numbers = [c.number for s in sentences for c in s.citations]
    assert set(numbers) == {1, 2}
    assert numbers == sorted(numbers)


def test_a_list_item_brings_the_line_that_leads_into_it() -> None:
    text = (
        "We have no further comment on this matter.\nThe inspectors found these faults:\n"
        "- rust on the northern bridge\n- cracks in the southern bridge"
    )
    shown = quoted(compose("What is wrong with the southern bridge?", bridges(text=text)))
    assert "The inspectors found these faults:" in shown
    assert "- cracks in the southern bridge" in shown


@pytest.mark.parametrize(("max_words", "is_brought"), [(40, True), (20, False)])
def test_what_answers_brings_the_sentence_it_points_back_to(
    max_words: int, is_brought: bool
) -> None:
    text = "A toll of two pence was set for every cart. This paid for 77 bridges repaired."
    shown = quoted(
        compose("How many bridges were repaired?", bridges(text=text), max_words=max_words)
    )
    assert "This paid for 77 bridges repaired." in shown
    assert (len(shown) == 2) is is_brought


def test_of_a_table_only_the_rows_that_were_asked_for_are_shown() -> None:
    rows = "\n".join(f"Town: {t} | Bridges: {n}" for t, n in [("Ayle", 3), ("Bexton", 5)])
    shown = quoted(compose("How many bridges does Bexton have?", bridges(text=f"See:\n\n{rows}")))
    assert "Town: Bexton | Bridges: 5" in shown
    assert not any("Ayle" in text for text in shown)


def test_a_follow_up_is_read_with_the_question_before_it() -> None:
    ayle, bexton = "Repairs in Ayle cost £4 million.", "Repairs in Bexton cost £9 million."
    record = bridges(text=f"{ayle} The weather was fine. {bexton}")
    shown = quoted(
        compose("and in Bexton?", record, history=["What did repairs cost in Ayle?"], max_words=20)
    )
    assert shown == [bexton]


def test_no_evidence_gives_no_sentences() -> None:
    assert list(ExtractiveComposer().compose(Request("How many bridges?", (), ()))) == []


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=300).filter(str.strip), min_size=1, max_size=3))
def test_any_text_is_quoted_exactly_and_without_repeating_a_span(texts: list[str]) -> None:
    records = [bridges(str(n), text=text) for n, text in enumerate(texts, 1)]
    by_id = {record.id: record for record in records}
    spans = set()
    for sentence in compose("How many bridges were repaired in 2023?", *records):
        for c in sentence.citations:
            assert by_id[c.record_id].text[c.start : c.end] == sentence.text
            assert (c.record_id, c.start, c.end) not in spans
            spans.add((c.record_id, c.start, c.end))


# -- the parts it rests on ---------------------------------------------------------


def test_units_are_tied_to_their_lead_only_while_the_list_lasts() -> None:
    found = units("The areas are:\n- one\n- two\nThis is new.")
    assert [u.lead for u in found] == [None, 0, 0, None]
    assert [u.is_lead for u in found] == [True, False, False, False]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("published", "publishing"),
        ("policies", "policy"),
        ("objects", "objection"),
        ("stopped", "stops"),
        ("23,000", "23000"),
    ],
)
def test_inflections_share_a_stem(one: str, other: str) -> None:
    assert words.stem(one) == words.stem(other)


def test_different_words_keep_different_stems() -> None:
    assert words.stem("million") != words.stem("mill")
    assert words.terms("how many of the") == set()


def test_rare_words_weigh_more() -> None:
    assert model.weigh(words.stem("government")) < model.weigh("zyzzyva")


def test_worth_is_the_fitted_sum_by_hand() -> None:
    request = study("How many bridges were repaired?", (), passages(bridges()))
    fitted: model.Fit = {
        "record": {"score": 1.0},
        "sentence": {"gives_amount": 2.0},
        "bias": -1.0,
        "evidence": {"cosine": 1.0},
        "evidence_bias": 0.0,
    }
    # One record has all the chance; a sentence with a figure scores 2 - 1, others -1.
    (own,) = model.worths(request.found, fitted)
    with_figure, without = 1 / (1 + np.exp(-1.0)), 1 / (1 + np.exp(1.0))
    assert own == pytest.approx([without, with_figure, without, without, without])


class TokenFake:
    """Every word is one piece with a vector of its own."""

    window = 64

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        at, found = 0, []
        for word in text.split():
            at = text.index(word, at)
            found.append((at, at + len(word)))
            at += len(word)
        return found

    def token_vectors(self, texts: Sequence[str]) -> list[tuple[list[tuple[int, int]], object]]:
        vectors = []
        for text in texts:
            spans = self.token_spans(text)
            matrix = np.zeros((len(spans), 512), dtype=np.float32)
            for row, (start, end) in enumerate(spans):
                # A sum of letters tells the few words of these tests apart.
                matrix[row, sum(map(ord, text[start:end].lower().strip(".?,"))) % 512] = 1.0
            vectors.append((spans, matrix))
        return vectors


class ReaderFake(TokenFake):
    """Takes the sentences with a word for those that answer."""

    def __init__(self, word: str = "owls") -> None:
        self.word = word
        self.read: list[int] = []

    def answering(self, question: np.ndarray, sentences: Sequence[np.ndarray]) -> np.ndarray:
        self.read.append(len(sentences))
        sought = self.token_vectors([self.word])[0][1][0]
        return np.array([4.0 if (own @ sought).any() else -4.0 for own in sentences])


def test_late_interaction_by_hand() -> None:
    # "bridges" weighs 3 and is in the first sentence, "repaired" weighs 1 and is in both.
    text = "Bridges were repaired. Roads were repaired."
    spans = [(0, 22), (23, 43)]
    weights = {"bridg": 3.0, "repair": 1.0}
    texts = [("Heading", text, spans)]
    _, (values,) = meaning.matches(TokenFake(), "bridges repaired", weights, texts)
    assert [match.value for match in values] == pytest.approx([1.0, 0.25])
    assert values[1].terms == {"bridg": 0.0, "repair": 1.0}


def test_a_long_record_is_matched_in_windows_that_fit_the_model() -> None:
    sentences = [f"Filler number{n} goes here now." for n in range(40)] + ["Bridges stand."]
    text = " ".join(sentences)
    spans = [(u.start, u.end) for u in units(text)]
    fake = TokenFake()
    seen: list[str] = []
    original = fake.token_vectors
    fake.token_vectors = lambda texts: seen.extend(texts) or original(texts)  # type: ignore
    _, (values,) = meaning.matches(fake, "bridges", {"bridg": 1.0}, [("Heading", text, spans)])
    assert values[-1].value == pytest.approx(1.0)
    assert all(len(fake.token_spans(content)) <= fake.window for content in seen)


# -- whether to answer -------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "declines"),
    [
        ("The information requested is not held centrally.", True),
        ("It could only be obtained at disproportionate cost.", True),
        ("The Department does not hold data on bridges.", True),
        ("These details are commercially sensitive.", True),
        ("We have no plans to build bridges.", False),
        ("The bridge is not open.", False),
    ],
)
def test_declining_is_told_from_having_no_plans(text: str, declines: bool) -> None:
    assert cues.declines(text) is declines


def test_a_reply_that_declines_is_known_as_such_and_still_shown() -> None:
    record = bridges(text="The number of bridges repaired is not held centrally.")
    request = study("How many bridges were repaired?", (), passages(record))
    assessment = evidence.assess(request)
    sentences = list(ExtractiveComposer().compose(request))
    assert evidence.kind_of_answer(sentences, assessment) is AnswerKind.DECLINED
    assert quoted(sentences) == [record.text]


def test_confidence_falls_with_what_is_lacking() -> None:
    asked = study("How many bridges were repaired?", (), passages(bridges()))
    elsewhere = study("How many bridges were repaired in Ipswich?", (), passages(bridges()))
    sure, unsure = evidence.assess(asked), evidence.assess(elsewhere)
    assert sure.covered
    assert not unsure.covered
    assert unsure.lacking == ("Ipswich",)
    assert unsure.confidence < sure.confidence


def test_what_is_far_off_is_not_covered_and_the_nearest_records_are_named() -> None:
    records = [bridges(str(n), text=f"{BRIDGES} Number {n}{n}{n}.") for n in range(1, 6)]
    request = study("recipe for banana bread", (), passages(*records, cosine=0.15))
    assessment = evidence.assess(request)
    assert not assessment.covered
    assert 0 < len(assessment.nearest) <= evidence.NEAREST
    assert assessment.nearest[0].id == "1"


def test_nothing_retrieved_is_not_covered() -> None:
    assessment = evidence.assess(Request("How many bridges?", (), ()))
    assert (assessment.covered, assessment.nearest) == (False, ())


@pytest.mark.parametrize("how", ["read", "unread"])
def test_the_weights_name_only_features_that_exist(how: str) -> None:
    reader = ReaderFake() if how == "read" else TokenFake()
    request = study("How many bridges?", (), passages(bridges()), reader)
    fitted = model.load()[how]
    candidate = request.found[0]
    assert model.fit_for(candidate.units[0].features) is fitted
    assert set(fitted["record"]) <= set(candidate.features)
    assert set(fitted["sentence"]) <= set(candidate.units[0].features)
    worth = model.worths(request.found)
    assert set(fitted["evidence"]) == set(
        evidence.features(request, worth, constraints.wanted(request.question))
    )
    assert len(worth[0]) == len(candidate.units)


def test_openings_cost_words_so_few_records_are_quoted() -> None:
    records = [
        make_record(str(n), heading=f"Bridges {n}", text=f"Region {n} repaired {n}00 bridges.")
        for n in range(1, 7)
    ]
    sentences = compose("How many bridges were repaired?", *records)
    assert 0 < sum(s.framing for s in sentences) <= extractive.MOST_RECORDS


def test_only_the_most_promising_of_a_thousand_rows_are_compared_in_meaning() -> None:
    rows = "\n".join(f"Town: Town{n} | Bridges: {n}" for n in range(300))
    fake = TokenFake()
    seen: list[str] = []
    original = fake.token_vectors
    fake.token_vectors = lambda texts: seen.extend(texts) or original(texts)  # type: ignore
    request = study("How many bridges has Town250?", (), passages(bridges(text=rows)), fake)
    assert sum(content.count("\n") for content in seen) <= 30
    shown = quoted(list(ExtractiveComposer().compose(request)))
    assert shown[0] == "Town: Town250 | Bridges: 250"


def test_a_sentence_that_is_read_to_answer_is_worth_more_for_it() -> None:
    record = bridges(text="Bridges nest in barns by the river. Barn owls do so all the year.")
    odds: dict[str, list[float]] = {}
    shares = []
    for name in ("owls", "bridges"):
        reader = ReaderFake(name)
        request = study("What nests in barns?", (), passages(record), reader)
        odds[name] = [unit.features["read"] for unit in request.found[0].units]
        ((first, second),) = model.worths(request.found)
        shares.append(second / first)
    assert odds == {"owls": [-4.0, 4.0], "bridges": [4.0, -4.0]}
    assert shares[0] > 5 * shares[1]


def test_no_more_than_a_few_sentences_are_read_and_the_rest_count_least() -> None:
    reader = ReaderFake()
    text = " ".join(f"Bridges of kind {n} nest in barns." for n in range(40))
    (candidate,) = study("What nests?", (), passages(bridges(text=text)), reader).found
    assert reader.read == [reading.READ]
    unread = [u for u in candidate.units if u.features["read"] == reading.UNREAD]
    assert len(unread) == 40 - reading.READ


def test_where_the_reader_cannot_tell_nothing_is_read() -> None:
    reader = ReaderFake()
    reader.answering = lambda question, sentences: None  # type: ignore[method-assign]
    (candidate,) = study("What nests?", (), passages(bridges()), reader).found
    assert not any(model.is_read(unit.features) for unit in candidate.units)
    assert model.fit_for(candidate.units[0].features) is model.load()["unread"]


def test_a_further_record_must_have_something_to_offer() -> None:
    stray = bridges("2", text="Bridges matter to some. Owls nest in barns near the old bridges.")
    sentences = compose("How many bridges were repaired in 2023, at what cost?", bridges(), stray)
    assert {c.record_id for s in sentences for c in s.citations} == {"1"}


def test_the_rows_of_a_table_stand_under_the_heading_right_over_them() -> None:
    text = (
        "The tables show what was spent.\nRoyal Navy\nMedia: TV | 2022-23: £6,467,976\n"
        "Media: Press | 2022-23: £34,417\nRoyal Air Force\nMedia: TV | 2022-23: £6,000,000\n"
        "All figures are rounded.\nMedia: Total | 2022-23: £9"
    )
    found = units(text)
    over = {u.text: found[u.lead].text for u in found if u.lead is not None}
    assert over == {
        "Royal Navy": "The tables show what was spent.",
        "Media: TV | 2022-23: £6,467,976": "Royal Navy",
        "Media: Press | 2022-23: £34,417": "Royal Navy",
        "Media: TV | 2022-23: £6,000,000": "Royal Air Force",
    }
    record = make_record("1", text=text, question="What was spent by each Service on media?")
    request = study(
        "How much did the Royal Navy spend on TV?", (), [Passage(record, 0, len(text), 1.0)]
    )
    shown = [sentence.text for sentence in ExtractiveComposer().compose(request)]
    assert shown.index("Royal Navy") + 1 == shown.index("Media: TV | 2022-23: £6,467,976")
    assert not any("£6,000,000" in one for one in shown)
