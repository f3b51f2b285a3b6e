"""The steps of training: they follow the loss, are bounded, and end with time or material."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
import torch

from index.tuning.descent import OF_LATE, descend


def test_what_is_descended_becomes_small_and_is_told() -> None:
    weight = torch.tensor([3.0, -2.0], requires_grad=True)
    told = list(
        descend(
            [weight], ((weight**2).sum() for _ in range(400)), rate=0.05, minutes=10.0, most=400
        )
    )
    assert weight.abs().max() < 0.1
    assert [now.step for now in told] == list(range(1, 401))
    assert [now.share for now in told] == sorted(now.share for now in told)
    assert told[0].loss == 13.0
    assert told[-1].loss < 0.1


def test_the_loss_of_late_is_of_so_many_steps() -> None:
    weight = torch.zeros(1, requires_grad=True)
    losses = (weight.sum() * 0 + n for n in range(60))
    *_, last = descend([weight], losses, rate=0.1, minutes=10.0, most=60)
    assert last.loss == pytest.approx(sum(range(60 - OF_LATE, 60)) / OF_LATE)


def test_steps_grow_at_first_and_shrink_towards_the_end() -> None:
    weight = torch.zeros(1, requires_grad=True)
    at: list[float] = []

    def losses() -> Iterator[torch.Tensor]:
        for _ in range(200):
            at.append(float(weight.detach()))
            yield weight.sum()  # always the same slope, so a step is as long as its rate

    group = {"params": [weight], "weight_decay": 0.0}
    list(descend([group], losses(), rate=0.1, minutes=10.0, most=200))
    lengths = [before - after for before, after in pairwise(at)]
    assert lengths[0] < lengths[4] < lengths[9] == pytest.approx(max(lengths), rel=0.1)
    assert max(lengths) == pytest.approx(0.1, rel=0.05)
    assert lengths[100] > lengths[150] > lengths[-1]
    assert lengths[-1] < 0.002


def test_a_steep_loss_is_not_followed_further_than_a_gentle_one() -> None:
    seen: list[float] = []

    def losses(weight: torch.Tensor) -> Iterator[torch.Tensor]:
        for _ in range(3):
            yield weight.sum() * 1e6
            assert weight.grad is not None
            seen.append(float(weight.grad.norm()))

    weight = torch.zeros(4, requires_grad=True)
    list(descend([weight], losses(weight), rate=0.1, minutes=10.0))
    assert seen == pytest.approx([1.0] * 3)


def test_it_ends_with_the_time(monkeypatch) -> None:
    clock = iter(range(0, 10_000, 6))
    monkeypatch.setattr("index.tuning.descent.time.monotonic", lambda: float(next(clock)))
    weight = torch.zeros(1, requires_grad=True)
    told = list(descend([weight], (weight.sum() for _ in range(99)), rate=0.1, minutes=1.0))
    assert [now.share for now in told] == pytest.approx([n / 10 for n in range(1, 10)])
