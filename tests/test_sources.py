"""Readers of JSON records, and what all readers do alike: none raises, each refusal says why."""

from __future__ import annotations

import gzip
import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.dates import british_date
from index.sources import files, read_path
from index.sources.dates import parse_date
from index.types import Attachment, Member, Rejected, WrittenAnswer

from .records import SHARED, needs_records

QUESTION = "To ask the Secretary of State for Quays, how many boats there are."


def value(**changes: Any) -> dict[str, Any]:
    """An invented record as the API's detail address gives it."""
    return {
        "id": 1234567,
        "askingMemberId": 11,
        "askingMember": None,
        "house": "Commons",
        "memberHasInterest": True,
        "dateTabled": "2024-02-01T00:00:00",
        "dateForAnswer": "2024-02-06T00:00:00",
        "uin": "9876",
        "questionText": QUESTION,
        "answeringBodyId": 1,
        "answeringBodyName": "Department for Quays",
        "isWithdrawn": False,
        "isNamedDay": False,
        "groupedQuestions": ["9877", "9876"],
        "answerIsHolding": None,
        "answerIsCorrection": True,
        "answeringMemberId": 22,
        "answeringMember": None,
        "correctingMemberId": None,
        "correctingMember": None,
        "dateAnswered": "2024-02-05T00:00:00",
        "answerText": "<p>There are 12 boats.</p><p>All float.</p>",
        "originalAnswerText": "<p>There are 11 boats.</p>",
        "comparableAnswerText": "",
        "dateAnswerCorrected": "2024-02-07T00:00:00",
        "dateHoldingAnswer": "2024-02-02T00:00:00",
        "attachmentCount": 1,
        "heading": "Boats:  Numbers &amp; Names",
        "attachments": [
            {
                "url": "https://example.org/t.xlsx",
                "title": "Table",
                "fileType": "xlsx",
                "fileSizeBytes": 12,
            }
        ],
        "groupedQuestionsDates": [],
        **changes,
    }


def detail(**changes: Any) -> dict[str, Any]:
    return {"value": value(**changes), "links": [{"rel": "self", "href": "/x", "method": "GET"}]}


def write(folder: Path, content: Any, name: str = "file") -> Path:
    path = folder / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


def read(path: Path) -> list[WrittenAnswer | Rejected]:
    return list(read_path(path))


def one(path: Path) -> WrittenAnswer:
    (record,) = read(path)
    assert isinstance(record, WrittenAnswer), str(record)
    return record


def refused(path: Path) -> str:
    (found,) = read(path)
    assert isinstance(found, Rejected)
    assert found.file == str(path)
    assert "\n" not in found.reason
    assert found.reason
    return found.reason


# --- the API -------------------------------------------------------------------------------


def test_every_field_of_a_detail_record_arrives(tmp_path: Path) -> None:
    assert one(write(tmp_path, detail(), "a.bin")).model_dump(exclude={"content_hash", "kind"}) == {
        "id": "1234567",
        "uin": "9876",
        "house": "Commons",
        "heading": "Boats: Numbers & Names",
        "question": QUESTION,
        "asker": Member(id=11).model_dump(),
        "asker_has_interest": True,
        "department": "Department for Quays",
        "answerer": Member(id=22).model_dump(),
        "answerer_role": None,
        "asked": date(2024, 2, 1),
        "answered": date(2024, 2, 5),
        "due": date(2024, 2, 6),
        "holding_answered": date(2024, 2, 2),
        "corrected": date(2024, 2, 7),
        "text": "There are 12 boats.\n\nAll float.",
        "original_text": "There are 11 boats.",
        "is_holding": False,
        "is_correction": True,
        "is_withdrawn": False,
        "is_answer_truncated": False,
        "is_question_truncated": False,
        "is_summary": False,
        "grouped_uins": ("9877",),
        "attachments": (
            Attachment(
                title="Table", url="https://example.org/t.xlsx", file_type="xlsx", size_bytes=12
            ).model_dump(),
        ),
        "url": "https://questions-statements.parliament.uk/written-questions/detail/2024-02-01/9876",
        "source": "api:a.bin",
    }


