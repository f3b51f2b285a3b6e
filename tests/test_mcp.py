"""The MCP tools, asked by the official client over both transports."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
import uvicorn
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from starlette.testclient import TestClient

from assistant.answer import Assistant
from assistant.mcp import build_mcp
from assistant.service.app import build_service
from assistant.service.server import _listen
from assistant.settings import Settings
from index import Index

from .conftest import offline_environment
from .fakes import HashingEmbedder, make_record

TOOLS = {"search_answers", "get_answer_record", "answer_question", "asked_before"}
PROGRAM = Path(sys.executable).with_name("assistant")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    with Index.open_or_create(tmp_path_factory.mktemp("mcp"), embedder=HashingEmbedder()) as i:
        places = ("Kent", "Devon", "Fife")
        i.add(
            make_record(str(n), heading=f"Otters in {p}", text=f"In {p} {n}00 otters were counted.")
            for n, p in enumerate(places, 1)
        )
        yield i


def ask(server: Any, tool: str, **arguments: Any) -> Any:
    async def main() -> Any:
        async with Client(server) as client:
            return await client.call_tool(tool, arguments)

    return anyio.run(main)


def test_tools_are_described_with_types_and_bounds(index: Index) -> None:
    async def main() -> Any:
        async with Client(build_mcp(Assistant(index))) as client:
            return (await client.list_tools()).tools

    tools = {tool.name: tool for tool in anyio.run(main)}
    assert set(tools) == TOOLS
    for tool in tools.values():
        assert len(tool.description) > 60
        assert tool.output_schema
        assert tool.annotations.read_only_hint
    assert tools["search_answers"].input_schema["required"] == ["query"]


def test_search_then_record_gives_the_words_quoted(index: Index) -> None:
    server = build_mcp(Assistant(index))
    found = ask(server, "search_answers", query="otters in Devon", limit=2).structured_content
    assert len(found["passages"]) == 2
    first = found["passages"][0]
    record = ask(server, "get_answer_record", id=first["record_id"]).structured_content
    assert record["heading"] == "Otters in Devon"
    assert record["text"][first["start"] : first["end"]] == first["text"]


def test_a_draft_finds_the_question_asked_before_it(index: Index) -> None:
    draft = "how many examples were supplied"
    found = ask(build_mcp(Assistant(index)), "asked_before", question=draft).structured_content
    first = found["result"][0]
    assert first["record"]["asked"] == "2024-05-01"
    assert first["text"] == first["record"]["text"][first["start"] : first["end"]]
    assert first["similarity"] > 0.9


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("get_answer_record", {"id": "nobody"}, "There is no record"),
        ("search_answers", {"query": " "}, "The question is empty"),
        ("search_answers", {"query": "otters", "answered_from": "yesterday"}, "is not a date"),
        ("search_answers", {}, "query is missing."),
        ("search_answers", {"query": ""}, "query is empty."),
        ("search_answers", {"query": "otters", "limit": 0}, "limit has to be at least 1."),
        ("search_answers", {"query": "otters", "limit": "few"}, "limit has to be a whole number."),
        ("search_answers", {"query": "otters", "house": "lords"}, "has to be 'Commons' or 'Lords'"),
        ("search_answers", {"query": "otters", "department": "Home Office"}, "has to be a list in"),
        (
            "search_answers",
            {"query": "otters", "departmnt": ["Home Office"]},
            "There is no argument 'departmnt'; there are answered_from, answered_to, department, "
            "house, limit, query.",
        ),
        ("nothing", {"query": "otters"}, "Unknown tool: nothing"),
    ],
)
def test_what_cannot_be_done_is_said(
    index: Index, tool: str, arguments: dict[str, Any], said: str
) -> None:
    result = ask(build_mcp(Assistant(index)), tool, **arguments)
    assert result.is_error
    assert said in result.content[0].text
    assert "pydantic" not in result.content[0].text


def test_null_is_as_good_as_left_out(index: Index) -> None:
    given = {"query": "otters", "limit": None, "department": None, "house": None}
    assert not ask(build_mcp(Assistant(index)), "search_answers", **given).is_error


def test_the_tools_answer_over_http(index: Index) -> None:
    service = build_service(Assistant(index), Settings(data_dir=index.folder))
    listener = _listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(service.app, log_config=None))  # type: ignore[arg-type]
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
        found = ask(address, "answer_question", question="How many otters in Kent?")
        assert not found.is_error
        assert found.structured_content["kind"] in ("answered", "partly", "not_covered")
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()


@pytest.mark.parametrize("host", ["answers.example.gov.uk", "localhost"])
def test_the_tools_answer_to_every_name_that_the_service_answers_to(
    index: Index, host: str
) -> None:
    chosen = Settings(data_dir=index.folder, allowed_hosts=("answers.example.gov.uk",))
    listing = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    accepted = {"Accept": "application/json, text/event-stream"}
    with TestClient(
        build_service(Assistant(index, chosen), chosen).app, f"http://{host}"
    ) as client:
        told = client.post("/mcp", json=listing, headers=accepted)
        assert {tool["name"] for tool in told.json()["result"]["tools"]} == TOOLS
        stranger = client.post("/mcp", json=listing, headers={**accepted, "Host": "evil.example"})
        assert stranger.status_code == 421


def test_the_program_serves_the_tools_over_standard_input(tmp_path: Path) -> None:
    environment = {**offline_environment(tmp_path), "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    parameters = StdioServerParameters(
        command=str(PROGRAM), args=["mcp", "--data-dir", str(tmp_path / "d")], env=environment
    )
    arguments = {"question": "How many arrests has the joint intelligence cell in France led to?"}
    found = ask(stdio_client(parameters), "answer_question", **arguments)
    assert found.structured_content["kind"] == "answered"
    assert "400" in found.structured_content["text"]
    assert found.structured_content["records"][0]["is_summary"] is True
