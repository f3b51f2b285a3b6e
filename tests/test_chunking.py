"""Chunks: exact spans, nothing lost, nothing longer than the model's window."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.chunking import chunk, header
from index.embedding import SentenceTransformerEmbedder

from .fakes import HashingEmbedder, make_record

TEXTS = st.text(min_size=1, max_size=600).filter(lambda text: bool(text.strip()))
WORDS = (
    st.lists(
        st.sampled_from(
            [
                "This",
                "scheme",
                "pays",
                "£1,200.",
                "However,",
                "\n\n",
                "- item",
                "a" * 90,
                "é",
                "Yes.",
            ]
        ),
        min_size=1,
        max_size=120,
    )
    .map(" ".join)
    .filter(lambda text: bool(text.strip()))
)


@pytest.fixture(scope="module")
def real_embedder() -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder()


def check(text: str, question: str, embedder) -> None:
    record = make_record(text=text, question=question)
    chunks = chunk(record, embedder)
    covered: set[int] = set()
    for ordinal, piece in enumerate(chunks):
        assert piece.ordinal == ordinal
        assert record.text[piece.start : piece.end] == piece.text
        assert piece.text.strip()
        covered.update(range(piece.start, piece.end))
        tokens = len(embedder.token_spans(piece.embedded_text)) + embedder.special_tokens
        assert tokens <= embedder.window
    lost = [c for at, c in enumerate(text) if at not in covered and not c.isspace()]
    assert not lost


@given(text=st.one_of(TEXTS, WORDS), question=st.text(max_size=200))
def test_spans_are_exact_and_nothing_is_lost(text: str, question: str) -> None:
    check(text, question, HashingEmbedder(window=40))


@settings(deadline=None, max_examples=150)
@given(text=st.one_of(TEXTS, WORDS), question=st.text(max_size=400))
def test_the_real_tokenizer_never_exceeds_its_window(
    real_embedder, text: str, question: str
) -> None:
    check(text, question, real_embedder)


def test_a_long_text_fits_the_real_window(real_embedder) -> None:
    sentence = "The Department allocated £1,234,567 to 42 local authorities in 2023-24. "
    check(sentence * 80, "To ask the Minister, " + "how many places " * 200, real_embedder)


def test_sentences_stay_whole() -> None:
    text = " ".join(f"Sentence number {n} says something." for n in range(30))
    for piece in chunk(make_record(text=text), HashingEmbedder(window=64)):
        assert piece.text.startswith("Sentence number")
        assert piece.text.endswith("something.")


def test_a_sentence_that_leans_on_its_neighbour_takes_it_along() -> None:
    filler = "The first scheme has been open for a good number of years now. "
    text = filler * 3 + "The second scheme opened in May. This was later than planned."
    chunks = chunk(make_record(text=text, question=""), HashingEmbedder(window=90))
    last = chunks[-1].text
    assert "This was later" in last
    assert "The second scheme opened in May." in last


def test_a_heading_without_a_space_is_cut_where_the_limit_falls() -> None:
    embedder = HashingEmbedder(window=40)
    for length in (1, 60, 300):
        record = make_record(heading="a" * length, department=None, question="", answered=None)
        head = header(record.model_copy(update={"asked": None}), embedder)
        assert 0 < len(embedder.token_spans(head)) <= embedder.window // 2


def test_header_gives_context_without_the_opening_formula() -> None:
    head = header(make_record(), SentenceTransformerEmbedder())
    assert head.startswith(
        "Department for Example, 9 May 2024. Examples: Supply. How many examples"
    )
    assert "To ask" not in head


def test_a_very_long_question_leaves_room_for_the_text(real_embedder) -> None:
    record = make_record(question="To ask the Minister, " + "what steps are being taken " * 200)
    head = header(record, real_embedder)
    assert len(real_embedder.token_spans(head)) <= real_embedder.window * 0.4
