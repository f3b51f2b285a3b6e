"""What is fed with anything, by the tests and by `benchmarks/fuzz.py`: each must not raise.

A target takes bytes and raises only where a promise is broken.  `SEEDS` are honest inputs, whose
damaged copies get further in than noise does.
"""

from __future__ import annotations

import gzip
import json
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from index import Filters
from index.chunking import chunk
from index.conditions import make_filters
from index.errors import BadRequest
from index.paths import sample_file
from index.sources import read_path
from index.sources.theyworkforyou import read_daily
from index.text import sentences
from index.types import Rejected, WrittenAnswer

from .fakes import HashingEmbedder, make_record


def readers(data: bytes) -> None:
    """Any file is read or refused, item by item, and what is read can be cut into chunks."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "file"
        file.write_bytes(data)
        for item in read_path(file):
            assert isinstance(item, WrittenAnswer | Rejected)
            if isinstance(item, Rejected):
                assert item.reason
            else:
                _chunked(item)


def daily(data: bytes) -> None:
    """A daily file of TheyWorkForYou, however broken."""
    for item in read_daily(data.decode("utf-8", "replace"), "lordswrans2010-01-11.xml"):
        assert isinstance(item, WrittenAnswer | Rejected)


def chunker(data: bytes) -> None:
    """Chunks and sentences of any text are spans of it, in order."""
    text = data.decode("utf-8", "replace")
    if text.strip():
        _chunked(make_record(text=text, question=text[:300], heading=text[:40] or None))


def filters(data: bytes) -> None:
    """Any values are taken as limits or refused in a sentence."""
    try:
        given = json.loads(data)
    except ValueError:
        given = {"department": data.decode("utf-8", "replace")}
    if not isinstance(given, dict):
        given = dict.fromkeys(Filters.model_fields, given)
    with suppress(BadRequest):
        make_filters(**given)


def verifier(data: bytes) -> None:
    """Any claim is held against any evidence: a verdict, whatever they are."""
    from assistant.verify import verify

    claim, _, evidence = data.decode("utf-8", "replace").partition("\n")
    verify(claim, [evidence])


def api(data: bytes) -> None:
    """Any bytes as a question, a limit, a body, an address: never a 5xx.

    The first byte chooses the request, so that an input costs one.
    """
    if not data:
        return
    reply = REQUESTS[data[0] % len(REQUESTS)](_client(), data[1:])
    assert reply.status_code < 500, (reply.status_code, reply.text[:300])
    if reply.status_code >= 400 and "/mcp" not in str(reply.url):
        assert reply.headers["content-type"] == "application/problem+json"


def _word(data: bytes) -> str:
    return _words(data).replace("\x00", "")[:3_000]


def _words(data: bytes) -> str:
    return data.decode("utf-8", "replace")


_JSON = {"Content-Type": "application/json"}
_MCP = {**_JSON, "Accept": "application/json, text/event-stream"}

REQUESTS: tuple[Callable[[Any, bytes], Any], ...] = (
    lambda c, d: c.get("/api/v1/retrieve", params={"q": _words(d)[:5_000], "department": _word(d)}),
    lambda c, d: c.get("/api/v1/retrieve", params={"q": "x", "limit": _word(d)}),
    lambda c, d: c.get("/api/v1/retrieve", params={"q": "x", "asked_from": _word(d)}),
    lambda c, d: c.get("/api/v1/similar", params={"id": _word(d)}),
    lambda c, d: c.get("/api/v1/records/x", headers={"If-None-Match": ascii(_word(d))}),
    lambda c, d: c.get("/api/v1/records/" + quote(_word(d), safe="")),
    lambda c, d: c.get("/api/v1/asked-before", params={"q": _words(d)[:5_000]}),
    lambda c, d: c.post("/api/v1/answer", content=d, headers=_JSON),
    lambda c, d: c.post("/api/v1/answer", json={"question": _words(d), "history": [_words(d)]}),
    lambda c, d: c.post(
        "/api/v1/feedback", json={"answer_id": _word(d), "useful": True, "reason": _words(d)}
    ),
    lambda c, d: c.post("/api/v1/records", content=d),
    lambda c, d: c.post("/mcp", content=d, headers=_MCP),
    lambda c, d: c.post("/mcp", json=_called("search_answers", query=_words(d)), headers=_MCP),
    lambda c, d: c.post("/mcp", json=_called("answer_question", question=_words(d)), headers=_MCP),
)
"""What is asked with an input; the client comes first."""


def _called(tool: str, **arguments: str) -> dict[str, Any]:
    params = {"name": tool, "arguments": arguments}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}


def _chunked(record: WrittenAnswer) -> None:
    pieces = chunk(record, _embedder())
    assert pieces
    for piece in pieces:
        assert record.text[piece.start : piece.end] == piece.text
        assert piece.text.strip()
    last = 0
    for start, end in sentences(record.text):
        assert last <= start < end <= len(record.text)
        last = end


@cache
def _embedder() -> HashingEmbedder:
    return HashingEmbedder()


@cache
def _client() -> Any:
    """A service over a small index that lasts as long as the process."""
    from starlette.testclient import TestClient

    from assistant.answer import Assistant
    from assistant.service.app import build_service
    from assistant.settings import Settings
    from index import Index

    folder = tempfile.mkdtemp(prefix="fuzz-")
    index = Index.open_or_create(folder, embedder=_embedder())
    index.add(make_record(str(n), text=f"There were {n} otters in 2024.") for n in range(20))
    chosen = Settings(data_dir=Path(folder))
    service = build_service(Assistant(index, chosen), chosen)
    client = TestClient(service.app, "http://localhost", raise_server_exceptions=False)
    client.__enter__()
    return client


def _seeds() -> dict[str, list[bytes]]:
    from .api_server import question
    from .test_sources_texts import PAGE, pdf

    sample = sample_file().read_bytes().splitlines(keepends=True)
    answer = "<p>There are <b>12</b> boats.</p><table><tr><td>1</td><td>2</td></tr></table>"
    detail = json.dumps({"value": question(1, "2024-05-01", answer=answer, answered="2024-05-09")})
    page = b"<!doctype html><html><head><title>Boats</title></head><body><h1>Boats</h1><ul><li>One"
    day = (
        '<publicwhip><minor-heading id="uk.org.publicwhip/lordswrans/2010-01-11a.1.0">Boats'
        '</minor-heading><ques id="uk.org.publicwhip/lordswrans/2010-01-11a.1.1" '
        'speakername="Lord Ash"><p>How many boats? [HL1]</p></ques><reply '
        'id="uk.org.publicwhip/lordswrans/2010-01-11a.1.2" speakername="Lord Elm">'
        "<p>Twelve &pound;5.</p></reply></publicwhip>"
    )
    asked = [b"how many otters", b'{"question": "otters", "filters": {"house": ["Lords"]}}']
    texts = [PAGE.encode(), "The NHS (No. 2) Bill cost £1.2m. It did; e.g. in 2024–25?".encode()]
    return {
        "readers": [
            sample[0],
            b"".join(sample[:2]),
            detail.encode(),
            gzip.compress(detail.encode()),
            pdf(["Guidance on bridges", "They are inspected."]),
            page,
            *texts,
        ],
        "daily": [day.encode()],
        "chunker": texts,
        "filters": [b'{"department": ["Home Office"], "asked_from": "2024-01-01", "house": []}'],
        "verifier": [b"There are 12 boats in Kent.\nIn Kent there were 12 boats on 1 May 2024."],
        "api": [bytes([n]) + text for n in range(len(REQUESTS)) for text in asked],
    }


@cache
def seeds(name: str) -> list[bytes]:
    """Honest inputs of a target."""
    return _seeds()[name]


TARGETS: dict[str, Callable[[bytes], None]] = {
    "readers": readers,
    "daily": daily,
    "chunker": chunker,
    "filters": filters,
    "verifier": verifier,
    "api": api,
}
