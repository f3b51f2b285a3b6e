"""Text: what a person would read in the HTML, and where its sentences begin and end."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.text import fold, html_to_text, sentences, strip_boilerplate


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


# --- HTML ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One.</p><p>Two.</p>", "One.\n\nTwo."),
        ("<p>One.</p><p> </p><p>&nbsp;</p><p>Two.</p>", "One.\n\nTwo."),
        ("<p>One<br>two</p>", "One\ntwo"),
        ("<p>One.<br> <br>Two.</p>", "One.\n\nTwo."),
        ("<ul><li>red</li><li>blue</li></ul>", "- red\n- blue"),
        ("<ul><li>red</li></ul><ul><li>blue</li></ul>", "- red\n- blue"),
        (
            "<p>See:</p><ol start='3'><li><p>red</p></li><li>blue</li></ol>",
            "See:\n\n3. red\n4. blue",
        ),
        ("<ol type='a'><li>red</li><li value='5'>blue</li></ol>", "a. red\ne. blue"),
        ("<ul><li>red<ul><li>pale</li></ul></li><li>blue</li></ul>", "- red\n  - pale\n- blue"),
        ("<p>fish&nbsp;&amp;\u200bchips \u202f now</p>", "fish &chips now"),
        ("<p>5 &lt; 6 & 7</p>", "5 < 6 & 7"),
        ("<p>a<script>x()</script><!-- no --><style>p{}</style>b</p>", "ab"),
        ("<p>tab\x00\x07\there</p>", "tab here"),
        ("<p>Never <b>closed <i>at all", "Never closed at all"),
        ("no tags & none\nneeded,  5 < 6 &amp; 7", "no tags & none\nneeded, 5 < 6 & 7"),
        ("https://example.org/?a=1&copy=2", "https://example.org/?a=1&copy=2"),
        ("", ""),
        ("<!-- nothing -->", ""),
        ("<p>cut off by \ud800 half a character</p>", "cut off by \ufffd half a character"),
        ('<?xml version="1.0" encoding="utf-16"?><p>caf\u00e9</p>', "caf\u00e9"),
    ],
)
def test_html_becomes_the_text_a_reader_sees(html: str, text: str) -> None:
    assert html_to_text(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("CO<sub>2</sub> levels", "CO2 levels"),
        ("700km<sup>2</sup> of land", "700km2 of land"),
        ("30 kg/m<sup>2</sup>.", "30 kg/m2."),
        ("on 17<sup>th</sup> July", "on 17th July"),
        ("December 23<sup>2</sup>", "December 23²"),
        ("10<sup>6</sup> people", "10⁶ people"),
        ("Unallocated <sup>3</sup>", "Unallocated ³"),
        ("Total<sup>a</sup>", "Total (a)"),
    ],
)
def test_raised_and_lowered_text_never_changes_a_figure(html: str, text: str) -> None:
    assert html_to_text(f"<p>{html}</p>") == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ('<a href="https://example.org/a">the guide</a>', "the guide (https://example.org/a)"),
        ('<a href="https://example.org/a">here.</a>', "here (https://example.org/a)."),
        ('<a href="https://example.org/a/">https://example.org/a</a>', "https://example.org/a"),
        ('<a href="https://www.example.org">example.org</a>', "example.org"),
        ('<a href="mailto:a@example.org">a@example.org</a>', "a@example.org"),
        ('<a href="mailto:a@example.org">write to us</a>', "write to us (a@example.org)"),
        ('<a href="javascript:alert(1)">press</a>', "press"),
        ('<a href="#top">top</a>', "top"),
        ('<a href="http://[broken">odd</a>', "odd"),
        ('<a href="https://example.org"> </a>', ""),
        (
            '<a href="https://x.safelinks.protection.outlook.com/?url=https%3A%2F%2Fexample.org%2Fb'
            '&amp;data=someone%40example.gov.uk">the page</a>',
            "the page (https://example.org/b)",
        ),
    ],
)
def test_a_link_shows_its_address_once(html: str, text: str) -> None:
    assert html_to_text(f"<p>{html}</p>") == text


def table(*rows: str, cell: str = "td") -> str:
    made = "".join(
        "<tr>" + "".join(f"<{cell}><p>{c}</p></{cell}>" for c in row.split("|")) + "</tr>"
        for row in rows
    )
    return f"<table><tbody>{made}</tbody></table>"


@pytest.mark.parametrize(
    ("html", "lines"),
    [
        (
            table("Town|Places (£000)", "Oldford|12", "Newford|1,300"),
            ["Town: Oldford | Places (£000): 12", "Town: Newford | Places (£000): 1,300"],
        ),
        (table(" |2021|2022", "Boats|4|5"), ["Boats | 2021: 4 | 2022: 5"]),
        (table("2021|91", "2022|95"), ["2021 | 91", "2022 | 95"]),
        (table("Boats|4", "Ships|5"), ["Boats | 4", "Ships | 5"]),
        (
            table("<b>Site</b>|<b>State</b>", "Quay|open", "Pier|shut"),
            ["Site: Quay | State: open", "Site: Pier | State: shut"],
        ),
        (
            table("Site|Owner|State", "Quay|the port|open"),
            ["Site: Quay | Owner: the port | State: open"],
        ),
        (
            "<table><tr><th>Site</th><th>Number</th></tr><tr><th>Quay</th><td>3</td></tr></table>",
            ["Site: Quay | Number: 3"],
        ),
        (
            "<table><caption>Boats by site</caption><tr><td colspan='2'>In 2022</td></tr>"
            "<tr><td>Site</td><td>Number</td></tr><tr><td>Quay</td><td>3</td></tr>"
            "<tr><td colspan='2'>In 2023</td></tr><tr><td>Quay</td><td>4</td></tr></table>",
            [
                "Boats by site",
                "In 2022",
                "Site: Quay | Number: 3",
                "In 2023",
                "In 2023 | Site: Quay | Number: 4",
            ],
        ),
        (
            "<table><tr><td rowspan='2'>Site</td><td colspan='2'>2022</td></tr>"
            "<tr><td>Boats</td><td>Ships</td></tr><tr><td>Quay</td><td>3</td><td>4</td></tr></table>",
            ["Site: Quay | 2022 – Boats: 3 | 2022 – Ships: 4"],
        ),
        (
            "<table><tr><td>Town</td><td>Year</td><td>Places</td></tr>"
            "<tr><td rowspan='2'>Oldford</td><td>2021</td><td>1</td></tr>"
            "<tr><td>2022</td><td>2</td></tr></table>",
            ["Town: Oldford | Year: 2021 | Places: 1", "Town: Oldford | Year: 2022 | Places: 2"],
        ),
        # The corner over the first column is left out: the years belong to the figures.
        (table("2021|2022", "Oldford Water|3|2"), ["Oldford Water | 2021: 3 | 2022: 2"]),
        # Days over figures are headings, over days they are the first of them.
        (table(" |31/03/2022", "Boats|4"), ["Boats | 31/03/2022: 4"]),
        (table("Kind|31/03/2022", "Boats|4"), ["Kind: Boats | 31/03/2022: 4"]),
        (table("Quay|31/03/2022", "Pier|1/4/23"), ["Quay | 31/03/2022", "Pier | 1/4/23"]),
        (table("Quay|2021", "Pier|2022"), ["Quay | 2021", "Pier | 2022"]),
        # Stretched cells that match by count.
        (
            "<table><tr><td>Month</td><td colspan='2'>In service</td><td>Retired</td></tr>"
            "<tr><td>July</td><td>40</td><td colspan='2'>52</td></tr></table>",
            ["Month: July | In service: 40 | Retired: 52"],
        ),
        # Headings given again, with another first cell, replace those before.
        (
            table("Year 1|Boats|Ships", "Quay|1|2", "Year 2|Boats|Ships", "Quay|3|4"),
            ["Year 1: Quay | Boats: 1 | Ships: 2", "Year 2: Quay | Boats: 3 | Ships: 4"],
        ),
        (
            table("Year 1|Boats|Paid (£)", "Quay|1|2", "Year 2|Boats:|Paid £", "Quay|3|4"),
            ["Year 1: Quay | Boats: 1 | Paid (£): 2", "Year 2: Quay | Boats: 3 | Paid £: 4"],
        ),
        (table("Site|Number", "Quay|", "|3"), ["Site: Quay", "Number: 3"]),
        (table("Year|Cases", "2020|315 (1.1% of all)"), ["Year: 2020 | Cases: 315 (1.1% of all)"]),
        (
            "<table><tr><td>Who</td><td>Number</td></tr><tr><td><ul><li>A</li><li>B</li></ul></td>"
            "<td>2</td></tr></table>",
            ["Who: A; B | Number: 2"],
        ),
    ],
)
def test_each_row_of_a_table_reads_on_its_own(html: str, lines: list[str]) -> None:
    assert html_to_text(f"<p>Before.</p>{html}<p>After.</p>") == "\n".join(
        ["Before.", "", *lines, "", "After."]
    )


def test_a_table_within_a_table_stays_in_its_cell() -> None:
    inner = table("x|1")
    assert html_to_text(f"<table><tr><td>Site</td><td>{inner}</td></tr></table>") == "Site | x | 1"


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 5_000 + "deep" + "</div>" * 5_000,
        "<table><tr><td>" * 500 + "deep",
        "<table>" + "<tr><td rowspan='60000' colspan='1000'>x</td></tr>" * 2_000 + "</table>",
        "<p>" + " " * 200_000 + "deep</p>",
        "<" * 50_000,
        "<a href='https://example.org'>" * 3_000,
        "&#0;&#xffff;&#x110000;&bogus;<td>stray</td></tr></table><li>item</p>",
    ],
)
def test_hostile_html_is_read_in_reasonable_time(html: str) -> None:
    started = time.perf_counter()
    assert isinstance(html_to_text(html), str)
    assert time.perf_counter() - started < 10


def test_deep_nesting_loses_no_text() -> None:
    html = "<p>first</p>" + "<div>" * 3_000 + "<p>last</p>"
    assert html_to_text(html).startswith("first")
    assert "last" in html_to_text(html)


TAGS = [
    *"<p> </p> <br> <ul> </ul> <li> <table> </table> <tr> <td> </td> <sup> </sup> <b> </b>".split(),
    *"&nbsp; &#55296; <!-- --> <caption> <thead> <script> </script> <svg> <title> </body>".split(),
    *("<ol start='x'>", "<td colspan=3>", "<th rowspan=2>", "<a href='https://e.org'>"),
]
MARKUP = st.lists(st.text(max_size=12) | st.sampled_from(TAGS), max_size=30).map("".join)


@given(MARKUP)
@settings(max_examples=300, deadline=None)
def test_any_markup_gives_clean_text(html: str) -> None:
    text = html_to_text(html)
    assert text == text.strip()
    assert "\n\n\n" not in text
    assert not any(ord(c) < 32 and c != "\n" for c in text)
    assert "\u200b" not in text
    text.encode("utf-8")


# --- sentences -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "parts",
    [
        ["One thing.", "Another thing!", "A third?", "And so on."],
        ["I refer the hon. Member to my rt. hon. Friend.", "He agrees."],
        ["I refer the Rt.Hon. Member to that.", "THE RT. HON. MEMBER IS RIGHT.", "He agrees."],
        ["I met Dr. A. B. Smith and Lt. Gen. Jones at 9.30 a.m. on Monday.", "We spoke."],
        ["It costs c. 5% or £1.5 million, e.g. in St. Ives, i.e. Cornwall, etc. in all.", "Yes."],
        ["See No. 11 and Nos. 3 to 5, p. 4, pp. 5-6, para. 7 and vol. 8.", "That is all."],
        ["No.", "The Government has no plans."],
        ["Acme Ltd. Holdings and Acme Inc. did so.", "They paid Acme Ltd.", "This was in May."],
        [
            "We work with the U.S. Department of State.",
            "We work with the U.K.",
            "The rest is ours.",
        ],
        ["He called it “done.”", "She did not (she said so.)", "That was that."],
        ["It is in the annex.[2]", "The note is there.²", "So is this."],
        ["1. The first item is long.", "It goes on."],
        ["(a) The first.", "(b) The second."],
        ["See https://example.org/a.b?c=1. for more.", "Then GOV.UK is next."],
        ["The space was lost.", "Here it was."],
        ["It depends on the next SR.", "The BBC is separate."],
        ["It is still the case.", "the rest follows from that."],
        ["We wait for the e. coli study… and go on.", "Then we stop…", "Next."],
        ["Hepatitis D.", "The NICE guidance covers it."],
        ["The statistics are here.", "https://example.org/statistics"],
    ],
)
def test_sentences_end_where_they_end(parts: list[str]) -> None:
    assert split(" ".join(parts)) == parts


def test_a_forgotten_space_still_ends_a_sentence() -> None:
    assert split("It was held open.We shall act. See Gov.Uk or Example.Org now.") == [
        "It was held open.",
        "We shall act.",
        "See Gov.Uk or Example.Org now.",
    ]


def test_lines_end_sentences_unless_they_visibly_run_on() -> None:
    text = (
        "A heading\n\nThe text runs\non here. It ends.\n\n- one item\n- another. With more\n"
        "1. a step\nTown: X | Places: 3. Or so. | Cost: £4\nTown: y | Places: 4"
    )
    assert split(text) == [
        "A heading",
        "The text runs\non here.",
        "It ends.",
        "- one item",
        "- another.",
        "With more",
        "1. a step",
        "Town: X | Places: 3. Or so. | Cost: £4",
        "Town: y | Places: 4",
    ]


def test_a_paragraph_break_always_ends_a_sentence() -> None:
    assert split("it runs\n\nhowever it does not") == ["it runs", "however it does not"]


TEXT = st.one_of(
    st.text(max_size=200),
    st.lists(
        st.sampled_from(
            [
                "hon.",
                "Mr.",
                "No.",
                "5",
                "The",
                "a.",
                "B.",
                "\n",
                "\n\n",
                " ",
                "- ",
                "1.",
                " | ",
                "?",
                "…",
                ")",
                "”",
            ]
        ),
        max_size=60,
    ).map("".join),
)


@given(TEXT)
@settings(max_examples=500, deadline=None)
def test_sentences_cover_all_and_overlap_nowhere(text: str) -> None:
    spans = sentences(text)
    assert all(start < end for start, end in spans)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    assert all(text[s:e] == text[s:e].strip() for s, e in spans)
    assert "".join("".join(text[s:e].split()) for s, e in spans) == "".join(text.split())


@pytest.mark.parametrize(
    "piece",
    ["a", " ", ".", "!", ".)", "a. ", "(", ". A", "\n", "\n ", "A.", "”", "1.", " | ", "a\n"],
)
def test_sentences_take_linear_time(piece: str) -> None:
    text = piece * (300_000 // len(piece))
    started = time.perf_counter()
    sentences(text)
    assert time.perf_counter() - started < 5


# --- set phrases ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "To ask the Secretary of State for Defence, ",
        "To ask the Secretary of State for the Home Department,",
        "To ask the Secretary of State for Foreign, Commonwealth and Development Affairs, ",
        "To ask the Secretary of State for Housing, Communities, and Local Government, ",
        "To ask the Secretary of State for Environment, Food and Rural Affairs, ",
        "To ask the Minister of State, Foreign, Commonwealth and Development Office, ",
        "To ask the Minister for the Cabinet Office, ",
        "To ask the Chancellor of the Exchequer, ",
        "To ask the Attorney General, ",
        "To ask the Prime Minister, ",
        "To ask the hon. Member for Oldford North, representing the Church Commissioners, ",
        "To ask the Right hon. Member for Oldford, representing the Speaker's Committee, ",
        "To ask His Majesty's Government ",
        "To ask Her Majesty’s Government, ",
        "To ask the Secretary of State for Transport ",
        "To ask the Secretary of State for Defence, To ask the Secretary of State for Defence, ",
        "to ask the Chair of the Committee, ",
        "o ask the Leader of the House, ",
    ],
)
@pytest.mark.parametrize("question", ["what steps, if any, he is taking.", "If she will meet him."])
def test_the_form_of_address_is_cut(address: str, question: str) -> None:
    if not address.endswith(", ") and address.endswith("Transport ") and question[0] == "I":
        pytest.skip("nothing parts a capital from a name there")
    assert strip_boilerplate(address + question) == question[0].upper() + question[1:]


def test_lettered_questions_keep_their_letters() -> None:
    question = "To ask the Secretary of State for Justice, (a) how and (b) when she will act."
    assert strip_boilerplate(question) == "(a) how and (b) when she will act."


@pytest.mark.parametrize(
    "question",
    [
        "What recent discussions she has had.",
        "",
        "   ",
        "To ask",
        "To ask the Secretary of State for X",
        "Ask away, then",
    ],
)
def test_what_has_no_form_of_address_is_unchanged(question: str) -> None:
    assert strip_boilerplate(question) == question


@given(st.text(max_size=80), st.text(max_size=80))
@settings(deadline=None)
def test_stripping_cuts_only_the_front(address: str, rest: str) -> None:
    question = f"To ask {address}, {rest}"
    kept = strip_boilerplate(question)
    assert kept == question or question.rstrip().endswith(kept[2:].rstrip())
    assert kept.strip()


def test_stripping_takes_linear_time() -> None:
    started = time.perf_counter()
    strip_boilerplate("To ask the " + "Office, " * 100_000)
    assert time.perf_counter() - started < 1


# --- folding -------------------------------------------------------------------------------


def test_folding_levels_case_space_quotes_and_dashes() -> None:
    assert (
        fold("  The  “Minister’s”\n2019–20\u00a0PLAN\u200b − A‑B ")
        == 'the "minister\'s" 2019-20 plan - a-b'
    )
    assert fold("cafe\u0301") == fold("CAFÉ")


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)
