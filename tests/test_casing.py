"""Places that a question gives in small letters."""

from __future__ import annotations

import pytest

from assistant import Assistant
from assistant.types import AnswerKind
from index import Index
from index.casing import restored

from .fakes import HashingEmbedder, make_record

TEXTS = {
    "ayle": ["Roads in Ayle are closed.", "Ayle has them. The town of Ayle is small."],
    "long": ["The town of Long Bexton is near."],
    "bexton": ["The town of Long Bexton is near."],
    "prison": ["There is room in prison, and Prison Officers work in Prison."],
    "labs": ["They work in Labs and in a lab."],
    "winter": ["Winter is cold. Winter fuel."],
    "lymes": ["The town of Lyme is near."],
}


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("how many in ayle?", "how many in Ayle?"),
        ("crime in prison in ayle and bexton", "crime in prison in Ayle and Bexton"),
        ("buses near long bexton today", "buses near Long Bexton today"),
        # Not where a place stands; a capital of the asker's own; no capital within a sentence; the
        # same word in another form and small; a form that the records do not have.
        ("ayle in numbers", "ayle in numbers"),
        ("homes in New bexton", "homes in New bexton"),
        ("cold in winter", "cold in winter"),
        ("work in labs", "work in labs"),
        ("roads in lymes", "roads in lymes"),
        ("what is in it", "what is in it"),
    ],
)
def test_a_place_is_written_as_the_records_write_it(typed: str, read: str) -> None:
    assert restored(typed, lambda word: TEXTS.get(word, [])) == read


def test_a_place_in_small_letters_must_be_met_all_the_same(tmp_path) -> None:
    records = [
        make_record(place, text=f"In 2023 we repaired {number} bridges in {place}.")
        for number, place in ((412, "Ayle"), (77, "Bexton"))
    ]
    with Index.open_or_create(tmp_path, embedder=HashingEmbedder()) as index:
        index.add([*records, make_record("3", text="The ferries of Corby sail to Corby.")])
        assert index.retrieve("bridges in ayle").understood.cased == "bridges in Ayle"
        assert index.retrieve("bridges in Ayle").understood.cased == ""
        asked = Assistant(index)
        answer = asked.answer("how many bridges were repaired in ayle").result()
        assert answer.kind is AnswerKind.ANSWERED
        assert "412" in answer.text
        assert "77" not in answer.text
        elsewhere = asked.answer("how many bridges were repaired in corby").result()
        assert elsewhere.kind is AnswerKind.NOT_COVERED
        assert elsewhere.uncovered == ("Corby",)