def test_members_given_as_objects_keep_their_names(tmp_path: Path) -> None:
    asker = {
        "id": 11,
        "listAs": "Day, Ann",
        "name": "Ann Day",
        "party": "Blue",
        "memberFrom": "Oldford",
    }
    peer = {"id": 22, "name": "Lord Quay", "party": "Red", "memberFrom": "Life peer"}
    record = one(write(tmp_path, value(askingMember=asker, askingMemberId=None)))
    assert record.asker == Member(id=11, name="Ann Day", party="Blue", constituency="Oldford")
    record = one(write(tmp_path, value(house="Lords", answeringMember=peer)))
    assert record.answerer == Member(id=22, name="Lord Quay", party="Red")


@pytest.mark.parametrize(
    "wrap",
    [
        lambda a, b: [a, b],
        lambda a, b: {"totalResults": 2, "results": [a, b]},
        lambda a, b: "\n".join(json.dumps(item) for item in (a, b)),
        lambda a, b: "\ufeff" + "\r\n\r\n".join(json.dumps(item) for item in (a, b)) + "\r\n",
        lambda a, b: [a["value"], b["value"]],
        lambda a, b: json.dumps([a, b], indent=2),
        lambda a, b: json.dumps({"results": [a, b]}, indent=2),
        lambda a, b: json.dumps([a, b]).encode("utf-16"),
        lambda a, b: "\n".join(json.dumps(item) for item in (a, b)).encode("utf-16"),
    ],
)
@pytest.mark.parametrize("compressed", [False, True])
def test_every_shape_gives_the_same_records(tmp_path: Path, wrap: Any, compressed: bool) -> None:
    path = write(tmp_path, wrap(detail(), detail(id=2)))
    if compressed:
        path.write_bytes(gzip.compress(path.read_bytes()))
    records = read(path)
    assert [r.id for r in records if isinstance(r, WrittenAnswer)] == ["1234567", "2"]
    assert {r.content_hash for r in records if isinstance(r, WrittenAnswer) and r.id == "2"} == {
        one(write(tmp_path, detail(id=2))).content_hash
    }


def test_a_laid_out_object_is_one_record(tmp_path: Path) -> None:
    assert one(write(tmp_path, json.dumps(detail(), indent=1))).id == "1234567"


def test_a_cut_answer_and_a_cut_question_are_marked(tmp_path: Path) -> None:
    record = one(write(tmp_path, value(answerText="x" * 255 + "...", questionText="y" * 255)))
    assert (record.is_answer_truncated, record.is_question_truncated) == (True, True)


def test_a_question_of_the_cut_length_in_a_list_is_marked_even_if_it_ends_well(
    tmp_path: Path,
) -> None:
    record = one(write(tmp_path, value(answerText="Yes.", questionText="y" * 254 + ".")))
    assert record.is_question_truncated


