"""A LlamaIndex retriever over an index.  Needs the extra `llamaindex`."""

from __future__ import annotations

from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from ..index import Index
from ..types import Filters
from .shared import metadata


class GovernmentAnswersRetriever(BaseRetriever):  # type: ignore[misc]
    """Passages of government answers as nodes, best first.

    A node's text is the exact span ``record.text[start:end]``; see `shared.metadata`.
    """

    def __init__(self, index: Index, k: int = 8, filters: Filters | None = None) -> None:
        super().__init__()
        self._index = index
        self._k = k
        self._filters = filters

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = self._index.retrieve(query_bundle.query_str, k=self._k, filters=self._filters)
        return [
            NodeWithScore(
                node=TextNode(
                    id_=f"{p.record.id}:{p.start}-{p.end}", text=p.text, metadata=metadata(p)
                ),
                score=p.score,
            )
            for p in found
        ]
