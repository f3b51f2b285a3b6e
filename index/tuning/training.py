"""What is learnt: each question must be nearer to its own answer than to the others.

The loss is InfoNCE in both directions (van den Oord et al. 2018, equation 4) over the cosines
of a batch, times `SHARPNESS`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import BadRequest
from ..torch_encoder import has_bfloat16
from . import lora
from .batches import Matters, alike, all_batches, matters_of, near
from .descent import Progress, descend
from .pairs import Pair, document_view, query_view

SHARPNESS = 20.0
QUERY_WINDOW = 96
DOCUMENT_WINDOW = 104
"""Word pieces of a text that are read in training; longer ones teach a little more, and a GPU
reads `WHOLE_WINDOW`."""
WHOLE_WINDOW = 200
CHECKPOINT = 50
NEAR = 8
"""Pairs of nearly the same matter, any of whose questions may have been asked before."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train; `minutes` bounds the time, `epochs` the number of times a pair is seen."""

    batch: int = 64
    epochs: int = 1
    minutes: float = 45.0
    rate: float = 4e-4
    rank: int = 64
    scale: float = 2.0
    first_layer: int = 0
    seed: int = 1


_BASE_MEMORY = 800_000_000
_PAIR_MEMORY = 82_000_000
"""Measured: a process that trained on batches of 56 held 5.3 GB, one of 16 held 2.0."""


def memory_needed(batch: int) -> int:
    """Bytes that training takes, about: what is computed for a batch is kept until its end."""
    return _BASE_MEMORY + batch * _PAIR_MEMORY


def train(
    model: Any,
    pairs: Sequence[Pair],
    recipe: Recipe,
    file: Path,
    notes: dict[str, str],
    on_step: Callable[[Progress], None] | None = None,
) -> Progress:
    """Train an adapter of a `SentenceTransformer` and write it to `file`.

    The file is written again every `CHECKPOINT` steps, so what is stopped can still be used.

    Raises:
        BadRequest: no two of the pairs differ.
    """
    matters = matters_of(pairs, recipe.seed)
    order = [
        batch
        for epoch in range(recipe.epochs)
        for batch in all_batches(pairs, recipe.batch, recipe.seed + epoch, matters)
    ]
    if not order:
        raise BadRequest("The question-answer pairs are all alike: there is nothing to learn.")
    transformer = model[0].auto_model
    depth = transformer.config.num_hidden_layers
    layers = range(min(recipe.first_layer, depth - 1), depth)
    adapter = lora.Adapter(
        transformer, rank=recipe.rank, scale=recipe.scale, layers=layers, seed=recipe.seed
    )
    chance = random.Random(recipe.seed)  # noqa: S311
    others = Others(pairs, matters)
    losses = (_loss(model, pairs, batch, others, chance) for batch in order)
    steps = descend(
        adapter.parameters(),
        losses,
        rate=recipe.rate,
        minutes=recipe.minutes,
        most=len(order),
        betas=(0.9, 0.999),
    )
    model.train()
    progress = Progress(0, 0.0, 0.0)
    try:
        for progress in steps:
            if on_step is not None:
                on_step(progress)
            if progress.step % CHECKPOINT == 0:
                adapter.save(file, {**notes, "steps": str(progress.step)})
        adapter.save(file, {**notes, "steps": str(progress.step)})
    finally:
        adapter.remove()
        model.eval()
    return progress


class Others:
    """Of each pair, those with the same answer and those about nearly the same."""

    def __init__(self, pairs: Sequence[Pair], matters: Matters | None) -> None:
        self._pairs = pairs
        self._alike = alike(pairs)
        self._near = near(pairs, NEAR, matters)

    def of(self, at: int) -> tuple[list[Pair], list[Pair]]:
        """Both, of the pair at this place."""
        pairs = self._pairs
        return [pairs[n] for n in self._alike[at]], [pairs[n] for n in self._near[at]]


def _loss(
    model: Any, pairs: Sequence[Pair], batch: Sequence[int], others: Others, chance: random.Random
) -> Any:
    asked = [query_view(pairs[at], chance, *others.of(at)) for at in batch]
    answered = [document_view(pairs[at], chance) for at in batch]
    return own_loss(likeness(model, asked, answered))


def likeness(model: Any, asked: Sequence[str], answered: Sequence[str]) -> Any:
    """Each question's cosines with all answers, times `SHARPNESS`, shape ``(asked, answered)``.

    Those of a `SentenceTransformer`, with their gradients.
    """
    import torch
    from torch.nn.functional import normalize

    is_gpu = model.device.type == "cuda"
    # Half the bits where that is faster; cosines and loss in full.
    with torch.autocast(model.device.type, torch.bfloat16, enabled=is_gpu or has_bfloat16()):
        questions = _vectors(model, asked, QUERY_WINDOW).float()
        answers = _vectors(model, answered, WHOLE_WINDOW if is_gpu else DOCUMENT_WINDOW).float()
    return normalize(questions) @ normalize(answers).T * SHARPNESS


def own_loss(likely: Any) -> Any:
    """InfoNCE both ways: the answer in a question's own place is the right one."""
    import torch
    from torch.nn.functional import cross_entropy

    own = torch.arange(len(likely), device=likely.device)
    return (cross_entropy(likely, own) + cross_entropy(likely.T, own)) / 2


def _vectors(model: Any, texts: Sequence[str], window: int) -> Any:
    """The model's vectors; texts of a length go through it together."""
    import torch

    order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
    parts = []
    half = -(-len(order) // 4)
    for first in range(0, len(order), half):
        some = order[first : first + half]
        read = model.tokenizer(
            [texts[at] for at in some],
            padding=True,
            truncation=True,
            max_length=window,
            return_tensors="pt",
        ).to(model.device)
        parts.append(model(dict(read))["sentence_embedding"])
    together = torch.cat(parts)
    back = torch.empty(len(order), dtype=torch.long, device=together.device)
    back[torch.tensor(order, device=together.device)] = torch.arange(
        len(order), device=together.device
    )
    return together[back]