@pytest.mark.parametrize(
    "changes",
    [
        {"answerText": "x" * 100 + "..."},
        {"answerText": "<p>" + "x" * 248 + "...</p>"},
        {"answerText": "x" * 255},
        {"questionText": "y" * 254 + "."},
        {"questionText": "y" * 256},
    ],
)
def test_what_is_whole_is_not_marked_as_cut(tmp_path: Path, changes: dict[str, Any]) -> None:
    assert not one(write(tmp_path, value(**changes))).is_truncated


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"answerText": None, "dateAnswered": None}, "not answered yet"),
        ({"answerText": "", "dateAnswered": None}, "not answered yet"),
        (
            {"answerText": None, "dateAnswered": None, "isWithdrawn": True},
            "withdrawn before it was answered",
        ),
        ({"answerText": "<p> </p>", "dateAnswered": None}, "answered, but the answer has no words"),
        ({"answerText": None}, "answered, but the answer has no words"),
        ({"answerText": 5}, "answerText is a number, not text"),
        ({"id": None}, "id is missing"),
        ({"id": True}, "id is true or false, not a number"),
        ({"id": "abc"}, "id is not a whole number"),
        ({"house": "Senate"}, "house is 'Senate', not Commons or Lords"),
        ({"dateTabled": "yesterday"}, "dateTabled is not a date: 'yesterday'"),
        ({"dateTabled": "2024-02-31T00:00:00"}, "dateTabled is not a date: '2024-02-31T00:00:00'"),
        ({"answeringMemberId": "7"}, "answeringMemberId is text, not a whole number"),
        ({"askingMember": [1]}, "askingMember is a list, not an object"),
        ({"groupedQuestions": "9877"}, "groupedQuestions is text, not a list"),
        ({"groupedQuestions": [9877]}, "groupedQuestions holds a number, not text"),
        ({"attachments": ["x"]}, "attachments holds text, not an object"),
        ({"answerIsHolding": "no"}, "answerIsHolding is text, not true or false"),
    ],
)
def test_a_bad_record_is_refused_in_plain_words(
    tmp_path: Path, changes: dict[str, Any], reason: str
) -> None:
    assert refused(write(tmp_path, detail(**changes))) == reason


def test_a_missing_answer_field_and_an_error_message_are_told_apart(tmp_path: Path) -> None:
    bare = value()
    del bare["answerText"]
    assert refused(write(tmp_path, bare)).startswith("answerText is missing")
    error = {"title": "Not Found", "status": 404}
    assert refused(write(tmp_path, error)) == "an error message of the API: Not Found (404)"


def test_missing_dates_and_members_are_no_error(tmp_path: Path) -> None:
    record = one(write(tmp_path, {"id": "5", "answerText": "Twelve."}))
    assert (record.id, record.asked, record.answered, record.asker, record.url) == ("5",) + (
        None,
    ) * 4
    assert one(write(tmp_path, value(dateAnswered="0001-01-01T00:00:00"))).answered is None


def test_one_bad_line_costs_no_other(tmp_path: Path) -> None:
    lines = [
        json.dumps(detail(id=1)).encode(),
        b'{"value": {"id": 2, "answerText": ',
        b'{"id": 3, "answerText": "caf\xe9"}',
        b"[]",
        b'"text"',
        json.dumps(detail(id=6, answerText=None, dateAnswered=None)).encode(),
        json.dumps(detail(id=7, answerText="\ud800 half")).encode(),
        b'{"a":' * 50_000,
        json.dumps(detail(id=9)).encode(),
    ]
    path = write(tmp_path, b"\n".join(lines))
    found = read(path)
    assert [r.id for r in found if isinstance(r, WrittenAnswer)] == ["1", "7", "9"]
    bad = {r.record: r.reason for r in found if isinstance(r, Rejected)}
    assert list(bad) == ["line 2", "line 3", "line 4", "line 5", "6", "line 8"]
    assert bad["line 2"].startswith("broken JSON at column")
    assert bad["line 3"] == "it is not UTF-8: line 3, byte 28 (0xe9); save it as UTF-8"
    assert bad["line 4"] == "there are no records in it"
    assert bad["line 5"] == "the record is text, not an object"
    assert bad["6"] == "not answered yet"


def test_the_first_line_may_be_the_broken_one(tmp_path: Path) -> None:
    found = read(write(tmp_path, '{"value": \n' + json.dumps(detail()) + "\n"))
    assert isinstance(found[0], Rejected)
    assert found[0].record == "line 1"
    assert isinstance(found[1], WrittenAnswer)


