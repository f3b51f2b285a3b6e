"""Teach the embedding model what a larger one makes of the same questions and answers.

    python -m benchmarks.distil --teacher FOLDER --pairs PAIRS --exclude RECORDS \
        --questions benchmarks/asked_questions.jsonl benchmarks/written_questions.jsonl \
        --output adapter.safetensors

FOLDER is a sentence-transformers model, larger than the one that comes along.  It is tuned on the
pairs first; then all matrices of the present default model are trained towards the likeness that it
sees between the questions and the answers of a batch (Hinton et al. 2015), and towards each
question's own answer.  A part of the batches holds whole records, question and answer together:
there a question is compared with the others' alone, so that records about the same matter are
learnt too.  What has changed is taken at `--strength` and written as an adapter of the base.
`docs/model.md` has what came of it.  It is meant for a GPU, which takes three minutes.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import kl_div, log_softmax

from assistant.evaluation.haystack import read_records
from index.bundled import ADAPTER_FILE, load_base
from index.tuning import lora
from index.tuning.batches import all_batches, matters_of
from index.tuning.descent import descend
from index.tuning.material import read_pairs
from index.tuning.pairs import Pair, document_view, query_view
from index.tuning.training import Others, likeness, own_loss

from .common import json_lines

WHOLE_SHARE = 0.25
"""Share of the batches that are of whole records."""
OWN, TEACHER = 0.5, 1.5
"""What being told the right answer counts, and what the teacher's likeness does."""
NEVER = -1e4
"""The likeness of a question to its own record, where only the others' are compared."""
EPOCHS = 25
TEACHER_RATE = 4e-5

Tensor = Any


class Views:
    """Questions and answers of pairs as they are learnt from, drawn anew each time."""

    def __init__(self, pairs: Sequence[Pair], seed: int) -> None:
        self.pairs = pairs
        self.matters = matters_of(pairs, seed)
        self._others = Others(pairs, self.matters)
        self._chance = random.Random(seed)

    def asked(self, batch: Sequence[int]) -> list[str]:
        """A question for each, in one of the ways people ask."""
        return [query_view(self.pairs[at], self._chance, *self._others.of(at)) for at in batch]

    def answered(self, batch: Sequence[int]) -> list[str]:
        """The answers, alone or under some words of their questions."""
        return [document_view(self.pairs[at], self._chance) for at in batch]

    def whole(self, batch: Sequence[int]) -> list[str]:
        """The records: questions and answers together."""
        return [f"{self.pairs[at].question}\n{self.pairs[at].answer}" for at in batch]

    def batches(self, size: int) -> Iterator[list[int]]:
        """Batches of pairs about like matters, again and again."""
        for epoch in range(EPOCHS):
            yield from all_batches(self.pairs, size, 1 + epoch, self.matters)


def matrices(transformer: Any) -> dict[str, Tensor]:
    """The weights that are trained, by the names that an adapter has for them."""
    depth = transformer.config.num_hidden_layers
    for parameter in transformer.parameters():
        parameter.requires_grad_(False)
    found = lora.targets(transformer, range(depth))
    return {name: linear.weight.requires_grad_() for name, linear in found}


def train(weights: Sequence[Tensor], rate: float, minutes: float, losses: Iterator[Tensor]) -> int:
    """Take a step for each of the losses until the time is up; how many."""
    steps = 0
    for now in descend(weights, losses, rate=rate, minutes=minutes):
        steps = now.step
        if steps % 50 == 0:
            print(f"{steps} steps, loss {now.loss:.4f}", flush=True)
    return steps


def taught_loss(likely: Tensor, taught: Tensor) -> Tensor:
    """How far the shares that one sees are from the teacher's (Kullback and Leibler 1951)."""
    logs = (log_softmax(given, 1) for given in (likely, taught))
    return kl_div(*logs, log_target=True, reduction="batchmean")


def answer_loss(likely: Tensor, taught: Tensor) -> Tensor:
    """Of questions and answers: the right one, and what the teacher makes of all, both ways."""
    both = (taught_loss(likely, taught) + taught_loss(likely.T, taught.T)) / 2
    return OWN * own_loss(likely) + TEACHER * both


