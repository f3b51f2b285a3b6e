"""What guards the service: who may come in, how often, with how much, from where."""

from __future__ import annotations

import base64
import json
import logging
import re
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
from starlette.testclient import TestClient

from assistant import serving
from assistant.answer import Assistant
from assistant.service import observe, passwords
from assistant.service.app import build_service
from assistant.service.auth import ProxyHeader
from assistant.service.bodies import BodyGuard
from assistant.service.gate import Gate, Gates, Overloaded
from assistant.service.identity import Role
from assistant.service.questions import FILE, QuestionLog
from assistant.service.rates import RateCounter
from assistant.service.readiness import Readiness
from assistant.settings import Settings
from index import Index
from index.errors import BadRequest, IndexDamaged

from .fakes import HashingEmbedder, make_record

PASSWORD = "correct horse battery"  # noqa: S105


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    with Index.open_or_create(tmp_path_factory.mktemp("service"), embedder=HashingEmbedder()) as i:
        i.add(make_record(str(n), text=f"Otter {n}.") for n in range(5))
        yield i


@pytest.fixture(scope="module")
def users(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("users") / "users.txt"
    for name, role in (("ruth", Role.READER), ("carl", Role.CURATOR), ("anna", Role.ADMIN)):
        assert passwords.put_user(file, name, role, PASSWORD)
    return file


def client(index: Index, **settings: Any) -> TestClient:
    service = build_service(Assistant(index), Settings(data_dir=index.folder, **settings))
    return TestClient(service.app, "http://localhost", raise_server_exceptions=False)


def signed(name: str, password: str = PASSWORD) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


@pytest.fixture(scope="module")
def guarded(index: Index, users: Path) -> Iterator[TestClient]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("assistant.service.auth.GUESSES", 1_000)
        opened = client(index, auth="password", password_file=users, rate_limit=10_000)
    with opened:
        yield opened


@pytest.mark.parametrize(
    "path", ["/", "/api/v1/status", "/api/docs", "/mcp", "/metrics", "/nothing"]
)
def test_nobody_gets_in_without_a_password(guarded: TestClient, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic !"}):
        reply = guarded.get(path, headers=headers)
        assert reply.status_code == 401
        assert reply.headers["www-authenticate"].startswith("Basic ")
        assert reply.json()["code"] == "not_signed_in"


def test_a_right_password_opens_and_a_wrong_one_does_not(guarded: TestClient) -> None:
    assert guarded.get("/api/v1/status", headers=signed("ruth")).status_code == 200
    assert guarded.get("/api/v1/status", headers=signed("ruth", "wrong")).status_code == 401
    assert guarded.get("/api/v1/status", headers=signed("nobody")).status_code == 401


def test_health_can_be_asked_without_a_password(guarded: TestClient) -> None:
    assert guarded.get("/healthz").status_code == 200
    assert guarded.get("/readyz").json()["ready"] is True


@pytest.mark.parametrize(
    ("method", "path", "least"),
    [
        ("POST", "/api/v1/records", Role.CURATOR),
        ("DELETE", "/api/v1/records/nobody", Role.ADMIN),
        ("GET", "/metrics", Role.ADMIN),
    ],
)
def test_roles_decide(guarded: TestClient, method: str, path: str, least: Role) -> None:
    for name, role in (("ruth", Role.READER), ("carl", Role.CURATOR), ("anna", Role.ADMIN)):
        reply = guarded.request(method, path, headers=signed(name), content=b"{}")
        assert (reply.status_code == 403) == (role < least)
        assert reply.status_code < 500


def test_guessing_is_slowed_down(index: Index, users: Path) -> None:
    with client(index, auth="password", password_file=users) as opened:
        codes = [
            opened.get("/api/v1/status", headers=signed("ruth", f"guess {n}")).status_code
            for n in range(12)
        ]
        assert codes == [401] * 10 + [429] * 2
        late = opened.get("/api/v1/status", headers=signed("ruth"))
        assert late.status_code == 429
        assert int(late.headers["retry-after"]) >= 1


def test_each_user_has_a_rate_of_their_own(index: Index, users: Path) -> None:
    with client(index, auth="password", password_file=users, rate_limit=3) as opened:
        codes = [opened.get("/api/v1/facets", headers=signed("ruth")).status_code for _ in "abcd"]
        assert codes == [200, 200, 200, 429]
        assert opened.get("/api/v1/facets", headers=signed("carl")).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "http://localhost"}, 200),
        ({}, 200),
    ],
)
def test_pages_of_other_sites_cannot_ask(
    index: Index, headers: dict[str, str], status: int
) -> None:
    with client(index) as opened:
        reply = opened.post("/api/v1/answer", json={"question": "otter"}, headers=headers)
        assert reply.status_code == status


