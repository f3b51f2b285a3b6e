"""Filters follow the index: what is added, changed and removed, without reading it all again."""

from __future__ import annotations

from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index import Filters, Index
from index.selection import Selector

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
