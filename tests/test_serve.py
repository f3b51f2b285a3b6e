"""The installed program, started as a process and asked over HTTP."""

from __future__ import annotations

import re
import urllib.request

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from index import Index
from index.paths import sample_file
from index.sources import read_path

from .conftest import Served

SEED = "sample-2022-07-06-HL1536"


@pytest.fixture(scope="module")
def client(served: Served) -> Client:
    return Client(served.url, verbose=False)


def test_first_start_builds_the_sample_and_says_where_the_page_is(served: Served) -> None:
    assert "Building the sample index" in served.said
    assert "not official text" in served.said
    expected = {record.id for record in read_path(sample_file())}
    with Index.open(served.data_dir) as index:
        assert {record.id for record in index.records()} == expected


def test_a_question_over_http_gets_a_cited_answer(client: Client) -> None:
    question = "How many arrests has the joint intelligence cell in France led to?"
    answer = client.predict(question, api_name="/ask")
    assert answer["kind"] == "answered"
    assert "over 400" in answer["text"] or "more than 400" in answer["text"]
    assert answer["records"][0]["id"] == SEED
    by_id = {record["id"]: record for record in answer["records"]}
    quoted = [sentence for sentence in answer["sentences"] if not sentence["framing"]]
    assert quoted
    for sentence in quoted:
        assert sentence["verdict"] == "supported"
        assert sentence["citations"]
        for citation in sentence["citations"]:
            record = by_id[citation["record_id"]]
            assert record["text"][citation["start"] : citation["end"]] == sentence["text"]
            assert record["url"].startswith("https://questions-statements.parliament.uk/")


def test_what_is_not_there_is_not_made_up(client: Client) -> None:
    answer = client.predict("What is the recipe for a Victoria sponge cake?", api_name="/ask")
    assert answer["kind"] == "not_covered"
    assert answer["nearest"]
    assert not any(sentence["citations"] for sentence in answer["sentences"])


def test_passages_can_be_had_alone_and_filtered(client: Client) -> None:
    found = client.predict("small boats", 3, house="Lords", api_name="/retrieve")
    assert len(found) == 3
    for passage in found:
        assert passage["record"]["house"] == "Lords"
        text = passage["record"]["text"]
        assert text[passage["start"] : passage["end"]] == passage["text"]


def test_a_bad_request_is_a_sentence_not_a_traceback(client: Client) -> None:
    with pytest.raises(AppError, match="The question is empty"):
        client.predict("  ", api_name="/ask")


def test_only_two_calls_are_offered(client: Client) -> None:
    assert set(client.view_api(return_format="dict")["named_endpoints"]) == {"/ask", "/retrieve"}


def test_the_page_asks_nothing_of_other_hosts(served: Served) -> None:
    with urllib.request.urlopen(served.url, timeout=20) as response:
        page = response.read().decode()
    assert "<script" in page
    loaded = re.findall(r"<(?:script|img|iframe)[^>]*\ssrc=\"(?:https?:)?//[^\"]+", page)
    loaded += re.findall(r"<link[^>]*stylesheet[^>]*href=\"(?:https?:)?//[^\"]+", page)
    assert not loaded
