"""The arithmetic of the evaluation, against values worked out by hand."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.evaluation import measures, statistics
from assistant.evaluation.extras import ExtraMissing, load
from assistant.evaluation.gold import figures_shown, gold_shown
from assistant.evaluation.haystack import haystack
from assistant.evaluation.labels import Query, Role, question_tasks, read_questions, read_tasks
from assistant.evaluation.systems import chosen, expanded, reciprocal_rank_fusion
from index.errors import BadRequest
from index.types import Passage, RecordRef

from .fakes import make_record


def query(*relevant: str, exclude: tuple[str, ...] = ()) -> Query:
    return Query("q", "how many", relevant, exclude=exclude)


def test_measures_by_hand() -> None:
    queries = [query("a", "b"), query("z"), query("a")]
    rankings = [["x", "a", "y", "b"], ["x", "y"], []]
    found = measures.score(queries, rankings)
    gain = 1 / math.log2(3) + 1 / math.log2(5)
    assert found["nDCG@10"][0] == pytest.approx(gain / (1 + 1 / math.log2(3)))
    assert found["MRR@10"].tolist() == [0.5, 0.0, 0.0]
    assert found["recall@5"].tolist() == [1.0, 0.0, 0.0]
    assert found["hit@5"].tolist() == [1.0, 0.0, 0.0]


def test_measures_stop_at_their_depth() -> None:
    ranking = [f"x{n}" for n in range(5)] + ["a"] + [f"y{n}" for n in range(10)] + ["b"]
    found = measures.score([query("a", "b")], [ranking])
    assert found["MRR@10"][0] == pytest.approx(1 / 6)
    assert (found["hit@5"][0], found["recall@5"][0]) == (0.0, 0.0)
    assert (found["recall@10"][0], found["recall@50"][0]) == (0.5, 1.0)


def test_what_a_query_excludes_takes_no_place_in_the_ranking() -> None:
    asked = query("a", exclude=("own",))
    assert measures.score([asked], [["own", "own", "a"]])["MRR@10"][0] == 1.0
    assert measures.scored(asked, ["own", "b", "b", "a"]) == ["b", "a"]


def test_two_queries_of_one_name_are_scored_apart() -> None:
    found = measures.score([query("a"), query("b")], [["a"], ["a"]])
    assert found["MRR@10"].tolist() == [1.0, 0.0]


@given(
    st.lists(
        st.tuples(st.sampled_from("abcdef"), st.lists(st.sampled_from("abcdef"), max_size=4)),
        max_size=6,
    )
)
def test_a_collapsed_result_counts_as_all_its_members_in_order(
    results: list[tuple[str, list[str]]],
) -> None:
    passages = [
        Passage(make_record(own), 0, 5, 1.0, others=tuple(RecordRef(o) for o in others))
        for own, others in results
    ]
    flat = [record for own, others in results for record in (own, *others)]
    ranking = expanded(passages)
    assert len(ranking) == len(set(ranking))
    assert set(ranking) == set(flat)
    assert sorted(ranking, key=flat.index) == ranking


def test_fusion_by_hand() -> None:
    fused = reciprocal_rank_fusion([["a", "b", "c"], ["c", "a"]])
    # a: 1/61 + 1/62; c: 1/63 + 1/61; b: 1/62
    assert fused == ["a", "c", "b"]


def test_an_interval_holds_its_mean_and_narrows_with_more_queries() -> None:
    scores = np.array([0.0, 1.0] * 50)
    few, many = statistics.mean(scores[:20]), statistics.mean(scores)
    assert few.low < few.mean == many.mean == 0.5 < few.high
    # The standard error of 100 fair coins is 0.05.
    assert many.low == pytest.approx(0.5 - 1.96 * 0.05, abs=0.02)
    assert many.high - many.low < few.high - few.low
    assert statistics.mean(scores) == many


def test_a_comparison_tells_a_lead_from_chance() -> None:
    ones, zeros = np.ones(30), np.zeros(30)
    clear = statistics.compare(ones, zeros)
    assert clear.difference.mean == 1.0
    assert clear.p < 0.001
    assert statistics.compare(ones, ones).p == 1.0
    mixed = np.array([1.0, 0.0] * 15)
    assert statistics.compare(mixed, mixed[::-1]).p > 0.5


def test_a_comparison_of_three_wins_by_hand() -> None:
    # Of the eight ways to sign three equal differences two are as large: p is 1/4.
    found = statistics.compare(np.ones(3), np.zeros(3))
    assert found.p == pytest.approx(0.25, abs=0.03)


def test_auroc_by_hand() -> None:
    sure, right = np.array([0.9, 0.5, 0.5, 0.1]), np.array([True, True, False, False])
    # Of four pairs three are in order and one is a tie.
    assert statistics.auroc(sure, right) == pytest.approx(3.5 / 4)
    assert statistics.auroc(sure, np.ones(4, dtype=bool)) == 0.5


def test_risk_and_coverage_by_hand() -> None:
    sure, right = np.array([0.2, 0.9, 0.5, 0.5]), np.array([False, True, True, False])
    assert statistics.risk_coverage(sure, right) == [(0.25, 0.0), (0.75, 1 / 3), (1.0, 0.5)]


def test_gold_is_found_whatever_its_case_spaces_and_punctuation() -> None:
    shown = "We gave £1,200  to  schools;  ‘None’ was lent."
    assert gold_shown(["we gave £1,200 to Schools.", "None was", "One was lent"], shown) == [
        True,
        True,
        False,
    ]
    assert gold_shown(["gave 1,20"], shown) == [False]


def test_figures_are_found_however_they_are_written() -> None:
    short = "4,005 children, £88.6 million, 6 July 2022"
    shown = "On 06/07/2022 some £88.6m was paid for four children."
    assert figures_shown(short, shown) == [False, True, True]
    assert figures_shown("Not known", shown) == []


def test_answer_texts_alone_withhold_all_else() -> None:
    record = make_record("7", grouped_uins=("8",))
    alone = haystack(Role.ANSWERS, [record])
    whole = haystack(Role.RECORDS, [record])
    assert alone.texts == [record.text]
    assert "examples were supplied" not in alone.records[0].model_dump_json()
    assert record.question in whole.texts[0]
    assert record.heading in whole.texts[0]
    assert alone.digest != whole.digest


def test_unusable_lines_are_named_and_the_others_kept(tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text(
        '{"q": "How many?", "id": 1, "also": [2], "gold": ["Four."]}\n'
        "\n"
        "not json\n"
        '{"id": 3}\n'
        "[1]\n"
        '{"q": "Lost", "kind": "answerable"}\n'
        '{"q": "And in Wales?", "history": ["How many?"], "id": "x:4", "short": null}\n'
        '{"q": "Who pays?", "kind": "unanswerable", "near": [1]}\n'
        '{"q": "Who else pays?"}\n',
        "utf-8",
    )
    read = read_questions(file)
    assert [q.text for q in read.items] == [
        "How many?",
        "And in Wales?",
        "Who pays?",
        "Who else pays?",
    ]
    assert read.items[0].relevant == ("1", "2")
    assert [q.is_answerable for q in read.items] == [True, True, False, False]
    assert [problem.split(" is left out: ")[0] for problem in read.problems] == [
        f"questions.jsonl, line {n}" for n in (3, 4, 5, 6)
    ]
    tasks = question_tasks(read.items)
    assert [(task.name, len(task.queries), task.measure) for task in tasks] == [
        ("questions", 1, "MRR@10"),
        ("follow-ups", 1, "MRR@10"),
    ]
    assert tasks[1].queries[0].joined == "How many? And in Wales?"


def test_a_task_is_searched_as_its_name_asks(tmp_path: Path) -> None:
    for name in ("own-answer", "pursuant", "mine"):
        line = '{"qid": "1", "query": "how many", "relevant": [5], "exclude": [6]}\n'
        (tmp_path / f"{name}.jsonl").write_text(line, "utf-8")
    (tmp_path / "bad.jsonl").write_text('{"query": "how many", "relevant": []}\n', "utf-8")
    read = read_tasks(tmp_path)
    assert {task.name: task.role for task in read.items} == {
        "own-answer": Role.ANSWERS,
        "pursuant": Role.RECORDS,
        "mine": Role.RECORDS,
    }
    assert read.items[0].queries[0].exclude == ("6",)
    assert len(read.problems) == 1
    with pytest.raises(BadRequest, match="no tasks"):
        read_tasks(tmp_path / "nowhere")


def test_systems_are_named_with_commas() -> None:
    assert chosen(" bm25, hybrid,bm25") == ["bm25", "hybrid"]
    with pytest.raises(BadRequest, match="'elastic'"):
        chosen("hybrid,elastic")
    with pytest.raises(BadRequest, match="No system"):
        chosen(",")


def test_a_missing_library_is_named_with_the_extra_that_brings_it() -> None:
    with pytest.raises(ExtraMissing, match=r"pip install 'government-answers-assistant\[peers\]'"):
        load("no_such_library_at_all", "peers")
