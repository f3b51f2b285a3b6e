"""The retrievers of other frameworks, called as those frameworks call them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from index import Filters, Index

from .fakes import HashingEmbedder, make_record


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    with Index.open_or_create(tmp_path_factory.mktemp("other"), embedder=HashingEmbedder()) as i:
        i.add(
            make_record(str(n), text=f"Otter {n} swims.", house="Lords" if n % 2 else "Commons")
            for n in range(6)
        )
        yield i


def test_langchain_gets_spans_with_their_source(index: Index) -> None:
    pytest.importorskip("langchain_core", reason="LangChain is not installed")
    from index.integrations.langchain import GovernmentAnswersRetriever

    retriever = GovernmentAnswersRetriever(index=index, k=2, filters=Filters(house="Lords"))
    found = retriever.invoke("otter 3")
    assert len(found) == 2
    for document in found:
        told = document.metadata
        record = index.get(told["record_id"])
        assert record is not None
        assert record.text[told["start"] : told["end"]] == document.page_content
        assert told["house"] == "Lords"
    again = asyncio.run(retriever.ainvoke("otter 3"))
    assert [d.page_content for d in again] == [d.page_content for d in found]


def test_llamaindex_gets_spans_with_their_source(index: Index) -> None:
    pytest.importorskip("llama_index.core", reason="LlamaIndex is not installed")
    from index.integrations.llamaindex import GovernmentAnswersRetriever

    found = GovernmentAnswersRetriever(index, k=3).retrieve("otter 4")
    assert len(found) == 3
    for node in found:
        told = node.metadata
        record = index.get(told["record_id"])
        assert record is not None
        assert record.text[told["start"] : told["end"]] == node.text
    assert found[0].score >= found[-1].score


def test_async_calls_give_what_plain_ones_give(index: Index) -> None:
    from assistant.answer import Assistant

    assistant = Assistant(index)

    async def main() -> None:
        found, answer = await asyncio.gather(
            index.aretrieve("otter 2", k=3), assistant.aanswer("How many otters swim?")
        )
        assert found.passages == index.retrieve("otter 2", k=3).passages
        assert answer.text == assistant.answer("How many otters swim?").result().text

    asyncio.run(main())
