"""How a conversation grows, stops and fails, as the page shows it (invented records)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from assistant.types import Done, GroundedAnswer, Retrieved, Sentence, SentenceReady, VerdictReady
from assistant.ui import conversation
from assistant.ui.chat import messages
from assistant.ui.conversation import APOLOGY, STOPPED, Turn
from assistant.ui.evidence import evidence_panel
from index.errors import IndexMissing
from index.types import Filters

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

    def answer(self, question: str, history: list[str], filters: Filters) -> Any:
        self.history = list(history)
        yield from self.events
        if self.error:
            raise self.error


def events_of(answer: GroundedAnswer) -> list[Any]:
    told = [
        event
        for n, sentence in enumerate(answer.sentences)
        for event in (SentenceReady(sentence, n), VerdictReady(sentence.verdict, "", n))
    ]
    return [Retrieved(answer.passages), *told, Done(answer)]


def test_the_answer_grows_sentence_by_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "TOGETHER", 0.0)
    answer = answered(make_record(), (0, 32))
    assistant = Scripted(*events_of(answer))
    grown = list(conversation.ask(assistant, (Turn(1, "Earlier?"),), "Now?", Filters()))  # type: ignore[arg-type]
    # The opening line comes with the sentence under it, the evidence with both.
    assert [len(turns[-1].sentences) for turns in grown] == [0, 2, 2]
    assert [bool(turns[-1].passages) for turns in grown] == [False, True, True]
    assert [turns[-1].is_open for turns in grown] == [True, True, False]
    assert assistant.history == ["Earlier?"]
    assert "<mark" in evidence_panel(grown[-2])


def test_sentences_that_are_ready_together_are_shown_together() -> None:
    one = answered(make_record(), (0, 32))
    answer = replace(one, sentences=(*one.sentences, one.sentences[1], one.sentences[1]))
    grown = list(conversation.ask(Scripted(*events_of(answer)), (), "Now?", Filters()))  # type: ignore[arg-type]
    assert [len(turns[-1].sentences) for turns in grown] == [0, 2, 4]


def test_the_evidence_is_shown_before_a_language_model_has_written() -> None:
    answer = answered(make_record(), (0, 32))
    assistant = Scripted(*events_of(answer), takes_time=True)
    grown = list(conversation.ask(assistant, (), "Now?", Filters()))  # type: ignore[arg-type]
    assert [len(turns[-1].sentences) for turns in grown] == [0, 0, 2, 2]
    assert grown[1][-1].passages


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
    *_, turns = conversation.ask(Scripted(error=error), (), "Now?", Filters())  # type: ignore[arg-type]
    assert turns[-1].note == said
    assert said in words(tree(messages(turns)[1]["content"]))
    assert ("secret detail" in caplog.text) == (said == APOLOGY)


def test_stopping_closes_the_turn_and_keeps_what_was_said() -> None:
    sentence = Sentence("We supplied 412.", framing=True)
    turns = conversation.stopped((Turn(1, "Now?", sentences=(sentence,)),))
    assert turns[-1].note == STOPPED
    assert turns[-1].sentences == (sentence,)
    assert conversation.stopped(turns) == turns
    assert conversation.stopped(()) == ()
