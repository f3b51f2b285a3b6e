"""A reply that refers to an earlier answer: which one is meant, and that both are shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from assistant import Assistant
from assistant.following import (
    FOLLOWED,
    SESSION,
    follow,
    gone_on_with,
    is_meant,
    on_subject,
    put,
    spelt_out,
    with_referred,
)
from assistant.types import AnswerKind
from index import Filters, Index
from index.types import Passage, RecordRef, Retrieval

from .fakes import HashingEmbedder, make_record

EARLIER = make_record(
    "31",
    uin="4100",
    heading="Ferries: Crew",
    question="To ask the Secretary of State, what recent estimate he has made of staffing.",
    answered=date(2024, 3, 6),
    text="There were 58 deck hands in post. The estimate is made every year.",
)
POINTER = make_record(
    "32",
    uin="5200",
    heading="Ferries: Deck Hands",
    question="To ask the Secretary of State, how many deck hands work on ferries.",
    answered=date(2024, 5, 9),
    text="I refer the hon. Member to the answer I gave on 6 March 2024 to Question 4100.",
)
OTHER_SESSION = make_record(
    "33", uin="4100", heading="Owls", answered=date(2023, 2, 1), text="Owls nest in barns."
)
NOISE = [
    make_record(str(n), heading=f"Eels {n}", question="Eels.", text=f"Eels {n} migrate.")
    for n in range(40, 46)
]
QUESTION = "How many deck hands work on ferries?"


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index.open_or_create(tmp_path / "data", embedder=HashingEmbedder()) as opened:
        opened.add([EARLIER, POINTER, OTHER_SESSION, *NOISE])
        yield opened


def test_an_answer_shows_the_reply_and_what_it_refers_to(index: Index) -> None:
    answer = Assistant(index).answer(QUESTION).result()
    assert answer.kind is AnswerKind.ANSWERED
    told = {
        sentence.text: [c.record_id for c in sentence.citations] for sentence in answer.sentences
    }
    assert told[POINTER.text] == ["32"]
    assert told["There were 58 deck hands in post."] == ["31"]


def test_the_answer_referred_to_comes_behind_the_reply_and_only_once(index: Index) -> None:
    passages = index.retrieve(QUESTION, k=8).passages
    ids = [one.record.id for one in with_referred(index, passages)]
    assert ids.index("31") == ids.index("32") + 1
    assert len(ids) == len(set(ids))


def test_what_a_filter_keeps_out_is_not_brought_in(index: Index) -> None:
    later = Filters(answered_from=date(2024, 5, 1))
    assert follow(index, POINTER) == EARLIER
    assert follow(index, POINTER, later) is None
    passages = index.retrieve(QUESTION, k=8, filters=later).passages
    assert "31" not in {one.record.id for one in with_referred(index, passages, later)}


@pytest.mark.parametrize(
    ("said", "answered", "meant"),
    [
        ("the answer of 6 March 2024 to Question 4100", date(2024, 3, 6), True),
        ("the answer of 6 March to Question 4100", date(2024, 3, 6), True),
        ("the answer of 7 March 2024 to Question 4100", date(2024, 3, 6), False),
        ("the answer of 6 March 2023 to Question 4100", date(2024, 3, 6), False),
        ("the answer to Question 4100", date(2024, 3, 6), True),
        # Given more than a session ago, or later than the reply.
        ("the answer to Question 4100", date(2023, 2, 1), False),
        ("the answer to Question 4100", date(2024, 6, 1), False),
    ],
)
def test_a_number_is_of_one_session_and_a_day_decides(
    said: str, answered: date, meant: bool
) -> None:
    reply = POINTER.model_copy(update={"text": f"I refer the hon. Member to {said}."})
    answer = EARLIER.model_copy(update={"answered": answered, "asked": date(2022, 1, 1)})
    assert is_meant(reply, answer) is meant


@pytest.mark.parametrize(("joined", "goes_on"), [(0.7, True), (0.3, True), (0.03, False)])
def test_a_change_of_subject_owes_nothing_to_the_question_before(
    joined: float, goes_on: bool
) -> None:
    found = Retrieval((), "farms inheritance tax", joined=joined)
    history = ("Is trail hunting allowed on MOD land?",)
    assert gone_on_with(history, found) == (history if goes_on else ())


def test_a_follow_up_is_answered_from_records_that_speak_of_what_was_asked_before() -> None:
    records = (
        make_record("1", heading="Bridges", text="Nine were closed."),
        make_record("2", heading="Post", question="", text="We sent 412 letters."),
    )
    spoken, other = (Passage(record, 0, len(record.text), 1.0) for record in records)
    history = ("Which bridges of the county were closed?", "How many of them?")
    assert on_subject((other, spoken), history) == (spoken,)
    assert on_subject((other,), history) == (other,)
    # What a record was asked counts, and so does no more than a word of the question.
    asked = replace(other, record=make_record("3", question=history[0], text="Nine."))
    county = replace(other, record=make_record("4", heading="Post", text="The county is large."))
    assert on_subject((other, asked, county), history) == (asked,)
    # Any of the questions before will do.
    assert on_subject((other, spoken), (*history, "How many letters were sent?")) == (other, spoken)


def test_a_reply_to_a_reply_that_refers_is_no_failure(index: Index) -> None:
    first = "I refer the hon. Member to the answer I gave on 6 March 2024 to Question 4100."
    chain = [
        EARLIER.model_copy(update={"text": first.replace("4100", "3900")}),
        POINTER,
        make_record("30", uin="3900", answered=date(2024, 3, 6), text="There were 58 deck hands."),
    ]
    index.add(chain)
    answer = Assistant(index).answer("How many deck hands work on ferries?").result()
    assert answer.kind is not AnswerKind.NOT_COVERED


def test_a_record_is_put_as_it_was_asked_on_one_line() -> None:
    assert put(POINTER) == "How many deck hands work on ferries."
    broken = POINTER.model_copy(update={"question": "To ask the Secretary of State,\nhow\n many."})
    assert put(broken) == "How many."
    assert put(POINTER.model_copy(update={"question": " "})) == POINTER.title


def test_a_turn_that_was_a_number_alone_is_spelt_out(index: Index) -> None:
    assert spelt_out(index, "5200") == "How many deck hands work on ferries."
    # The newest, where two sessions have the number.
    assert spelt_out(index, "PQ 4100") == "What recent estimate he has made of staffing."
    for question in ("9999", "What does question 5200 say of pay?", QUESTION):
        assert spelt_out(index, question) == question


def test_the_references_of_what_ranks_far_behind_are_not_followed(index: Index) -> None:
    found = index.retrieve(QUESTION, k=9).passages
    (pointer,) = (passage for passage in found if passage.record.id == "32")
    others = [passage for passage in found if passage.record.id in {r.id for r in NOISE}]
    for place, followed in ((FOLLOWED - 1, True), (FOLLOWED, False)):
        ranked = (*others[:place], pointer, *others[place:])
        assert len(others) > place
        made = [passage.record.id for passage in with_referred(index, ranked)]
        assert ("31" in made) is followed


def test_an_answer_is_referred_to_for_a_session() -> None:
    reply = POINTER.model_copy(update={"text": "I refer the hon. Member to Question 4100."})
    for answered, meant in (
        (reply.answered, True),
        (reply.answered - SESSION, True),
        (reply.answered - SESSION - timedelta(days=1), False),
    ):
        assert is_meant(reply, EARLIER.model_copy(update={"answered": answered})) is meant
    assert not is_meant(reply, reply)


def test_what_stands_behind_a_reply_lists_none_of_the_replys_own_copies(index: Index) -> None:
    (pointer,) = (p for p in index.retrieve(QUESTION, k=9).passages if p.record.id == "32")
    copied = replace(pointer, others=(RecordRef("90"),))
    first, second = with_referred(index, [copied])
    assert first == copied
    assert (second.record, second.others) == (EARLIER, ())
    assert (second.start, second.end) == (0, len(EARLIER.text))


def test_an_answer_that_ranks_above_the_reply_stays_there(index: Index) -> None:
    passages = {passage.record.id: passage for passage in index.retrieve(QUESTION, k=9).passages}
    ranked = (passages["31"], passages["32"])
    assert with_referred(index, ranked) == ranked
