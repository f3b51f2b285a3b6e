"""Low-rank adaptation (Hu et al. 2021, "LoRA", equation 3): W x + s B A x.

The adapter of all layers is a few megabytes; merged into the weights it costs nothing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

LAYER = ".encoder.layer."
_DOWN = ".down"
MOST_RANK = 128
NOTHING = 1e-5
"""A part of a change that is this small beside the largest is rounding."""
_PARTS = (".query", ".key", ".value", ".dense")


def targets(transformer: Any, layers: range) -> Iterator[tuple[str, Any]]:
    """``(name, linear layer)`` of every matrix of the layers numbered `layers`."""
    import torch

    for name, module in transformer.named_modules():
        if not isinstance(module, torch.nn.Linear) or not name.endswith(_PARTS):
            continue
        _, found, rest = f".{name}".partition(LAYER)
        if found and int(rest.split(".", 1)[0]) in layers:
            yield name, module


class Adapter:
    """The two small matrices of every adapted layer, added by hooks while they are trained."""

    def __init__(
        self, transformer: Any, *, rank: int, scale: float, layers: range, seed: int = 0
    ) -> None:
        import torch

        self.rank = rank
        self.scale = scale
        self.matrices: dict[str, tuple[Any, Any]] = {}
        generator = torch.Generator().manual_seed(seed)
        for parameter in transformer.parameters():
            parameter.requires_grad_(False)
        self._hooks = []
        for name, linear in targets(transformer, layers):
            down = torch.empty(rank, linear.in_features)
            down.uniform_(-1, 1, generator=generator).mul_(1 / math.sqrt(linear.in_features))
            up = torch.zeros(linear.out_features, rank)
            down, up = (m.to(linear.weight.device).requires_grad_() for m in (down, up))
            self.matrices[name] = (down, up)
            self._hooks.append(linear.register_forward_hook(self._hook(down, up)))

    def parameters(self) -> list[Any]:
        """What is trained."""
        return [matrix for pair in self.matrices.values() for matrix in pair]

    def remove(self) -> None:
        """Leave the model as it was."""
        for hook in self._hooks:
            hook.remove()

    def save(self, file: Path, notes: dict[str, str]) -> None:
        """Write the matrices in half precision, with `notes` on where they come from."""
        tensors = {}
        for name, (down, up) in self.matrices.items():
            tensors[f"{name}{_DOWN}"] = down.detach().cpu().numpy().astype(np.float16)
            tensors[f"{name}.up"] = up.detach().cpu().numpy().astype(np.float16)
        _write(tensors, {"format": "lora", "scale": json.dumps(self.scale), **notes}, file)

    def _hook(self, down: Any, up: Any) -> Any:
        def add(_: Any, given: tuple[Any, ...], result: Any) -> Any:
            return result + self.scale * ((given[0] @ down.T) @ up.T)

        return add


def weakened(source: Path, strength: float, target: Path) -> None:
    """Write an adapter whose scale is `strength` times that of `source`.

    1 is the adapter as it is and 0 the base; in between lie models that have learnt less and
    forgotten less (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models").  The
    strength is kept in the file, so that its SHA-256 names the model whole.
    """
    about, tensors = _read(source)
    about["scale"] = json.dumps(json.loads(about["scale"]) * strength)
    about["strength"] = json.dumps(strength)
    _write(tensors, about, target)


def averaged(sources: Sequence[Path], target: Path) -> None:
    """Write the adapter nearest to the mean of several, of the rank of the first.

    The mean of models that were trained apart from one start is better than any of them, as a
    rule (Wortsman et al. 2022, "Model soups"); a mean of low-rank changes is cut back to the
    rank by a singular value decomposition (Eckart and Young 1936).
    """
    rank = min(_ranks(sources[0]))
    _write_sum([(source, 1 / len(sources)) for source in sources], rank, target)


def added(first: Path, further: Path, strength: float, target: Path) -> None:
    """Write the adapter that changes weights by `first` and `strength` times `further`.

    `further` was trained on the base with `first` merged into it.  The outcome has the rank of
    both together, `MOST_RANK` at most.
    """
    rank = min(MOST_RANK, max(_ranks(first), default=0) + max(_ranks(further), default=0))
    _write_sum([(first, 1.0), (further, strength)], rank, target)


def _ranks(source: Path) -> list[int]:
    return [len(matrix) for key, matrix in _read(source)[1].items() if key.endswith(_DOWN)]


def _write_sum(parts: Sequence[tuple[Path, float]], rank: int, target: Path) -> None:
    changes: dict[str, NDArray[Any]] = {}
    for source, share in parts:
        for name, change in changes_of(source):
            changes[name] = changes.get(name, 0) + share * change
    about, _ = _read(parts[-1][0])
    write_changes(changes, rank, {**about, "parts": str(len(parts))}, target)


def write_changes(
    changes: Mapping[str, NDArray[Any]], rank: int, about: Mapping[str, str], target: Path
) -> None:
    """Write the adapter of this rank that is nearest to what is to be added to each matrix."""
    tensors = {}
    for name, change in changes.items():
        left, sizes, right = np.linalg.svd(change, full_matrices=False)
        kept = min(rank, max(1, int((sizes > NOTHING * sizes[0]).sum())))
        root = np.sqrt(sizes[:kept])
        tensors[f"{name}.up"] = (left[:, :kept] * root).astype(np.float16)
        tensors[f"{name}{_DOWN}"] = (root[:, None] * right[:kept]).astype(np.float16)
    _write(tensors, {"format": "lora", **about, "scale": "1.0"}, target)


def _read(file: Path) -> tuple[dict[str, str], dict[str, NDArray[Any]]]:
    """What an adapter file says of itself, and its matrices by name."""
    from safetensors import safe_open

    with safe_open(str(file), framework="numpy") as opened:
        about = dict(opened.metadata())
        return about, {key: opened.get_tensor(key) for key in opened.keys()}  # noqa: SIM118


def _write(tensors: dict[str, NDArray[Any]], about: dict[str, str], file: Path) -> None:
    from safetensors.numpy import save_file

    partial = file.with_suffix(".partial")
    save_file(tensors, partial, metadata=about)
    partial.replace(file)


def changes_of(file: Path) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Name of every matrix that an adapter changes, and what it adds to it."""
    about, tensors = _read(file)
    scale = np.float32(json.loads(about["scale"]))
    for key, down in tensors.items():
        if key.endswith(_DOWN):
            name = key.removesuffix(_DOWN)
            up = tensors[f"{name}.up"].astype(np.float32)
            yield name, scale * (up @ down.astype(np.float32))


def merge(transformer: Any, file: Path) -> None:
    """Add an adapter file to a model's weights."""
    import torch

    modules = dict(transformer.named_modules())
    with torch.no_grad():
        for name, change in changes_of(file):
            weight = modules[name].weight
            weight += torch.from_numpy(change).to(weight)


def merge_arrays(weights: dict[str, NDArray[Any]], file: Path) -> None:
    """Add an adapter file to a model's weights, by name, without PyTorch."""
    for name, change in changes_of(file):
        whole = f"{name}.weight"
        weights[whole] = weights[whole] + change