def test_on_loopback_only_its_own_names_are_answered(index: Index) -> None:
    with client(index) as opened:
        for host, status in (
            ("rebound.example", 421),
            ("localhost:80", 200),
            ("[::1]:7860", 200),
            ("127.0.0.1", 200),
            ("", 421),
        ):
            reply = opened.get("/healthz", headers={"Host": host})
            assert reply.status_code == status


def test_every_reply_carries_the_security_headers(guarded: TestClient) -> None:
    for path in ("/healthz", "/api/v1/status", "/nothing"):
        headers = guarded.get(path).headers
        assert "default-src" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"


def test_a_body_that_is_too_large_is_refused_however_it_comes(index: Index) -> None:
    with client(index, max_upload_mb=1) as opened:
        whole = b"x" * (2**20 + 1)
        told = opened.post("/api/v1/records", content=whole)
        assert (told.status_code, told.json()["code"]) == (413, "too_large")
        untold = opened.post("/api/v1/records", content=(whole[at : at + 1000] for at in range(0, len(whole), 1000)))  # fmt: skip # noqa: E501
        assert untold.status_code == 413


def test_a_body_that_drips_is_given_up() -> None:
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass

    async def receive() -> dict[str, Any]:
        await anyio.sleep(0.03)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "headers": [], "method": "POST", "path": "/"}
    anyio.run(BodyGuard(app, 10**6, patience=0.2), scope, receive, send)
    assert sent[0]["status"] == 408


def test_a_proxy_is_believed_only_where_it_is_trusted() -> None:
    auth = ProxyHeader("X-User", "X-Groups", ["10.0.0.0/8"], curators=["press"], admins=["anna"])

    def who(client: str, **headers: str) -> Any:
        listed = [(k.replace("_", "-").lower().encode(), v.encode()) for k, v in headers.items()]
        scope = {"type": "http", "client": (client, 1), "headers": listed}
        return anyio.run(auth.identify, scope)

    assert who("10.1.2.3", X_User="ruth").role is Role.READER
    assert who("10.1.2.3", X_User="ruth", X_Groups="press, staff").role is Role.CURATOR
    assert who("10.1.2.3", X_User="anna").role is Role.ADMIN
    assert who("192.0.2.1", X_User="anna") is None
    assert who("10.1.2.3") is None


def test_a_header_given_twice_is_believed_in_neither_form() -> None:
    auth = ProxyHeader("X-User", "X-Groups", ["10.0.0.0/8"])
    scope = {
        "type": "http",
        "client": ("10.0.0.1", 1),
        "headers": [(b"x-user", b"ruth"), (b"x-user", b"anna")],
    }
    assert anyio.run(auth.identify, scope) is None


def test_the_gate_lets_in_as_much_as_it_holds_and_refuses_the_rest() -> None:
    release = threading.Event()

    async def main() -> tuple[int, int]:
        gate = Gate(at_once=2, waiting=1)
        refused = 0

        async def one() -> None:
            nonlocal refused
            try:
                await gate.run(lambda: release.wait(5))
            except Overloaded:
                refused += 1

        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(one)
            await anyio.sleep(0.1)
            inside = gate.inside
            release.set()
        assert gate.inside == 0
        return inside, refused

    assert anyio.run(main) == (3, 2)