def test_records_before_a_cut_in_the_compression_are_kept(tmp_path: Path) -> None:
    many = "\n".join(json.dumps(detail(id=i, uin=os.urandom(40).hex())) for i in range(1, 300))
    data = gzip.compress(many.encode())
    found = read(write(tmp_path, data[: len(data) // 2]))
    assert len(found) > 20
    assert all(isinstance(r, WrittenAnswer) for r in found[:-1])
    last = found[-1]
    assert isinstance(last, Rejected)
    assert last.record == f"after line {len(found) - 1}"
    assert last.reason == "its gzip compression is cut short"


@pytest.mark.parametrize("keep", [3, 11, 30])
def test_a_stub_of_a_compressed_file_is_refused(tmp_path: Path, keep: int) -> None:
    data = gzip.compress(json.dumps([detail()]).encode())
    assert "gzip compression is" in refused(write(tmp_path, data[:keep]))


# --- our own records -----------------------------------------------------------------------


def test_our_own_records_come_back_as_they_were(tmp_path: Path) -> None:
    record = one(write(tmp_path, detail()))
    line = json.dumps(record.model_dump(mode="json"))
    other = json.dumps(
        {**record.model_dump(mode="json"), "id": "x-1", "content_hash": "wrong", "source": ""}
    )
    found = read(write(tmp_path, f"{line}\n{other}\n", "own.jsonl"))
    assert found[0] == record
    assert isinstance(found[1], WrittenAnswer)
    assert found[1].source == "canonical:own.jsonl"
    assert found[1].content_hash != "wrong"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"text": " "}, "the answer is empty"),
        ({"house": "Senate"}, "house: input should be 'Commons' or 'Lords'"),
        ({"asked": "soon"}, "asked: input should be a valid date"),
        ({"colour": "red"}, "colour: extra inputs are not permitted"),
        ({"id": "a b"}, "id: string should match pattern"),
    ],
)
def test_our_own_records_are_checked(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    dumped = one(write(tmp_path, detail())).model_dump(mode="json")
    assert refused(write(tmp_path, {**dumped, **changes})).startswith(reason)


# --- files and folders ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b"\xef\xbb\xbf \r\n ", "there is nothing but white space in it"),
        (gzip.compress(b""), "it is empty once decompressed"),
        (gzip.compress(gzip.compress(b"x")), "it is compressed twice"),
        (b"text and \x00\x01\x02 junk", "it is not text: character 0 in line 1"),
        (b"fine\nline caf\xe9 two", "it is not UTF-8: line 2, byte 13 (0xe9); save it as UTF-8"),
        (b"\xff\xfea\x00b", "it is not UTF-16: line 1, byte 4; save it as UTF-8"),
        (
            b"PK\x03\x04rest",
            "it is a ZIP archive or an Office document; save it as PDF, HTML or plain text",
        ),
        (b"\x89PNG\r\n\x1a\n", "it is a picture"),
        (
            b"[\n{",
            "broken JSON at line 2, column 2: Expecting property name enclosed in double quotes",
        ),
        (b"[]", "there are no records in it"),
        (b'{"results": 5}', "results is a number, not a list"),
        (b"[" * 100_000, "it is nested too deep"),
        (b"...\n---\n", "there are no words in it"),
        (b"%PDF-1.7 and no more", "it is damaged"),
        (b"<?xml version='1.0'?><wrans><p>x</p></wrans>", "it is XML of a kind that is not read"),
    ],
)
def test_a_file_that_cannot_be_read_gives_one_reason(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    assert refused(write(tmp_path, content)).startswith(reason)


def test_missing_unreadable_and_odd_files_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(tmp_path / "none") == "there is no such file"
    os.mkfifo(tmp_path / "pipe")
    assert refused(tmp_path / "pipe") == "it is not an ordinary file"
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert refused(tmp_path / "loop").startswith("it cannot be opened")

    def deny(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = write(tmp_path, detail())
    monkeypatch.setattr(Path, "open", deny)
    assert refused(path) == "there is no permission to read it"


def test_what_grows_beyond_the_limit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MAX_WHOLE", 1024 * 1024)
    bomb = gzip.compress(b"[" + b" " * (3 * 1024 * 1024))
    assert refused(write(tmp_path, bomb)).startswith("it holds more than 1 MiB")


def test_a_line_beyond_the_limit_costs_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MAX_LINE", 5_000)
    lines = [json.dumps(detail(id=i, heading="x" * (20_000 if i == 2 else 5))) for i in (1, 2, 3)]
    found = read(write(tmp_path, gzip.compress("\n".join(lines).encode())))
    assert [r.record if isinstance(r, Rejected) else r.id for r in found] == ["1", "line 2", "3"]
    monkeypatch.setattr(files, "MAX_STREAM", 22_000)
    assert "it holds more than" in str(read(write(tmp_path, "\n".join(lines * 20)))[-1])


def test_folders_are_read_in_order_and_hidden_files_passed_over(tmp_path: Path) -> None:
    for name in ("b/2.json", "a.json", "b/1.json", ".hidden", "b/.git/x.json", ".cache/y.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        write(tmp_path, detail(heading=name), name)
    (tmp_path / "b" / "3.json").write_bytes(b"")
    found = read(tmp_path)
    assert [r.heading if isinstance(r, WrittenAnswer) else Path(r.file).name for r in found] == [
        "a.json",
        "b/1.json",
        "b/2.json",
        "3.json",
    ]


JSONISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from([*value(), "value", "results", "text", "kind"]), inner, max_size=8
        )
    ),
    max_leaves=12,
)
STARTS = [
    b"",
    b"{",
    b"[",
    b"%PDF-1.4\n",
    b"\x1f\x8b\x08",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"<html>",
    b"(asked on 1 May 2024)\n",
]


