"""What a statement depends on may not be left out of it."""

from __future__ import annotations

import pytest

from assistant.types import Verdict
from assistant.verify import verify
from assistant.verify.conditions import conditions, cuts_condition
from assistant.verify.tokens import tokenise

SUPPORTED, PARTLY = Verdict.SUPPORTED, Verdict.PARTLY

LEFT_OUT = [
    # evidence, claim, what it leaves out
    (
        "Subject to consultation, the grant will be paid from April.",
        "The grant will be paid from April.",
        "subject to consultation",
    ),
    (
        "The grant will be paid in the islands from April 2025, subject to Parliamentary approval.",
        "The grant will be paid in the islands from April 2025.",
        "subject to Parliamentary approval",
    ),
    ("The grant, if approved, will be paid.", "The grant will be paid.", "if approved"),
    (
        "Skippers may sail at night unless the harbour is shut.",
        "Skippers may sail at night.",
        "unless the harbour is shut",
    ),
    (
        "Skippers may sail at night, provided they carry a lamp.",
        "Skippers may sail at night.",
        "provided they carry a lamp",
    ),
    (
        "Skippers may sail as long as they carry a lamp.",
        "Skippers may sail.",
        "as long as they carry a lamp",
    ),
    (
        "However, where a claim is late, the council will refuse it.",
        "The council will refuse it.",
        "where a claim is late",
    ),
    (
        "Once the Bill has passed, the council will pay fees.",
        "The council will pay fees.",
        "once the Bill has passed",
    ),
    ("Where appropriate, we publish reviews.", "We publish reviews.", "where appropriate"),
    (
        "Cases can, where possible, be heard at sea.",
        "Cases can be heard at sea.",
        "where possible",
    ),
    (
        "We support crews and, where needed, send pilots.",
        "We send pilots.",
        "where needed",
    ),
    (
        "Landing is banned (except for pilots) in winter.",
        "Landing is banned in winter.",
        "except for pilots",
    ),
    (
        "The pier opened in 2019 and will close if the council agrees.",
        "The pier will close.",
        "if the council agrees",
    ),
    (
        "Grants will be paid to crews in the northern islands from next year if the pier opens.",
        "Grants will be paid.",
        "if the pier opens",
    ),
    (
        "We will legislate for safer piers when Parliamentary time allows.",
        "We will legislate for safer piers.",
        "when Parliamentary time allows",
    ),
    ("This can, where possible, include fees.", "This can include fees.", "where possible"),
    # Told as a fact.
    ("Skippers sail if the pilot agrees.", "The pilot agrees.", "if the pilot agrees"),
]


@pytest.mark.parametrize(("given", "claim", "condition"), LEFT_OUT)
def test_a_condition_left_out_is_named(given: str, claim: str, condition: str) -> None:
    for evidence in (given, f"The weather was fair. {given} Nobody complained."):
        checked = verify(claim, [evidence])
        assert checked.verdict is PARTLY, checked.reason
        assert condition in {m.text for m in checked.missing if m.kind == "condition"}
        assert f"“{condition}”" in checked.reason


def test_the_reason_is_one_plain_sentence() -> None:
    given = "Subject to consultation, the grant will be paid from April."
    checked = verify("The grant will be paid from April.", [given])
    told = "It leaves out a condition of the cited text: “subject to consultation”."
    assert checked.reason == told


KEPT = [
    # evidence, claim: the condition is of another clause, is said otherwise, or is none
    (
        "The pier opened in 2019 and will close if the council agrees.",
        "The pier opened in 2019.",
    ),
    ("We support crews and, where needed, send pilots.", "We support crews."),
    ("As crews arrived, lamps were lit if it was dark.", "Crews arrived."),
    (
        "The review closed; its report will, subject to consultation, be published.",
        "The review closed.",
    ),
    (
        "Help will reach crews by keeping piers open where possible, and a lamp was lit.",
        "Help will reach crews.",
    ),
    (
        "Skippers may land if they hold a permit.",
        "Skippers may land provided that they hold a permit.",
    ),
    (
        "Where they hold a permit, skippers may land.",
        "If they hold a permit, skippers may land.",
    ),
    (
        "Skippers may land provided they hold a permit.",
        "Skippers may land so long as they hold a permit.",
    ),
    ("Skippers may land if they hold a permit.", "If they hold a permit, skippers may land."),
    (
        "The cannons were fired, and crews are also subject to inspection in winter.",
        "The cannons were fired.",
    ),
    ("Crews are subject to inspection in winter.", "Crews are subject to inspection."),
    ("The Agency paid for lamps even if crews had some.", "The Agency paid for lamps."),
    ("The pier is being widened to see if more boats come.", "The pier is being widened."),
    ("Prices are fair (i.e. if what boats pay is fair).", "Prices are fair."),
    ("We have provided the crews with lamps in winter.", "We have provided the crews with lamps."),
]


@pytest.mark.parametrize(("given", "claim"), KEPT)
def test_what_a_condition_does_not_limit_may_be_said_without_it(given: str, claim: str) -> None:
    checked = verify(claim, [f"The weather was fair. {given} Nobody complained."])
    assert checked.verdict is SUPPORTED, checked.reason


def test_a_condition_is_not_turned_about() -> None:
    given = "Skippers may land if they hold a permit."
    checked = verify("Skippers may land unless they hold a permit.", [given])
    assert checked.verdict is not SUPPORTED


def test_a_condition_in_words_of_its_own_is_not_called_left_out() -> None:
    given = "Subject to the consent of Parliament, the grant will be paid."
    checked = verify("The grant will be paid if MPs agree to it.", [given])
    assert checked.verdict is not SUPPORTED
    assert not any("leaves out" in missing.note for missing in checked.missing)


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("Boats sail if they cannot wait.", ["if they cannot wait"]),
        ("If a long-term plan is made, boats sail.", ["if a long-term plan is made"]),
        ("İf boats sail if lamps burn.", ["if lamps burn"]),
        (
            "Boats sail if one two pilots four five six seven eight nine ten come.",
            ["if one two pilots four five six seven eight …"],
        ),
        ("Boats cost £300 excluding VAT was the answer.", ["excluding VAT"]),
        ("Boats were met as swiftly as possible at sea.", []),
        ("We said that where lamps burn, boats sail and should stay.", ["where lamps burn"]),
    ],
)
def test_a_condition_ends_where_it_should(sentence: str, shown: list[str]) -> None:
    assert [one.text for one in conditions(tokenise(sentence))] == shown


@pytest.mark.parametrize(("length", "cuts"), [(60, True), (4_000, True), (4_001, False)])
def test_a_sentence_of_any_sensible_length_is_looked_at(length: int, cuts: bool) -> None:
    sentence = "Skippers may land if they hold a permit ".ljust(length, "x")
    assert cuts_condition("Skippers may land", sentence) is cuts
