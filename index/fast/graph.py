"""BERT (Devlin et al. 2019) as an ONNX graph, a third of it in 8-bit arithmetic.

What goes into the first feed-forward matrix of each layer is the output of a normalisation,
whose range hardly varies from text to text; it is scaled to 8 bits by ranges measured once, so
that a vector does not depend on the texts beside it.  The weights are kept in 7 bits with a
scale for each output: processors without VNNI add pairs of products in 16 bits, which 8 would
overflow.  The other matrices stay in full precision: in 8 bits the attention's cost a twentieth
of the ten nearest, and those after them have inputs with a few values far from all others.

One step makes 8 bits enough (Xiao et al. 2023, "SmoothQuant", equation 4): each input channel is
divided, and its weights multiplied, by ``range ** a / weight ** (1 - a)``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import wire

Array = NDArray[Any]

_MICROSOFT = "com.microsoft"
_LARGEST = 63
"""The largest 7-bit weight."""
_MIDDLE, _WIDEST = 128, 127
"""What stands for 0 in an 8-bit input, and how far it reaches to both sides."""
_SMOOTHING = 0.5
_EPSILON = 1e-12


class _Graph:
    """Nodes and constants, written down one after the other."""

    def __init__(self) -> None:
        self.nodes: list[bytes] = []
        self.tensors: list[bytes] = []

    def constant(self, array: Array) -> str:
        name = f"c{len(self.tensors)}"
        self.tensors.append(wire.tensor(name, array))
        return name

    def node(
        self, kind: str, *inputs: str, to: tuple[str, ...] = (), own: bool = False, **told: Any
    ) -> str:
        outputs = to or (f"n{len(self.nodes)}",)
        domain = _MICROSOFT if own else ""
        self.nodes.append(wire.node(kind, inputs, outputs, domain, told))
        return outputs[0]

    def exact(self, x: str, weight: Array) -> str:
        return self.node("MatMul", x, self.constant(np.ascontiguousarray(weight.T)))

    def coarse(self, x: str, weight: Array, ranges: Array) -> str:
        largest = np.maximum(np.abs(weight).max(axis=0), 1e-5)
        ranges = np.maximum(ranges, 1e-5)
        shift = ranges**_SMOOTHING / largest ** (1 - _SMOOTHING)
        step = np.float32((ranges / shift).max() / _WIDEST)
        weight = weight * shift
        scale = (np.abs(weight).max(axis=1) / _LARGEST).astype(np.float32)
        whole = np.clip(np.rint(weight / scale[:, None]), -_LARGEST, _LARGEST).astype(np.int8)
        middle = self.constant(np.array(_MIDDLE, dtype=np.uint8))
        # Two steps: quantising with a scale for each channel is not vectorised.
        shifted = self.node("Mul", x, self.constant((1 / shift).astype(np.float32)))
        steps = self.constant(np.array(step))
        return self.node(
            "MatMulIntegerToFloat",
            self.node("QuantizeLinear", shifted, steps, middle),
            self.constant(np.ascontiguousarray(whole.T)),
            steps,
            self.constant(scale),
            middle,
            own=True,
        )

    def add_and_normalise(self, x: str, skip: str, bias: Array, norm: tuple[Array, Array]) -> str:
        gain, offset = (self.constant(array) for array in norm)
        return self.node(
            "SkipLayerNormalization",
            x,
            skip,
            gain,
            offset,
            self.constant(bias),
            own=True,
            epsilon=_EPSILON,
        )


def build(
    weights: Mapping[str, Array], ranges: Mapping[str, Array], *, layers: range, heads: int
) -> bytes:
    """An ONNX model of some of the layers, which gives ``vectors`` (float32), ``(texts, pieces,
    dimension)``.

    It takes ``mask`` (int32) and, with the first layer, ``ids`` (int64), both ``(texts, pieces)``,
    else ``before``: what the layer before its first gives.  `weights` are named as Hugging Face's
    BertModel names them; `ranges` holds the largest absolute value of each input channel of the
    first feed-forward matrices, as ``layer.N``.
    """

    def norm(of: str) -> tuple[Array, Array]:
        return weights[f"{of}.LayerNorm.weight"], weights[f"{of}.LayerNorm.bias"]

    graph = _Graph()
    x = "before" if layers.start else _embedded(graph, weights, norm("embeddings"))
    for layer in layers:
        at = f"encoder.layer.{layer}"
        own = [f"{at}.attention.self.{part}" for part in ("query", "key", "value")]
        joined = np.concatenate([weights[f"{part}.weight"] for part in own])
        bias = np.concatenate([weights[f"{part}.bias"] for part in own])
        made = graph.exact(x, joined)
        parts = tuple(f"layer{layer}.{part}" for part in "qkv")
        graph.node("Split", made, to=parts, axis=-1, num_outputs=3)
        seen = graph.node(
            "MultiHeadAttention",
            *parts,
            graph.constant(bias),
            "mask",
            own=True,
            num_heads=heads,
        )
        after = f"{at}.attention.output"
        seen = graph.exact(seen, weights[f"{after}.dense.weight"])
        x = graph.add_and_normalise(seen, x, weights[f"{after}.dense.bias"], norm(after))
        feed = graph.coarse(x, weights[f"{at}.intermediate.dense.weight"], ranges[f"layer.{layer}"])
        bias = weights[f"{at}.intermediate.dense.bias"]
        feed = graph.node("BiasGelu", feed, graph.constant(bias), own=True)
        feed = graph.exact(feed, weights[f"{at}.output.dense.weight"])
        after = f"{at}.output"
        x = graph.add_and_normalise(feed, x, weights[f"{after}.dense.bias"], norm(after))
    graph.node("Identity", x, to=("vectors",))
    texts = ("texts", "pieces")
    shape = (*texts, len(weights["embeddings.LayerNorm.weight"]))
    first = wire.value("before", "float32", shape) if layers.start else None
    return wire.model(
        graph.nodes,
        graph.tensors,
        [first or wire.value("ids", "int64", texts), wire.value("mask", "int32", texts)],
        [wire.value("vectors", "float32", shape)],
        {"": 18, _MICROSOFT: 1},
    )


def _embedded(graph: _Graph, weights: Mapping[str, Array], norm: tuple[Array, Array]) -> str:
    """What the first layer sees of ``ids``."""
    places = weights["embeddings.position_embeddings.weight"]
    # Every text is of the first kind.
    places = places + weights["embeddings.token_type_embeddings.weight"][0]
    words = graph.constant(weights["embeddings.word_embeddings.weight"])
    x = graph.node("Gather", words, "ids")
    start = graph.constant(np.array([0], dtype=np.int64))
    length = graph.node("Shape", "ids", start=1, end=2)
    x = graph.node("Add", x, graph.node("Slice", graph.constant(places), start, length, start))
    gain, offset = (graph.constant(array) for array in norm)
    return graph.node("LayerNormalization", x, gain, offset, axis=-1, epsilon=_EPSILON)
