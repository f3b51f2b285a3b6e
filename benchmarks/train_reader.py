"""Train what tells whether a sentence answers a question, and keep it beside the embedding model.

    python -m benchmarks.train_reader --train train-v1.1.json --test dev-v1.1.json --minutes 38
    python -m benchmarks.train_reader --train train-v1.1.json --test dev-v1.1.json --minutes 14 \
        --start reader.safetensors --pairs ../shared/data/pairs-dev.jsonl.gz --data-dir PAIRS

The files are SQuAD 1.1; with `--pairs` the questions of `written_questions.jsonl` are learnt
from too (`reader_texts.py` says what they are), and some of them kept apart to judge by.  PAIRS is
an index of some of the pairs, made where there is none.
The lower half of the default model reads paragraph and question each by itself and stays
as it is; its upper half, over the word pieces of the question and of one sentence, is trained to
tell the odds.  `index/fast/reader.py` runs it, `docs/model.md` has the figures.
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import load_file, save_file
from torch import nn
from torch.nn import functional

from assistant.evaluation.statistics import auroc
from index.bundled import ADAPTER_FILE, READER_FILE, bundled_folder
from index.fast.reader import MOST_OF_QUESTION, MOST_OF_SENTENCE, packed, unpacked
from index.tuning.descent import descend
from index.tuning.lora import merge_arrays

from .reader_texts import (
    Item,
    Paragraph,
    squad,
    squad_batches,
    squad_items,
    written,
    written_items,
)

LAYERS, LOWER, HEADS, WINDOW = 6, 3, 12, 256
TOGETHER = 8
"""Paragraphs in a batch; of SQuAD two of each article."""
RATE, RATE_FROM_START = 1.5e-4, 1e-4
SQUAD_TOO = 0.4
"""Share of the steps at which SQuAD's questions are learnt from beside written ones."""
KEPT_APART = 10
"""One record in so many is not learnt from but judged by..."""
TABLED_TOGETHER = 500
"""... those of near numbers together: a question put to many departments is tabled in a row."""

Weights = dict[str, torch.Tensor]
Batch = tuple[list[Paragraph], list[Item]]


