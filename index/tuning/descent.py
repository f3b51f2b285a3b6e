"""Descending a loss in a set time: steps that grow at first and shrink towards the end."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

WARM_UP = 0.05
"""Share of the time in which the steps grow."""
LONGEST = 1.0
"""Length that a gradient is cut to."""
OF_LATE = 20
"""Steps whose losses are averaged to tell of."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far training has come: `share` of the whole, 0 to 1, and the loss of late."""

    step: int
    share: float
    loss: float


def descend(
    weights: Iterable[Any],
    losses: Iterable[Any],
    *,
    rate: float,
    minutes: float,
    most: int | None = None,
    betas: tuple[float, float] = (0.9, 0.98),
) -> Iterator[Progress]:
    """Take a step (AdamW) for each loss until `minutes` or the losses are over; tell of each.

    `weights` are parameters, or groups of them as `torch.optim` takes them.  A loss is worked out
    when it is asked for, with the weights as they are by then.  `most` is how many losses there
    are, where that is known: the steps shrink with whichever ends sooner.
    """
    import torch

    optimizer = torch.optim.AdamW(weights, lr=rate, betas=betas, weight_decay=0.01)
    trained = [weight for group in optimizer.param_groups for weight in group["params"]]
    began = time.monotonic()
    recent: deque[float] = deque(maxlen=OF_LATE)
    for step, loss in enumerate(losses, 1):
        spent = (time.monotonic() - began) / (60 * minutes)
        share = max(spent, (step - 1) / most) if most else spent
        if share >= 1:
            return
        for group in optimizer.param_groups:
            group["lr"] = rate * min(share / WARM_UP, (1 - share) / (1 - WARM_UP), 1.0)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, LONGEST)
        optimizer.step()
        recent.append(float(loss.detach()))
        yield Progress(step, share, sum(recent) / len(recent))
