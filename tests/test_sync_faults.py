"""A source that fails in passing is waited for; one that is gone is named in a sentence."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.holdings import holdings
from index import Index
from index.errors import SourceRefused, SourceUnreachable
from index.sync import http
from index.sync.http import Client, retry_after, user_agent
from index.sync.paging import read_all
from index.sync.questions import Listed, Page, State, Stream
from index.sync.report import sync_state
from index.sync.state import SyncStore

from .api_server import ApiServer, Handler, Request, failing, once_in, question
from .fakes import HashingEmbedder
from .test_sync import answered, fresh, held, sync


@pytest.fixture
def api() -> Iterator[ApiServer]:
    with ApiServer() as server:
        yield server


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index.open_or_create(tmp_path / "answers", embedder=HashingEmbedder()) as opened:
        yield opened


PATH = "api/writtenquestions/questions"


def client(api: ApiServer, **changes: float) -> Client:
    return Client(api.url, **{"rate": 5_000, "first_pause": 0.01, **changes})


def say_nothing(handler: Handler) -> None:
    threading.Event().wait(1.0)
    handler.cut_off(b"")


@pytest.mark.parametrize(
    "bad_day",
    [
        lambda handler: handler.send(500, b"oops", {}),
        lambda handler: handler.send(503, b"", {"Retry-After": "0"}),
        lambda handler: handler.send(200, b'{"totalResults": 3, "results": [', {}),
        lambda handler: handler.send(200, b"<html>We are busy</html>", {}),
        lambda handler: handler.send(304, b"", {}),
        lambda handler: handler.cut_off(),
        say_nothing,
    ],
    ids=["500", "503", "half JSON", "a page instead", "304 unasked", "cut off", "too slow"],
)
def test_a_passing_failure_costs_another_try(
    api: ApiServer, bad_day: Callable[[Handler], None]
) -> None:
    api.hold(question(1, "2024-09-02"))
    api.faults.append(once_in(2, bad_day))
    with client(api, timeout=0.5) as to:
        for _ in range(3):
            assert to.get_json(f"{PATH}/1")["value"]["id"] == 1
    assert len(api.requests) > 3


def test_a_busy_server_is_given_the_time_it_asks_for(api: ApiServer) -> None:
    api.hold(question(1, "2024-09-02"))
    api.faults.append(failing(429, 1, headers={"Retry-After": "1"}))
    with client(api) as to:
        to.get_json(f"{PATH}/1")
    first, second = api.requests
    assert second.when - first.when >= 1.0


def test_a_server_that_asks_for_hours_ends_the_run(api: ApiServer) -> None:
    api.faults.append(failing(503, 99, headers={"Retry-After": "7200"}))
    with client(api) as to, pytest.raises(SourceUnreachable, match="for 120 minutes"):
        to.get_json(f"{PATH}/1")
    assert len(api.requests) == 1


def test_what_keeps_failing_is_given_up_after_a_few_tries(api: ApiServer) -> None:
    api.faults.append(failing(502, 99))
    with client(api) as to, pytest.raises(SourceUnreachable, match=r"keeps failing \(HTTP 502\)"):
        to.get_json(f"{PATH}/1")
    assert len(api.requests) == http.ATTEMPTS


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_refusal_is_not_tried_again(api: ApiServer, status: int) -> None:
    api.faults.append(failing(status, 99))
    with client(api) as to, pytest.raises(SourceRefused, match=str(status)):
        to.get_json(f"{PATH}/1")
    assert len(api.requests) == 1


@pytest.fixture
def nobody() -> Iterator[str]:
    """The address of a port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_a_server_that_is_not_there_is_one_sentence(nobody: str) -> None:
    with Client(nobody, rate=5_000, first_pause=0.01) as to:
        with pytest.raises(SourceUnreachable, match="cannot be reached") as caught:
            to.get_json(PATH)
        assert to.requests == http.FIRST_ATTEMPTS
    assert not caught.value.connected
    assert "\n" not in str(caught.value)
    assert "Errno" not in str(caught.value)


def test_a_server_that_was_met_is_waited_for_longer(api: ApiServer, nobody: str) -> None:
    api.hold(question(1, "2024-09-02"))
    with client(api) as to:
        to.get_json(f"{PATH}/1")
        to.base_url = nobody
        with pytest.raises(SourceUnreachable, match="cannot be reached"):
            to.get_json(f"{PATH}/1")
        assert to.requests == 1 + http.ATTEMPTS


