"""Filters follow the index: what is added, changed and removed, without reading it all again."""

from __future__ import annotations

from datetime import date

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index import Filters, Index
from index.selection import Selection, Selector

from .fakes import HashingEmbedder, make_record

FILTERS = (
    Filters(house="Lords"),
    Filters(department="Home Office"),
    Filters(department="Treasury", house="Commons"),
    Filters(answered_from=date(2024, 6, 1)),
    Filters(member="Ada Example", house="Commons"),
)

records = st.builds(
    lambda name, house, department, month, length: make_record(
        str(name),
        house=house,
        department=department,
        answered=date(2024, month, 9),
        text="Some otters were seen. " * length,
    ),
    st.integers(0, 9),
    st.sampled_from(("Commons", "Lords")),
    st.sampled_from(("Home Office", "Treasury", "Cabinet Office")),
    st.integers(1, 12),
    st.integers(1, 30),
)
changes = st.lists(
    st.one_of(st.lists(records, min_size=1, max_size=4), st.integers(0, 9)), max_size=6
)


@given(changes)
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_columns_that_followed_every_change_select_what_fresh_ones_do(
    tmp_path_factory, made
) -> None:
    folder = tmp_path_factory.mktemp("selection")
    with Index.open_or_create(folder, embedder=HashingEmbedder()) as index:
        following = Selector(index.catalog)
        for change in made:
            if isinstance(change, int):
                index.remove([str(change)])
            else:
                index.add(change)
            fresh = Selector(index.catalog)
            for filters in FILTERS:
                ours, theirs = following.select(filters), fresh.select(filters)
                assert (ours is None) is (theirs is None)
                if ours is not None and theirs is not None:
                    assert ours.numbers.tolist() == theirs.numbers.tolist()
                    assert ours.share == theirs.share


@given(st.sets(st.integers(0, 20)), st.lists(st.integers(0, 30)))
def test_many_numbers_are_told_as_each_is(chosen: set[int], asked: list[int]) -> None:
    flags = np.zeros(max(chosen, default=0) + 1, dtype=np.bool_)
    flags[list(chosen)] = True
    selection = Selection(np.array(sorted(chosen), dtype=np.int64), flags, 21)
    told = selection.has(np.array(asked, dtype=np.int64)).tolist()
    assert told == [number in selection for number in asked] == [n in chosen for n in asked]


def test_a_limit_is_kept_however_deep_the_words_have_to_be_searched(tmp_path, monkeypatch) -> None:
    with Index.open_or_create(tmp_path, embedder=HashingEmbedder()) as index:
        few = [make_record(f"l{n}", house="Lords", text=f"Otter, one of {n}.") for n in range(9)]
        many = [make_record(str(n), text=f"An otter and an otter {n}.") for n in range(90)]
        index.add([*many, *few])
        selection = Selector(index.catalog).select(Filters(house="Lords"))
        assert selection is not None
        found = []
        for below, deepest in ((1_000, 0), (1, 10), (1, 90), (1, 1_000)):
            monkeypatch.setattr("index.lexical.NAMED_BELOW", below)
            monkeypatch.setattr("index.lexical.DEEPEST", deepest)
            hits = index._lexical.search("otter", 5, selection)
            assert all(number in selection for number, _ in hits)
            found.append([round(score, 4) for _, score in hits])
        assert len(found[0]) == 5
        assert all(scores == found[0] for scores in found)