@given(start=st.sampled_from(STARTS), rest=st.binary(max_size=300), squeeze=st.booleans())
@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_bytes_make_a_reader_raise(
    tmp_path: Path, start: bytes, rest: bytes, squeeze: bool
) -> None:
    data = start + rest
    found = read(write(tmp_path, gzip.compress(data) if squeeze else data))
    assert found
    assert all(isinstance(r, WrittenAnswer) or (r.reason and "\n" not in r.reason) for r in found)


@given(JSONISH)
@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_json_makes_a_reader_raise(tmp_path: Path, content: Any) -> None:
    assert read(write(tmp_path, [detail(), content]))
    if isinstance(content, dict):
        changed = read(write(tmp_path, value(**content)))
        assert len(changed) == 1
        assert isinstance(changed[0], WrittenAnswer) or "\n" not in changed[0].reason


# --- the real records ----------------------------------------------------------------------


@needs_records
@pytest.mark.records
def test_all_real_records_are_read() -> None:
    found = read(SHARED / "answers-dev.jsonl.gz")
    records = [r for r in found if isinstance(r, WrittenAnswer)]
    assert len(records) == len(found) == 8_206
    assert len({r.id for r in records}) == 8_206
    assert sum(r.is_holding for r in records) == 45
    assert sum(r.is_correction for r in records) == 9
    assert sum(bool(r.grouped_uins) for r in records) == 1_148
    assert sum(r.heading is None for r in records) == 874
    assert not any(r.is_truncated for r in records)
    assert all(r.url and r.url.endswith(f"/{r.asked}/{r.uin}") for r in records)


@needs_records
@pytest.mark.records
@pytest.mark.parametrize(
    "path", sorted(SHARED.glob("snapshots/*.json.gz")), ids=lambda p: p.name[5:30]
)
def test_snapshots_of_the_list_are_read_and_cut_texts_marked(path: Path) -> None:
    items = [item["value"] for item in json.loads(gzip.decompress(path.read_bytes()))]
    found = read(path)
    records = [r for r in found if isinstance(r, WrittenAnswer)]
    assert len(found) == len(items)
    assert len(records) == sum(bool(item["answerText"]) for item in items)
    assert {r.reason for r in found if isinstance(r, Rejected)} <= {"not answered yet"}
    cut = sum(len(item["answerText"] or "") == 258 for item in items)
    assert sum(r.is_answer_truncated for r in records) == cut
    cut = sum(len(item["questionText"]) == 255 for item in items if item["answerText"])
    assert sum(r.is_question_truncated for r in records) == cut


def test_a_day_in_words_is_read_as_it_is_written() -> None:
    days = [date(2022, month, 6) for month in range(1, 13)]
    assert [parse_date(british_date(day)) for day in days] == days
    assert british_date(days[6]) == "6 July 2022"