def test_what_would_wait_too_long_is_refused_at_once_or_when_its_turn_comes() -> None:
    release = threading.Event()

    async def main() -> None:
        slow = Gate(at_once=1, waiting=10, patience=1.0, guess=5.0)
        late = Gate(at_once=1, waiting=10, patience=0.05)
        refused = []

        async def one(gate: Gate) -> None:
            try:
                await gate.run(lambda: release.wait(5))
            except Overloaded:
                refused.append(gate)

        async with anyio.create_task_group() as group:
            for gate in (slow, slow, late, late):
                group.start_soon(one, gate)
            await anyio.sleep(0.3)
            assert refused == [slow]
            release.set()
        assert refused == [slow, late]

    anyio.run(main)


def test_a_look_up_does_not_stand_behind_answers() -> None:
    release = threading.Event()

    async def main() -> None:
        gates = Gates.of(Settings(at_once=1, waiting=0))
        async with anyio.create_task_group() as group:
            group.start_soon(gates.answers.run, lambda: release.wait(5))
            await anyio.sleep(0.1)
            with pytest.raises(Overloaded):
                await gates.answers.run(lambda: None)
            assert await gates.lookups.run(lambda: "found") == "found"
            assert gates.inside == 1
            release.set()

    anyio.run(main)


def test_more_answers_are_made_at_once_where_a_language_model_is_waited_for() -> None:
    assert Gates.of(Settings(llm_model="openai/x")).answers._at_once == 8
    assert Gates.of(Settings(llm_model="openai/x", at_once=3)).answers._at_once == 3


def test_work_stops_when_its_reader_leaves() -> None:
    made: list[int] = []
    closed = threading.Event()

    def numbers() -> Iterator[int]:
        try:
            for n in range(1000):
                made.append(n)
                yield n
        finally:
            closed.set()

    async def main() -> None:
        gate = Gate(at_once=1, waiting=0)
        walk = gate.walk(numbers())
        async for n in walk:
            if n == 3:
                break
        await walk.aclose()  # type: ignore[attr-defined]
        assert gate.inside == 0

    anyio.run(main)
    assert closed.is_set()
    assert len(made) == 4


@pytest.mark.parametrize("reads_for", [0.0, 0.3])
def test_a_stream_is_made_in_one_go_unless_its_reader_is_slow(reads_for: float) -> None:
    done: list[str] = []
    release = threading.Event()

    def events() -> Iterator[str]:
        release.wait(5)
        for event in "abc":
            done.append(event)
            yield event

    async def main() -> None:
        gate = Gate(at_once=1, waiting=10)

        async def stream() -> None:
            async for _ in gate.walk(events()):
                await anyio.sleep(reads_for)

        async with anyio.create_task_group() as group:
            group.start_soon(stream)
            await anyio.sleep(0.05)
            for _ in range(3):
                group.start_soon(gate.run, partial(done.append, "whole"))
            await anyio.sleep(0.05)
            release.set()
        assert gate.inside == 0

    anyio.run(main)
    whole = ["whole"] * 3
    assert done == ([*"abc", *whole] if not reads_for else ["a", *whole, "b", "c"])


def test_who_leaves_the_queue_takes_nobody_elses_turn() -> None:
    async def main() -> list[int]:
        gate = Gate(at_once=1, waiting=10)
        release = threading.Event()
        done: list[int] = []
        async with anyio.create_task_group() as group:
            group.start_soon(gate.run, lambda: release.wait(5))
            await anyio.sleep(0.05)
            with anyio.move_on_after(0.05):
                await gate.run(partial(done.append, 1))
            group.start_soon(gate.run, partial(done.append, 2))
            await anyio.sleep(0.05)
            release.set()
        await gate.run(partial(done.append, 3))
        assert gate.inside == 0
        return done

    assert anyio.run(main) == [2, 3]


