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

from collections.abc import Mapping, Sequence
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
_VERSIONS = {"": 18, _MICROSOFT: 1}
"""The operator sets."""


class _Graph:
    """Nodes and constants, written down one after the other; their names begin with `name`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.nodes: list[bytes] = []
        self.tensors: list[bytes] = []

    def constant(self, array: Array) -> str:
        name = f"{self._name}.constant{len(self.tensors)}"
        self.tensors.append(wire.tensor(name, array))
        return name

    def node(
        self, kind: str, *inputs: str, to: tuple[str, ...] = (), own: bool = False, **told: Any
    ) -> str:
        outputs = to or (f"{self._name}.node{len(self.nodes)}",)
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

    def add_and_normalise(self, x: str, skip: str, weights: Mapping[str, Array], after: str) -> str:
        names = ("LayerNorm.weight", "LayerNorm.bias", "dense.bias")
        told = [self.constant(weights[f"{after}.{name}"]) for name in names]
        return self.node("SkipLayerNormalization", x, skip, *told, own=True, epsilon=_EPSILON)

    def written(self, inputs: Sequence[bytes], outputs: Sequence[bytes]) -> bytes:
        return wire.graph(self.nodes, self.tensors, inputs, outputs)


def build(
    weights: Mapping[str, Array], ranges: Mapping[str, Array], layers: int, heads: int
) -> bytes:
    """An ONNX model that gives ``vectors`` (float32), ``(texts, pieces, dimension)``.

    It takes ``ids`` (int64) and ``mask`` (int32), both ``(texts, pieces)``, and ``whole`` (bool, a
    single one): without it the vectors are those half-way, after half of the layers.  `weights` are
    named as Hugging Face's BertModel names them; `ranges` holds the largest absolute value of each
    input channel of the first feed-forward matrices, as ``layer.N``.
    """
    texts = ("texts", "pieces")
    shape = (*texts, len(weights["embeddings.LayerNorm.weight"]))
    vectors, after_all, after_half = (
        wire.value(name, "float32", shape) for name in ("vectors", "rest", "none")
    )
    graph, rest, none = _Graph("a"), _Graph("b"), _Graph("c")
    x = _embedded(graph, weights)
    for layer in range(layers // 2):
        x = _layer(graph, x, weights, ranges, layer, heads)
    half = x
    for layer in range(layers // 2, layers):
        x = _layer(rest, x, weights, ranges, layer, heads)
    rest.node("Identity", x, to=("rest",))
    none.node("Identity", half, to=("none",))
    # One graph with a branch, not two models: each would keep memory for the largest texts.
    graph.node(
        "If",
        "whole",
        to=("vectors",),
        then_branch=rest.written([], [after_all]),
        else_branch=none.written([], [after_half]),
    )
    inputs = [
        wire.value("ids", "int64", texts),
        wire.value("mask", "int32", texts),
        wire.value("whole", "bool", ()),
    ]
    return wire.model(graph.written(inputs, [vectors]), _VERSIONS)


def build_head(weights: Mapping[str, Array], layers: Sequence[int], heads: int) -> bytes:
    """An ONNX model of some upper layers and one number of each text: ``scores``, ``(texts,)``.

    It takes ``states`` (float32), ``(texts, pieces, dimension)``, what the layers below gave, and
    ``mask`` (int32).  The number is ``head.weight`` times the vector of the first piece, plus
    ``head.bias``; of the last layer nothing else is computed.
    """
    shape = ("texts", "pieces", len(weights["head.weight"]))
    graph = _Graph("head")
    x = "states"
    for layer in layers:
        x = _layer(graph, x, weights, {}, layer, heads, first_alone=layer == layers[-1])
    own = graph.node("MatMul", x, graph.constant(weights["head.weight"]))
    own = graph.node("Add", own, graph.constant(weights["head.bias"]))
    others = graph.constant(np.array([1, 2], dtype=np.int64))
    graph.node("Squeeze", own, others, to=("scores",))
    inputs = [wire.value("states", "float32", shape), wire.value("mask", "int32", shape[:2])]
    scores = wire.value("scores", "float32", shape[:1])
    return wire.model(graph.written(inputs, [scores]), _VERSIONS)


def _layer(
    graph: _Graph,
    x: str,
    weights: Mapping[str, Array],
    ranges: Mapping[str, Array],
    layer: int,
    heads: int,
    first_alone: bool = False,
) -> str:
    """What one layer makes of `x`, the one before it; for each text's first piece, if alone.

    Where `ranges` has nothing for it, all is in full precision.
    """
    at = f"encoder.layer.{layer}"
    own = [f"{at}.attention.self.{part}" for part in ("query", "key", "value")]
    bias = np.concatenate([weights[f"{part}.bias"] for part in own])
    parts = tuple(f"layer{layer}.{part}" for part in "qkv")
    if first_alone:
        others = np.concatenate([weights[f"{part}.weight"] for part in own[1:]])
        graph.node("Split", graph.exact(x, others), to=parts[1:], axis=-1, num_outputs=2)
        first, second = (graph.constant(np.array([at], dtype=np.int64)) for at in (0, 1))
        x = graph.node("Slice", x, first, second, second)
        graph.node("Identity", graph.exact(x, weights[f"{own[0]}.weight"]), to=parts[:1])
    else:
        joined = np.concatenate([weights[f"{part}.weight"] for part in own])
        graph.node("Split", graph.exact(x, joined), to=parts, axis=-1, num_outputs=3)
    told = (graph.constant(bias), "mask")
    seen = graph.node("MultiHeadAttention", *parts, *told, own=True, num_heads=heads)
    after = f"{at}.attention.output"
    seen = graph.exact(seen, weights[f"{after}.dense.weight"])
    x = graph.add_and_normalise(seen, x, weights, after)
    wide = weights[f"{at}.intermediate.dense.weight"]
    known = ranges.get(f"layer.{layer}")
    feed = graph.exact(x, wide) if known is None else graph.coarse(x, wide, known)
    bias = weights[f"{at}.intermediate.dense.bias"]
    feed = graph.node("BiasGelu", feed, graph.constant(bias), own=True)
    after = f"{at}.output"
    feed = graph.exact(feed, weights[f"{after}.dense.weight"])
    return graph.add_and_normalise(feed, x, weights, after)


def _embedded(graph: _Graph, weights: Mapping[str, Array]) -> str:
    """What the first layer sees of ``ids``."""
    places = weights["embeddings.position_embeddings.weight"]
    # Every text is of the first kind.
    places = places + weights["embeddings.token_type_embeddings.weight"][0]
    words = graph.constant(weights["embeddings.word_embeddings.weight"])
    x = graph.node("Gather", words, "ids")
    start = graph.constant(np.array([0], dtype=np.int64))
    length = graph.node("Shape", "ids", start=1, end=2)
    x = graph.node("Add", x, graph.node("Slice", graph.constant(places), start, length, start))
    norm = (weights[f"embeddings.LayerNorm.{part}"] for part in ("weight", "bias"))
    gain, offset = map(graph.constant, norm)
    return graph.node("LayerNormalization", x, gain, offset, axis=-1, epsilon=_EPSILON)
