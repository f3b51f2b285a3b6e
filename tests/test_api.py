"""The REST interface over a real index: what it gives, and how it refuses."""

from __future__ import annotations

import dataclasses
import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from assistant.answer import Assistant
from assistant.api import curation, schemas
from assistant.api import events as event_module
from assistant.api.paging import FIRST, passages_to
from assistant.compose import ComposerFailed, Request
from assistant.history.feedback import FeedbackLog
from assistant.service.app import build_service
from assistant.settings import Settings
from assistant.types import Citation, GroundedAnswer, Sentence
from index import Index
from index.types import Passage, Retrieval

from .fakes import HashingEmbedder, make_record

ASKED = "how many otters were counted in Kent"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    folder = tmp_path_factory.mktemp("api")
    with Index.open_or_create(folder, embedder=HashingEmbedder()) as opened:
        records = [
            make_record(
                str(n),
                heading=f"Otters in {place}",
                question=f"To ask the Secretary of State, how many otters were counted in {place}.",
                text=f"In {place} {n}00 otters were counted. The count was made in May.",
                house="Lords" if n % 2 else "Commons",
            )
            for n, place in enumerate(("Kent", "Devon", "Fife", "Powys", "Down", "Bute"), 1)
        ]
        opened.add(records)
        yield opened


def _parts(index: Index) -> tuple[Assistant, Settings]:
    settings = Settings(data_dir=index.folder)
    return Assistant(index, settings), settings


@pytest.fixture(scope="module")
def client(index: Index) -> Iterator[TestClient]:
    # The page takes every address that nothing else does, as Gradio's does.
    service = build_service(*_parts(index), lambda app, _: app.mount("/", FastAPI()))
    with TestClient(service.app, "http://localhost", raise_server_exceptions=False) as opened:
        yield opened


def events_of(stream: str) -> list[tuple[str, Any]]:
    """The names and data of a finished stream of server-sent events."""
    blocks = (block.split("\n") for block in stream.strip().split("\n\n"))
    return [
        (name.removeprefix("event: "), json.loads(data.removeprefix("data: ")))
        for name, data in blocks
    ]


def test_passages_are_spans_of_their_records(client: TestClient) -> None:
    found = client.get("/api/v1/retrieve", params={"q": ASKED, "limit": 3}).json()
    assert found["passages"][0]["title"] == "Otters in Kent"
    for passage in found["passages"]:
        record = client.get(f"/api/v1/records/{passage['record_id']}").json()
        assert record["text"][passage["start"] : passage["end"]] == passage["text"]


def test_pages_follow_one_another_without_gap_or_repetition(client: TestClient) -> None:
    whole = client.get("/api/v1/retrieve", params={"q": ASKED, "limit": 6}).json()
    assert whole["next"] is None
    seen, address = [], f"/api/v1/retrieve?q={ASKED}&limit=2"
    while address:
        page = client.get(address).json()
        seen += [passage["record_id"] for passage in page["passages"]]
        address = page["next"]
    assert seen == [passage["record_id"] for passage in whole["passages"]]
    assert len(seen) == 6


def test_pages_have_everything_once_though_a_deeper_search_has_another_order() -> None:
    records = [make_record(str(n)) for n in range(130)]

    def search(k: int) -> Retrieval:
        order = records if k <= FIRST else [*records[60:], *records[:60]]
        return Retrieval(tuple(Passage(r, 0, 1, 1.0) for r in order[:k]), "q")

    seen = [
        passage.record.id
        for offset in range(0, 130, 10)
        for passage in passages_to(search, offset + 10, 1001).passages[offset:]
    ]
    assert sorted(seen, key=int) == [record.id for record in records]
    assert seen[:FIRST] == [record.id for record in records[:FIRST]]


def test_filters_hold(client: TestClient) -> None:
    given = {"q": ASKED, "house": "Lords", "answered_from": "2024-01-01"}
    found = client.get("/api/v1/retrieve", params=given).json()
    assert {passage["house"] for passage in found["passages"]} == {"Lords"}
    none = client.get("/api/v1/retrieve", params={**given, "answered_from": "2025-01-01"}).json()
    assert none["passages"] == []


