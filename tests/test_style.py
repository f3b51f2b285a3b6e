"""Whose answer a text reads like: by hand, by forms of address, and in the order of results."""

from __future__ import annotations

import math

import numpy as np
import pytest

from index import Index
from index.departments import asked
from index.ranking import style
from index.ranking.style import FURTHEST, Style
from index.told import FIELDS, Told, number, pack

from .fakes import HashingEmbedder, make_record

RAIL, FARM = "Department for Transport", "Department for Environment, Food and Rural Affairs"


def told(*bodies: list[str], addressee: tuple[str, ...] = ()) -> Told:
    fields = {"body": [], "addressee": list(addressee)}
    return Told.unpack(
        [
            pack((0, 0), [{**fields, "body": body}.get(name, []) for name in FIELDS])
            for body in bodies
        ]
    )


@pytest.fixture
def two() -> Style:
    words = {"train": (50, 0), "cow": (0, 100), "the": (1, 1)}
    ordered = sorted(words, key=number)
    return Style(
        departments=(RAIL, FARM),
        words=np.array([number(word) for word in ordered], dtype=np.uint32),
        weights=np.array([words[word] for word in ordered], dtype=np.int8),
        scale=np.array([0.02, 0.01], dtype=np.float32),
        bias=np.array([0.0, 0.5], dtype=np.float32),
    )


def test_odds_by_hand(two) -> None:
    found = two.logits(told(["train", "train", "ferry", "cow"], ["ferry"], []))
    # A word that comes twice counts 1 + log 2; both known words share by the root of two.
    train = (1 + math.log(2)) * 1.0 / math.sqrt(2)
    assert found[0].tolist() == pytest.approx([train, 1.0 / math.sqrt(2) + 0.5])
    assert found[1:].tolist() == [[0.0, 0.5], [0.0, 0.5]]


def test_how_far_whom_a_question_asks_is_behind(two) -> None:
    texts = told(["cow"], ["train"])
    asks_rail = "To ask the Secretary of State for Transport"
    assert two.behind(texts, asks_rail).tolist() == pytest.approx([-1.5, 0.0])
    assert two.behind(texts, "To ask the Prime Minister").tolist() == [0, 0]
    assert two.behind(texts, "").tolist() == [0, 0]
    far = Style(two.departments, two.words, two.weights, two.scale * 50, two.bias)
    assert far.behind(texts, asks_rail).tolist() == [-FURTHEST, 0]


def test_a_record_that_says_whose_it_is_is_not_guessed_at(two) -> None:
    texts = told(["cow"], addressee=("transport",))
    assert two.behind(texts, "To ask the Secretary of State for Transport").tolist() == [0]


def test_what_is_saved_is_what_is_read(two, tmp_path) -> None:
    two.save(tmp_path / "two.safetensors")
    again = Style.read(tmp_path / "two.safetensors")
    assert again.departments == two.departments
    for name in ("words", "weights", "scale", "bias"):
        assert getattr(again, name).tolist() == getattr(two, name).tolist()


def test_the_departments_learnt_are_ones_that_can_be_asked() -> None:
    known = style.load()
    assert (np.diff(known.words.astype(np.int64)) > 0).all()
    for department in known.departments:
        assert asked(f"To ask the Minister, {department}") == department
    assert {RAIL, FARM, "Treasury", "Home Office"} <= set(known.departments)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("To ask the Secretary of State for the Home Department", "Home Office"),
        ("the Secretary of State for Home Affairs", "Home Office"),
        ("To ask the Chancellor of the Exchequer", "Treasury"),
        ("To ask the Deputy Foreign Secretary", "Foreign, Commonwealth and Development Office"),
        (
            "To ask the Secretary of State for Foreign, Commonwealth and Development Affairs",
            "Foreign, Commonwealth and Development Office",
        ),
        (
            "To ask the Secretary of State for Levelling Up, Housing and Communities",
            "Ministry of Housing, Communities and Local Government",
        ),
        ("To ask the Secretary of State for Transport, To ask the Secretary of State", RAIL),
        ("To ask the Secretary of State for Environment, Foot and Rural Affairs", FARM),
        ("To ask the Solicitor General", "Attorney General"),
        ("To ask the Prime Minister", None),
        ("To ask the hon. Member for Examplebury, representing the Church Commissioners", None),
        ("His Majesty's Government", None),
        ("", None),
    ],
)
def test_whom_a_form_of_address_asks(address, expected) -> None:
    assert asked(address) == expected


def test_of_texts_alone_those_of_the_department_asked_come_first(tmp_path) -> None:
    alone = {"department": None, "question": "", "heading": None, "asker": None, "answerer": None}
    texts = {
        "rail": "The number of examples is not held.  Train operators run railway stations.",
        "farm": "The number of examples is not held.  Farmers keep livestock and cattle.",
    }
    with Index.open_or_create(tmp_path, embedder=HashingEmbedder()) as index:
        index.add(make_record(name, text=text, **alone) for name, text in texts.items())
        for name, asks in (("rail", "Transport"), ("farm", "Environment, Food and Rural Affairs")):
            query = f"To ask the Secretary of State for {asks}, how many examples there are."
            first = index.retrieve(query, k=2).passages[0]
            assert first.record.id == name
