"""A configured cross-encoder decides the order of the best; a real, if tiny, one is used."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from index import Index
from index.errors import ModelUnavailable
from index.ranking.reranker import RERANKED, CrossEncoderReranker

from .fakes import HashingEmbedder, make_record


class LongestFirst:
    """Reads the passages and prefers the longest."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []
        self.read: list[str] = []

    def scores(self, question: str, texts: Sequence[str]) -> NDArray[np.float64]:
        self.asked.append((question, len(texts)))
        self.read.extend(texts)
        return np.array([len(text) for text in texts], dtype=np.float64)


def test_the_model_decides_the_order_of_the_best(tmp_path) -> None:
    with Index.open_or_create(tmp_path, embedder=HashingEmbedder()) as index:
        index.add(make_record(str(n), text=f"Walrus {n} " + "sleeps " * n) for n in range(6))
        index.add([make_record("x", uin="HL7", text="Otter.")])
    model = LongestFirst()
    with Index.open(tmp_path, embedder=HashingEmbedder(), reranker=model) as index:
        found = index.retrieve("which walrus", k=6)
        assert [p.record.id for p in found][:3] == ["5", "4", "3"]
        assert [p.score for p in found] == sorted((p.score for p in found), reverse=True)
        assert model.asked == [("which walrus", 7)]
        # What is asked for by number stays first whatever the model thinks.
        assert index.retrieve("HL7 walrus", k=6)[0].record.id == "x"


def test_those_behind_the_best_stay_as_they_were(tmp_path) -> None:
    count = RERANKED + 5
    with Index.open_or_create(tmp_path, embedder=HashingEmbedder()) as index:
        index.add(make_record(f"{n:02}", text=f"Walrus {'z' * n}.") for n in range(count))
        before = [p.record.id for p in index.retrieve("which walrus", k=count)]
    with Index.open(tmp_path, embedder=HashingEmbedder(), reranker=LongestFirst()) as index:
        found = index.retrieve("which walrus", k=count)
    after = [p.record.id for p in found]
    assert after[:RERANKED] == sorted(before[:RERANKED], reverse=True)
    assert after[RERANKED:] == before[RERANKED:]
    assert [p.score for p in found] == sorted((p.score for p in found), reverse=True)


def test_the_model_reads_the_title_and_the_best_chunk_of_each_record(tmp_path) -> None:
    chunks = "The walrus sleeps on the ice of the northern sea. " * 3, "Otters swim. " * 12
    record = make_record("1", heading="Animals", text="\n\n".join(map(str.strip, chunks)))
    with Index.open_or_create(tmp_path, embedder=HashingEmbedder()) as index:
        assert index.add([record]).chunks > 1
    model = LongestFirst()
    with Index.open(tmp_path, embedder=HashingEmbedder(), reranker=model) as index:
        for question in ("where does the walrus sleep", "otters swim"):
            (passage,) = index.retrieve(question)
            assert model.read.pop() == f"{record.title}\n{passage.text}"


def test_nothing_is_read_where_all_was_asked_for_by_number(tmp_path) -> None:
    with Index.open_or_create(tmp_path, embedder=HashingEmbedder()) as index:
        index.add([make_record("x", uin="HL7", text="Otter.")])
    model = LongestFirst()
    with Index.open(tmp_path, embedder=HashingEmbedder(), reranker=model) as index:
        assert [p.record.id for p in index.retrieve("HL7")] == ["x"]
    assert model.asked == []


def test_a_record_that_was_withdrawn_a_moment_ago_is_passed_over(tmp_path, monkeypatch) -> None:
    with Index.open_or_create(tmp_path, embedder=HashingEmbedder()) as index:
        index.add(make_record(str(n), text=f"Walrus {n} " + "sleeps " * n) for n in range(4))
    with Index.open(tmp_path, embedder=HashingEmbedder(), reranker=LongestFirst()) as index:
        records = index._catalog.records
        monkeypatch.setattr(
            index._catalog, "records", lambda ids: records([i for i in ids if i != "2"])
        )
        assert [p.record.id for p in index.retrieve("which walrus")] == ["3", "1", "0"]


def test_any_cross_encoder_will_do(tmp_path) -> None:
    import torch
    from sentence_transformers import CrossEncoder
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    words = "[PAD] [UNK] [CLS] [SEP] [MASK] walrus otter sleeps swims which".split()
    vocabulary = tmp_path / "vocab.txt"
    vocabulary.write_text("\n".join(words), "utf-8")
    torch.manual_seed(1)
    size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = BertConfig(
        vocab_size=len(words),
        intermediate_size=16,
        num_labels=1,
        max_position_embeddings=64,
        **size,
    )
    folder = tmp_path / "cross-encoder"
    BertForSequenceClassification(config).save_pretrained(folder)
    BertTokenizerFast(str(vocabulary)).save_pretrained(folder)
    texts = ["walrus sleeps", "otter swims otter", "which"]
    got = CrossEncoderReranker(str(folder)).scores("which walrus", texts)
    direct = CrossEncoder(str(folder), device="cpu").predict([("which walrus", t) for t in texts])
    assert got.shape == (3,)
    assert got == pytest.approx(np.asarray(direct).ravel(), abs=1e-5)


def test_a_model_that_is_not_there_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="re-ranking model"):
        CrossEncoderReranker(str(tmp_path / "none")).scores("a", ["b"])
