"""Measure how large the inputs of the feed-forward matrices get, and keep it beside the model.

`index/data/ranges.safetensors` is made by this; the fast form of the model (`index/fast/`) needs
it to compute in 8 bits without losing what matters.

Run: .venv/bin/python -m benchmarks.fit_ranges [--records PATH] [--texts N]
"""

from __future__ import annotations

import random
from typing import Any

from index.chunking import chunk
from index.embedding import SentenceTransformerEmbedder
from index.fast.encoder import RANGES_FILE
from index.sources import read_path
from index.types import WrittenAnswer

from .common import parser


def main() -> None:
    arguments = parser(__doc__ or "")
    arguments.add_argument("--texts", type=int, default=64, help="chunks to look at")
    options = arguments.parse_args()
    import torch
    from safetensors.numpy import save_file

    embedder = SentenceTransformerEmbedder(exact=True)
    records = [item for item in read_path(options.records) if isinstance(item, WrittenAnswer)]
    texts: list[str] = []
    for record in random.Random(1).sample(records, options.texts):
        texts += [piece.embedded_text for piece in chunk(record, embedder)]
    ranges: dict[str, Any] = {}

    def watch(name: str, module: Any) -> None:
        def see(_: Any, given: tuple[Any, ...]) -> None:
            largest = given[0].abs().flatten(0, -2).amax(0)
            known = ranges.get(name)
            ranges[name] = largest if known is None else torch.maximum(known, largest)

        module.register_forward_pre_hook(see)

    for number, layer in enumerate(embedder._load_model()[0].auto_model.encoder.layer):
        watch(f"layer.{number}", layer.intermediate.dense)
    embedder.encode(texts[: options.texts])
    save_file({name: found.float().numpy() for name, found in ranges.items()}, RANGES_FILE)
    print(f"{len(ranges)} inputs over {options.texts} texts, written to {RANGES_FILE}")


if __name__ == "__main__":
    main()
