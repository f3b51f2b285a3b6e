"""A larger model's likeness as what the default one learns from."""

from __future__ import annotations

import gzip
import json
import sys

import numpy as np
import torch

from benchmarks import distil
from index.bundled import ADAPTER_FILE, bundled_folder
from index.embedding import SentenceTransformerEmbedder
from index.tuning import lora


def test_what_the_teacher_sees_is_the_least_that_can_be_lost() -> None:
    taught = torch.tensor([[2.0, 0.5, -1.0], [0.0, 3.0, 1.0], [-2.0, 0.0, 1.5]])
    assert distil.taught_loss(taught, taught) == 0
    assert distil.taught_loss(taught + 7, taught).abs() < 1e-6  # shares alone count
    assert distil.taught_loss(taught.T, taught) > 0.05


def test_among_whole_records_a_questions_own_does_not_count() -> None:
    taught = torch.tensor([[2.0, 0.5, -1.0], [0.0, 3.0, 1.0], [-2.0, 0.0, 1.5]])
    other = taught + 5 * torch.eye(3)
    assert distil.related_loss(other, taught) == 0
    assert distil.answer_loss(other, taught) > 0.1
    swapped = taught[:, [1, 0, 2]]
    assert distil.related_loss(swapped, taught) > 0.1


def test_an_adapter_is_written_that_changes_the_model(tmp_path, monkeypatch) -> None:
    with gzip.open(tmp_path / "pairs.jsonl.gz", "wt", encoding="utf-8") as file:
        for n in range(24):
            question = (
                f"To ask the Minister how many walruses of kind {n} were counted in {1990 + n}."
            )
            answer = f"In {1990 + n} some {n * 37 + 5} walruses of kind number {n} were counted."
            file.write(json.dumps({"id": n, "questionText": question, "answerText": answer}) + "\n")
    out = tmp_path / "adapter.safetensors"
    given = ["--teacher", str(bundled_folder()), "--pairs", str(tmp_path / "pairs.jsonl.gz")]
    given += ["--batch", "8", "--rate", "0.01", "--output", str(out)]
    given += ["--teacher-minutes", "10", "--minutes", "10"]  # the steps end sooner
    monkeypatch.setattr(distil, "EPOCHS", 1)
    monkeypatch.setattr(sys, "argv", ["distil", *given])
    distil.main()
    before, after = (dict(lora.changes_of(file)) for file in (ADAPTER_FILE, out))
    assert before.keys() == after.keys()
    assert max(np.abs(after[name] - before[name]).max() for name in before) > 1e-4
    text = "How many walruses were counted?"
    old, new = (SentenceTransformerEmbedder(model).encode([text])[0] for model in (None, str(out)))
    assert float(old @ new) < 0.99999