def test_questions_are_kept_only_as_the_setting_says(tmp_path: Path) -> None:
    for how in ("off", "hashed", "full"):
        folder = tmp_path / how
        folder.mkdir()
        log = QuestionLog(folder, how, days=30)  # type: ignore[arg-type]
        log.note("Who paid?", "answered")
        log.note("who  PAID?", "answered")
        log.close()
        file = folder / FILE
        if how == "off":
            assert not file.exists()
            continue
        said = [json.loads(line)["question"] for line in file.read_text().splitlines()]
        assert file.stat().st_mode & 0o077 == 0
        if how == "full":
            assert said == ["Who paid?", "who  PAID?"]
        else:
            assert said[0] == said[1]
            assert "paid" not in file.read_text().lower()


def test_a_clock_that_is_set_back_keeps_nobody_out(monkeypatch) -> None:
    counter = RateCounter(2)
    assert [counter.hit("ann") for _ in range(3)] == [True, True, False]
    assert counter.wait("ann") <= 60
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() - 3600)
    assert counter.has_room("ann")
    assert [counter.hit("ann") for _ in range(3)] == [True, True, False]
    assert counter.wait("ann") <= 60


def test_a_log_of_questions_that_cannot_be_kept_refuses_no_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)
    folder = tmp_path / "data"
    folder.mkdir()
    log = QuestionLog(folder, "full", days=30)
    log.note("Before?", "answered")
    folder.rename(tmp_path / "elsewhere")
    for _ in range(2):
        log.note("Meanwhile?", "answered")
    folder.mkdir()
    log.note("After?", "answered")
    log.close()
    assert "After?" in (folder / FILE).read_text()


def test_two_services_turn_the_log_of_questions_over_once(tmp_path: Path) -> None:
    logs = [QuestionLog(tmp_path, "full", days=30) for _ in range(2)]
    for log in logs:
        log.note("Of yesterday?", "answered")
    for log in logs:
        assert log._handler is not None
        log._handler.rolloverAt = int(time.time())  # midnight
        log.note("Of today?", "answered")
        log.note("Of today?", "answered")
    (before,) = tmp_path.glob(f"{FILE}.*")
    assert before.read_text().count("Of yesterday?") == 2
    assert (tmp_path / FILE).read_text().count("Of today?") == 4
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0
    # As a program that turns logs over from outside does.
    (tmp_path / FILE).rename(tmp_path / "elsewhere")
    logs[0].note("Of now?", "answered")
    assert (tmp_path / FILE).read_text().count("Of now?") == 1
    for log in logs:
        log.close()


def test_logged_questions_are_kept_no_longer_than_the_setting_says(tmp_path: Path) -> None:
    today = datetime.now(UTC).date()
    for age in (1, 6, 8, 400):
        (tmp_path / f"{FILE}.{today - timedelta(days=age)}").touch()
    (tmp_path / f"{FILE}.mine").touch()
    QuestionLog(tmp_path, "full", days=7).close()
    kept = {file.name.removeprefix(f"{FILE}.") for file in tmp_path.glob(f"{FILE}.*")}
    assert kept == {"mine", str(today - timedelta(days=1)), str(today - timedelta(days=6))}