@pytest.mark.parametrize(
    "reply",
    [
        b"{}",
        b'{"value": {"id": "x", "dateTabled": 5}}',
        json.dumps({"value": question(7, "2024-09-02", answer="Seven.", answered="2024-09-05")}),
    ],
)
def test_what_a_bad_spell_gave_for_a_record_is_asked_for_again(
    index: Index, api: ApiServer, reply: bytes | str
) -> None:
    api.hold(*(answered(n) for n in range(1, 4)))
    body = reply if isinstance(reply, bytes) else reply.encode()

    def badly(handler: Handler, request: Request) -> bool:
        if not request.path.removesuffix("/").rsplit("/", 1)[-1].isdigit():
            return False
        handler.send(200, body, {})
        return True

    api.faults.append(badly)
    with suppress(SourceUnreachable):
        sync(index, api)
    api.faults.clear()
    sync(index, api)
    assert {record.id for record in index.records()} == {"1", "2", "3"}
    assert not any(record.is_truncated for record in index.records())


def test_a_spell_of_not_found_withdraws_nothing(index: Index, api: ApiServer) -> None:
    api.hold(*(answered(n) for n in range(1, 31)))
    fault = failing(404, 10_000, part=f"{PATH}/")
    api.faults.append(fault)
    for _ in range(2):
        # By the end of a run the list may have brought them back: it must not come to that.
        assert sync(index, api).withdrawn == 0
    api.faults.clear()
    sync(index, api)
    assert not any(record.is_truncated or record.is_withdrawn for record in index.records())


def test_requests_are_spaced_and_few_at_a_time(index: Index, api: ApiServer) -> None:
    api.hold(*(answered(n) for n in range(1, 25)))

    def slow(handler: Handler, request: Request) -> bool:
        threading.Event().wait(0.05)
        return False

    api.faults.append(slow)
    sync(index, api, rate=40)
    assert 2 <= api.most_at_once <= 4
    times = sorted(request.when for request in api.requests)
    assert times[-1] - times[0] >= (len(times) - 1) / 40 * 0.95


def test_the_server_is_told_who_asks(api: ApiServer) -> None:
    api.hold(question(1, "2024-09-02"))
    with Client(api.url, contact="https://example.org/who") as to:
        to.get_json(f"{PATH}/1")
    said = api.requests[0].headers["User-Agent"]
    assert said.startswith("government-answers-assistant/")
    assert said.endswith("(+https://example.org/who)")
    assert "http" in user_agent()


def test_retry_after_is_a_number_or_a_date() -> None:
    def in_seconds(seconds: int) -> str:
        return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)

    assert retry_after("30") == 30
    assert 40 < retry_after(in_seconds(45)) <= 45
    assert retry_after(in_seconds(-3_600)) == 0
    assert retry_after("soon") == retry_after(None) == 0


def test_a_sync_comes_through_bad_weather(index: Index, api: ApiServer) -> None:
    api.hold(*(answered(n, f"2024-09-0{n % 7 + 1}") for n in range(1, 150)))
    api.faults += [
        once_in(5, lambda handler: handler.send(500, b"", {})),
        once_in(7, lambda handler: handler.cut_off()),
        once_in(11, lambda handler: handler.send(200, b"[", {})),
    ]
    # A record may have six bad moments in a row; then the next sync completes it.
    for _ in range(4):
        if sync(index, api).is_complete:
            break
    assert held(index) == fresh(api)


def test_one_broken_record_does_not_hold_up_the_others(index: Index, api: ApiServer) -> None:
    api.hold(answered(1), answered(2), answered(3))
    api.faults.append(failing(500, 6, "/questions/2"))
    report = sync(index, api)
    assert report.owed == 1
    assert not report.is_complete
    cut = index.get("2")
    assert cut is not None
    assert cut.is_truncated
    assert sync_state(index).owed == 1
    report = sync(index, api)
    assert report.is_complete
    assert sync_state(index).owed == 0
    assert held(index) == fresh(api)


def test_a_network_that_goes_ends_the_run_and_the_next_goes_on(
    index: Index, api: ApiServer
) -> None:
    api.hold(*(answered(n, f"2024-09-0{n % 7 + 1}") for n in range(1, 251)))

    def gone(handler: Handler, request: Request) -> bool:
        if len(api.asked("/questions/")) <= 130:
            return False
        handler.send(503, b"", {})
        return True

    api.faults.append(gone)
    with pytest.raises(SourceUnreachable):
        sync(index, api)
    # The batch that was whole is there; nothing says that its list has been read.
    assert len(held(index)) == 100
    state = sync_state(index)
    assert state.last_outcome.startswith("stopped: ")
    assert state.lag_seconds is None
    api.faults.clear()
    before = len(api.asked("/questions/"))
    sync(index, api)
    assert held(index) == fresh(api)
    assert len(api.asked("/questions/")) - before == 150