def test_a_record_that_has_not_changed_is_not_sent_again(client: TestClient) -> None:
    first = client.get("/api/v1/records/3")
    tag = first.headers["etag"]
    again = client.get("/api/v1/records/3", headers={"If-None-Match": f'"other", W/{tag}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag
    other = client.get("/api/v1/records/3", headers={"If-None-Match": '"other"'})
    assert other.json() == first.json()


def test_similar_records_leave_out_the_record_itself(client: TestClient) -> None:
    found = client.get("/api/v1/similar", params={"id": "3", "limit": 5}).json()
    ids = [passage["record_id"] for passage in found["passages"]]
    assert len(ids) == 5
    assert "3" not in ids


def test_an_answer_as_json_and_as_events_is_the_same(client: TestClient) -> None:
    asked = {"question": "How many otters were counted in Kent?"}
    plain = client.post("/api/v1/answer", json=asked)
    assert plain.headers["content-type"] == "application/json"
    streamed = client.post("/api/v1/answer", json=asked, headers={"Accept": "text/event-stream"})
    assert streamed.headers["content-type"].startswith("text/event-stream")
    events = events_of(streamed.text)
    names = [name for name, _ in events]
    assert names[0] == "retrieved"
    assert names[-1] == "done"
    assert {**events[-1][1], "id": ""} == {**plain.json(), "id": ""}
    told = [data["text"] for name, data in events if name == "sentence"]
    assert told == [sentence["text"] for sentence in plain.json()["sentences"]]


def test_the_events_alone_build_the_answer(client: TestClient) -> None:
    asked = {"question": "How many otters were counted in Kent?"}
    streamed = client.post("/api/v1/answer", json=asked, headers={"Accept": "text/event-stream"})
    *events, (_, done) = events_of(streamed.text)
    assert events[0][1]["searched"] == done["searched"]
    built: list[dict[str, Any]] = []
    for name, data in events[1:]:
        if name == "sentence":
            assert data["position"] == len(built)
            built.append({"citations": []})
        elif name == "citation":
            built[data.pop("position")]["citations"].append(data)
        else:
            assert name == "verdict"
            built[data.pop("position")].update(data)
    assert any(one["citations"] for one in built)
    for one, sentence in zip(built, done["sentences"], strict=True):
        assert one["citations"] == sentence["citations"]
        if not sentence["framing"]:
            told = {"verdict": sentence["verdict"], "reason": sentence["reason"]}
            assert {**one, **told} == one


def test_an_answer_begun_again_says_so_in_the_stream(index: Index) -> None:
    class Stumbling:
        name = "stumbling"

        def compose(self, request: Request) -> Iterator[Sentence]:
            (record,) = (r for r in request.records.values() if r.heading == "Otters in Kent")
            cited = (Citation(1, record.id, 0, len(record.text)),)
            yield Sentence("In Kent 100 otters were counted.", cited)
            raise ComposerFailed("The language model fell silent.")

    settings = Settings(data_dir=index.folder)
    service = build_service(Assistant(index, settings, composer=Stumbling()), settings)
    asked = {"question": "How many otters were counted in Kent?"}
    with TestClient(service.app, "http://localhost") as opened:
        streamed = opened.post(
            "/api/v1/answer", json=asked, headers={"Accept": "text/event-stream"}
        )
    events = events_of(streamed.text)
    names = [name for name, _ in events]
    again = names.index("started_again")
    assert "sentence" in names[:again]
    assert events[again][1] == {"note": "The language model fell silent."}
    after = [data for name, data in events[again:] if name == "sentence"]
    assert [data["position"] for data in after] == list(range(len(after)))
    assert [data["text"] for data in after] == [s["text"] for s in events[-1][1]["sentences"]]


def test_every_event_that_the_description_names_is_sent_and_no_other(client: TestClient) -> None:
    described = client.get("/api/openapi.json").json()["paths"]["/api/v1/answer"]["post"]
    told = set(re.findall(r"`(\w+)`", described["description"]))
    table = set(re.findall(r"^\| `(\w+)` \|", event_module.__doc__ or "", re.MULTILINE))
    sent = {"retrieved", "sentence", "citation", "verdict", "started_again", "done", "error"}
    assert told == table == sent


def test_a_draft_finds_what_was_asked_before(client: TestClient) -> None:
    given = {"q": "how many otters were counted in Fife", "limit": 2}
    earlier = client.get("/api/v1/asked-before", params=given).json()
    assert len(earlier) == 2
    assert earlier[0]["record"]["title"] == "Otters in Fife"
    assert earlier[0]["similarity"] >= earlier[1]["similarity"]


def test_feedback_is_kept_with_the_answer_it_is_about(client: TestClient, index: Index) -> None:
    given = client.post("/api/v1/answer", json={"question": "How many otters in Kent?"}).json()
    said = {"answer_id": given["id"], "useful": False, "reason": "No date."}
    assert client.post("/api/v1/feedback", json=said).status_code == 200
    kept = FeedbackLog(index.folder).all()[-1]
    assert (kept.useful, kept.reason, kept.question) == (False, "No date.", given["question"])
    assert kept.retrieved
    gone = client.post("/api/v1/feedback", json={**said, "answer_id": "nobody"})
    assert (gone.status_code, gone.json()["code"]) == (404, "no_such_answer")


def test_status_and_facets_count_and_tell_no_paths(client: TestClient, index: Index) -> None:
    status = client.get("/api/v1/status")
    assert status.json()["records"] == 6
    assert str(index.folder) not in status.text
    facets = client.get("/api/v1/facets").json()
    assert {one["name"]: one["records"] for one in facets["houses"]} == {"Commons": 3, "Lords": 3}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/api/v1/records/nobody", None, 404, "no_such_record"),
        ("GET", "/api/v1/similar?id=nobody", None, 404, "no_such_record"),
        ("GET", "/api/v1/retrieve", None, 422, "invalid"),
        ("GET", "/api/v1/retrieve?q=%20", None, 400, "bad_request"),
        ("GET", "/api/v1/retrieve?q=x&limit=0", None, 422, "invalid"),
        ("GET", "/api/v1/retrieve?q=x&limit=101", None, 422, "invalid"),
        ("GET", f"/api/v1/retrieve?q={'x' * 4001}", None, 422, "invalid"),
        ("GET", "/api/v1/retrieve?q=x&house=Senate", None, 422, "invalid"),
        (
            "GET",
            "/api/v1/retrieve?q=x&asked_from=2024-02-01&asked_to=2024-01-01",
            None,
            400,
            "bad_request",
        ),
        ("POST", "/api/v1/answer", {}, 422, "invalid"),
        ("POST", "/api/v1/answer", {"question": " "}, 400, "bad_request"),
        ("POST", "/api/v1/answer", {"question": "x", "speed": 1}, 422, "invalid"),
        ("DELETE", "/api/v1/records/nobody", None, 404, "no_such_record"),
        ("POST", "/api/v1/records", None, 400, "bad_request"),
        ("GET", "/api/v1/nothing", None, 404, "not_found"),
        ("GET", "/api/v2/status", None, 404, "not_found"),
        ("PATCH", "/api/v1/status", None, 405, "wrong_method"),
        ("POST", "/api/docs", None, 405, "wrong_method"),
        ("POST", "/api/v1/answer", b"{bad", 422, "invalid"),
        ("POST", "/api/v1/answer", b"question=x", 422, "invalid"),
    ],
)
def test_every_refusal_has_one_shape(
    client: TestClient, method: str, path: str, body: object, status: int, code: str
) -> None:
    sent: Any = {"content": body} if isinstance(body, bytes) else {"json": body}
    reply = client.request(method, path, **(sent if body is not None else {}))
    assert reply.status_code == status
    assert reply.headers["content-type"] == "application/problem+json"
    problem = reply.json()
    assert set(problem) == {"type", "title", "status", "code", "detail"}
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["title"]
    # What to do about it; an unknown record says so in its title.
    assert problem["detail"] or code == "no_such_record"


