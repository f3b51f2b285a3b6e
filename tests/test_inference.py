"""The optional cross-encoder for inference, with a tiny one of random weights."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.types import Verdict
from assistant.verify.inference import InferenceModel
from index.errors import ModelUnavailable

TEXT = "we repaired 412 bridges in 2023"
LABELS = ("contradiction", "entailment", "neutral")


def cross_encoder(folder: Path, labels: tuple[str, ...], favoured: int) -> str:
    """A model of two small layers whose last bias favours one of its labels."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *TEXT.split()]
    (folder / "vocab.txt").write_text("\n".join(vocabulary), "utf-8")
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    torch.manual_seed(0)
    model = BertForSequenceClassification(
        BertConfig(
            vocab_size=len(vocabulary),
            hidden_size=16,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=16,
            max_position_embeddings=64,
            id2label=dict(enumerate(labels)),
            label2id={label: n for n, label in enumerate(labels)},
        )
    )
    with torch.no_grad():
        model.classifier.bias.copy_(torch.eye(len(labels))[favoured] * 10)
    model.save_pretrained(folder)
    return str(folder)


@pytest.mark.parametrize(
    ("favoured", "verdict"), [(0, Verdict.UNSUPPORTED), (1, None), (2, Verdict.PARTLY)]
)
def test_it_objects_or_says_nothing(tmp_path: Path, favoured: int, verdict: Verdict | None) -> None:
    judge = InferenceModel(cross_encoder(tmp_path, LABELS, favoured))
    found = judge("412 bridges", [TEXT])
    assert (found.verdict if found else None) is verdict
    assert found is None or found.reason.startswith("A second model")


def test_a_model_of_another_sort_is_refused_in_a_sentence(tmp_path: Path) -> None:
    judge = InferenceModel(cross_encoder(tmp_path, ("spam", "ham"), 0))
    with pytest.raises(ModelUnavailable, match="has the labels spam, ham"):
        judge("412 bridges", [TEXT])


def test_a_model_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(ModelUnavailable, match="nli_model"):
        InferenceModel(str(empty))("412 bridges", [TEXT])
