"""A configured cross-encoder decides the order of the best; a real, if tiny, one is used."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from index import Index
from index.errors import ModelUnavailable
from index.ranking.reranker import CrossEncoderReranker

from .fakes import HashingEmbedder, make_record


class LongestFirst:
    """Reads the passages and prefers the longest."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    def scores(self, question: str, texts: Sequence[str]) -> NDArray[np.float64]:
        self.asked.append((question, len(texts)))
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