def test_a_wrong_method_is_told_the_right_ones(client: TestClient) -> None:
    told = {p: client.put(f"/api/v1/{p}").headers["allow"] for p in ("records/1", "answer")}
    assert told == {"records/1": "DELETE, GET", "answer": "POST"}


def test_what_breaks_inside_is_a_problem_without_its_innards(
    client: TestClient, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise RuntimeError("/secret/path")

    monkeypatch.setattr(index, "facets", broken)
    service = build_service(*_parts(index))
    with TestClient(service.app, "http://localhost", raise_server_exceptions=False) as opened:
        reply = opened.get("/api/v1/facets")
    assert (reply.status_code, reply.json()["code"]) == (500, "internal")
    assert "secret" not in reply.text


def test_a_file_is_added_and_a_record_removed(client: TestClient, tmp_path: Path) -> None:
    record = make_record("77", heading="Badgers in Kent", text="No badgers were counted.")
    line = json.dumps(record.model_dump(mode="json", exclude={"content_hash"})).encode()
    headers = {"Content-Type": "application/json"}  # what it is, and what clients send unasked
    reply = client.post(
        "/api/v1/records", content=gzip.compress(line + b"\n{broken\n"), headers=headers
    )
    assert reply.status_code == 200
    assert reply.json()["added"] == 1
    assert len(reply.json()["refused"]) == 1
    assert client.get("/api/v1/records/77").json()["text"] == "No badgers were counted."
    assert client.delete("/api/v1/records/77").json() == {"id": "77"}
    assert client.get("/api/v1/records/77").status_code == 404


def test_a_bomb_is_refused_before_it_goes_off(monkeypatch: pytest.MonkeyPatch) -> None:
    one = gzip.compress(b"\0" * 3_000_000)
    with pytest.raises(curation.TooLarge):
        curation.check_unpacked(one, most=1_000_000)
    # Several members in one file add up.
    with pytest.raises(curation.TooLarge):
        curation.check_unpacked(one + one, most=4_000_000)
    curation.check_unpacked(one, most=4_000_000)
    curation.check_unpacked(one[: len(one) // 2], most=4_000_000)


def test_what_is_sent_is_described_with_examples(client: TestClient) -> None:
    described = client.get("/api/openapi.json").json()
    bodies = described["components"]["schemas"]
    for name in ("AnswerRequest", "FilterBody", "FeedbackRequest"):
        assert any("examples" in field for field in bodies[name]["properties"].values()), name
    for path in ("/api/v1/retrieve", "/api/v1/asked-before"):
        asked = described["paths"][path]["get"]["parameters"]
        assert any("examples" in parameter["schema"] for parameter in asked), path


def test_an_error_is_described_as_a_problem_and_as_nothing_else(client: TestClient) -> None:
    described = client.get("/api/openapi.json").json()
    assert described["components"]["schemas"]["Problem"]["required"] == ["title", "status", "code"]
    replies = [
        (status, reply)
        for operations in described["paths"].values()
        for operation in operations.values()
        for status, reply in operation["responses"].items()
        if status >= "400"
    ]
    assert len(replies) > 40
    for _, reply in replies:
        assert reply["content"] == {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        }


def test_callers_get_everything_that_an_answer_has(client: TestClient) -> None:
    own = {field.name for field in dataclasses.fields(GroundedAnswer)} - {"timings"}
    assert own <= set(schemas.AnswerBody.model_fields)
    given = client.post("/api/v1/answer", json={"question": "How many otters in Kent?"}).json()
    assert given["reply"] == "substantive"
    assert given["passages"][0]["similarities"]
    told = {field.name for field in dataclasses.fields(Passage)} - {"record"}
    assert told <= set(schemas.PassageBody.model_fields)


def test_the_description_names_every_operation_and_the_page_shows_it(client: TestClient) -> None:
    description = client.get("/api/openapi.json").json()
    page = client.get("/api/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "<script" not in page.text
    assert "http://" not in page.text.replace("http://localhost", "")
    for path, operations in description["paths"].items():
        for method in operations:
            assert f"{method.upper()} {path}" in page.text


@pytest.mark.parametrize("address", ["retrieve?q=boats&hous=Lords", "retrieve?q=boats&from=x"])
def test_a_limit_that_there_is_not_is_refused_and_not_ignored(
    client: TestClient, address: str
) -> None:
    reply = client.get(f"/api/v1/{address}")
    assert reply.status_code == 422
    assert "no such parameter" in reply.json()["title"]
    assert "house" in reply.json()["title"]


def test_a_form_is_no_file(client: TestClient) -> None:
    reply = client.post("/api/v1/records", files={"file": ("note.txt", b"A note on otters.")})
    assert reply.status_code == 400
    assert "--data-binary" in reply.json()["detail"]


LEAVE = "leave it out for none"
DATE = "Write a date as 2024-07-30, or leave it out."


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "question is missing."),
        ({"question": ""}, "question is empty."),
        ({"question": None}, "question has to be a text."),
        ({"question": "x" * 4001}, "question is longer than 4,000 characters."),
        ({"question": "x", "speed": 1}, "speed is nothing that this address takes."),
        ({"question": "x", "filters": []}, f"filters has to be an object in braces; {LEAVE}."),
        (
            {"question": "x", "history": "y"},
            f"history has to be a list in brackets; {LEAVE}.",
        ),
        ({"question": "x", "history": ["y"] * 21}, "history has more than 20 entries."),
        (
            {"question": "x", "filters": {"department": "Home Office"}},
            f"filters.department has to be a list in brackets; {LEAVE}.",
        ),
        (
            {"question": "x", "filters": {"house": ["commons"]}},
            "filters.house.0 has to be 'Commons' or 'Lords'.",
        ),
        (
            {"question": "x", "filters": {"member": [" "]}},
            "filters.member.0 is empty; leave it out or fill it in.",
        ),
        *(
            (
                {"question": "x", "filters": {"answered_from": day}},
                "filters.answered_from is not a date.",
            )
            for day in ("yesterday", "2024-13-45", "", 20240101, 0, "0")
        ),
        ([], "The body is no JSON object."),
    ],
)
def test_a_wrong_body_is_told_plainly(client: TestClient, body: object, said: str) -> None:
    problem = client.post("/api/v1/answer", json=body).json()
    assert (problem["title"], problem["status"]) == (said, 422)
    assert problem["detail"].startswith(DATE) == said.endswith("not a date.")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("", "q is missing."),
        ("q=", "q is empty."),
        ("q=x&limit=0", "limit has to be at least 1."),
        ("q=x&limit=101", "limit has to be at most 100."),
        ("q=x&limit=some", "limit has to be a whole number."),
        ("q=x&answered_from=01/02/2024", "answered_from is not a date."),
        ("q=x&answered_from=", "answered_from is not a date."),
        ("q=x&answered_from=1700000000", "answered_from is not a date."),
        ("q=x&member=", "member is empty; leave it out or fill it in."),
        ("q=x&department=%20", "department is empty; leave it out or fill it in."),
        ("q=x&house=lords", "house has to be 'Commons' or 'Lords'."),
    ],
)
def test_a_wrong_parameter_is_told_plainly(client: TestClient, asked: str, said: str) -> None:
    problem = client.get(f"/api/v1/retrieve?{asked}").json()
    assert (problem["title"], problem["status"]) == (said, 422)
    assert problem["detail"]


