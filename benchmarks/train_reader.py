"""Train what tells whether a sentence answers a question, and keep it beside the embedding model.

    python -m benchmarks.train_reader --train train-v1.1.json --test dev-v1.1.json --minutes 38

The files are SQuAD 1.1 (Rajpurkar et al. 2016): questions of Wikipedia articles, each with the
place of its answer.  A question's own sentence is right; wrong are others of its paragraph, those
that share most words with the question before all, and the likest of another paragraph of the
article.  The lower half of the default model reads paragraph and question each by itself and stays
as it is; its upper half, over the word pieces of the question and of one sentence, is trained to
tell the odds.  `index/fast/reader.py` runs it, `docs/model.md` has the figures.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import load_file, save_file
from torch import nn
from torch.nn import functional

from assistant.evaluation.statistics import auroc
from index.bundled import ADAPTER_FILE, READER_FILE, bundled_folder
from index.fast.reader import MOST_OF_QUESTION, MOST_OF_SENTENCE, packed
from index.text import sentences
from index.tuning.lora import merge_arrays

LAYERS, LOWER, HEADS, WINDOW = 6, 3, 12, 256
TOGETHER = 8
"""Paragraphs in a batch, two of each article."""
QUESTIONS = 3
"""Questions of each."""
LONGEST = 1_100
"""Characters of the longest paragraph, so that all of it fits the window."""
RATE = 1.5e-4

Weights = dict[str, torch.Tensor]
Item = tuple[str, int, int, float]
"""A question, the number of a paragraph, that of a sentence in it, and whether it answers."""


@dataclass(frozen=True)
class Paragraph:
    """A paragraph under the title of its article; `asked` gives questions and their sentences."""

    title: str
    text: str
    spans: list[tuple[int, int]]
    asked: list[tuple[str, int]]


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


def read(file: Path) -> list[list[Paragraph]]:
    """The paragraphs of each article."""
    articles = []
    for article in json.loads(file.read_text("utf-8"))["data"]:
        made = []
        for paragraph in article["paragraphs"]:
            text, spans = paragraph["context"], sentences(paragraph["context"])
            asked = []
            for question in paragraph["qas"]:
                at = question["answers"][0]["answer_start"]
                own = [n for n, (start, end) in enumerate(spans) if start <= at < end]
                asked += [(question["question"].strip(), n) for n in own[:1]]
            if asked and len(text) < LONGEST:
                made.append(Paragraph(article["title"].replace("_", " "), text, spans, asked))
        articles.append(made)
    return articles


def batches(
    articles: Sequence[Sequence[Paragraph]], chance: random.Random
) -> Iterator[list[Paragraph]]:
    """All paragraphs once, two of an article side by side."""
    twos = []
    for own in articles:
        mixed = chance.sample(list(own), len(own))
        twos += list(zip(mixed[::2], mixed[1::2], strict=False))
    chance.shuffle(twos)
    every = [paragraph for two in twos for paragraph in two]
    for start in range(0, len(every) - TOGETHER + 1, TOGETHER):
        yield every[start : start + TOGETHER]


def items(paragraphs: Sequence[Paragraph], chance: random.Random) -> list[Item]:
    """Some questions of each paragraph with their own sentence and one to three others."""
    made: list[Item] = []
    for at, paragraph in enumerate(paragraphs):
        beside = at ^ 1  # the other of its article
        for question, right in chance.sample(paragraph.asked, min(QUESTIONS, len(paragraph.asked))):
            wrong = [n for n in _likest(question, paragraph, chance) if n != right]
            made.append((question, at, right, 1.0))
            made += [(question, at, n, 0.0) for n in wrong[:1]]
            if len(wrong) > 2 and chance.random() < 0.4:
                made.append((question, at, chance.choice(wrong[1:]), 0.0))
            if chance.random() < 0.6:
                made.append((question, beside, _likest(question, paragraphs[beside], chance)[0], 0))
    return made


def _likest(question: str, paragraph: Paragraph, chance: random.Random) -> list[int]:
    """The sentences of a paragraph, those that share most words with a question first."""
    own = set(_WORD.findall(question.lower()))
    shared = [
        len(own.intersection(_WORD.findall(paragraph.text[start:end].lower()))) + chance.random()
        for start, end in paragraph.spans
    ]
    return sorted(range(len(shared)), key=lambda n: -shared[n])


_WORD = re.compile(r"\w{3,}")


def scores(
    lower: Lower, upper: Upper, paragraphs: Sequence[Paragraph], own: Sequence[Item]
) -> torch.Tensor:
    """The odds of each item, in their order."""
    read = lower.sentences(paragraphs)
    asked = list(dict.fromkeys(item[0] for item in own))
    questions = dict(zip(asked, lower.questions(asked), strict=True))
    pairs = [(questions[question], read[at][n]) for question, at, n, _ in own]
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
    for _, paragraphs in zip(range(most), batches(articles, chance), strict=False):
        own = items(paragraphs, chance)
        given += scores(lower, upper, paragraphs, own).tolist()
        right += [item[3] > 0 for item in own]
    return auroc(np.array(given), np.array(right))


def train(
    lower: Lower,
    upper: Upper,
    articles: Sequence[Sequence[Paragraph]],
    minutes: float,
    chance: random.Random,
) -> None:
    """Go through the paragraphs until the time is up, ever slower."""
    groups: list[dict[str, Any]] = [{"params": [], "weight_decay": w} for w in (0.01, 0.0)]
    for parameter in upper.parameters():
        groups[parameter.ndim < 2]["params"].append(parameter)
    optimizer = torch.optim.AdamW(groups, lr=RATE, betas=(0.9, 0.98))
    began, step, seen, recent = time.monotonic(), 0, 0, 0.0
    while True:
        for paragraphs in batches(articles, chance):
            part = (time.monotonic() - began) / 60 / minutes
            if part >= 1:
                return
            for group in optimizer.param_groups:
                group["lr"] = RATE * min(1.0, step / 100) * max(0.02, 1 - part)
            own = items(paragraphs, chance)
            with torch.autocast("cpu", torch.bfloat16):
                given = scores(lower, upper, paragraphs, own)
            right = torch.tensor([item[3] for item in own])
            loss = functional.binary_cross_entropy_with_logits(given, right)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(upper.parameters(), 1.0)
            optimizer.step()
            step, seen = step + 1, seen + len(own)
            recent = 0.98 * recent + 0.02 * float(loss.detach())
            if step % 100 == 0:
                print(
                    f"{step} steps, {seen:,} pairs, loss {recent / (1 - 0.98**step):.4f}",
                    flush=True,
                )


def main() -> None:
    """Train, say how well it tells, and write the file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--train", type=Path, required=True, help="SQuAD 1.1, training part")
    parser.add_argument("--test", type=Path, required=True, help="SQuAD 1.1, development part")
    parser.add_argument("--minutes", type=float, default=38.0, help="how long to train")
    parser.add_argument("--output", type=Path, default=READER_FILE)
    options = parser.parse_args()
    torch.manual_seed(0)
    arrays = load_file(bundled_folder() / "model.safetensors")
    merge_arrays(arrays, ADAPTER_FILE)
    weights = {name: torch.from_numpy(array).float() for name, array in arrays.items()}
    lower = Lower(weights)
    upper = Upper(weights, lower.first())
    train(lower, upper, read(options.train), options.minutes, random.Random(0))
    print(f"AUROC {judged(lower, upper, read(options.test), 60):.3f}")
    save_file(packed(upper.arrays()), options.output)
    print(f"written to {options.output}")


if __name__ == "__main__":
    main()