class Lower:
    """The half of the default model that stays as it is."""

    def __init__(self, weights: Weights) -> None:
        from tokenizers import Tokenizer

        self._weights = weights
        self._tokenizer: Any = Tokenizer.from_file(str(bundled_folder() / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(WINDOW)

    def sentences(self, paragraphs: Sequence[Paragraph]) -> list[list[torch.Tensor]]:
        """The vectors of the word pieces of each sentence, read in its paragraph."""
        read = [self._tokenizer.encode(f"{one.title}\n{one.text}") for one in paragraphs]
        states = self._states([encoded.ids for encoded in read])
        made = []
        for own, encoded, paragraph in zip(states, read, paragraphs, strict=True):
            skip = len(paragraph.title) + 1
            offsets = np.array(encoded.offsets)
            real = offsets[:, 1] > offsets[:, 0]
            inside = [
                real & (offsets[:, 0] >= start + skip) & (offsets[:, 1] <= end + skip)
                for start, end in paragraph.spans
            ]
            made.append([own[: len(at)][at][:MOST_OF_SENTENCE] for at in map(torch.tensor, inside)])
        return made

    def questions(self, asked: Sequence[str]) -> list[torch.Tensor]:
        """The vectors of the word pieces of each question."""
        ids = [self._tokenizer.encode(question).ids for question in asked]
        states = self._states(ids)
        return [own[1 : len(n) - 1][:MOST_OF_QUESTION] for own, n in zip(states, ids, strict=True)]

    def first(self) -> torch.Tensor:
        """The vector of the mark before a text."""
        return self._states([self._tokenizer.encode("what is it?").ids])[0][0]

    @torch.no_grad()
    def _states(self, ids: list[list[int]]) -> torch.Tensor:
        mask = torch.zeros(len(ids), max(map(len, ids)), dtype=torch.bool)
        padded = torch.zeros(mask.shape, dtype=torch.long)
        for row, own in enumerate(ids):
            padded[row, : len(own)] = torch.tensor(own)
            mask[row, : len(own)] = True
        told = {part: self._weights[f"embeddings.{part}.weight"] for part in _EMBEDDINGS}
        x = functional.embedding(padded, told["word_embeddings"])
        x = x + told["position_embeddings"][: mask.shape[1]] + told["token_type_embeddings"][0]
        bias = self._weights["embeddings.LayerNorm.bias"]
        x = functional.layer_norm(x, x.shape[-1:], told["LayerNorm"], bias, 1e-12)
        made = torch.zeros_like(x)
        flat = x[mask]
        for number in range(LOWER):
            flat = layer(flat, mask, self._weights, number)
        made[mask] = flat
        return made


_EMBEDDINGS = ("word_embeddings", "position_embeddings", "token_type_embeddings", "LayerNorm")


class Upper(nn.Module):
    """The half that is trained, a mark before each text, and what tells question from sentence."""

    def __init__(self, weights: Weights, first: torch.Tensor) -> None:
        super().__init__()
        own = {name: value for name, value in weights.items() if _number(name) >= LOWER}
        self._names = {name: name.replace(".", "/") for name in own}
        self.layers = nn.ParameterDict(
            {self._names[name]: nn.Parameter(value.clone()) for name, value in own.items()}
        )
        size = len(first)
        self.first = nn.Parameter(first.clone())
        self.kinds = nn.Parameter(torch.randn(2, size) * 0.02)
        self.head = nn.Linear(size, 1)
        nn.init.normal_(self.head.weight, std=0.02)

    @torch.no_grad()
    def take(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Go on from the weights of a reader, as `arrays` gives them."""
        given = {name: torch.from_numpy(array) for name, array in arrays.items() if name != "heads"}
        for name, own in self._names.items():
            self.layers[own].copy_(given[name])
        self.kinds.copy_(torch.cat([given["question"], given["sentence"]]))
        self.first.copy_(given["first"][0] - given["question"][0])
        self.head.weight.copy_(given["head.weight"].T)
        self.head.bias.copy_(given["head.bias"])

    def forward(self, pairs: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> torch.Tensor:
        """The odds (logarithm) that the second of each pair answers the first."""
        lengths = [1 + len(question) + len(sentence) for question, sentence in pairs]
        mask = torch.arange(max(lengths))[None] < torch.tensor(lengths)[:, None]
        first = self.first[None] + self.kinds[0]
        parts = [(first, question + self.kinds[0], own + self.kinds[1]) for question, own in pairs]
        flat = torch.cat([part for three in parts for part in three])
        weights = {name: self.layers[own] for name, own in self._names.items()}
        for number in range(LOWER, LAYERS):
            flat = layer(flat, mask, weights, number, first_alone=number == LAYERS - 1)
        return self.head(flat)[:, 0]

    def arrays(self) -> dict[str, np.ndarray]:
        """The weights as `index.fast.reader` names them."""
        own = {name: self.layers[kept] for name, kept in self._names.items()}
        made = {
            **own,
            "first": (self.first + self.kinds[0])[None],
            "question": self.kinds[:1],
            "sentence": self.kinds[1:],
            "head.weight": self.head.weight.T,
            "head.bias": self.head.bias,
        }
        arrays = {name: np.ascontiguousarray(t.detach().numpy()) for name, t in made.items()}
        return {**arrays, "heads": np.array([HEADS], dtype=np.int32)}


def layer(
    x: torch.Tensor, mask: torch.Tensor, weights: Weights, number: int, first_alone: bool = False
) -> torch.Tensor:
    """A layer over the real word pieces alone, ``(pieces of all texts, dimension)``."""

    def linear(part: str, of: torch.Tensor) -> torch.Tensor:
        at = f"encoder.layer.{number}.{part}"
        return functional.linear(of, weights[f"{at}.weight"], weights[f"{at}.bias"])

    def normalised(part: str, of: torch.Tensor) -> torch.Tensor:
        at = f"encoder.layer.{number}.{part}.LayerNorm"
        return functional.layer_norm(
            of, of.shape[-1:], weights[f"{at}.weight"], weights[f"{at}.bias"], 1e-12
        )

    rows, columns = mask.nonzero(as_tuple=True)
    size = x.shape[-1]

    def spread(of: torch.Tensor) -> torch.Tensor:
        padded = torch.zeros(*mask.shape, size, dtype=of.dtype).index_put((rows, columns), of)
        return padded.view(*mask.shape, HEADS, size // HEADS).transpose(1, 2)

    key, value = (spread(linear(f"attention.self.{part}", x)) for part in ("key", "value"))
    if first_alone:
        x = x[columns == 0]
    query = linear("attention.self.query", x)
    if first_alone:
        query = query.view(len(x), 1, HEADS, size // HEADS).transpose(1, 2)
    else:
        query = spread(query)
    likeness = torch.matmul(query * (size // HEADS) ** -0.5, key.transpose(2, 3))
    likeness = likeness.masked_fill(~mask[:, None, None, :], -1e4).softmax(-1).to(value.dtype)
    seen = torch.matmul(likeness, value).transpose(1, 2)
    seen = seen.reshape(len(x), size) if first_alone else seen.reshape(*mask.shape, size)[mask]
    x = normalised("attention.output", x + linear("attention.output.dense", seen))
    wide = functional.gelu(linear("intermediate.dense", x))
    return normalised("output", x + linear("output.dense", wide))


def _number(name: str) -> int:
    """The layer that a weight belongs to; -1 for none."""
    found = re.match(r"encoder\.layer\.(\d+)\.", name)
    return int(found[1]) if found else -1


def scores(
    lower: Lower, upper: Upper, paragraphs: Sequence[Paragraph], own: Sequence[Item]
) -> torch.Tensor:
    """The odds of each item, in their order."""
    read = lower.sentences(paragraphs)
    asked = list(dict.fromkeys(item.question for item in own))
    questions = dict(zip(asked, lower.questions(asked), strict=True))
    pairs = [(questions[item.question], read[item.paragraph][item.sentence]) for item in own]
    # Half of them at a time, of about a length, so that little is padded for nothing.
    order = sorted(range(len(pairs)), key=lambda at: sum(map(len, pairs[at])))
    half = -(-len(order) // 2)
    made = [upper([pairs[at] for at in part]) for part in (order[:half], order[half:]) if part]
    places = torch.empty(len(order), dtype=torch.long)
    places[torch.tensor(order)] = torch.arange(len(order))
    return torch.cat(made)[places].float()


@torch.no_grad()
def judged(lower: Lower, upper: Upper, articles: Sequence[Sequence[Paragraph]], most: int) -> float:
    """The chance that of two sentences the answering one has the better odds (AUROC)."""
    chance = random.Random(1)
    given: list[float] = []
    right: list[bool] = []
    for _, paragraphs in zip(range(most), squad_batches(articles, TOGETHER, chance), strict=False):
        own = squad_items(paragraphs, chance)
        given += scores(lower, upper, paragraphs, own).tolist()
        right += [item.answers > 0 for item in own]
    return auroc(np.array(given), np.array(right))


@torch.no_grad()
def judged_written(lower: Lower, upper: Upper, windows: Sequence[Paragraph]) -> tuple[float, float]:
    """How well the best odds tell which question is answered, and how often they are right.

    The first is the AUROC of the best odds of the sentences of a question's own record and two
    neighbours, the second the share of answered questions whose best sentence is one that answers.
    """
    best: dict[tuple[str, str, bool], tuple[float, bool]] = {}
    for window in windows:
        texts, keys = [window], []
        own: list[Item] = []
        for asked in window.asked:
            key = (window.record, asked.text, asked.is_answered)
            own += [
                Item(asked.text, 0, n, float(n in asked.right)) for n in range(len(window.spans))
            ]
            for near, likest in asked.near[:2]:
                texts.append(near)
                own += [Item(asked.text, len(texts) - 1, n, 0.0) for n in likest]
            keys += [key] * (len(own) - len(keys))
        for key, item, score in zip(keys, own, scores(lower, upper, texts, own), strict=True):
            best[key] = max(best.get(key, (-99.0, False)), (float(score), item.answers > 0))
    answered = np.array([key[2] for key in best])
    odds, right = (np.array(column) for column in zip(*best.values(), strict=True))
    return auroc(odds, answered), float(right[answered].mean())


def is_kept_apart(window: Paragraph) -> bool:
    """Whether a window's questions are judged by and not learnt from."""
    return int(window.record) // TABLED_TOGETHER % KEPT_APART == 0


def squad_only(
    articles: Sequence[Sequence[Paragraph]], chance: random.Random
) -> Iterator[list[Batch]]:
    """SQuAD's paragraphs again and again, a batch a step."""
    while True:
        for paragraphs in squad_batches(articles, TOGETHER, chance):
            yield [(paragraphs, squad_items(paragraphs, chance))]


def both(
    articles: Sequence[Sequence[Paragraph]], windows: Sequence[Paragraph], chance: random.Random
) -> Iterator[list[Batch]]:
    """Written questions at every step, SQuAD's beside them at some."""
    beside = squad_only(articles, chance)
    while True:
        mixed = chance.sample(list(windows), len(windows))
        for start in range(0, len(mixed) - TOGETHER + 1, TOGETHER):
            own = [written_items(mixed[start : start + TOGETHER], chance)]
            yield own + (next(beside) if chance.random() < SQUAD_TOO else [])


def train(
    lower: Lower, upper: Upper, steps: Iterator[list[Batch]], minutes: float, rate: float
) -> None:
    """Take steps until the time is up."""
    groups: list[dict[str, Any]] = [{"params": [], "weight_decay": w} for w in (0.01, 0.0)]
    for parameter in upper.parameters():
        groups[parameter.ndim < 2]["params"].append(parameter)
    losses = (sum(loss(lower, upper, *batch) for batch in batches) for batches in steps)
    for now in descend(groups, losses, rate=rate, minutes=minutes):
        if now.step % 100 == 0:
            print(f"{now.step} steps, loss {now.loss:.4f}", flush=True)


def loss(
    lower: Lower, upper: Upper, paragraphs: Sequence[Paragraph], own: Sequence[Item]
) -> torch.Tensor:
    """How far the odds of these items are from what is right, by their weights."""
    with torch.autocast("cpu", torch.bfloat16):
        given = scores(lower, upper, paragraphs, own)
    right, weight = (
        torch.tensor([getattr(item, name) for item in own]) for name in ("answers", "weight")
    )
    return functional.binary_cross_entropy_with_logits(given, right, weight)


def main() -> None:
    """Train, say how well it tells, and write the file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--train", type=Path, required=True, help="SQuAD 1.1, training part")
    parser.add_argument("--test", type=Path, required=True, help="SQuAD 1.1, development part")
    parser.add_argument("--minutes", type=float, default=38.0, help="how long to train")
    parser.add_argument("--start", type=Path, help="a reader to go on from")
    parser.add_argument("--pairs", type=Path, help="records of the written questions")
    parser.add_argument("--data-dir", type=Path, help="index of pairs for --pairs")
    parser.add_argument("--output", type=Path, default=READER_FILE)
    options = parser.parse_args()
    if options.pairs and not options.data_dir:
        parser.error("--pairs needs --data-dir, a folder for an index of them")
    torch.manual_seed(0)
    chance = random.Random(0)
    arrays = load_file(bundled_folder() / "model.safetensors")
    merge_arrays(arrays, ADAPTER_FILE)
    weights = {name: torch.from_numpy(array).float() for name, array in arrays.items()}
    lower = Lower(weights)
    upper = Upper(weights, lower.first())
    if options.start:
        upper.take(unpacked(options.start))
    articles, apart = squad(options.train), []
    steps = squad_only(articles, chance)
    if options.pairs:
        windows = written(options.pairs, options.data_dir, chance)
        apart = [window for window in windows if is_kept_apart(window)]
        windows = [window for window in windows if not is_kept_apart(window)]
        print(f"{len(windows)} windows with written questions, {len(apart)} kept apart", flush=True)
        steps = both(articles, windows, chance)
    train(lower, upper, steps, options.minutes, RATE_FROM_START if options.start else RATE)
    save_file(packed(upper.arrays()), options.output)
    print(f"written to {options.output}", flush=True)
    print(f"SQuAD: AUROC {judged(lower, upper, squad(options.test), 60):.3f}", flush=True)
    if apart:
        told, right = judged_written(lower, upper, apart)
        print(f"written questions: AUROC {told:.3f}, best sentence right {right:.3f}")


if __name__ == "__main__":
    main()