def test_null_is_as_good_as_left_out(client: TestClient) -> None:
    question = {"question": "How many otters are there in Kent?"}
    plain = client.post("/api/v1/answer", json=question)
    dates = ("asked_from", "asked_to", "answered_from", "answered_to")
    none = dict.fromkeys(("department", "house", "member", *dates))
    for filters in (None, none):
        reply = client.post(
            "/api/v1/answer", json={**question, "filters": filters, "history": None}
        )
        assert reply.status_code == 200
        assert reply.json()["text"] == plain.json()["text"]
    kept = {"answer_id": plain.json()["id"], "useful": True, "reason": None}
    assert client.post("/api/v1/feedback", json=kept).status_code == 200


def test_an_error_says_what_is_wrong_and_not_where_files_lie(client: TestClient, index) -> None:
    aside = index.folder.with_name("aside")
    index.folder.rename(aside)
    try:
        replies = [
            client.get("/api/v1/retrieve?q=otters"),
            client.post("/api/v1/answer", json={"question": "How many otters?"}),
            client.post(
                "/api/v1/answer",
                json={"question": "How many otters?"},
                headers={"Accept": "text/event-stream"},
            ),
            client.get("/readyz"),
        ]
    finally:
        aside.rename(index.folder)
    for reply in replies:
        assert reply.status_code == 503
        assert "The catalogue of the index in the data folder is missing." in reply.text
        assert str(index.folder) not in reply.text
