"""The wordings of a question: what each weighs, and what is measured of all of them together."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from index import Index
from index.documents import addressee
from index.followups import JOINED_WEIGHT, Likeness
from index.searching import EXPANSION_WEIGHT, NEGLIGIBLE, Searcher
from index.types import Understanding

from .fakes import HashingEmbedder, make_record

BEFORE = "How many boiler grants were paid?"
TABLED = "To ask the Secretary of State for {}, whether walruses are counted in their own waters."
PLAIN = "Whether walruses are counted in their own waters."


@pytest.fixture(scope="module")
def searcher(tmp_path_factory) -> Iterator[Searcher]:
    folder = tmp_path_factory.mktemp("searched")
    with Index.open_or_create(folder, embedder=HashingEmbedder()) as index:
        index.add(
            [
                make_record("1", heading="Boiler grants", text="Wales had 40 boiler grants."),
                make_record("2", heading="Sheep", text="Wales has many sheep, and Wales is wet."),
                make_record("3", heading="Walruses", text="Walruses are counted once."),
            ]
        )
        yield index._retriever.searcher


def weigh(monkeypatch: pytest.MonkeyPatch, weight: float) -> list[Likeness]:
    """Let the question with the one before it weigh so much; gives what that was told from."""
    told: list[Likeness] = []

    def weighed(question: str, likeness: Likeness, weights: object) -> float:
        told.append(likeness)
        return weight

    monkeypatch.setattr("index.searching.joined_weight", weighed)
    return told


def test_without_history_there_is_one_wording(searcher: Searcher) -> None:
    (only,) = searcher.wordings(PLAIN, (), Understanding())
    assert (only.asked.text, only.weight, only.is_joined) == (PLAIN, 1.0, False)


def test_what_an_abbreviation_stands_for_is_searched_for_with_less_weight(
    searcher: Searcher,
) -> None:
    understood = Understanding(expansions={"PIP": "Personal Independence Payment"})
    for history in ((), (BEFORE,)):
        for wording in searcher.wordings("Who pays PIP to walruses?", history, understood):
            terms = searcher.lexical.terms("Personal Independence Payment")
            assert wording.asked.extra == dict.fromkeys(terms, EXPANSION_WEIGHT)
            assert wording.asked.spelt == {"pip": tuple(terms)}


def test_the_weightier_wording_comes_first(
    searcher: Searcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(question: str) -> list[tuple[str, float, bool]]:
        made = searcher.wordings(question, (BEFORE,), Understanding())
        return [(one.asked.text, pytest.approx(one.weight), one.is_joined) for one in made]

    goes_on = "and in Wales?"
    assert told(goes_on) == [
        (f"{BEFORE} {goes_on}", JOINED_WEIGHT, True),
        (goes_on, 1 - JOINED_WEIGHT, False),
    ]
    weigh(monkeypatch, 0.3)
    assert told(PLAIN) == [(PLAIN, 0.7, False), (f"{BEFORE} {PLAIN}", 0.3, True)]


def test_a_wording_of_next_to_no_weight_is_not_searched_for(
    searcher: Searcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    for weight, count in ((NEGLIGIBLE, 2), (NEGLIGIBLE / 2, 1)):
        weigh(monkeypatch, weight)
        made = searcher.wordings(PLAIN, (BEFORE,), Understanding())
        assert len(made) == count
        assert made[0].weight == pytest.approx(1 - weight)


def test_the_two_questions_are_compared_each_by_itself(
    searcher: Searcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = weigh(monkeypatch, 0.3)
    searcher.wordings(PLAIN, (BEFORE,), Understanding())
    vectors = [searcher.embedder.encode_query(text) for text in (PLAIN, BEFORE)]
    joined = searcher.embedder.encode_query(f"{BEFORE} {PLAIN}")
    nearest = [searcher.dense.search(vector, 1)[0][1] for vector in (*vectors, joined)]
    (likeness,) = told
    assert likeness.both == pytest.approx(float(vectors[0] @ vectors[1]))
    assert (likeness.alone, likeness.before, likeness.joined) == pytest.approx(nearest)


@pytest.mark.parametrize(
    ("question", "before", "asks"),
    [
        (TABLED.format("Health"), TABLED.format("Defence"), TABLED.format("Health")),
        (PLAIN, TABLED.format("Defence"), TABLED.format("Defence")),
        (PLAIN, BEFORE, PLAIN),
    ],
)
def test_whom_the_question_before_asked_is_asked_where_it_says_nothing_else(
    searcher: Searcher, question: str, before: str, asks: str
) -> None:
    for wording in searcher.wordings(question, (BEFORE, before), Understanding()):
        assert wording.asked.addressee == addressee(asks)


def test_a_chunk_keeps_the_rank_that_the_weightiest_wording_gave_it(searcher: Searcher) -> None:
    first, second = searcher.wordings("and in Wales?", (BEFORE,), Understanding())
    ranks: dict[int, dict[str, int]] = {}
    searcher.search([first, second], ranks, 3, 3, None, {})
    alone: dict[int, dict[str, int]] = {}
    searcher.search([first], alone, 3, 3, None, {})
    assert {number: ranks[number]["dense"] for number in alone} == {
        number: stages["dense"] for number, stages in alone.items()
    }
    other: dict[int, dict[str, int]] = {}
    searcher.search([second], other, 3, 3, None, {})
    assert other != alone


@pytest.mark.parametrize("weight", [0.3, NEGLIGIBLE / 2])
def test_the_features_are_those_of_the_wordings_in_their_shares(
    searcher: Searcher, monkeypatch: pytest.MonkeyPatch, weight: float
) -> None:
    weigh(monkeypatch, weight)
    wordings = searcher.wordings(PLAIN, (BEFORE,), Understanding())
    ranks: dict[int, dict[str, int]] = {}
    searcher.search(wordings, ranks, 3, 3, None, {})
    together = searcher.measure(wordings, ranks)
    each = [searcher.measure([wording], ranks) for wording in wordings]
    assert together is not None
    rows = [one.rows for one in each if one is not None]
    shares = [1 - weight, weight] if len(rows) == 2 else [1.0]
    expected = sum(share * own for share, own in zip(shares, rows, strict=True))
    np.testing.assert_allclose(together.rows, expected)
    np.testing.assert_allclose(together.first.rows, rows[0])
