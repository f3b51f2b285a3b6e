"""Readers of copied pages and of documents."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pytest
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from index.sources import read_path
from index.types import Kind, Rejected, WrittenAnswer

from .records import SHARED, needs_records

PAGE = """Boats in Quays

(asked on 6th July 2022) - View Source

Question to the Department for Quays:

To ask Her Majesty's Government how many\u00a0boats there are in < 5 quays.


Answered by
Baroness Day of Oldford Portrait
Baroness Day of Oldford
Shadow Minister
This question was answered on 20th July 2022

There are 12 boats.

All of them float.

Reticulating Splines
"""


def read(folder: Path, content: str | bytes, name: str = "file") -> list[WrittenAnswer | Rejected]:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read_path(path))


def one(folder: Path, content: str | bytes, name: str = "file") -> WrittenAnswer:
    (record,) = read(folder, content, name)
    assert isinstance(record, WrittenAnswer), str(record)
    return record


def refused(folder: Path, content: str | bytes, name: str = "file") -> str:
    (found,) = read(folder, content, name)
    assert isinstance(found, Rejected)
    return found.reason


# --- copied pages --------------------------------------------------------------------------


def test_a_copied_page_gives_its_fields(tmp_path: Path) -> None:
    record = one(tmp_path, PAGE, "boats.txt")
    assert record.heading == "Boats in Quays"
    assert (
        record.question == "To ask Her Majesty's Government how many boats there are in < 5 quays."
    )
    assert record.text == "There are 12 boats.\n\nAll of them float."
    assert record.department == "Department for Quays"
    assert record.house == "Lords"
    assert record.answerer is not None
    assert record.answerer.name == "Baroness Day of Oldford"
    assert record.answerer_role is None
    assert (record.asked, record.answered) == (date(2022, 7, 6), date(2022, 7, 20))
    assert (record.uin, record.url, record.kind) == (None, None, Kind.WRITTEN_ANSWER)
    assert record.source == "page:boats.txt"
    assert record.id.startswith("page-")
    assert len(record.id) == 21


def test_the_id_of_a_page_hangs_on_what_does_not_change(tmp_path: Path) -> None:
    record = one(tmp_path, PAGE)
    again = PAGE.replace("There are 12", "There were 13").replace(
        "how many\u00a0boats", "How  many boats"
    )
    assert one(tmp_path, again, "other.txt").id == record.id
    assert one(tmp_path, PAGE.replace("6th July", "7th July")).id != record.id
    assert one(tmp_path, PAGE.replace("how many", "which")).id != record.id


def test_furniture_glued_to_the_last_line_is_dropped(tmp_path: Path) -> None:
    glued = PAGE.replace("float.\n\nReticulating", "float.Reticulating")
    assert one(tmp_path, glued).text.endswith("All of them float.")
    assert "Reticulating" not in one(tmp_path, PAGE.replace("\n", "\r\n")).text


def test_several_pages_in_one_file_are_several_records(tmp_path: Path) -> None:
    second = PAGE.replace("Boats in", "Ships in").replace("boats there", "ships there")
    third = second.split("There are 12")[0].replace("ships", "rafts").replace("Ships", "Rafts")
    found = read(tmp_path, PAGE + second + third)
    assert [r.heading for r in found[:2] if isinstance(r, WrittenAnswer)] == [
        "Boats in Quays",
        "Ships in Quays",
    ]
    assert isinstance(found[0], WrittenAnswer)
    assert found[0].text.endswith("float.")
    assert isinstance(found[2], Rejected)
    assert found[2].record == "answer 3"
    assert found[2].reason.startswith("the answer is missing")


@pytest.mark.parametrize(
    ("cut", "missing"),
    [
        ("(asked on 6th July 2022) - View Source\n", "asked"),
        ("This question was answered on 20th July 2022\n", "answered"),
        ("Shadow Minister\n", ""),
        (
            "To ask Her Majesty's Government how many\u00a0boats there are in < 5 quays.\n",
            "question",
        ),
        ("Question to the Department for Quays:\n", "department"),
    ],
)
def test_a_page_may_lack_a_line(tmp_path: Path, cut: str, missing: str) -> None:
    assert cut in PAGE
    record = one(tmp_path, PAGE.replace(cut, ""))
    assert "There are 12 boats." in record.text
    assert record.heading == "Boats in Quays"
    for name in ("asked", "answered", "question", "department"):
        assert bool(getattr(record, name)) == (name != missing) or name == "question"


@pytest.mark.parametrize(
    ("address", "house"),
    [
        ("To ask His Majesty’s Government what", "Lords"),
        ("To ask the Secretary of State for Quays, what", "Commons"),
        (
            "To ask the hon. Member for Oldford, representing the Church Commissioners, what",
            "Commons",
        ),
        ("What", "Lords"),  # the name of the one who answers is a peer's
    ],
)
def test_the_house_is_known_by_the_form_of_address(
    tmp_path: Path, address: str, house: str
) -> None:
    assert (
        one(tmp_path, PAGE.replace("To ask Her Majesty's Government how", address)).house == house
    )


@needs_records
@pytest.mark.records
def test_the_real_page_is_read_exactly() -> None:
    (record,) = read_path(SHARED / "pages" / "human-trafficking-2022-07-06.txt")
    assert isinstance(record, WrittenAnswer)
    assert record.heading == "Human Trafficking"
    assert record.department == "Home Office"
    assert record.house == "Lords"
    assert record.answerer is not None
    assert record.answerer.name == "Baroness Williams of Trafford"
    assert (record.asked, record.answered) == (date(2022, 7, 6), date(2022, 7, 20))
    assert record.question.startswith("To ask Her Majesty's Government ")
    assert record.question.endswith(" the UK.")
    assert record.text.endswith("UK.")
    assert record.text.count("\n\n") == 4
    assert "Reticulating" not in record.text
    assert "Whip" not in record.text


# --- documents -----------------------------------------------------------------------------

HTML = """<!DOCTYPE html><html><head><title>Boat guidance - GOV.UK</title>
<link rel="canonical" href="https://example.org/boats"><meta name="govuk:public-updated-at"
content="2024-05-03T10:00:00Z"><meta name="govuk:primary-publishing-organisation"
content="Department for Quays"><style>p{}</style></head><body><header>Menu</header><nav>Home</nav>
<main><h1>Boat guidance</h1><p>Boats must float.</p><nav>On this page</nav> Mind the tail.</main>
<footer>Crown copyright</footer></body></html>"""


def test_a_web_page_gives_its_main_part(tmp_path: Path) -> None:
    record = one(tmp_path, HTML, "boats.data")
    assert record.kind is Kind.DOCUMENT
    assert record.heading == "Boat guidance"
    assert record.text == "Boat guidance\n\nBoats must float.\n\nMind the tail."
    assert record.url == "https://example.org/boats"
    assert record.answered == date(2024, 5, 3)
    assert record.department == "Department for Quays"
    assert record.source == "document:boats.data"
    assert one(tmp_path, HTML.replace("must float", "may sink"), "b.html").id == record.id


def test_a_web_page_without_an_address_is_known_by_name_and_title(tmp_path: Path) -> None:
    bare = "<html><body><h1>Boats</h1><p>Published 3 May 2024</p><p>They float.</p></body></html>"
    record = one(tmp_path, bare, "a.html")
    assert (record.heading, record.url, record.answered) == ("Boats", None, date(2024, 5, 3))
    assert record.id != one(tmp_path, bare, "b.html").id


def test_markdown_gives_title_date_and_department(tmp_path: Path) -> None:
    text = (
        "---\ntitle: Boats\ndate: 2024-05-03\ndepartment: Quays\n---\n\n# Ignored\n\nThey float.\n"
    )
    record = one(tmp_path, text)
    assert (record.heading, record.answered, record.department) == (
        "Boats",
        date(2024, 5, 3),
        "Quays",
    )
    assert record.text == "Ignored\n\nThey float."
    assert one(tmp_path, "# The title #\n\nWords.").heading == "The title"


def test_markdown_keeps_tables_lists_and_links_and_no_signs(tmp_path: Path) -> None:
    text = (
        "# Eels\n\n2 May 2023\n\n| Place | Eels |\n|---|---|\n| Leeds | 4 |\n| York | **5** |\n\n"
        "Eels *are* fish that\nswim.\n\n- one\n- two\n\nSee [the list](https://example.org/x). "
        "A <b>tag</b> is text.\n"
    )
    record = one(tmp_path, text)
    assert (record.heading, record.answered) == ("Eels", date(2023, 5, 2))
    assert record.text == (
        "Eels\n\n2 May 2023\n\nPlace: Leeds | Eels: 4\nPlace: York | Eels: 5\n\n"
        "Eels are fish that swim.\n\n- one\n- two\n\nSee the list (https://example.org/x). "
        "A <b>tag</b> is text."
    )


def test_a_plain_text_with_numbers_and_rules_is_not_taken_for_markdown(tmp_path: Path) -> None:
    record = one(tmp_path, "Reply\n\nQuestion #4 is about 3*4*5 and a_b_c.\n\n----\n\nYours")
    assert "#4 is about 3*4*5 and a_b_c" in record.text


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("Published 3 May 2024", date(2024, 5, 3)),
        ("Date: 3rd May 2024", date(2024, 5, 3)),
        ("Date of issue: 03/05/2024", date(2024, 5, 3)),
        ("3 May 2024", date(2024, 5, 3)),
        ("Published on 31 February 2024", None),
        ("It began on 3 May 2024 and went on.", None),
    ],
)
def test_a_date_near_the_top_dates_a_document(tmp_path: Path, line: str, day: date | None) -> None:
    record = one(tmp_path, f"Reply to a request\n\n{line}\n\nWe hold the figures.")
    assert record.answered == day
    assert record.heading == "Reply to a request"


def test_lines_broken_by_a_margin_are_joined(tmp_path: Path) -> None:
    text = (
        "Reply\n\nWe hold the figures that you asked for and have set\n"
        "Them out below in the order in which you asked for them\nand no other.\n"
        "- one\n- two\n\nYours\nA. N. Official\n"
    )
    assert one(tmp_path, text).text == (
        "Reply\n\nWe hold the figures that you asked for and have set Them out below in the order "
        "in which you asked for them and no other.\n- one\n- two\n\nYours\nA. N. Official"
    )


def pdf(*pages: list[str], lock: str = "", **info: str) -> bytes:
    """A PDF whose pages have the given lines."""
    writer = PdfWriter()
    for lines in pages:
        page = writer.add_blank_page(600, 800)
        font = DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Font"),
                NameObject("/Subtype"): NameObject("/Type1"),
                NameObject("/BaseFont"): NameObject("/Helvetica"),
            }
        )
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): writer._add_object(font)})}
        )
        stream = DecodedStreamObject()
        shown = "".join(f"({line}) Tj T* " for line in lines)
        stream.set_data(f"BT /F1 12 Tf 14 TL 50 700 Td {shown} ET".encode())
        page[NameObject("/Contents")] = writer._add_object(stream)
    writer.add_metadata({f"/{key}": value for key, value in info.items()})
    if lock:
        writer.encrypt(lock, algorithm="RC4-128")
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def test_a_pdf_gives_its_text_title_and_date(tmp_path: Path) -> None:
    data = pdf(
        ["Boats in quays", "Published 3 May 2024", "1"],
        [
            "They float because they are made of timber and are informa-",
            "tion. Such information is of use.",
            "2",
        ],
        Title="Boats: a report",
        Author="Department for Quays",
    )
    record = one(tmp_path, data, "report.pdf")
    assert record.heading == "Boats: a report"
    assert record.answered == date(2024, 5, 3)
    assert record.department == "Department for Quays"
    assert "are information. Such information" in record.text
    assert not record.text.endswith("2")
    assert record.source == "document:report.pdf"


def test_a_pdf_without_a_true_title_takes_its_first_line(tmp_path: Path) -> None:
    data = pdf(
        ["Boats in quays", "They float."],
        Title="Microsoft Word - draft.docx",
        CreationDate="D:20240503",
    )
    record = one(tmp_path, data)
    assert (record.heading, record.answered) == ("Boats in quays", date(2024, 5, 3))


def test_a_locked_an_empty_and_a_damaged_pdf_are_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, pdf(["Secret"], lock="x")) == "it is locked with a password"
    assert refused(tmp_path, pdf([])).startswith("there is no text in it: it may be a scan")
    assert refused(tmp_path, b"%PDF-1.7\n" + b"\x00junk" * 50).startswith("it is damaged")
