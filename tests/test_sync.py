"""Syncing with the official API, spoken over real HTTP by a server that has its bad days."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from assistant.settings import Settings
from assistant.syncing import Wanted, run_sync
from index import Index
from index.errors import BadRequest, IndexBusy
from index.sync.http import Client
from index.sync.questions import Questions, Scope, Stream, read_whole
from index.sync.report import SyncReport, sync_state
from index.sync.runner import Sync
from index.types import Kind, WrittenAnswer

from .api_server import ApiServer, Value, plain, question, statement
from .fakes import HashingEmbedder, make_record

TODAY = date(2024, 9, 10)
SINCE = date(2024, 9, 1)
LONG = "<p>" + "We supplied many examples to schools. " * 12 + "</p><p>None was returned.</p>"
LONG_QUESTION = (
    "To ask the Secretary of State for Example, what steps she is taking to "
    + "supply further examples, " * 12
    + "and when."
)

SUMMARY, OWN = make_record("s1", is_summary=True), make_record("own")


@pytest.fixture
def api() -> Iterator[ApiServer]:
    with ApiServer() as server:
        yield server


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index.open_or_create(tmp_path / "answers", embedder=HashingEmbedder()) as opened:
        yield opened


def sync(
    index: Index,
    api: ApiServer,
    today: date = TODAY,
    scope: Scope | None = None,
    since: date | None = None,
    **client: Any,
) -> SyncReport:
    with Client(api.url, **{"rate": 5_000, "first_pause": 0.01, **client}) as to:
        return Sync(index, Questions(to), today=today).run(scope, since or SINCE)


def held(index: Index) -> dict[str, str]:
    return {record.id: record.content_hash for record in index.records()}


def fresh(api: ApiServer) -> dict[str, str]:
    """What an index built anew from the details of this moment would hold."""
    found: dict[str, str] = {}
    for stream, values in ((Stream.QUESTIONS, api.questions), (Stream.STATEMENTS, api.statements)):
        for value in values.values():
            record = read_whole(stream, value, "fresh")
            if isinstance(record, WrittenAnswer):
                found[record.id] = record.content_hash
    return found


def answered(number: int, tabled: str = "2024-09-02", **changes: Any) -> Value:
    return question(number, tabled, **{"answer": LONG, "answered": "2024-09-05", **changes})


def test_cut_questions_and_answers_are_completed(index: Index, api: ApiServer) -> None:
    api.hold(answered(1, questionText=LONG_QUESTION), question(2, "2024-09-03"))
    report = sync(index, api)
    record = index.get("1")
    assert record is not None
    assert record.text.endswith("None was returned.")
    assert record.question == plain(LONG_QUESTION)
    assert not record.is_truncated
    assert record.asker is not None
    assert record.asker.name == "Ada Example"
    assert report.added == 1
    assert index.get("2") is None
    assert sync_state(index).waiting == 1


def test_a_question_just_as_long_as_the_cut_is_whole_when_read_whole(
    index: Index, api: ApiServer
) -> None:
    api.hold(answered(1, questionText="x" * 255, answer="Yes."))
    sync(index, api)
    record = index.get("1")
    assert record is not None
    assert not record.is_truncated


def test_nothing_is_read_twice(index: Index, api: ApiServer) -> None:
    api.hold(*(answered(n) for n in range(1, 30)))
    sync(index, api)
    before = len(api.asked("/questions/"))
    assert before == 29
    report = sync(index, api)
    assert len(api.asked("/questions/")) == before
    assert (report.added, report.changed, report.completed) == (0, 0, 0)


def test_what_is_listed_unchanged_is_not_sent_again(index: Index, api: ApiServer) -> None:
    api.hold(*(answered(n) for n in range(1, 30)))
    sync(index, api)
    sync(index, api)
    seen = len(api.requests)
    sync(index, api)
    again = api.requests[seen:]
    assert again
    assert all("If-None-Match" in request.headers for request in again)


def test_a_holding_answer_gives_way_and_stays_as_history(index: Index, api: ApiServer) -> None:
    holding = "It will not be possible to answer this question within the usual time period."
    api.hold(answered(1, answer=holding, answerIsHolding=True))
    sync(index, api)
    first = index.get("1")
    assert first is not None
    assert first.is_holding
    api.hold(answered(1, answered="2024-09-09", dateHoldingAnswer="2024-09-05T00:00:00"))
    report = sync(index, api)
    now = index.get("1")
    assert now is not None
    assert not now.is_holding
    assert now.holding_answered == date(2024, 9, 5)
    assert report.changed == 1
    assert [earlier.record.text for earlier in index.history("1")] == [holding]
    assert (
        index.retrieve("not possible to answer within the usual time").passages[0].text != holding
    )


def test_a_late_correction_is_noticed(index: Index, api: ApiServer) -> None:
    old = answered(1, "2023-03-02", answered="2023-03-09")
    record = read_whole(Stream.QUESTIONS, old, "file")
    index.add([record])
    corrected = {"dateAnswerCorrected": "2024-09-05T00:00:00", "answerIsCorrection": True}
    api.hold(
        {**old, **corrected, "answerText": "<p>We supplied 7.</p>", "originalAnswerText": LONG}
    )
    # Neither the day it was tabled nor the day it was answered would bring it up.
    sync(index, api)
    now = index.get("1")
    assert now is not None
    assert now.is_correction
    assert now.text == "We supplied 7."
    assert "None was returned." in now.original_text
    assert [earlier.record for earlier in index.history("1")] == [record]


def test_an_answer_that_comes_long_after_is_noticed(index: Index, api: ApiServer) -> None:
    api.hold(question(1, "2023-01-10"), answered(2))
    sync(index, api)
    assert index.get("1") is None
    api.hold(answered(1, "2023-01-10", answered="2024-09-12"))
    sync(index, api, today=date(2024, 9, 13))
    assert index.get("1") is not None


def test_an_answer_published_days_after_its_date_is_not_missed(
    index: Index, api: ApiServer
) -> None:
    api.hold(question(1, "2023-01-10"), answered(2, "2023-01-10", answered="2024-09-09"))
    sync(index, api, today=date(2024, 9, 10))
    api.hold(answered(1, "2023-01-10", answered="2024-09-06"))
    sync(index, api, today=date(2024, 9, 11))
    assert index.get("1") is not None


def test_withdrawn_questions_are_known(index: Index, api: ApiServer) -> None:
    api.hold(question(1, "2024-09-02"), answered(2))
    sync(index, api)
    api.hold(question(1, "2024-09-02", isWithdrawn=True), answered(2, isWithdrawn=True))
    sync(index, api)
    state = sync_state(index)
    assert (state.waiting, state.withdrawn) == (0, 1)
    record = index.get("2")
    assert record is not None
    assert record.is_withdrawn


@pytest.mark.parametrize("how", ["vanishes", "is taken back"])
def test_an_answer_that_is_no_longer_given_is_marked(
    index: Index, api: ApiServer, how: str
) -> None:
    api.hold(answered(1), answered(2))
    sync(index, api)
    if how == "vanishes":
        del api.questions[1]
    else:
        api.hold(question(1, "2024-09-02"))
    report = sync(index, api)
    record = index.get("1")
    assert record is not None
    assert record.is_withdrawn
    assert report.withdrawn == 1
    other = index.get("2")
    assert other is not None
    assert not other.is_withdrawn


def test_a_list_that_loses_most_of_itself_is_not_believed(index: Index, api: ApiServer) -> None:
    api.hold(*(answered(n) for n in range(1, 60)))
    sync(index, api)
    kept = api.questions.pop(59)
    api.questions.clear()
    api.hold(kept)
    report = sync(index, api)
    assert report.unsettled
    assert not report.is_complete
    assert not any(record.is_withdrawn for record in index.records())


def test_statements_come_as_their_own_kind(index: Index, api: ApiServer) -> None:
    api.hold(statement(7, "2024-09-04"), answered(7))
    sync(index, api)
    made, question_ = index.get("statement-7"), index.get("7")
    assert made is not None
    assert question_ is not None
    assert made.kind is Kind.STATEMENT
    assert question_.kind is Kind.WRITTEN_ANSWER
    assert made.answerer_role == "Minister for Example"
    assert made.url == (
        "https://questions-statements.parliament.uk/written-statements/detail/2024-09-04/HCWS7"
    )
    assert "It found 40 of them." in made.text


def test_a_sync_may_be_limited(index: Index, api: ApiServer) -> None:
    other = {"answeringBodyId": 18, "answeringBodyName": "Other Office"}
    api.hold(answered(1), answered(2, house="Lords", uin="HL2"), answered(3, **other))
    sync(index, api, scope=Scope(house="Lords"))
    assert set(held(index)) == {"2"}
    sync(index, api, scope=Scope(body=18))
    assert set(held(index)) == {"2", "3"}
    # What was followed in part only is followed whole when asked for.
    sync(index, api)
    assert set(held(index)) == {"1", "2", "3"}


def test_earlier_sessions_are_read_too(index: Index, api: ApiServer) -> None:
    api.hold(answered(1, "2019-03-04", answered="2019-03-08"))
    sync(index, api, since=date(2019, 3, 1), today=date(2019, 3, 12))
    assert set(held(index)) == {"1"}


def test_going_further_back_leaves_no_hole(index: Index, api: ApiServer) -> None:
    api.hold(*(answered(n, f"2024-0{n}-15", answered=f"2024-0{n}-20") for n in range(3, 9)))
    sync(index, api, since=date(2024, 8, 1))
    assert set(held(index)) == {"8"}
    sync(index, api, since=date(2024, 3, 1))
    assert set(held(index)) == {str(n) for n in range(3, 9)}
    # A later day than was asked for before takes nothing back.
    api.hold(answered(9, "2024-03-16", answered="2024-09-10"))
    sync(index, api, since=date(2024, 9, 1), today=date(2024, 9, 11))
    assert "9" in held(index)


def test_a_day_in_the_future_is_refused(index: Index, api: ApiServer) -> None:
    with pytest.raises(BadRequest, match="future"):
        sync(index, api, since=date(2024, 9, 11))


def test_two_syncs_do_not_run_at_once(index: Index, api: ApiServer) -> None:
    from filelock import FileLock

    with FileLock(index.folder / "sync.lock"), pytest.raises(IndexBusy, match="Another sync"):
        sync(index, api)


def test_an_answer_without_words_is_refused_once(index: Index, api: ApiServer) -> None:
    api.hold(answered(1, answer="<p><img src='x.png'/></p>"), answered(2))
    report = sync(index, api)
    # The list's plain text is empty, so it counts as waiting: nothing is made of nothing.
    assert set(held(index)) == {"2"}
    assert report.is_complete


def test_a_cut_copy_from_a_file_is_completed(index: Index, api: ApiServer, tmp_path: Path) -> None:
    from index.sources import read_path

    from .api_server import list_item

    api.hold(answered(1, "2020-09-02", answered="2020-09-05"))
    file = tmp_path / "list.json"
    import json

    file.write_text(json.dumps([list_item(api.questions[1], {})]), "utf-8")
    index.add(read_path(file))
    cut = index.get("1")
    assert cut is not None
    assert cut.is_truncated
    assert sync_state(index).truncated == 1
    sync(index, api)
    whole = index.get("1")
    assert whole is not None
    assert not whole.is_truncated
    assert held(index) == fresh(api)


def test_freshness_and_gaps_are_told(index: Index, api: ApiServer) -> None:
    assert not sync_state(index).has_synced
    api.hold(answered(1), answered(2, "2024-08-20"), question(3, "2024-09-02"))
    sync(index, api, since=date(2024, 8, 1))
    state = sync_state(index)
    assert state.last_outcome == "done"
    assert state.newest_answer == date(2024, 9, 5)
    assert state.lag_seconds is not None
    assert [(m.month, m.tabled, m.answered, m.held, m.waiting) for m in state.months] == [
        ("2024-08", 1, 1, 1, 0),
        ("2024-09", 2, 1, 1, 1),
    ]
    assert not state.gaps
    index.remove(["2"])
    assert [(gap.month, gap.missing) for gap in sync_state(index).gaps] == [("2024-08", 1)]


@pytest.mark.parametrize(
    ("before", "keep", "left"),
    [
        ((SUMMARY,), False, {"1"}),
        ((SUMMARY,), True, {"1", "s1"}),
        # Who has put records beside the sample wants both.
        ((SUMMARY, OWN), False, {"1", "s1", "own"}),
    ],
)
def test_the_first_official_records_take_the_place_of_the_sample(
    index: Index,
    api: ApiServer,
    monkeypatch: pytest.MonkeyPatch,
    before: tuple[WrittenAnswer, ...],
    keep: bool,
    left: set[str],
) -> None:
    monkeypatch.setattr("assistant.syncing.open_index", lambda settings: nullcontext(index))
    index.add(before)
    settings = Settings(data_dir=index.folder, api_url=api.url, api_rate=1000)
    wanted = Wanted(since=date.today() - timedelta(days=5), keep_sample=keep)
    # Where nothing comes, the sample is all there is to answer from.
    assert run_sync(settings, wanted)
    assert set(held(index)) == {record.id for record in before}
    day = (date.today() - timedelta(days=2)).isoformat()
    api.hold(question(1, day, answer=LONG, answered=day))
    assert run_sync(settings, wanted)
    assert set(held(index)) == left
