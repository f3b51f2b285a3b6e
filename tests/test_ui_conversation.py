"""How a conversation grows, stops and fails, as the page shows it (invented records)."""

from __future__ import annotations

from threading import Event
from typing import Any

import pytest

from assistant.history import Conversations
from assistant.types import (
    AnswerKind,
    Done,
    GroundedAnswer,
    Retrieved,
    Sentence,
    SentenceReady,
    VerdictReady,
)
from assistant.ui import conversation
from assistant.ui.chat import messages
from assistant.ui.conversation import APOLOGY, STOPPED, Turn
from assistant.ui.evidence import evidence_panel
from assistant.ui.keeping import kept
from index.errors import IndexMissing
from index.types import Filters, Suggestion, Understanding

from .fakes import make_record
from .test_ui_cards import answered, tree, words


class Scripted:
    """Stands where the assistant does: gives the events it was made with, then fails."""

    def __init__(
        self, *events: Any, error: Exception | None = None, takes_time: bool = False
    ) -> None:
        self.events = events
        self.error = error
        self.takes_time = takes_time
        self.history: list[str] = []
        self.may_go = Event()
        self.may_go.set()

    def answer(self, question: str, history: list[str], filters: Filters) -> Any:
        self.history = list(history)
        self.may_go.wait()
        yield from self.events
        if self.error:
            raise self.error


def events_of(answer: GroundedAnswer) -> list[Any]:
    told = [
        event
        for n, sentence in enumerate(answer.sentences)
        for event in (SentenceReady(sentence, n), VerdictReady(sentence.verdict, "", n))
    ]
    understood = Understanding((Suggestion("house", "Lords", "House of Lords"),))
    return [Retrieved(answer.passages, "", understood), *told, Done(answer)]


def test_a_quoted_answer_comes_whole() -> None:
    assistant = Scripted(*events_of(answered(make_record(), (0, 32))))
    grown = list(conversation.ask(assistant, (Turn(1, "Earlier?"),), "Now?", Filters()))  # type: ignore[arg-type]
    assert [len(turns[-1].sentences) for turns in grown] == [2]
    assert grown[0][-1].passages
    assert grown[0][-1].suggestions
    assert not grown[0][-1].is_open
    assert assistant.history == ["Earlier?"]
    assert "<mark" in evidence_panel(grown[0])


def test_a_quoted_answer_that_takes_long_is_said_to_be_under_way() -> None:
    assistant = Scripted(*events_of(answered(make_record(), (0, 32))))
    pictures = conversation.ask(assistant, (), "Now?", Filters())  # type: ignore[arg-type]
    assistant.may_go.clear()
    assert next(pictures)[-1].is_open
    assistant.may_go.set()
    assert [len(turns[-1].sentences) for turns in pictures] == [2]


def test_what_a_language_model_writes_grows_sentence_by_sentence() -> None:
    answer = answered(make_record(), (0, 32))
    assistant = Scripted(*events_of(answer), takes_time=True)
    grown = list(conversation.ask(assistant, (), "Now?", Filters()))  # type: ignore[arg-type]
    # The open turn, the evidence, the opening line with the sentence under it, the whole.
    assert [len(turns[-1].sentences) for turns in grown] == [0, 0, 2, 2]
    assert [bool(turns[-1].passages) for turns in grown] == [False, True, True, True]
    assert [turns[-1].is_open for turns in grown] == [True] * 3 + [False]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (IndexMissing("There is no index in /x.", "Run: assistant serve"),
         "There is no index in /x. Run: assistant serve"),
        (RuntimeError("secret detail"), APOLOGY),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_one_plain_sentence(
    error: Exception, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    *_, turns = conversation.ask(Scripted(error=error), (), "Nobody's?", Filters())  # type: ignore[arg-type]
    assert turns[-1].note == said
    assert "Nobody's" not in caplog.text
    assert said in words(tree(messages(turns)[1]["content"]))
    assert ("secret detail" in caplog.text) == (said == APOLOGY)


def test_stopping_closes_the_turn_and_keeps_what_was_said() -> None:
    sentence = Sentence("We supplied 412.", framing=True)
    turns = conversation.stopped((Turn(1, "Now?", sentences=(sentence,)),))
    assert turns[-1].note == STOPPED
    assert turns[-1].sentences == (sentence,)
    assert conversation.stopped(turns) == turns
    assert conversation.stopped(()) == ()


def test_a_turn_of_a_conversation_that_was_deleted_meanwhile_is_kept_as_a_new_one(
    tmp_path,
) -> None:
    history = Conversations(tmp_path)
    answer = GroundedAnswer("And otters?", AnswerKind.NOT_COVERED, (), (), (), (), "extractive")
    turns = (Turn(1, "Walruses?", answer=answer),)
    gone, _ = kept(history, "", "", turns)
    history.delete("", gone)
    again, told = kept(history, "", gone, (*turns, Turn(2, "And otters?", answer=answer)))
    assert again not in ("", gone)
    assert "deleted" in told
    assert [turn.question for turn in history.read("", again).turns] == ["And otters?"]
