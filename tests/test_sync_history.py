"""TheyWorkForYou's daily files: read safely, fetched politely, merged with official records."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from index import Index
from index.errors import BadRequest
from index.sources.theyworkforyou import read_daily
from index.sync.history import History, decoded
from index.sync.http import Client
from index.sync.report import SyncReport
from index.types import Member, Rejected, WrittenAnswer

from .api_server import ApiServer, question
from .fakes import HashingEmbedder, make_record
from .test_sync import sync

DETAIL = "https://questions-statements.parliament.uk/written-questions/detail"


def ques(uin: str, tabled: str = "2024-05-01", text: str = "To ask how many were supplied.") -> str:
    gid = f"uk.org.publicwhip/wrans/{tabled}.{uin}.q0"
    return (
        f'<ques id="{gid}" person_id="uk.org.publicwhip/person/1" speakername="Ada Example" '
        f'url="{DETAIL}/{tabled}/{uin}"><p qnum="{uin}">{text}</p></ques>'
    )


def reply(inner: str = "<p>Four hundred and twelve.</p>") -> str:
    return f'<reply id="r0" speakername="Bob Answer">{inner}</reply>'


def daily(*parts: str) -> str:
    head = (
        '<major-heading id="m">Department for Example</major-heading>'
        '<minor-heading id="h">Examples: Supply</minor-heading>'
    )
    return f'<?xml version="1.0"?>\n<publicwhip>{head}{"".join(parts)}</publicwhip>'


def read(text: str, name: str = "answers2024-05-09.xml") -> list[WrittenAnswer]:
    items = list(read_daily(text, name))
    assert all(isinstance(item, WrittenAnswer) for item in items), items
    return [item for item in items if isinstance(item, WrittenAnswer)]


def test_a_daily_file_is_read() -> None:
    link = '<p><a href="https://example.org/t.xlsx?a=1&amp;b=2">table.xlsx</a> (xlsx, 12.3KB)</p>'
    [record] = read(daily(ques("1234"), reply(f"<p>Four hundred &amp; twelve.</p>{link}")))
    assert record.id == "twfy-commons-2024-05-01-1234"
    assert (record.uin, record.house) == ("1234", "Commons")
    assert (record.asked, record.answered) == (date(2024, 5, 1), date(2024, 5, 9))
    assert (record.department, record.heading) == ("Department for Example", "Examples: Supply")
    assert (record.asker, record.answerer) == (
        Member(name="Ada Example"),
        Member(name="Bob Answer"),
    )
    assert record.text == "Four hundred & twelve."
    assert record.url == f"{DETAIL}/2024-05-01/1234"
    [attachment] = record.attachments
    assert attachment.title == "table.xlsx"
    assert attachment.url == "https://example.org/t.xlsx?a=1&b=2"
    assert attachment.size_bytes == 12_300


def test_questions_answered_together_become_records_that_name_each_other() -> None:
    first, second, third = read(
        daily(ques("1"), ques("2"), reply(), ques("3"), reply("<p>A.</p>"), reply("<p>B.</p>"))
    )
    assert first.text == second.text == "Four hundred and twelve."
    assert (first.grouped_uins, second.grouped_uins) == (("2",), ("1",))
    # An answer may go on in a second element.
    assert third.text == "A.\n\nB."
    assert third.grouped_uins == ()


def test_lords_and_old_files() -> None:
    [lord] = read(daily(ques("HL12"), reply()), "lordswrans2024-05-09.xml")
    assert (lord.house, lord.id) == ("Lords", "twfy-lords-2024-05-01-HL12")
    old = (
        '<ques id="uk.org.publicwhip/wrans/2003-05-12.113192.q0" colnum="12W" speakername="X"'
        ' url="http://www.publications.parliament.uk/pa/cm/text.htm"><p>To ask whether</p></ques>'
    )
    [record] = read(daily(old, reply()), "answers2003-05-12.xml")
    assert record.id == "twfy-commons-2003-05-12.113192.q0"
    # The day in an old id is the day of print: when it was tabled is not known.
    assert record.asked is None
    assert record.answered == date(2003, 5, 12)


def test_a_holding_reply_is_known_by_its_words() -> None:
    text = (
        "<p>The Home Office has indicated that it will not be possible to answer this question "
        "within the usual time period. An answer is being prepared.</p>"
    )
    [record] = read(daily(ques("1"), reply(text)))
    assert record.is_holding


@pytest.mark.parametrize("entity", ["&secret;", "&lol9;"])
def test_nothing_that_a_file_declares_is_expanded(entity: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("top secret")
    declared = (
        f'<!DOCTYPE publicwhip [<!ENTITY secret SYSTEM "file://{secret}">'
        '<!ENTITY lol1 "lollol"><!ENTITY lol9 "&lol1;&lol1;&lol1;">]>'
    )
    text = daily(ques("1"), reply(f"<p>Twelve {entity} and &pound;5.</p>"))
    [record] = read(text.replace("<publicwhip>", f"{declared}<publicwhip>"))
    assert "top secret" not in record.text
    assert "lollol" not in record.text
    assert "£5" in record.text


def test_what_is_broken_costs_only_itself() -> None:
    open_one = '<reply id="r"><p>Never closed.</p>'
    items = list(
        read_daily(daily(ques("1"), open_one, ques("2"), reply()), "answers2024-05-09.xml")
    )
    assert any(isinstance(item, Rejected) and "not closed" in item.reason for item in items)
    cut = daily(ques("1"), reply(), ques("2"))[:-30]
    items = list(read_daily(cut, "answers2024-05-09.xml"))
    assert [item.uin for item in items if isinstance(item, WrittenAnswer)] == ["1"]
    assert any(isinstance(item, Rejected) and "breaks off" in item.reason for item in items)


def test_a_declared_encoding_is_followed() -> None:
    text = '<?xml version="1.0" encoding="ISO-8859-1"?><publicwhip>£5</publicwhip>'
    assert "£5" in decoded(text.encode("latin-1"))
    assert "£5" in decoded("<publicwhip>£5</publicwhip>".encode())


# -- fetched over HTTP, and merged ----------------------------------------------------------


@pytest.fixture
def api() -> Iterator[ApiServer]:
    with ApiServer() as server:
        yield server


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index.open_or_create(tmp_path / "answers", embedder=HashingEmbedder()) as opened:
        yield opened


def fetch(index: Index, api: ApiServer, first: date, last: date) -> SyncReport:
    with Client(api.url, rate=5_000, first_pause=0.01) as client:
        return History(index, client).run("Commons", first, last)


MAY = date(2024, 5, 1), date(2024, 5, 31)


def test_files_are_fetched_once_and_the_last_print_counts(index: Index, api: ApiServer) -> None:
    api.files = {
        "/wrans/": "<a href='answers2024-05-09a.xml'>a</a> <a href='answers2024-05-09b.xml'>b</a>"
        "<a href='answers2024-06-01.xml'>later</a>",
        "/wrans/answers2024-05-09a.xml": daily(ques("1"), reply("<p>Old.</p>")),
        "/wrans/answers2024-05-09b.xml": daily(ques("1"), reply("<p>New.</p>")),
    }
    report = fetch(index, api, *MAY)
    assert (report.files, report.added) == (1, 1)
    assert [record.text for record in index.records()] == ["New."]
    seen = len(api.requests)
    fetch(index, api, *MAY)
    assert [request.path for request in api.requests[seen:]] == ["/wrans/"]


def test_without_a_listing_each_day_is_asked_for(index: Index, api: ApiServer) -> None:
    api.files = {"/wrans/answers2024-05-09.xml": daily(ques("1"), reply())}
    report = fetch(index, api, date(2024, 5, 8), date(2024, 5, 10))
    assert (report.files, report.missing_files, report.added) == (1, 2, 1)


def test_a_record_reached_by_both_sources_is_held_once(index: Index, api: ApiServer) -> None:
    api.files = {
        "/wrans/answers2024-05-09.xml": daily(ques("1"), reply(), ques("2"), reply("<p>Two.</p>"))
    }
    official = make_record(
        "900001", uin="1", heading=None, asker=Member(id=7), asked=date(2024, 5, 1),
        answered=date(2024, 5, 9), text="Four hundred and twelve.",
    )  # fmt: skip
    index.add([official])
    report = fetch(index, api, *MAY)
    assert report.merged == 1
    # The official record stays, and takes over what it lacked.
    assert {record.id for record in index.records()} == {"900001", "twfy-commons-2024-05-01-2"}
    held = index.get("900001")
    assert held is not None
    assert held.heading == "Examples: Supply"
    assert held.asker == Member(id=7, name="Ada Example")
    # The official record of the other one arrives later, under its own id.
    api.hold(question(900002, "2024-05-01", uin="2", answer="<p>Two.</p>", answered="2024-05-09"))
    sync(index, api, today=date(2024, 5, 20), since=date(2024, 5, 1))
    assert {record.id for record in index.records()} == {"900001", "900002"}


def test_a_holding_reply_of_an_earlier_day_does_not_come_back(index: Index, api: ApiServer) -> None:
    holding = "<p>It has not been possible to respond within the usual time.</p>"
    api.files = {
        "/wrans/answers2024-05-09.xml": daily(ques("1"), reply(holding)),
        "/wrans/answers2024-05-12.xml": daily(ques("1"), reply("<p>Twelve.</p>")),
    }
    fetch(index, api, date(2024, 5, 12), date(2024, 5, 12))
    fetch(index, api, date(2024, 5, 9), date(2024, 5, 12))
    assert [record.text for record in index.records()] == ["Twelve."]


def test_days_in_the_wrong_order_are_refused(index: Index, api: ApiServer) -> None:
    with pytest.raises(BadRequest, match="later than"):
        fetch(index, api, MAY[1], MAY[0])
