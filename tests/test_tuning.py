"""Tuning: honest material, batches without false negatives, and a verdict that can say no."""

from __future__ import annotations

import gzip
import json
import random
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import BadRequest
from index.text import fold
from index.tuning import judging, material
from index.tuning.batches import (
    FEWEST_PLACED,
    alike,
    all_batches,
    matters_of,
    near,
    topical_batches,
)
from index.tuning.pairs import Pair, document_view, plain_view, query_view

from .fakes import HashingEmbedder, make_record

WORDS = st.sampled_from("otters bridges schools fund of the what how many pounds in Wales".split())
TEXTS = st.lists(WORDS, min_size=1, max_size=8).map(" ".join)
PAIRS = st.builds(Pair, TEXTS, TEXTS)


@settings(deadline=None, max_examples=60)
@given(st.lists(PAIRS, max_size=60), st.integers(2, 12), st.integers(0, 5))
def test_no_batch_holds_the_same_question_or_answer_twice(pairs, size, seed) -> None:
    batches = topical_batches(pairs, size, seed)
    for batch in batches:
        assert 2 <= len(batch) <= size
        assert len({fold(pairs[at].question) for at in batch}) == len(batch)
        assert len({fold(pairs[at].answer) for at in batch}) == len(batch)
    used = [at for batch in batches for at in batch]
    assert len(used) == len(set(used))
    if any(
        fold(a.question) != fold(b.question) and fold(a.answer) != fold(b.answer)
        for a in pairs
        for b in pairs
    ):
        assert batches


def test_two_that_differ_make_a_batch_though_a_third_is_like_both() -> None:
    pairs = [Pair("the", "many"), Pair("the", "of"), Pair("what", "many")]
    for seed in range(6):
        assert [sorted(batch) for batch in topical_batches(pairs, 2, seed)] == [[1, 2]]


def test_pairs_of_one_answer_are_alike_and_those_of_one_matter_near() -> None:
    things = "otters bridges schools clinics farms ports parks courts".split()
    pairs = [
        Pair(f"How many {things[n % 8]} has area {n}?", f"Area {n} counts its {things[n % 8]}.")
        for n in range(FEWEST_PLACED)
    ]
    pairs[8] = Pair("And the otters?", pairs[0].answer)
    assert alike(pairs)[0] == [8]
    assert alike(pairs)[8] == [0]
    assert alike(pairs)[1] == []
    found = near(pairs, 3, matters_of(pairs, 1))
    assert all(at not in row for at, row in enumerate(found))
    same = [
        things[other % 8] in pairs[at].question for at, row in enumerate(found) for other in row
    ]
    assert sum(same) > 0.9 * len(same)
    assert near(pairs[:5], 3, matters_of(pairs[:5], 1)) == [[]] * 5


def test_a_question_may_be_that_of_its_like_and_stand_behind_another() -> None:
    pair = Pair("How many otters?", "There are 12 otters in the river. They are counted in spring.")
    like, before = Pair("What of the otter count?", pair.answer), Pair("Which rivers?", "The Tyne.")
    chance = random.Random(1)
    views = [query_view(pair, chance, [like], [before]) for _ in range(400)]
    from_like = sum(like.question in view for view in views)
    behind = sum(view.startswith(before.question + " ") for view in views)
    assert 0.2 < from_like / 400 < 0.4
    assert 0.06 < behind / 400 < 0.18
    assert not any("otter count" in query_view(pair, chance) for _ in views)


def test_what_people_asked_is_most_of_what_is_seen_of_a_pair() -> None:
    pair = Pair("How many otters?", "There are 12 otters.", ("otter numbers", "any otters left"))
    chance = random.Random(1)
    views = [query_view(pair, chance) for _ in range(400)]
    theirs = {asked: views.count(asked) / 400 for asked in pair.asked}
    assert 0.6 < sum(theirs.values()) < 0.8
    assert min(theirs.values()) > 0.2


def test_pairs_that_people_asked_for_come_again_in_batches_of_their_own() -> None:
    pairs = [
        Pair(f"Question {n}", f"Answer {n}", ("in plain words",) if n % 10 == 0 else ())
        for n in range(400)
    ]
    batches = all_batches(pairs, 8, 1)
    own = [batch for batch in batches if all(pairs[at].asked for at in batch)]
    assert 0.25 < len(own) / len(batches) < 0.4
    assert len({tuple(sorted(batch)) for batch in own}) > len(own) / 2
    assert {at for batch in batches for at in batch} == set(range(400))
    plain = [Pair(pair.question, pair.answer) for pair in pairs]
    assert all_batches(plain, 8, 1) == topical_batches(plain, 8, 1)


def test_few_pairs_make_smaller_batches() -> None:
    pairs = [Pair(f"Question {n}", f"Answer {n}") for n in range(20)]
    assert [len(batch) for batch in topical_batches(pairs, 64, 1)] == [5, 5, 5, 5]