def related_loss(likely: Tensor, taught: Tensor) -> Tensor:
    """Of questions and whole records: what the teacher makes of the others' records."""
    own = torch.eye(len(likely), dtype=torch.bool, device=likely.device)
    return TEACHER * taught_loss(*(given.masked_fill(own, NEVER) for given in (likely, taught)))


def teach(model: Any, views: Views, options: argparse.Namespace) -> None:
    """Tune the teacher itself on the pairs."""
    weights = [w for name, w in model[0].auto_model.named_parameters() if ".layer." in f".{name}"]

    def losses() -> Iterator[Tensor]:
        for batch in views.batches(options.batch // 2):
            yield own_loss(likeness(model, views.asked(batch), views.answered(batch)))

    model.train()
    steps = train(weights, TEACHER_RATE, options.teacher_minutes, losses())
    model.eval()
    print(f"The teacher was tuned in {steps} steps.", flush=True)


def learn(model: Any, teacher: Any, views: Views, options: argparse.Namespace) -> dict[str, Tensor]:
    """Train the model; what was added to each of its matrices."""
    chance = random.Random(4)
    weights = matrices(model[0].auto_model)
    before = {name: weight.detach().clone() for name, weight in weights.items()}

    def losses() -> Iterator[Tensor]:
        for batch in views.batches(options.batch):
            is_whole = chance.random() < WHOLE_SHARE
            asked = views.asked(batch)
            answered = views.whole(batch) if is_whole else views.answered(batch)
            with torch.no_grad():
                taught = likeness(teacher, asked, answered)
            likely = likeness(model, asked, answered)
            yield related_loss(likely, taught) if is_whole else answer_loss(likely, taught)

    steps = train(list(weights.values()), options.rate, options.minutes, losses())
    print(f"The model was trained in {steps} steps.", flush=True)
    return {name: weight.detach() - before[name] for name, weight in weights.items()}


def main() -> None:
    """Tune the teacher, train the model and write the adapter."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--teacher", required=True, help="folder of a sentence-transformers model")
    parser.add_argument("--pairs", type=Path, required=True, help="question-answer pairs")
    parser.add_argument("--exclude", type=Path, help="records that must not be learnt from")
    parser.add_argument(
        "--questions", type=Path, nargs="*", default=[], help="written of the pairs"
    )
    parser.add_argument("--teacher-minutes", type=float, default=1.0, help="for the teacher")
    parser.add_argument("--minutes", type=float, default=1.5, help="for the model")
    parser.add_argument("--batch", type=int, default=512, help="pairs in a batch")
    parser.add_argument("--rate", type=float, default=1e-4, help="learning rate")
    parser.add_argument("--strength", type=float, default=0.6, help="share of the change to take")
    parser.add_argument("--most", type=int, help="only so many pairs, to try it out")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    from sentence_transformers import SentenceTransformer

    torch.manual_seed(4)
    asked: dict[str, list[str]] = {}
    for file in options.questions:
        for row in json_lines(file):
            if row.get("gold", True):
                text = " ".join([*row.get("history", ())[-1:], row["q"]])
                asked.setdefault(str(row["id"]), []).append(text)
    exclude = read_records([options.exclude])[0] if options.exclude else []
    pairs = read_pairs(options.pairs, exclude, asked)[0][: options.most]
    print(f"{len(pairs):,} pairs", flush=True)
    views = Views(pairs, 1)
    model = load_base()
    lora.merge(model[0].auto_model, ADAPTER_FILE)
    teacher = SentenceTransformer(options.teacher, device=model.device.type)
    teach(teacher, views, options)
    changes = learn(model, teacher, views, options)
    whole = {
        name: present + options.strength * changes[name].float().cpu().numpy()
        for name, present in lora.changes_of(ADAPTER_FILE)
    }
    lora.write_changes(whole, lora.MOST_RANK, {}, options.output)
    print(f"written to {options.output}", flush=True)


if __name__ == "__main__":
    main()
