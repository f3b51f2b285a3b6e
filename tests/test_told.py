"""Words as numbers: what is counted is what stands there, in indexes of every age."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import Index
from index.followers import pack_words
from index.locking import write_lock
from index.manifest import WORDS_KEY
from index.told import FIELDS, VERSION, Told, pack

from .fakes import HashingEmbedder, make_record

WORDS = st.lists(st.sampled_from(["otter", "walrus", "seal", "1200", "é", "a_b"]), max_size=6)
CHUNK = st.tuples(
    st.lists(st.integers(0, 2**63 - 1), min_size=2, max_size=2),
    st.lists(WORDS, min_size=len(FIELDS), max_size=len(FIELDS)),
)


@given(st.lists(CHUNK, min_size=1, max_size=5), st.lists(WORDS, max_size=1))
def test_words_are_counted_where_they_stand(chunks, asked) -> None:
    told = Told.unpack([pack(marks, fields) for marks, fields in chunks])
    wanted = list(dict.fromkeys(word for words in asked for word in (*words, "never")))
    counts = told.counts(wanted)
    assert counts.shape == (len(FIELDS), len(chunks), len(wanted))
    for place, (marks, fields) in enumerate(chunks):
        assert told.marks[place].tolist() == marks
        assert told.lengths[place].tolist() == [len(words) for words in fields]
        for kind, words in enumerate(fields):
            there = Counter(words)
            assert counts[kind, place].tolist() == [there[word] for word in wanted]


@pytest.fixture
def index(tmp_path) -> Iterator[Index]:
    with Index.open_or_create(tmp_path, embedder=HashingEmbedder()) as made:
        made.add(
            make_record(
                str(n), heading=f"Otters: Region{n}", text=f"We counted {n} otters.\n\n" * n
            )
            for n in range(1, 30)
        )
        yield made


def rows_for(index: Index, question: str) -> dict[str, list[float]]:
    searcher = index._retriever.searcher
    wordings = searcher.wordings(question, (), index._retriever._understander.read(question))
    ranks: dict[int, dict[str, int]] = {}
    searcher.search(wordings, ranks, 40, 40, None, {})
    found = searcher.measure(wordings, ranks)
    assert found is not None
    return dict(zip(found.candidates.records, found.rows.tolist(), strict=True))


def unpacked(index: Index) -> None:
    """As a catalogue of before words were packed."""
    with index.catalog.transaction() as db:
        db.execute("DELETE FROM words")
        db.execute("DELETE FROM manifest WHERE key = ?", (WORDS_KEY,))


def packed(index: Index) -> int:
    return int(index.catalog.select_all("SELECT COUNT(*) FROM words")[0][0])


def test_every_chunk_is_packed_as_it_is_stored_and_forgotten_with_it(index) -> None:
    assert packed(index) == index.status().chunks
    index.add([make_record("5", text="Changed.")])
    index.remove(["6"])
    assert packed(index) == index.status().chunks


def test_an_older_catalogue_measures_the_same_and_is_packed_when_opened(index, monkeypatch) -> None:
    expected = rows_for(index, "how many otters in region7")
    unpacked(index)
    assert rows_for(index, "how many otters in region7") == expected
    monkeypatch.setattr("index.locking.WAIT", 0.1)
    with write_lock(index.folder):
        # Somebody else is writing: it can wait.
        pack_words(index.folder, index.catalog, index._lexical)
    assert packed(index) == 0
    with Index.open(index.folder, embedder=HashingEmbedder()) as again:
        assert packed(again) == again.status().chunks
        assert again.catalog.manifest()[WORDS_KEY] == VERSION
        assert rows_for(again, "how many otters in region7") == expected