def test_answers_that_are_read_in_part_do_not_count_as_read(index: Index, api: ApiServer) -> None:
    api.hold(answered(1, "2024-08-02", answered="2024-08-09"), answered(2))
    early = date(2024, 8, 1)
    # The source goes before any answer is read, and then after the first week of answers.
    for pages, until in ((0, None), (1, date(2024, 8, 8))):

        def gone(handler: Handler, request: Request, most: int = pages) -> bool:
            if sum("answeredWhenFrom" in one.params for one in api.requests) <= most:
                return False
            handler.send(503, b"", {})
            return True

        api.faults[:] = [gone]
        with pytest.raises(SourceUnreachable):
            sync(index, api, since=early)
        read = datetime.combine(until, time.min, UTC) if until else None
        assert holdings(index).synced == read
        lag = sync_state(index, months=False).lag_seconds
        since = (datetime.now(UTC) - read).total_seconds() if read else None
        assert lag == (since and pytest.approx(since, abs=60))
        api.requests.clear()
    api.faults.clear()
    sync(index, api, since=early)
    assert holdings(index).synced == datetime(2024, 9, 10, 12, tzinfo=UTC)


class _Killed(BaseException):
    """The process ends here."""


def _die(*_: object) -> None:
    raise _Killed


def test_a_stop_at_any_moment_loses_and_doubles_nothing(index: Index, api: ApiServer) -> None:
    api.hold(*(answered(n, f"2024-09-0{n % 7 + 1}") for n in range(1, 40)))
    api.hold(answered(100, "2024-08-02", answered="2024-08-09"))
    early = date(2024, 8, 1)
    for step in ("note_seen", "note_slice", "note_cursor"):
        # After the records are in and before that is noted: the worst moment of each step.
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(SyncStore, step, _die)
            with pytest.raises(_Killed):
                sync(index, api, since=early)
        assert sync_state(index, months=False).lag_seconds is None
    # How far back it was to go is remembered, too.
    sync(index, api)
    assert held(index) == fresh(api)
    assert len(list(index.records())) == 40


# -- lists that shift ---------------------------------------------------------------------


def shifting(changes: dict[int, Callable[[ApiServer], None]]) -> Callable[[Handler, Request], bool]:
    """Before the n-th list request something happens to what is listed."""
    count = [0]

    def fault(handler: Handler, request: Request) -> bool:
        if request.is_list:
            count[0] += 1
            if change := changes.get(count[0]):
                change(handler.api)
        return False

    return fault


@pytest.mark.parametrize("what", ["one joins", "one leaves", "one joins and one leaves"])
def test_a_list_that_shifts_while_it_is_read_loses_nothing(
    index: Index, api: ApiServer, what: str
) -> None:
    api.hold(*(answered(n) for n in range(1, 101)))
    api.most = 20

    def change(server: ApiServer) -> None:
        if "joins" in what:
            server.hold(answered(200))
        if "leaves" in what:
            # The newest stands first: what follows moves up, one item past the reader.
            del server.questions[100]

    api.faults.append(shifting({3: change}))
    report = sync(index, api)
    assert not report.unsettled
    # One that left may still be held, marked; whatever stayed or came must be there.
    now = held(index)
    now.pop("100", None)
    assert now == {key: hash_ for key, hash_ in fresh(api).items() if key != "100"}
    assert sync(index, api).is_complete
    if "leaves" in what and (gone := index.get("100")):
        assert gone.is_withdrawn


def listed(number: int) -> Listed:
    day = date(2024, 9, 2)
    return Listed(
        Stream.QUESTIONS, number, "Commons", 1, "X", str(number), day, State.WAITING, "d", {}
    )


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_whatever_stays_in_a_shifting_list_is_seen(data: st.DataObject) -> None:
    """Items come and go between pages; those that were there all along are never missed."""
    everything = list(range(data.draw(st.integers(0, 30))))
    stay = set(everything)
    size = data.draw(st.integers(2, 7))
    changes = data.draw(st.integers(0, 12))

    def page_at(skip: int) -> Page:
        nonlocal changes
        found = everything[skip : skip + size]
        page = Page(tuple(map(listed, found)), len(everything), len(found))
        if changes and data.draw(st.booleans()):
            changes -= 1
            if everything and data.draw(st.booleans()):
                gone = everything.pop(data.draw(st.integers(0, len(everything) - 1)))
                stay.discard(gone)
            else:
                at = data.draw(st.integers(0, len(everything)))
                everything.insert(at, 1_000 + changes)
        return page

    reading = read_all(page_at)
    if reading.settled:
        assert stay <= {item.id for item in reading.items}


def test_a_list_in_a_new_order_each_time_is_still_read_whole() -> None:
    import random

    chance = random.Random(4)
    everything = list(range(50))

    def page_at(skip: int) -> Page:
        chance.shuffle(everything)
        found = everything[skip : skip + 10]
        return Page(tuple(map(listed, found)), 50, len(found))

    reading = read_all(page_at, passes=40)
    assert reading.settled
    assert {item.id for item in reading.items} == set(range(50))