def test_no_question_and_no_password_is_logged(
    guarded: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        guarded.get("/api/v1/retrieve?q=zebracrossing", headers=signed("ruth"))
    lines = [
        record.getMessage() for record in caplog.records if record.name.startswith("assistant")
    ]
    assert any("/api/v1/retrieve 200" in line and "ruth" in line for line in lines)
    assert not any("zebracrossing" in line or PASSWORD in line for line in lines)


@pytest.mark.parametrize(
    ("settings", "is_written"),
    [
        ({}, False),
        ({"auth": "proxy"}, True),
        ({"log_requests": True}, True),
        ({"auth": "proxy", "log_requests": False}, False),
    ],
)
def test_requests_are_written_where_people_sign_in_or_on_request(
    settings: dict[str, Any], is_written: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = logging.getLogger("assistant.requests.test")
    monkeypatch.setattr(observe, "log", log)
    try:
        observe.write_requests(Settings(**settings))
        assert bool(log.handlers) is is_written
        assert log.isEnabledFor(logging.INFO) is is_written
    finally:
        log.handlers.clear()
        log.setLevel(logging.NOTSET)


def test_a_password_file_others_can_read_is_refused(users: Path, tmp_path: Path) -> None:
    copy = tmp_path / "users.txt"
    copy.write_text(users.read_text())
    copy.chmod(0o644)
    with pytest.raises(BadRequest, match="chmod 600"):
        passwords.PasswordFile(copy)
    assert PASSWORD not in users.read_text()
    assert users.stat().st_mode & 0o077 == 0


def test_short_passwords_and_odd_names_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="shorter"):
        passwords.put_user(tmp_path / "u", "ruth", Role.READER, "short")
    with pytest.raises(BadRequest, match="no user name"):
        passwords.put_user(tmp_path / "u", "ru:th", Role.READER, PASSWORD)
    assert not (tmp_path / "u").exists()


def test_metrics_count_answers_of_every_surface(index: Index) -> None:
    with client(index) as opened:
        opened.post("/api/v1/answer", json={"question": "how many otters"})
        told = opened.get("/metrics").text
    assert 'assistant_requests_total{status="200",surface="api"} 1.0' in told
    assert "assistant_records 5.0" in told
    assert 'assistant_stage_seconds_count{stage="retrieve"} 1.0' in told
    assert "assistant_answers_total{" in told


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])  # noqa: S104
def test_a_public_address_needs_a_door(host: str, tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="without signing in"):
        serving.serve(Settings(data_dir=tmp_path, host=host))
    with pytest.raises(BadRequest, match="no password file"):
        serving.serve(Settings(data_dir=tmp_path, host=host, auth="password"))
    assert list(tmp_path.iterdir()) == []


def test_every_test_that_the_threat_model_names_is_there() -> None:
    root = Path(__file__).resolve().parents[1]
    named = set(re.findall(r"`(test_\w+)`", (root / "docs" / "security.md").read_text("utf-8")))
    assert len(named) > 12
    code = "".join(file.read_text("utf-8") for file in (root / "tests").rglob("test_*.py"))
    assert [name for name in sorted(named) if f"def {name}(" not in code] == []


def test_ready_is_what_a_search_says() -> None:
    asked: list[str] = []

    def failing() -> int:
        asked.append("")
        raise IndexDamaged("A file is damaged.", "Make it anew.")

    broken = Readiness(failing, kept=60)
    assert "A file is damaged." in broken.why_not()
    assert "A file is damaged." in broken.why_not()
    assert len(asked) == 1
    assert Readiness(lambda: 1 // 0).why_not() == "integer division or modulo by zero"
    assert Readiness(lambda: 0).why_not() == "the index holds no record yet"
    assert Readiness(lambda: 3).why_not() == ""


def test_the_log_has_once_what_is_wrong_and_once_that_it_is_right_again(caplog) -> None:
    wrong = [IndexDamaged("Gone: /srv/a.")] * 3

    def search() -> int:
        if wrong:
            raise wrong.pop()
        return 3

    readiness = Readiness(search, lambda _: "Gone.", kept=0)
    assert [readiness.why_not() for _ in range(5)] == ["Gone."] * 3 + [""] * 2
    assert [record.getMessage() for record in caplog.records] == [
        "No question can be answered: Gone: /srv/a.",
        "Questions can be answered again.",
    ]


def test_a_search_that_does_not_come_back_is_not_ready_and_is_asked_once() -> None:
    held, begun = threading.Event(), []

    def stuck() -> int:
        begun.append("")
        held.wait()
        return 3

    readiness = Readiness(stuck, longest=0.05, kept=0)
    assert "has not come back" in readiness.why_not()
    assert "has not come back" in readiness.why_not()
    assert len(begun) == 1
    held.set()
    for _ in range(200):
        if not readiness.why_not():
            break
    assert readiness.why_not() == ""
