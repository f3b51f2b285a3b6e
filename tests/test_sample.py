"""The bundled sample: summaries in our own words of real answers, each with its address.

Where the real records lie beside the checkout, every figure and fact is compared with them.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter

import pytest

from index.markup import html_to_text
from index.paths import sample_file
from index.text import sentences
from index.types import WrittenAnswer

from .records import SHARED, needs_records

OFFICIAL = "https://questions-statements.parliament.uk/written-questions/"
SEED_PAGE = SHARED / "pages" / "human-trafficking-2022-07-06.txt"
LONGEST_SHARED_RUN = 7


def _read() -> list[WrittenAnswer]:
    with sample_file().open(encoding="utf-8") as lines:
        return [WrittenAnswer.model_validate_json(line) for line in lines]


SAMPLE = _read()
SEED = SAMPLE[0]

each_record = pytest.mark.parametrize("record", SAMPLE, ids=lambda record: record.id)


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.lower())


def _runs(text: str, length: int) -> set[tuple[str, ...]]:
    words = _words(text)
    return {tuple(words[at : at + length]) for at in range(len(words) - length + 1)}


def _copied(own: str, source: str) -> list[str]:
    shared = _runs(own, LONGEST_SHARED_RUN + 1) & _runs(source, LONGEST_SHARED_RUN + 1)
    return [" ".join(run) for run in shared]


def _figures(text: str) -> set[str]:
    found = (match.rstrip(".,").replace(",", "") for match in re.findall(r"\d[\d,.]*", text))
    return {figure.lstrip("0") or "0" for figure in found}


def _day(value: str | None) -> str | None:
    return value[:10] if value else None


def _number(member: object) -> int | None:
    return getattr(member, "id", None)


def test_size_and_spread() -> None:
    houses = Counter(record.house for record in SAMPLE)
    assert len(SAMPLE) >= 60
    assert len({record.department for record in SAMPLE}) >= 12
    assert houses["Commons"] >= 50
    assert houses["Lords"] >= 6


def test_trafficking_comes_first() -> None:
    assert (SEED.house, SEED.department, SEED.uin) == ("Lords", "Home Office", "HL1536")
    assert (str(SEED.asked), str(SEED.answered)) == ("2022-07-06", "2022-07-20")
    assert SEED.answerer is not None
    assert SEED.answerer.name == "Baroness Williams of Trafford"
    for fact in ("17 small boat OCGs", "over 400 arrests", "17 countries", "more than 23,000"):
        assert fact in SEED.text


def test_no_two_alike() -> None:
    for values in (
        [record.id for record in SAMPLE],
        [record.url for record in SAMPLE],
        [record.question for record in SAMPLE],
        [record.text for record in SAMPLE],
    ):
        assert len(set(values)) == len(values)


def test_every_sort_of_reply_is_there() -> None:
    assert any(record.is_holding for record in SAMPLE)
    assert any(record.grouped_uins for record in SAMPLE)
    corrected = [record for record in SAMPLE if record.is_correction]
    assert corrected
    assert all(record.corrected for record in corrected)
    assert any("disproportionate cost" in record.text for record in SAMPLE)


@each_record
def test_record(record: WrittenAnswer) -> None:
    assert record.is_summary
    assert record.id.startswith("sample-")
    assert record.source == "sample"
    assert record.heading
    assert record.department
    assert record.asked
    assert record.answered
    assert record.asked <= record.answered
    assert record.url == f"{OFFICIAL}detail/{record.asked}/{record.uin}"
    assert record.house == ("Lords" if str(record.uin).startswith("HL") else "Commons")
    assert 40 <= len(record.text.split()) <= 110
    assert 2 <= len(sentences(record.text)) <= 5
    assert record.question.endswith("?")
    assert 5 <= len(record.question.split()) <= 40
    assert not record.question.lower().startswith("to ask")


@needs_records
def test_agrees_with_the_real_records() -> None:
    wanted = {record.id.removeprefix("sample-"): record for record in SAMPLE}
    compared = 0
    with gzip.open(SHARED / "answers-dev.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            real = json.loads(line)["value"]
            record = wanted.get(str(real["id"]))
            if record is None:
                continue
            compared += 1
            assert (record.uin, record.house) == (real["uin"], real["house"]), record.id
            assert record.department == real["answeringBodyName"], record.id
            assert record.heading == real["heading"], record.id
            assert str(record.asked) == _day(real["dateTabled"]), record.id
            assert str(record.answered) == _day(real["dateAnswered"]), record.id
            for day, name in (
                (record.corrected, "dateAnswerCorrected"),
                (record.holding_answered, "dateHoldingAnswer"),
            ):
                assert (str(day) if day else None) == _day(real[name]), record.id
            assert _number(record.asker) == real["askingMemberId"], record.id
            assert _number(record.answerer) == real["answeringMemberId"], record.id
            assert list(record.grouped_uins) == real["groupedQuestions"], record.id
            assert record.is_holding == real["answerIsHolding"], record.id
            assert record.is_correction == real["answerIsCorrection"], record.id
            _assert_own_words(record, real["questionText"], html_to_text(real["answerText"]))
    assert compared == sum(record.house == "Commons" for record in SAMPLE)


@pytest.mark.skipif(not SEED_PAGE.is_file(), reason="the page is not in shared/data")
def test_trafficking_agrees_with_its_page() -> None:
    _assert_own_words(SEED, "", SEED_PAGE.read_text(encoding="utf-8"))


def _assert_own_words(record: WrittenAnswer, question: str, answer: str) -> None:
    """The figures are the source's, the sentences are ours."""
    days = (record.asked, record.answered, record.corrected, record.holding_answered)
    known = _figures(" ".join(str(day).replace("-", " ") for day in days))
    known |= _figures(question) | _figures(answer)
    for own in (record.question, record.text):
        assert not _figures(own) - known, record.id
        for source in (question, answer):
            assert not _copied(own, source), record.id
