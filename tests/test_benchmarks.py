"""The benchmarks' own parts: copies that are what they say, times of every stage."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random

import numpy as np
import pytest

from benchmarks.alterations import KINDS, Source
from benchmarks.citing import citing
from benchmarks.multiply import multiply
from benchmarks.query import filters_of, percentiles, timed
from index import Index

from .fakes import HashingEmbedder, make_record


@pytest.fixture
def source(tmp_path) -> Iterator[Index]:
    with Index.open_or_create(tmp_path / "source", embedder=HashingEmbedder()) as made:
        made.add(
            make_record(
                str(n),
                text=f"A considerable population of walruses near number{n} was counted.",
                department=f"Department {n % 3}",
                answered=date(2024, 1, 1) + timedelta(days=n),
            )
            for n in range(20)
        )
        yield made


def vectors(index: Index) -> np.ndarray:
    return index.catalog.vectors([number for number, _ in index.catalog.chunk_owners()])[1]


def test_copies_are_near_their_originals_and_searchable(source, tmp_path) -> None:
    with Index.open_or_create(tmp_path / "many", embedder=source.embedder) as many:
        multiply(source, many, 50)
        assert many.status().chunks >= 50
        assert len({record.uin for record in many.records()}) == many.count_records()
        likeness = (vectors(many)[:20] * vectors(source)).sum(axis=1)
        assert ((likeness > 0.8) & (likeness < 0.99)).all()
        assert len(many.retrieve("walruses near number7", k=30, collapse=False)) == 30


def test_multiplying_in_two_runs_makes_the_same_index(source, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("benchmarks.multiply.STEP", 10)
    made = []
    for name, steps in (("one", [60]), ("two", [20, 60])):
        with Index.open_or_create(tmp_path / name, embedder=source.embedder) as many:
            for chunks in steps:
                multiply(source, many, chunks)
            made.append(({r.id: r.text for r in many.records()}, vectors(many)))
    (records, near), (again, near_again) = made
    assert len(records) == 60
    assert records == again
    assert np.array_equal(near, near_again)


def test_every_stage_is_timed_under_filters_of_every_kind(source) -> None:
    questions = [{"q": "walruses"}, {"q": "and number7?", "history": ["walruses"]}]
    kinds = dict(filters_of(source))
    assert {"one member", "House (Commons)", "six departments"} <= set(kinds)
    for filters in (None, *kinds.values()):
        stages = timed(source, questions, filters, 2)
        assert len(stages["total"]) == 4
        assert {"understand", "filter", "embed"} <= set(stages)
        assert len(stages["rank"]) == 4
    assert percentiles([0.001, 0.003]) == pytest.approx((2.0, 2.9))


def test_a_question_that_cites_an_answer_wants_that_record(tmp_path: Path) -> None:
    asked = "To ask the Minister, pursuant to the Answer of {} to Question 12 on Otters{}"
    pairs = [
        asked.format("5 May 2025", " and Bats, how many of them live in Devon."),
        # The number alone is not enough: numbers come again in every session.
        asked.format("6 May 2024", " and Bats, how many of them live in Kent."),
        asked.format("5 May 2025", " and Bats."),
        "To ask the Minister, how many otters live in Devon.",
    ]
    file = tmp_path / "pairs.jsonl.gz"
    with gzip.open(file, "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps({"questionText": text}) + "\n" for text in pairs)
    record = make_record("r", uin="12", heading="Otters and Bats", answered=date(2025, 5, 5))
    assert list(citing(file, [record])) == [
        {"query": "How many of them live in Devon.", "relevant": ["r"], "exclude": []}
    ]


@pytest.mark.parametrize(
    ("kind", "sentence", "made"),
    [
        (
            "dropped condition",
            "Subject to consultation, the grant will be paid.",
            {"The grant will be paid."},
        ),
        ("dropped condition", "Boats sail if the pilot agrees.", {"Boats sail."}),
        ("dropped condition", "These boats are subject to inspection.", {None}),
        (
            "another's figure",
            "Lamps cost £30 in 2021 and £40 in 2022.",
            {"Lamps cost £30 in 2022.", "Lamps cost £40 in 2021."},
        ),
        (
            "another's figure",
            "In 2021 there were 30 lamps, and in 2022 there were 40.",
            {"In 2021 there were 40.", "In 2022 there were 30."},
        ),
        (
            "another's figure",
            "Lamps | 2021: 30 | 2022: 40",
            {"Lamps | 2021: 40", "Lamps | 2022: 30", "Lamps, 40 in 2021", "Lamps, 30 in 2022"},
        ),
        ("another's figure", "Lamps cost £30 in 2021.", {None}),
    ],
)
def test_an_alteration_says_something_else(kind: str, sentence: str, made: set[str | None]) -> None:
    source = Source(sentence, sentence, [], [])
    assert {KINDS[kind](source, Random(n)) for n in range(30)} == made
