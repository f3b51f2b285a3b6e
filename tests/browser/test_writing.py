"""Answers that a language model writes, and what a reader sees when it or the index fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from assistant.answer import Assistant
from assistant.choosing import chosen, policy
from assistant.compose.llm import client
from assistant.settings import Settings
from index import Index
from index.reembedding import reembed

from ..fakes import HashingEmbedder, make_record
from ..model_server import ModelServer, Reply, Scripted
from ..test_vector_stores import Server
from .visits import in_a_browser, page_of, visiting

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = in_a_browser

QUESTION = "How many bridges were repaired in 2023, and at what cost?"
TRUE = "412 bridges were repaired in 2023 [1]."
FALSE = "The cost was £9 million [1]."


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    text = "In 2023 we repaired 412 bridges. The cost was £3.2 million."
    with Index.open_or_create(tmp_path / "data", embedder=HashingEmbedder()) as index:
        index.add(
            [
                make_record(
                    "1", heading="Bridges", question="How many bridges were repaired.", text=text
                )
            ]
        )
        yield index


@contextmanager
def written_by(index: Index, *script: Scripted) -> Iterator[str]:
    """The page over an assistant whose language model says what `script` says."""
    pytest.importorskip("litellm", reason="litellm is not installed (the extra `llm`)")
    with ModelServer(*script) as server:
        settings = Settings(data_dir=index.folder, llm_model="openai/scripted", llm_url=server.url)
        composer, rewriter = chosen(settings)
        with page_of(Assistant(index, settings, composer, rewriter, policy(settings))) as url:
            yield url


def test_what_a_model_wrote_is_marked_and_what_it_invented_is_listed_apart(
    browser: Browser, index: Index
) -> None:
    with (
        written_by(index, Reply(f"{TRUE} The cost was £3.2 million [1]. {FALSE}")) as url,
        visiting(browser, url) as visit,
    ):
        said = visit.ask(QUESTION)
        assert "openai/scripted" in said.locator(".composer").inner_text()
        shown = said.locator(".sentence").all_inner_texts()
        assert len(shown) == said.locator(".verdict").count() == 2
        assert not any("£9 million" in text for text in shown)
        said.locator(".withheld summary").click()
        assert "£9 million" in said.locator(".withheld li").inner_text()
        said.locator("a.cite").first.click()
        visit.page.locator("mark:target").first.wait_for()


def test_a_failed_model_is_told_and_the_records_are_quoted(
    browser: Browser, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "FIRST_WAIT", 0.01)
    with written_by(index, Reply(status=500)) as url, visiting(browser, url) as visit:
        said = visit.ask(QUESTION)
        text = said.inner_text()
        assert "What you see is quoted from the records." in text
        assert "In 2023 we repaired 412 bridges." in text
        assert "without a language model" in text


def test_an_index_that_was_moved_to_another_model_is_a_sentence(
    browser: Browser, index: Index
) -> None:
    with page_of(Assistant(index)) as url, visiting(browser, url) as visit:
        assert "412" in visit.ask(QUESTION).inner_text()
        reembed(index.folder, HashingEmbedder("another", dimension=32, window=24))
        said = visit.ask("What did the repairs of bridges cost?").inner_text()
        assert "another" in said
        assert "Traceback" not in said


def test_a_lost_chroma_server_is_a_sentence(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "server").mkdir()
    server = Server(tmp_path / "server")
    try:
        with Index.open_or_create(
            tmp_path / "data", embedder=HashingEmbedder(), chroma_url=server.url
        ) as index:
            index.add([make_record("1", heading="Bridges", text="We repaired 412 bridges.")])
            with page_of(Assistant(index)) as url, visiting(browser, url) as visit:
                assert "412" in visit.ask("How many bridges were repaired?").inner_text()
                server.stop()
                said = visit.ask("How many bridges were mended?").inner_text()
                assert server.url in said
                assert "Traceback" not in said
    finally:
        server.stop()
