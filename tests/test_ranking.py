"""The last stage: what its numbers mean, and that the weights file says what it is taken for."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from index import Index
from index.followups import Likeness, going_on
from index.ranking import features, model
from index.ranking.features import (
    DERIVED,
    LONG,
    NAMES,
    Candidates,
    Measured,
    longness,
    with_derived,
    with_feedback,
)
from index.told import FIELDS, Told, pack
from index.types import Understanding, WrittenAnswer

from .fakes import HashingEmbedder, make_record


@pytest.fixture
def index(tmp_path) -> Iterator[Index]:
    with Index.open_or_create(tmp_path, embedder=HashingEmbedder()) as made:
        yield made


def test_the_weights_file_weighs_every_feature_and_nothing_else() -> None:
    weights = model.load()
    assert set(weights) == {"record", "long", "first", "related"}
    for which in (weights, weights["first"]):
        assert list(which["record"]) == [*NAMES, *DERIVED]
        assert list(which["long"]) == list(LONG)
    # What feedback is taken by cannot hang on feedback.
    for name in (*features.FED_BACK, "near_feedback"):
        assert weights["first"]["record"][name] == weights["first"]["long"][name] == 0
    assert set(LONG) <= {*NAMES, *DERIVED}
    assert set(weights["related"]) == {
        "bias",
        *going_on("and in Wales?", Likeness(0.1, 0.4, 0.5, 0.5)),
    }


def test_the_weights_mean_what_they_are_fitted_for() -> None:
    # What is nearer in meaning, or has more of the words, does not come behind what is not,
    # and a question that shares nothing with the one before it does not go on with it.
    weights = model.load()
    own = dict.fromkeys(NAMES, 0.3) | {"cosine_below_best": -0.2, "feedback": -0.2}
    own["style"] = -2.0
    nearer = {"cosine": 0.5, "cosine_below_best": 0.0, "feedback": 0.0}
    wordy = {"words": 0.9}
    styled = {"style": -0.5}
    for more in (nearer, wordy, styled, {"body": 0.9}, {"covered": 0.9}, {"addressee": 0.9}):
        rows = np.array([[{**own, **changed}[name] for name in NAMES] for changed in ({}, more)])
        for long in (0.0, 0.5, 1.0):
            less, greater = model.totals(rows, long)
            # Words of all fields together may weigh nothing beside those of the text.
            assert greater >= less if more is wordy else greater > less, (more, long)
    related = weights["related"]
    question = "How many farms have been visited by inspectors of late?"
    assert model.chance(going_on(question, Likeness(0.05, 0.7, 0.55, 0.7)), related) < 0.1
    assert model.chance(going_on(question, Likeness(0.5, 0.6, 0.75, 0.7)), related) > 0.8
    # What is nearer to the question before, or to something with it than alone, goes on with it.
    assert min(related[name] for name in ("cosine", "over_alone", "over_before")) > 0


def test_sums_and_scores_by_hand() -> None:
    weights: model.Sum = {
        "record": {name: float(at) for at, name in enumerate(NAMES)} | dict.fromkeys(DERIVED, 0.0),
        "long": {NAMES[2]: -0.5},
    }
    rows = np.zeros((2, len(NAMES)))
    rows[0, 1], rows[1, 2] = 3.0, 4.0
    assert model.totals(rows, 0.0, weights).tolist() == [3.0, 8.0]
    # The longer the question, the less the third column counts here.
    assert model.totals(rows, 1.0, weights).tolist() == [3.0, 6.0]
    assert model.scores(np.array([10.0, 2.0])).tolist() == [1.0, 0.5]
    related = {"bias": 0.0, "cosine": 2.0, "overlap": 0.0}
    assert model.chance({"cosine": 0.0, "overlap": 9.0}, related) == 0.5


def test_feedback_is_taken_from_the_likeliest_records_nearest_chunks() -> None:
    vectors = np.array([[1, 0, 0], [0.6, 0.8, 0], [0.8, 0, 0.6], [0, 0, 1]], dtype=np.float32)
    question = vectors[0]
    cosines = (vectors @ question).astype(np.float64)
    found = Candidates(
        numbers=[1, 2, 3, 4],
        vectors=vectors,
        ends=np.zeros(4, dtype=np.int64),
        owner=np.array([0, 1, 2, 2]),
        records=["a", "b", "c"],
        told=Told.unpack([pack((0, 0), [[]] * len(FIELDS))] * 4),
    )
    measured = Measured(np.zeros((3, len(NAMES))), cosines, cosines, cosines, np.zeros(3))
    column = NAMES.index("feedback")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(features, "FEEDBACK_FROM", 1)
        for likeliest, chunk in ((0, 0), (1, 1), (2, 2)):
            likely = np.array([float(at == likeliest) for at in range(3)])
            rows = with_feedback(measured, question, found, likely).rows
            moved = question + features.FEEDBACK_WEIGHT * vectors[chunk]
            near = vectors @ (moved / np.linalg.norm(moved))
            expected = np.array([near[0], near[1], max(near[2:])]) - near.max()
            assert rows[:, column].tolist() == pytest.approx(expected.tolist(), abs=1e-6)
            assert not np.delete(rows, column, axis=1).any()
    assert not measured.rows.any()


def test_a_question_that_is_held_already_brings_what_is_near_its_answer() -> None:
    vectors = np.array([[1, 0, 0], [0.6, 0.8, 0], [0, 0.6, 0.8]], dtype=np.float32)
    question = vectors[0]
    cosines = (vectors @ question).astype(np.float64)
    found = Candidates(
        numbers=[1, 2, 3],
        vectors=vectors,
        ends=np.zeros(3, dtype=np.int64),
        owner=np.arange(3),
        records=["a", "b", "c"],
        told=Told.unpack([pack((0, 0), [[]] * len(FIELDS))] * 3),
    )
    column = NAMES.index("repeat_feedback")
    likely = np.log([0.1, 0.7, 0.2])
    moved = question + features.REPEAT_WEIGHT * (np.exp(likely) @ vectors)
    near = vectors @ (moved / np.linalg.norm(moved))
    # As far as the likeliest record's question has more than most of the words, so far it counts.
    for has, counts in ((1.0, 1.0), (0.9, 0.5), (0.8, 0.0), (0.3, 0.0)):
        asked_there = np.array([0.95, has, 0.95])
        measured = Measured(np.zeros((3, len(NAMES))), cosines, cosines, cosines, asked_there)
        rows = with_feedback(measured, question, found, likely).rows
        expected = counts * (near - near.max())
        assert rows[:, column].tolist() == pytest.approx(expected.tolist(), abs=1e-6)


def test_a_question_is_long_by_its_words() -> None:
    assert longness("word " * 16) == pytest.approx(0.5)
    assert longness("who pays for that?") < 0.05
    assert longness("word " * 40) > 0.99


def test_derived_columns_by_hand() -> None:
    own = dict.fromkeys(NAMES, 0.0)
    own |= {"cosine": 0.5, "cosine_below_best": -0.05, "words": 0.5, "covered": 0.4, "pairs": 0.25}
    row = with_derived(np.array([[own[name] for name in NAMES]]))[0]
    derived = dict(zip(DERIVED, row[len(NAMES) :], strict=True))
    assert derived == pytest.approx(
        {
            "near": np.exp(-1.0),
            "near_feedback": 1.0,
            "words_squared": 0.25,
            "words_covered": 0.2,
            "pairs_root": 0.5,
            "cosine_covered": 0.2,
        }
    )


def test_whom_a_tabled_question_asks_counts(index) -> None:
    index.add(
        make_record(
            name,
            department=department,
            question=f"To ask the Secretary of State for {place}, how many otters there are.",
            text=f"The count of otters is kept by office {name}.",
        )
        for name, department, place in (
            ("1", "Ministry of Defence", "Defence"),
            ("2", "Department for Transport", "Transport"),
            ("3", "Department for Education", "Education"),
        )
    )
    for place, expected in (("Defence", "1"), ("Transport", "2"), ("Education", "3")):
        question = f"To ask the Secretary of State for {place}, how many otters are counted."
        assert index.retrieve(question)[0].record.id == expected


def test_an_index_of_bare_answers_ranks_them(index) -> None:
    index.add(
        WrittenAnswer(id=str(n), text=f"The figure for topic{n} is {n}00.") for n in range(40)
    )
    question = "To ask the Secretary of State for Example, what the figure is for topic7."
    found = index.retrieve(question, k=50)
    assert found[0].record.id == "7"
    assert len(found) == 40
    assert index.retrieve("?", k=3, history=["what is the figure for topic9"])[0].record.id == "9"


def test_bm25_and_coverage_by_hand(index) -> None:
    plain = {"question": "", "department": None, "asker": None, "answerer": None}
    index.add(
        [
            make_record("1", heading="Walruses", text="One walrus, two walruses.", **plain),
            make_record("2", heading="Seals", text="No walrus.", **plain),
            make_record("3", heading="Seals", text="Nothing at all.", **plain),
        ]
    )
    searcher = index._retriever.searcher
    wordings = searcher.wordings("walrus unicorns", (), Understanding())
    ranks: dict[int, dict[str, int]] = {}
    searcher.search(wordings, ranks, 20, 20, None, {})
    found = searcher.measure(wordings, ranks)
    assert found is not None
    # Three of "walrus" in five words, one in three, none; two of three chunks have it.
    rare, unknown = np.log(1 + 1.5 / 2.5), np.log(1 + 3.5 / 0.5)
    usual = 3.0 + 40.0 + 77.0

    def bm25(count: int, length: int) -> float:
        return rare * count * 2.2 / (count + 1.2 * (0.25 + 0.75 * length / usual))

    place = {record: at for at, record in enumerate(found.candidates.records)}
    scores = [found.first.scores[place[record]] for record in "123"]
    assert scores == pytest.approx([bm25(3, 5), bm25(1, 3), 0.0])
    covered = found.rows[:, NAMES.index("covered")]
    assert covered[place["1"]] == pytest.approx(rare / (rare + unknown))
    assert covered[place["3"]] == 0.0


def test_features_do_not_depend_on_the_order_of_candidates(index) -> None:
    index.add(make_record(str(n), text=f"Walrus {n} sleeps on ice.") for n in range(12))
    searcher = index._retriever.searcher
    understood = index._retriever._understander.read("walrus 3")
    wordings = searcher.wordings("walrus 3", (), understood)
    ranks: dict[int, dict[str, int]] = {}
    searcher.search(wordings, ranks, 20, 20, None, {})
    one = searcher.measure(wordings, ranks)
    other = searcher.measure(wordings, dict(reversed(ranks.items())))
    assert one is not None
    assert other is not None
    by_id = dict(zip(other.candidates.records, other.rows, strict=True))
    for record_id, row in zip(one.candidates.records, one.rows, strict=True):
        assert row == pytest.approx(by_id[record_id])
        assert np.isfinite(row).all()
