"""What the reader is trained on: which sentences are said to answer, and which not to."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from random import Random

import pytest

from assistant.evaluation.haystack import read_records
from benchmarks import reader_texts
from benchmarks.reader_texts import Item, Paragraph, Question
from index.text import fold, sentences

from .records import SHARED, needs_records

OTTERS = Paragraph(
    "Otters",
    "There are 11,000 otters. Otters eat fish. Some sleep.",
    [(0, 24), (25, 41), (42, 53)],
    [Question("How many otters are there?", (0,))],
    "1",
)


def rows() -> list[dict]:
    return [json.loads(line) for line in reader_texts.WRITTEN.read_text("utf-8").splitlines()]


def test_pairs_of_squad_hold_the_answer_and_what_is_near_it() -> None:
    made = reader_texts.squad_items([OTTERS, OTTERS], Random(0))
    assert [item for item in made if item.answers] == [
        Item("How many otters are there?", at, 0, 1.0) for at in (0, 1)
    ]
    assert Item("How many otters are there?", 0, 1, 0.0) in made


def test_a_near_miss_is_answered_by_nothing_and_a_question_by_all_its_sentences() -> None:
    badgers = Paragraph("Badgers", "There are 9,000 badgers.", [(0, 24)])
    stoats = Paragraph("Stoats", "Stoats are brown.", [(0, 17)])
    asked = [
        Question("How many otters are there and what do they eat?", (0, 1)),
        Question("How many otters died?", (), False, ((badgers, (0,)),), 2.0),
    ]
    of_otters = Paragraph(OTTERS.title, OTTERS.text, OTTERS.spans, asked, "1")
    how_stoats = Question("What colour is a weasel?", (), False, ((stoats, (0,)),))
    of_weasels = Paragraph("Weasels", "Weasels hunt.", [(0, 13)], [how_stoats], "2")
    seen: set[tuple[str, str, float, float]] = set()
    for seed in range(40):
        windows, items = reader_texts.written_items([of_otters, of_weasels], Random(seed))
        for item in items:
            window = windows[item.paragraph]
            start, end = window.spans[item.sentence]
            own = item.question.lower().rstrip("?").split("? ")[-1]
            seen.add((own, window.text[start:end], item.answers, item.weight))
    missed, other = "how many otters died", "what colour is a weasel"
    whole = "how many otters are there and what do they eat"
    assert {one[1:] for one in seen if one[0] == missed} == {
        (text, 0.0, 2.0)
        for text in ("There are 11,000 otters.", "Otters eat fish.", "Some sleep.", badgers.text)
    }
    assert {one[1:] for one in seen if one[0] == other} == {
        ("Weasels hunt.", 0.0, 1.0),
        ("Stoats are brown.", 0.0, 1.0),
    }
    assert {one[1:] for one in seen if one[0] == whole} == {
        ("There are 11,000 otters.", 1.0, 1.0),
        ("Otters eat fish.", 1.0, 1.0),
        ("Some sleep.", 0.0, 1.0),
    }


def test_the_form_of_a_question_does_not_tell_whether_it_is_answered() -> None:
    asked = {"count": "How many?", "time": "When?", "person": "Who?", "other": "Is it so?"}
    assert {reader_texts.form(question) for question in asked.values()} == set(asked)
    lines = [{"q": "How many?", "gold": []}] * 3 + [{"q": "How many?", "gold": [[0, 1]]}] * 2
    weights = reader_texts._balanced([*lines, {"q": "Who?", "gold": []}])
    assert weights["count", False] * 3 == pytest.approx(weights["count", True] * 2)
    assert weights["person", False] == 0.5


def test_a_neighbour_that_says_the_same_is_not_called_wrong() -> None:
    from index.types import WrittenAnswer

    record = WrittenAnswer(id="2", text="There are 11,000 otters in England. Otters eat fish.")
    gold = [reader_texts._words("There are 11,000 otters.")]
    found = reader_texts._nearest("How many otters are there?", record, gold, Random(0))
    assert found is not None
    window, likest = found
    assert [window.text[slice(*window.spans[n])] for n in likest] == ["Otters eat fish."]


def test_questions_meet_their_answers_and_their_neighbours(monkeypatch, tmp_path) -> None:
    texts = {
        1: "Otters are seen in every county of England. " * 30 + "There are 11,000 otters.",
        2: "The cost of counting otters was 4,000 pounds. It was paid by Natural England.",
        3: "Rivers are cleaner than they were.",
    }
    pairs = tmp_path / "pairs.jsonl.gz"
    with gzip.open(pairs, "wt", encoding="utf-8") as file:
        for key, text in texts.items():
            asked = f"To ask the Secretary of State, what matter {key} is."
            row = {"id": key, "questionText": asked, "answerText": f"<p>{text}</p>"}
            file.write(json.dumps(row) + "\n")
    written = tmp_path / "written.jsonl"
    lines = [
        {"id": 1, "q": "How many otters are there?", "gold": [[1320, 1344]]},
        {"id": 1, "q": "What did counting otters cost?", "gold": []},
    ]
    written.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    monkeypatch.setattr(reader_texts, "WRITTEN", written)
    windows = reader_texts.written(pairs, tmp_path / "index", Random(0))
    assert len(windows) > 1, "a long answer is read a window at a time"
    assert all(len(window.text) <= reader_texts.IN_WINDOW for window in windows)
    first, second = windows[-1].asked
    (right,) = first.right
    assert windows[-1].text[slice(*windows[-1].spans[right])] == "There are 11,000 otters."
    assert windows[0].asked[0].right == ()
    assert windows[0].asked[0].is_answered
    assert second.right == ()
    assert not second.is_answered
    assert "The cost of counting otters" in second.near[0][0].text
    assert all("county of England" not in near.text for near, _ in second.near)


def test_every_record_has_questions_that_it_answers_and_near_misses() -> None:
    every = rows()
    kinds = Counter((row["id"], bool(row["gold"])) for row in every)
    records = {row["id"] for row in every}
    assert all(kinds[record, True] >= 3 and kinds[record, False] >= 3 for record in records)
    assert len({(row["id"], row["q"]) for row in every}) == len(every)


@needs_records
def test_written_questions_are_of_sentences_and_of_no_record_that_is_measured_on() -> None:
    wanted = {row["id"] for row in rows()}
    pairs, _ = read_records([SHARED / "pairs-dev.jsonl.gz"])
    texts = {int(record.id): record.text for record in pairs if int(record.id) in wanted}
    assert set(texts) == wanted
    for row in rows():
        spans = [list(span) for span in sentences(texts[row["id"]])]
        assert all(span in spans for span in row["gold"]), row
    measured = {fold(record.text) for record in read_records([SHARED / "answers-dev.jsonl.gz"])[0]}
    assert measured.isdisjoint(map(fold, texts.values()))
