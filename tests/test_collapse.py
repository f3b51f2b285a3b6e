"""Near-copies and questions answered together are one result that lists the others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from index import Filters, Index
from index.collapse import FEWEST, Merger, clusters
from index.documents import group_mark

from .fakes import HashingEmbedder, make_record

NAMES = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda".split()
LONG = "The walrus fund opened in {} and pays for ice. " + " ".join(
    f"Clause {name} sets out how it is run." for name in NAMES
)


@pytest.fixture
def index(tmp_path) -> Iterator[Index]:
    with Index.open_or_create(tmp_path, embedder=HashingEmbedder()) as made:
        yield made


def test_the_same_answer_is_one_result_with_the_others_listed(index) -> None:
    index.add(make_record(str(n), uin=f"55{n}", text=LONG.format(2020)) for n in range(3))
    index.add(make_record(f"o{n}", text=f"Otter {n} swims.") for n in range(9))
    found = index.retrieve("walrus fund", k=4)
    assert len(found) == 4
    best = found[0]
    members = [best.record.id, *(ref.id for ref in best.others)]
    assert sorted(members) == ["0", "1", "2"]
    assert {ref.uin for ref in best.others} == {f"55{i}" for i in members[1:]}
    apart = index.retrieve("walrus fund", k=4, collapse=False)
    assert {p.record.id for p in apart[:3]} == {"0", "1", "2"}
    assert all(not p.others for p in apart)


def test_questions_answered_together_are_one_result(index) -> None:
    uins = ("701", "702", "703")
    index.add(
        make_record(uin, text=LONG.format(n), grouped_uins=tuple(u for u in uins if u != uin))
        for n, uin in enumerate(uins)
    )
    (only,) = index.retrieve("walrus fund", k=8)
    assert {ref.uin for ref in only.others} == set(uins) - {only.record.uin}


def test_what_a_filter_leaves_out_is_not_listed(index) -> None:
    index.add([make_record("1", text=LONG.format(2020), department="Treasury")])
    index.add([make_record("2", text=LONG.format(2020), department="Home Office")])
    (only,) = index.retrieve("walrus fund", filters=Filters(department="Treasury"))
    assert only.record.id == "1"
    assert only.others == ()


def test_a_set_phrase_under_two_headings_is_two_answers(index) -> None:
    phrase = "The information requested is not held centrally."
    index.add([make_record("1", text=phrase, heading="Walruses"),
               make_record("2", text=phrase, heading="Otters")])  # fmt: skip
    assert len(index.retrieve("walruses and otters")) == 2


def test_near_copies_are_joined_unless_a_figure_differs(index) -> None:
    near = LONG.format(2020).replace("alpha", "omega")
    index.add([make_record("1", text=LONG.format(2020)), make_record("2", text=near)])
    index.add([make_record("3", text=LONG.format(1999))])
    found = index.retrieve("walrus fund")
    assert len(found) == 2
    joined = next(p for p in found if p.record.id != "3")
    assert {joined.record.id, *(ref.id for ref in joined.others)} == {"1", "2"}


def test_k_results_come_back_although_most_collapse(index) -> None:
    index.add(make_record(f"c{n}", text=LONG.format(2020)) for n in range(150))
    index.add(make_record(f"o{n}", text=f"Walrus fund otter {n}.") for n in range(30))
    assert len(index.retrieve("walrus fund opened in 2020 and pays for ice", k=20)) == 20


def test_clusters_keep_rank_order_and_the_best_represents() -> None:
    marks = {"a": (1, 0), "b": (2, 9), "c": (1, 0), "d": (3, 9), "e": (4, 0)}
    assert clusters("abcde", marks, 9) == [["a", "c"], ["b", "d"], ["e"]]
    assert clusters("abcde", marks, 1) == [["a", "c"]]
    # What is the mark of a text here is that of a group there.
    assert clusters("ab", {"a": (1, 0), "b": (2, 1)}, 9) == [["a"], ["b"]]


def words(count: int) -> str:
    return " ".join(f"word{chr(97 + n // 5)}{chr(97 + n % 5)}" for n in range(count))


def merged(first: str, **changes: object) -> bool:
    """Whether an answer and the same one, but for `changes`, are put together."""
    records = {
        "1": make_record("1", text=first),
        "2": make_record("2", **{"text": first, **changes}),
    }
    return Merger().merged([["1"], ["2"]], records) == [["1", "2"]]


def test_copies_are_of_one_department_and_both_substantive() -> None:
    assert merged(words(FEWEST))
    assert not merged(words(FEWEST), department="Home Office")
    assert not merged(words(FEWEST), is_holding=True)


def test_how_much_makes_a_near_copy() -> None:
    assert not merged(words(FEWEST - 1))
    assert merged(words(27), text=words(30))
    assert not merged(words(26), text=words(30))


def test_questions_of_one_group_are_of_one_department_and_day() -> None:
    first = make_record("1", uin="701", grouped_uins=("702",))
    other = {"uin": "702", "grouped_uins": ("701",)}
    assert group_mark(first) == group_mark(make_record("2", **other)) != 0
    for elsewhere in ({"department": "Home Office"}, {"answered": date(2025, 5, 9)}):
        assert group_mark(first) != group_mark(make_record("2", **other, **elsewhere))
