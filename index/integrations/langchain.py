"""A LangChain retriever over an index.  Needs the extra `langchain`."""

from __future__ import annotations

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from ..index import Index
from ..types import Filters
from .shared import metadata


class GovernmentAnswersRetriever(BaseRetriever):  # type: ignore[misc]
    """Passages of government answers as documents, best first.

    The page content is the exact span ``record.text[start:end]``; see `shared.metadata`.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    index: Index
    k: int = 8
    filters: Filters | None = None

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        found = self.index.retrieve(query, k=self.k, filters=self.filters)
        return [Document(page_content=p.text, metadata=metadata(p)) for p in found]