def test_near_copies_that_begin_differently_are_kept_apart() -> None:
    said = "The scheme provides support of up to four hundred pounds to every household in need."
    more = "Further payments of the same amount will be made to those who qualify in the autumn."
    pairs = [
        Pair(f"Question {n}", f"To the Member for {n}{'x' * 400}: {said} {more}") for n in range(8)
    ]
    pairs += [Pair(f"Other {n}", f"Nothing alike {n}") for n in range(8)]
    for batch in topical_batches(pairs, 4, 1):
        assert sum(at < 8 for at in batch) <= 1


@settings(deadline=None)
@given(PAIRS, st.integers(0, 1000))
def test_a_view_is_never_empty(pair, seed) -> None:
    chance = random.Random(seed)
    for view in (query_view, plain_view, document_view):
        assert view(pair, chance).strip()


def test_the_latest_are_held_out_and_nothing_of_them_is_learnt() -> None:
    records = [
        make_record(
            str(n),
            question=f"To ask the Secretary of State, how many {word} there are in area {n}.",
            text=f"There are {n} of them, and more are expected before the end of the year.",
            answered=date(2024, 1, 1) + timedelta(days=n),
        )
        for n, word in enumerate(["otters", "walruses", "bridges", "schools"] * 10)
    ]
    records.append(make_record("copy", question=records[39].question, answered=date(2023, 1, 1)))
    records.append(make_record("held", text="I will reply shortly to you.", is_holding=True))
    found = material.of_records(reversed(records), 0.25)
    assert [pair.question for pair in found.later] == [
        r.question.split(", ", 1)[1].replace("how", "How") for r in records[30:40]
    ]
    assert len(found.earlier) == 30
    theirs = material.of_records(records, 0.25, {"3": ["schools in area three"]}).earlier
    assert [pair.asked for pair in theirs if pair.asked] == [("schools in area three",)]


def test_pairs_are_read_from_a_file_without_what_is_excluded(tmp_path) -> None:
    answer = "We spent a great deal of money on a great many bridges last year."
    asked = "To ask the Minister, how many"
    lines = [
        {"questionText": f"{asked} {n}.", "answerText": f"<p>{n} {answer}</p>"} for n in range(6)
    ]
    lines.append({"questionText": "Why?", "answerText": "Short."})
    file = tmp_path / "pairs.jsonl.gz"
    file.write_bytes(gzip.compress("\n".join(map(json.dumps, lines)).encode()))
    excluded = [
        make_record("1", question="To ask the Minister,  how\nmany 0."),
        make_record("2", text=f"1  {answer.upper()}"),
    ]
    pairs, dropped = material.read_pairs(file, excluded)
    assert dropped == 2
    assert pairs[0] == Pair("How many 2.", f"2 {answer}")
    assert len(pairs) == 4
    for number, line in enumerate(lines):
        line["id"] = number
    file.write_bytes(gzip.compress("\n".join(map(json.dumps, lines)).encode()))
    pairs, _ = material.read_pairs(file, excluded, {"3": ["any bridges"], "0": ["dropped"]})
    assert [pair.asked for pair in pairs] == [(), ("any bridges",), (), ()]
    plain = tmp_path / "pairs.jsonl"
    plain.write_text('{"questionText": "x"}\n', "utf-8")
    with pytest.raises(BadRequest, match="Line 1 of"):
        material.read_pairs(plain)


def test_places_are_those_of_the_own_answer() -> None:
    pairs = [Pair(f"what of topic{n}", f"the case of topic{n}") for n in range(30)]
    pairs.append(Pair("what of penguins", "the case of topic0"))
    ranks = judging.rank(HashingEmbedder(dimension=512), pairs, 1)
    assert ranks.tabled[:30].tolist() == [1] * 30
    assert ranks.tabled[30] != 1
    expected = np.mean([1.0] * 30 + [1 / ranks.tabled[30] if ranks.tabled[30] else 0])
    assert ranks.figures()["tabled MRR@10"] == pytest.approx(expected)


def ranks(tabled: list[int], plain: list[int]) -> judging.Ranks:
    return judging.Ranks(np.array(tabled * 20), np.array(plain * 20))


def test_only_a_gain_without_a_loss_is_better() -> None:
    now = ranks([2, 3, 0, 1], [2, 2, 3, 1])
    assert judging.compare(now, ranks([1, 1, 2, 1], [1, 2, 2, 1]), 1).is_better
    assert not judging.compare(now, now, 1).is_better
    assert not judging.compare(now, ranks([3, 0, 0, 1], [3, 3, 0, 2]), 1).is_better
    # Much is gained for tabled questions, and plain ones are forgotten.
    forgetful = judging.compare(now, ranks([1, 1, 1, 1], [3, 3, 3, 1]), 1)
    assert forgetful.gain > 0
    assert forgetful.lost == ("plain MRR@10", "plain nDCG@10")
    assert not forgetful.is_better


def test_a_place_is_worth_what_the_formulas_say() -> None:
    figures = judging.Ranks(np.array([1, 3, 0]), np.array([2, 2, 2])).figures()
    assert figures["tabled MRR@10"] == pytest.approx((1 + 1 / 3) / 3)
    assert figures["tabled nDCG@10"] == pytest.approx((1 + 1 / 2) / 3)  # 1 / log2(3 + 1)
    assert figures["plain nDCG@10"] == pytest.approx(1 / np.log2(3))
