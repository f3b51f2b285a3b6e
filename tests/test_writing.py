"""What a composer says is checked, kept back where it is not borne out, and replaced in need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from assistant import Assistant
from assistant.checking import checked
from assistant.compose import ComposerFailed, Request
from assistant.settings import Settings
from assistant.types import (
    AnswerKind,
    Citation,
    CitationReady,
    Done,
    GroundedAnswer,
    Sentence,
    SentenceReady,
    StartedAgain,
    Verdict,
    VerdictReady,
)
from assistant.verify import Checked, Missing
from assistant.verify.attribution import unattributed
from assistant.verify.foreign import foreign
from assistant.writing import WITHHELD, Policy
from index import Index
from index.types import WrittenAnswer

from .fakes import HashingEmbedder, make_record

QUESTION = "How many bridges were repaired in 2023?"
TEXT = (
    "We thank all engineers for their work. In 2023 we repaired 412 bridges. "
    "The cost was £3.2 million. We have no plans to repair tunnels."
)


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Assistant]:
    with Index.open_or_create(tmp_path / "data", embedder=HashingEmbedder()) as index:
        index.add(
            [
                make_record("1", heading="Bridges: Repairs", question=QUESTION, text=TEXT),
                make_record("2", heading="Bridges: Eels", text="Eels pass under 9 bridges."),
            ]
        )
        yield Assistant(index, Settings(data_dir=tmp_path))


class Saying:
    """A composer that says these sentences, each citing the records after it whole."""

    name = "saying"

    def __init__(self, *said: tuple[str, str], fails: str = "") -> None:
        self.said = said
        self.fails = fails
        self.closed = False

    def compose(self, request: Request) -> Iterator[Sentence]:
        try:
            for text, ids in self.said:
                citations = tuple(
                    Citation(7, name, 0, len(request.records[name].text)) for name in ids.split()
                )
                yield Sentence(text, citations, Verdict.SUPPORTED, "the composer says so")
            if self.fails:
                raise ComposerFailed(self.fails)
        finally:
            self.closed = True


def answered(asked: Assistant, *said: tuple[str, str], fails: str = "") -> GroundedAnswer:
    return asked.answer(QUESTION, composer=Saying(*said, fails=fails)).result()


TRUE = ("412 bridges were repaired in 2023.", "1")
TRUE_TOO = ("There are eels passing under 9 bridges.", "2")
FALSE = ("900 bridges were repaired in 2023.", "1")
UNCITED = ("The Minister resigned.", "")


def test_a_composers_own_verdict_counts_for_nothing(asked: Assistant) -> None:
    answer = answered(asked, TRUE, FALSE, TRUE, TRUE)
    assert [s.text for s in answer.sentences] == [TRUE[0]] * 3
    (lost,) = answer.withheld
    assert lost.verdict is Verdict.UNSUPPORTED
    assert "900" in lost.reason
    assert answer.note == ""
    assert answer.composer == "saying"


def test_a_citation_is_narrowed_to_the_sentence_that_bears_the_claim_out(asked: Assistant) -> None:
    answer = answered(asked, TRUE)
    (citation,) = answer.sentences[0].citations
    record = answer.records[citation.number - 1]
    assert record.text[citation.start : citation.end] == "In 2023 we repaired 412 bridges."


def test_citations_are_numbered_by_record_in_the_order_of_use(asked: Assistant) -> None:
    answer = answered(asked, TRUE_TOO, TRUE, ("The cost was £3.2 million.", "1"))
    assert [[c.number for c in s.citations] for s in answer.sentences] == [[1], [2], [2]]
    assert [record.id for record in answer.records] == ["2", "1"]


def test_a_record_that_adds_nothing_is_no_citation(asked: Assistant) -> None:
    answer = answered(asked, (TRUE[0], "1 2"))
    assert [c.record_id for c in answer.sentences[0].citations] == ["1"]


def test_what_was_kept_back_keeps_its_citations_after_the_others(asked: Assistant) -> None:
    answer = answered(asked, (FALSE[0], "2"), TRUE, TRUE, TRUE)
    assert [c.number for c in answer.withheld[0].citations] == [2]
    assert [record.id for record in answer.records] == ["1", "2"]


def test_an_uncited_sentence_is_kept_back(asked: Assistant) -> None:
    answer = answered(asked, TRUE, TRUE, UNCITED)
    assert [s.verdict for s in answer.withheld] == [Verdict.UNCITED]
    assert UNCITED[0] not in answer.text


def test_losing_too_much_gives_way_to_quotation_with_a_note(asked: Assistant) -> None:
    events = list(asked.answer(QUESTION, composer=Saying(TRUE, FALSE, UNCITED, FALSE)))
    answer = events[-1].answer if isinstance(events[-1], Done) else None
    assert answer is not None
    assert answer.composer == "extractive"
    assert "3 of its sentences" in answer.note
    assert len(answer.withheld) == 3
    assert "In 2023 we repaired 412 bridges." in [s.text for s in answer.sentences]
    again = next(n for n, e in enumerate(events) if isinstance(e, StartedAgain))
    shown = [e.sentence for e in events[again:] if isinstance(e, SentenceReady)]
    assert tuple(shown) == answer.sentences


def test_a_composer_that_fails_gives_way_and_says_why(asked: Assistant) -> None:
    answer = answered(asked, TRUE, fails="The language model went away.")
    assert answer.composer == "extractive"
    assert answer.note == "The language model went away."
    assert answer.kind is AnswerKind.ANSWERED
    assert all(s.verdict is Verdict.SUPPORTED for s in answer.sentences if not s.framing)


@pytest.mark.parametrize(("withhold", "shown"), [("nothing", 4), ("unsupported", 2), ("partly", 1)])
def test_the_policy_decides_what_is_kept_back(asked: Assistant, withhold: str, shown: int) -> None:
    asked.policy = Policy(WITHHELD[withhold], max_withheld=1.0)
    partly = ("In 2023 we repaired 412 bridges gracefully.", "1")
    answer = answered(asked, TRUE, partly, FALSE, UNCITED)
    assert len(answer.sentences) == shown
    assert len(answer.sentences) + len(answer.withheld) == 4
    assert answer.composer == "saying"


def test_citations_and_verdict_follow_their_sentence(asked: Assistant) -> None:
    events = list(asked.answer(QUESTION, composer=Saying(TRUE)))
    kinds = [type(event) for event in events[1:-1]]
    assert kinds == [SentenceReady, CitationReady, VerdictReady]
    verdict = events[-2]
    assert isinstance(verdict, VerdictReady)
    assert verdict.verdict is Verdict.SUPPORTED


def test_closing_the_stream_stops_the_composer(asked: Assistant) -> None:
    composer = Saying(TRUE, TRUE, TRUE)
    stream = asked.answer(QUESTION, composer=composer)
    for event in stream:
        if isinstance(event, SentenceReady):
            break
    assert not composer.closed
    stream.close()
    assert composer.closed


def test_a_second_opinion_can_only_object(asked: Assistant) -> None:
    heard: list[str] = []

    def objects(claim: str, evidence: Sequence[str]) -> Checked | None:
        heard.append(claim)
        if "cost" not in claim:
            return None
        return Checked(Verdict.UNSUPPORTED, "The model objects.", (Missing("word", "", ""),))

    asked.policy = Policy(second_opinion=objects)
    answer = answered(asked, TRUE, TRUE_TOO, ("£3.2 million was the cost.", "1"), FALSE)
    assert answer.withheld[0].reason == "The model objects."
    assert FALSE[0] not in heard
    assert len(answer.sentences) == 2


RECORD = make_record("1", text=TEXT)


def judged(text: str, *spans: tuple[int, int], record: WrittenAnswer = RECORD) -> Sentence:
    citations = tuple(Citation(1, record.id, a, b) for a, b in spans)
    return checked(Sentence(text, citations), {record.id: record})


@pytest.mark.parametrize("span", [(0, 10_000), (5, 5), (-1, 4)])
def test_a_span_that_the_record_does_not_have_is_no_citation(span: tuple[int, int]) -> None:
    assert judged("In 2023 we repaired 412 bridges.", span).verdict is Verdict.UNCITED


def test_an_unknown_record_is_no_citation() -> None:
    sentence = Sentence("We repaired 412 bridges.", (Citation(1, "nowhere", 0, 5),))
    assert checked(sentence, {"1": RECORD}).citations == ()


def test_framing_comes_back_as_it_is() -> None:
    framing = Sentence("The Department answered:", framing=True)
    assert checked(framing, {}) is framing


def test_a_claim_from_two_sentences_cites_both() -> None:
    claim = "In 2023 we repaired 412 bridges, and the cost was £3.2 million."
    found = judged(claim, (0, len(TEXT)))
    cited = [TEXT[c.start : c.end] for c in found.citations]
    assert "In 2023 we repaired 412 bridges." in cited


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (
            "On 9 May 2024, the Department for Example said that we repaired 412 bridges in 2023.",
            True,
        ),
        ("According to the Department for Example, 412 bridges were repaired in 2023.", True),
        ("On 9 June 2024, the Department for Example said that we repaired 412 bridges.", False),
        ("The Home Office said that we repaired 412 bridges in 2023.", False),
    ],
)
def test_who_answered_and_when_is_checked_by_the_records_fields(claim: str, verdict: bool) -> None:
    found = judged(claim, (0, len(TEXT)))
    assert (found.verdict is Verdict.SUPPORTED) is verdict, found.reason


def test_an_attribution_without_a_date_on_record_is_left_alone() -> None:
    undated = replace_record(answered=None)
    claim = "On 9 May 2024, the Department for Example said that 412 were repaired."
    assert unattributed(claim, [undated]) == claim


def replace_record(**changes: object) -> WrittenAnswer:
    return RECORD.model_copy(update=changes)


@pytest.mark.parametrize(
    "markup",
    [
        "[412 bridges](https://evil.example/x)",
        "412 bridges <img src=x onerror=alert(1)>",
        "412 <b>bridges</b>",
        "412 bridges ![](http://evil.example/?q=1)",
        "412 bridges: see evil.example/login",
        "412 bridges, mail a@evil.example",
        "412 bridges javascript:alert(1)",
        "412 bridges <|im_end|>",
    ],
)
def test_links_and_markup_that_the_record_has_not_are_not_shown(markup: str) -> None:
    found = judged(f"In 2023 we repaired {markup}.", (0, len(TEXT)))
    assert found.verdict is Verdict.UNSUPPORTED, found


def test_a_link_of_the_record_may_be_told() -> None:
    text = "The figures are published at https://www.gov.uk/bridges (Table 2)."
    assert foreign("See https://www.gov.uk/bridges.", [text]) is None
    assert foreign("See https://www.gov.uk/tunnels.", [text]) == "https://www.gov.uk/tunnels"
    assert foreign("e.g. 4.5 million, i.e. most of No.10 in the U.K. < 5 cases", [text]) is None


def test_every_citation_of_a_quotation_stays_exact(asked: Assistant) -> None:
    answer = asked.answer(QUESTION).result()
    for sentence in answer.sentences:
        for citation in sentence.citations:
            record = answer.records[citation.number - 1]
            assert record.text[citation.start : citation.end] == sentence.text
    assert answer.sentences == tuple(
        replace(s, verdict=Verdict.SUPPORTED) if s.citations else s for s in answer.sentences
    )
