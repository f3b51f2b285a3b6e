"""Errors as others are told them."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.service.discretion import Discretion
from index.errors import BadRequest, IndexDamaged


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("The index in /srv/my data is missing.", "The index in the data folder is missing."),
        (
            "The vectors in /srv/my data/search-1/chroma are gone.",
            "The vectors in the data folder (search-1/chroma) are gone.",
        ),
        ("See (fuser -v /srv/my data/a.lock).", "See (fuser -v the data folder (a.lock))."),
        ("No model in /opt/models/one.", "No model in a file of the server."),
        ("Not found: 'C:\\\\models\\\\one'", "Not found: 'a file of the server'"),
        ("Take an id from /api/v1/retrieve.", "Take an id from /api/v1/retrieve."),
        ("http://chroma:8000/a/b does not answer.", "http://chroma:8000/a/b does not answer."),
        ("Read and/or write, 2024/25, 1/2/3.", "Read and/or write, 2024/25, 1/2/3."),
    ],
)
def test_no_place_of_a_file_is_told(said: str, told: str) -> None:
    discretion = Discretion(Path("/srv/my data"))
    assert discretion.told(IndexDamaged(said, said)) == (told, told)


@pytest.mark.parametrize("beside", ["/srv/data2/a", "/srv/data.old/a", "/srv/data-1/a"])
def test_a_folder_whose_name_only_begins_as_ours_is_not_taken_for_it(beside: str) -> None:
    told = Discretion(Path("/srv/data")).of(IndexDamaged(f"Gone: {beside}.", "See /srv/data."))
    assert told == "Gone: a file of the server. See the data folder."


def test_what_a_caller_sent_is_given_back_to_him() -> None:
    discretion = Discretion(Path("/srv/data"))
    said = "There is no record '/a/b'."
    assert discretion.of(BadRequest(said)) == said
    assert discretion.of(BadRequest("It lies in /srv/data.")) == "It lies in the data folder."


def test_of_what_nobody_expected_only_the_sort_is_told() -> None:
    assert "KeyError" in Discretion(Path("data")).of(KeyError("/srv/data/secret"))
    assert "secret" not in Discretion(Path("data")).of(KeyError("/srv/data/secret"))


def test_what_is_left_out_is_in_the_log_once(caplog) -> None:
    discretion = Discretion(Path("/srv/data"))
    for _ in range(3):
        discretion.told(IndexDamaged("Gone: /srv/data/chroma.", "Put it back."))
        discretion.told(IndexDamaged("Nothing to hide."))
    said = [record.getMessage() for record in caplog.records]
    assert said == ["Gone: /srv/data/chroma. Put it back."]
