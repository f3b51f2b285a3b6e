"""The few messages of the ONNX format that a model needs, as bytes.

ONNX files are protocol buffers; field numbers are those of the published ``onnx.proto``.  The
`onnx` package would write them too, at 30 MB for everybody.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_VARINT, _BYTES, _FIXED32 = 0, 2, 5
_FLOAT, _INT, _GRAPH = 1, 2, 5  # AttributeProto.AttributeType
_TYPES = {"float32": 1, "uint8": 2, "int8": 3, "int32": 6, "int64": 7, "bool": 9}
"""TensorProto.DataType of numpy's types."""


def _number(value: int) -> bytes:
    value &= (1 << 64) - 1
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)


def _int(field: int, value: int) -> bytes:
    return _number(field << 3 | _VARINT) + _number(value)


def _bytes(field: int, value: bytes | str) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return _number(field << 3 | _BYTES) + _number(len(raw)) + raw


def tensor(name: str, array: NDArray[Any]) -> bytes:
    """A TensorProto."""
    shape = b"".join(_int(1, size) for size in array.shape)
    raw = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
    return shape + _int(2, _TYPES[array.dtype.name]) + _bytes(8, name) + _bytes(9, raw)


def node(
    kind: str,
    inputs: Sequence[str],
    outputs: Sequence[str],
    domain: str,
    attributes: dict[str, int | float | bytes],
) -> bytes:
    """A NodeProto; an input that is left out is an empty name, an attribute in bytes a graph."""
    named = b"".join(_bytes(1, name) for name in inputs)
    named += b"".join(_bytes(2, name) for name in outputs)
    told = b"".join(_bytes(5, _attribute(*pair)) for pair in attributes.items())
    return named + _bytes(4, kind) + told + _bytes(7, domain)


def value(name: str, type_name: str, shape: Sequence[int | str]) -> bytes:
    """A ValueInfoProto: an input or output; a size that is open has a name."""
    sizes = (_int(1, size) if isinstance(size, int) else _bytes(2, size) for size in shape)
    dimensions = b"".join(_bytes(1, size) for size in sizes)
    kind = _int(1, _TYPES[type_name]) + _bytes(2, dimensions)
    return _bytes(1, name) + _bytes(2, _bytes(1, kind))


def graph(
    nodes: Iterable[bytes],
    tensors: Iterable[bytes],
    inputs: Iterable[bytes],
    outputs: Iterable[bytes],
) -> bytes:
    """A GraphProto.  One that is an attribute has no inputs: it sees the names around it."""
    made = b"".join(_bytes(1, one) for one in nodes) + _bytes(2, "graph")
    made += b"".join(_bytes(5, one) for one in tensors)
    made += b"".join(_bytes(11, one) for one in inputs)
    return made + b"".join(_bytes(12, one) for one in outputs)


def model(of: bytes, domains: dict[str, int]) -> bytes:
    """A ModelProto of a graph; `domains` are the operator sets with their versions."""
    sets = b"".join(_bytes(8, _bytes(1, name) + _int(2, n)) for name, n in domains.items())
    return _int(1, 9) + _bytes(7, of) + sets


def _attribute(name: str, given: int | float | bytes) -> bytes:
    if isinstance(given, bytes):
        return _bytes(1, name) + _bytes(6, given) + _int(20, _GRAPH)
    if isinstance(given, float):
        packed = _number(2 << 3 | _FIXED32) + struct.pack("<f", given)
        return _bytes(1, name) + packed + _int(20, _FLOAT)
    return _bytes(1, name) + _int(3, given) + _int(20, _INT)
