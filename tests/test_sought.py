"""The figure, date or name a question asks for is shown, or said not to be (invented records)."""

from __future__ import annotations

from assistant.compose import Request, constraints, evidence, extractive
from assistant.compose.features import study
from assistant.types import AnswerKind, Citation, Sentence, Verdict
from index.types import Passage, WrittenAnswer

from .fakes import make_record

FIGURE = "Bridge repairs have received £40 million."
NO_FIGURE = "The formula for allocating money to bridge repairs is under review."


def bridges(text: str, key: str = "1") -> WrittenAnswer:
    return make_record(
        key,
        heading="Bridges: Repairs",
        question="To ask the Secretary of State for Example, what the plans for bridges are.",
        text=text,
    )


def studied(question: str, *records: WrittenAnswer) -> Request:
    return study(question, (), [Passage(r, 0, len(r.text), 1.0) for r in records])


def shown(question: str, *records: WrittenAnswer, worth: list[list[float]]) -> list[str]:
    request = studied(question, *records)
    want = constraints.wanted(question)
    chosen, _ = extractive.choose(request.found, worth, 30, want)
    return [request.found[at].units[n].text for at, own in chosen for n in own]


def test_the_figure_asked_for_is_brought_in_where_what_was_chosen_has_none() -> None:
    question = "How much money have bridge repairs been allocated?"
    records = bridges(NO_FIGURE), bridges(FIGURE, "2")
    assert FIGURE in shown(question, *records, worth=[[0.9], [0.01]])


def test_nothing_is_brought_in_where_no_figure_was_asked_for() -> None:
    records = bridges(NO_FIGURE), bridges(FIGURE, "2")
    assert shown("Is the formula under review?", *records, worth=[[0.9], [0.01]]) == [NO_FIGURE]


def test_a_figure_for_another_place_is_not_brought_in() -> None:
    question = "How much money have bridge repairs been allocated in Ipswich?"
    records = bridges(NO_FIGURE), bridges(FIGURE, "2")
    assert shown(question, *records, worth=[[0.9], [0.01]]) == [NO_FIGURE]


def test_an_answer_without_the_figure_asked_for_is_an_answer_in_part() -> None:
    quoted = [Sentence(NO_FIGURE, (Citation(1, "1", 0, len(NO_FIGURE)),))]
    sure = evidence.Assessment(0.9, (), lacking=("a sum of money",))
    assert evidence.kind_of_answer(quoted, sure) is AnswerKind.PARTLY
    assert evidence.kind_of_answer(quoted, evidence.Assessment(0.9, ())) is AnswerKind.ANSWERED


def lacking_as_shown(question: str, text: str, verdict: Verdict = Verdict.SUPPORTED) -> set[str]:
    """What is said to be missing where this sentence is shown, of a record that has it all."""
    record = bridges(f"{FIGURE} {NO_FIGURE}")
    request = studied(question, record)
    sentence = Sentence(text, (Citation(1, "1", 0, len(record.text)),), verdict)
    before = evidence.Assessment(0.9, (), lacking=("a whale",))
    return set(evidence.as_shown(request, before, [sentence]).lacking)


def test_what_is_left_open_is_judged_by_what_is_shown_and_borne_out() -> None:
    question = "How much money have bridge repairs been allocated?"
    assert lacking_as_shown(question, "Repairs have received £40 million.") == set()
    assert lacking_as_shown(question, "A formula is under review.") == {"a sum of money"}
    doubted = lacking_as_shown(question, "They got £90 million.", Verdict.UNSUPPORTED)
    assert doubted == {"a sum of money"}


def test_a_composed_sentence_is_read_with_the_words_it_cites() -> None:
    record = bridges("In Ipswich, bridge repairs have received £40 million.")
    request = studied("How much money have bridge repairs in Ipswich been allocated?", record)
    sentence = Sentence(
        "They have received £40 million.",
        (Citation(1, "1", 0, len(record.text)),),
        Verdict.SUPPORTED,
    )
    assessment = evidence.Assessment(0.9, ())
    assert evidence.as_shown(request, assessment, [sentence]).lacking == ()
    assert evidence.as_shown(request, assessment, [sentence]).uncovered == ()


def test_a_question_is_covered_where_one_of_its_parts_is(monkeypatch) -> None:
    question = "How many bridges fell in 1999, and what is being done about them?"
    request = studied(question, bridges(NO_FIGURE))
    sure = {question: 0.1, "what is being done about them": 0.9}
    monkeypatch.setattr(
        evidence, "features", lambda request, worth, want: {"sure": sure.get(want.question, 0.2)}
    )
    monkeypatch.setattr(evidence.model, "confidence", lambda numbers: numbers["sure"])
    assert evidence.assess(request).confidence == 0.9
    sure["what is being done about them"] = 0.3
    assert not evidence.assess(request).covered


def test_what_answers_another_part_is_not_called_declined() -> None:
    question = "How many bridges fell in 1999, and what is being done about bridges?"
    held = bridges("We do not hold figures on how many bridges fell in 1999.")
    done = bridges("Bridges are being repaired, and engineers look at all bridges.", "2")
    request = studied(question, held, done)
    sentences = [
        Sentence(r.text, (Citation(n, r.id, 0, len(r.text)),), Verdict.SUPPORTED)
        for n, r in enumerate((held, done), 1)
    ]
    assessed = evidence.as_shown(request, evidence.assess(request), sentences)
    assert assessed.given
    alone = evidence.as_shown(request, evidence.assess(request), sentences[:1])
    assert not alone.given
