"""Conversations and feedback: kept whole, found again, nobody else's."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from assistant import cli
from assistant.history import (
    HISTORY_FILE,
    ConversationMissing,
    Conversations,
    FeedbackLog,
    HistoryDamaged,
    KeptTurn,
)
from assistant.types import (
    AnswerKind,
    Citation,
    GroundedAnswer,
    ReplyKind,
    Sentence,
    TimelineEntry,
    Verdict,
)
from index.types import Filters, Passage, RecordRef

from .fakes import make_record

HOSTILE = "<script>alert(1)</script> \u202e ' \" % _ \\"


def made(question: str = "How many examples?", record_id: str = "1") -> GroundedAnswer:
    """An answer with something in every field."""
    record, other = make_record(record_id), make_record("9", text=f"Another answer. {HOSTILE}")
    cited = Citation(1, record.id, 0, 33)
    return GroundedAnswer(
        question=question,
        kind=AnswerKind.ANSWERED,
        sentences=(
            Sentence("The Department answered:", framing=True),
            Sentence(record.text[:33], (cited,), Verdict.SUPPORTED, "why"),
        ),
        records=(record,),
        nearest=(other,),
        passages=(
            Passage(record, 0, 33, 1.5, {"dense": 1}, {"dense": 0.8}, (RecordRef("7", "77"),)),
            Passage(other, 0, 7, 0.5),
        ),
        composer="test",
        timings={"retrieve": 0.1},
        confidence=0.8,
        uncovered=("the cost",),
        timeline=(TimelineEntry(record, 0, 33, ReplyKind.NO_PLANS, "412, before 400"),),
        withheld=(Sentence("We supplied 500.", (cited,), Verdict.UNSUPPORTED),),
        searched="examples",
        note="A note.",
    )


def test_an_answer_comes_back_as_it_was_after_the_file_is_opened_again(tmp_path: Path) -> None:
    filters = Filters(department="Department for Example", answered_from="2024-01-01")
    key = Conversations(tmp_path).keep("", "", KeptTurn(1, "How many?", made(), filters))
    read = Conversations(tmp_path).read("", key)
    assert read.title == "How many?"
    assert read.turns[0].answer == made()
    assert read.turns[0].filters == filters


def test_a_turn_takes_the_place_of_those_from_its_number_on(tmp_path: Path) -> None:
    kept = Conversations(tmp_path)
    key = kept.keep("", "", KeptTurn(1, "One?", made("One?")))
    for number, question in ((2, "Two?"), (3, "Three?"), (2, "Other two?")):
        assert kept.keep("", key, KeptTurn(number, question, made(question))) == key
    assert [turn.question for turn in kept.read("", key).turns] == ["One?", "Other two?"]


def test_conversations_are_listed_latest_first_and_found_by_their_words(tmp_path: Path) -> None:
    kept = Conversations(tmp_path)
    first = kept.keep("", "", KeptTurn(1, "Écoles in Zürich?", made("Écoles in Zürich?")))
    second = kept.keep("", "", KeptTurn(1, "100% of_it?", made("100% of_it?")))
    assert {item.id for item in kept.list("")} == {first, second}
    assert [item.id for item in kept.list("", "écoles ZÜRICH")] == [first]
    assert [item.id for item in kept.list("", "100% of_")] == [second]
    assert [item.id for item in kept.list("", "supplied 412")] != []
    assert kept.list("", "zurich_") == []
    kept.rename("", first, "  Swiss \n schools  ")
    assert [item.title for item in kept.list("", "swiss")] == ["Swiss schools"]
    kept.keep("", first, KeptTurn(2, "More?", made("More?")))
    assert kept.list("")[0].turns == 2


def test_what_is_deleted_leaves_nothing_behind(tmp_path: Path) -> None:
    kept = Conversations(tmp_path)
    gone = kept.keep("", "", KeptTurn(1, "One?", made(record_id="1")))
    stays = kept.keep("", "", KeptTurn(1, "Two?", made(record_id="2")))
    kept.delete("", gone)
    assert [item.id for item in kept.list("")] == [stays]
    assert kept.read("", stays).turns[0].answer == made(record_id="2")
    with sqlite3.connect(tmp_path / HISTORY_FILE) as db:
        left = [body for (body,) in db.execute("SELECT body FROM snapshots")]
        assert sorted(json.loads(body)["id"] for body in left) == ["2", "9"]
        assert db.execute("SELECT COUNT(*) FROM turns").fetchone()[0] == 1


def test_nobody_reaches_a_conversation_of_somebody_else(tmp_path: Path) -> None:
    kept = Conversations(tmp_path)
    key = kept.keep("ann", "", KeptTurn(1, "Mine?", made()))
    assert kept.list("bob") == []
    for attempt in (
        lambda: kept.read("bob", key),
        lambda: kept.rename("bob", key, "Yours"),
        lambda: kept.delete("bob", key),
        lambda: kept.keep("bob", key, KeptTurn(2, "Yours?", made())),
    ):
        with pytest.raises(ConversationMissing, match="no such conversation"):
            attempt()
    assert kept.read("ann", key).title == "Mine?"


def test_an_answer_of_another_version_is_missing_and_the_rest_is_there(tmp_path: Path) -> None:
    kept = Conversations(tmp_path)
    key = kept.keep("", "", KeptTurn(1, "One?", made()))
    kept.keep("", key, KeptTurn(2, "Two?", made("Two?", "2")))
    with sqlite3.connect(tmp_path / HISTORY_FILE) as db:
        db.execute("""UPDATE snapshots SET body = '{"id": "1"}' WHERE body LIKE '%"id": "1"%'""")
    answers = [turn.answer for turn in kept.read("", key).turns]
    assert answers == [None, made("Two?", "2")]


def test_many_write_at_once_and_nothing_is_lost(tmp_path: Path) -> None:
    kept = Conversations(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: kept.keep("", "", KeptTurn(1, f"{n}?", made())), range(24)))
    assert len(kept.list("")) == 24


def test_a_file_that_is_none_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / HISTORY_FILE).write_bytes(b"not a database " * 100)
    with pytest.raises(HistoryDamaged, match="cannot be kept in") as caught:
        Conversations(tmp_path).list("")
    assert caught.value.remedy


def test_feedback_holds_question_answer_and_what_was_retrieved(tmp_path: Path) -> None:
    log = FeedbackLog(tmp_path)
    number = log.add(made(), useful=False, history=["Before?"], filters=Filters(house="Lords"))
    log.explain(number, " The figure is for 2022. ")
    log.explain(number, "mine", owner="bob")
    (item,) = FeedbackLog(tmp_path).all()
    assert item.reason == "The figure is for 2022."
    assert not item.useful
    assert item.retrieved == ("1", "9")
    assert item.cited == ("1",)
    assert item.question == "How many examples?"
    assert "We supplied 412 examples" in item.answer
    assert item.history == ("Before?",)
    assert item.filters == {"house": ["Lords"]}


def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str | Path
) -> str:
    monkeypatch.setattr(sys, "argv", ["assistant", "feedback", *map(str, words)])
    with contextlib.suppress(SystemExit):
        cli.main()
    return capsys.readouterr().out


def test_feedback_is_exported_and_becomes_questions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    log = FeedbackLog(tmp_path)
    log.add(made("=1+1"), useful=True, reason="Right.")
    log.add(made("And in Wales?"), useful=True, history=["How many?"])
    log.add(made("Wrong?"), useful=False)
    missing = GroundedAnswer(
        "Nothing?", AnswerKind.NOT_COVERED, (), (), (make_record(),),
        (Passage(make_record(), 0, 5, 1.0),), "test",
    )  # fmt: skip
    log.add(missing, useful=True)
    where = ("--data-dir", tmp_path)
    out = run(capsys, monkeypatch, "export", *where)
    assert [json.loads(line)["question"] for line in out.splitlines()] == [
        "=1+1", "And in Wales?", "Wrong?", "Nothing?",
    ]  # fmt: skip
    rows = list(
        csv.DictReader(io.StringIO(run(capsys, monkeypatch, "export", "--form", "csv", *where)))
    )
    assert rows[0]["question"] == "'=1+1"
    assert rows[0]["retrieved"] == "1; 9"
    file = tmp_path / "questions.jsonl"
    run(capsys, monkeypatch, "to-questions", "--to", file, *where)
    questions = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert [q["kind"] for q in questions] == ["answerable", "followup", "unanswerable"]
    assert questions[0]["id"] == 1
    assert questions[0]["gold"] == ["We supplied 412 examples in 2023."]
    assert questions[1]["history"] == ["How many?"]
    assert questions[2]["near"] == [1]
