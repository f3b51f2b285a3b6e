"""What sort of reply a record makes, told from its words (invented records)."""

from __future__ import annotations

import pytest

from assistant.replies import is_refusal, kind_of, references, reply_of
from assistant.terminal import notes
from assistant.types import ReplyKind

from .fakes import make_record

K = ReplyKind


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("The information requested is not held centrally.", K.NOT_HELD),
        ("The Department does not hold data on the number of owls.", K.NOT_HELD),
        ("No data is collected on owls kept privately.", K.NOT_HELD),
        (
            "Figures on owls in individual constituencies are not held by the department.",
            K.NOT_HELD,
        ),
        ("Although Owl TV holds a licence, it is not available on any service.", K.SUBSTANTIVE),
        ("We have not held any discussions with the Owl Trust.", K.SUBSTANTIVE),
        ("Owls disproportionately prefer barns.", K.SUBSTANTIVE),
        (
            "The information is not held centrally and could be provided only at "
            "disproportionate cost.",
            K.DISPROPORTIONATE_COST,
        ),
        (
            "I will write to the hon. Member and place a copy of my letter in the Library of the "
            "House.",
            K.WILL_WRITE,
        ),
        (
            "I have asked the Chief Inspector to write to my hon. Friend, the Member for Ayle.",
            K.WILL_WRITE,
        ),
        (
            "The Owl Service will write directly to all councils setting this out.",
            K.SUBSTANTIVE,
        ),
        ("The plans will not be placed in the Library.", K.SUBSTANTIVE),
        ("The Government has no current plans to license owls.", K.NO_PLANS),
        ("We do not intend to publish the register.", K.NO_PLANS),
        ("The previous Government had no plans to license owls.", K.SUBSTANTIVE),
        ("We do not intend to provide a running commentary.", K.SUBSTANTIVE),
        (
            "The Department for Owls has indicated that it will not be possible to answer this "
            "question within the usual time period.",
            K.HOLDING,
        ),
        (
            "It has not proved possible to respond to the hon. Member in the time available "
            "before Prorogation.",
            K.HOLDING,
        ),
        (
            "Your letter of 9 July came and we will respond shortly.",
            K.SUBSTANTIVE,
        ),
        (
            "I refer the hon. Member to the answer of 3 July 2025 to Question 63139.",
            K.REFERS_TO_EARLIER,
        ),
        ("I responded to the right hon. Member on 3 July 2025.", K.REFERS_TO_EARLIER),
        ("We responded to the consultation on 3 July 2025.", K.SUBSTANTIVE),
        ("I refer the Hon Member to the Written Ministerial Statement of 5 May.", K.SUBSTANTIVE),
        (
            "The information requested is provided in the table attached with this answer.",
            K.ATTACHED,
        ),
        (
            "A response to the Hon. Lady’s Parliamentary Question of 30/07/24 is attached.",
            K.ATTACHED,
        ),
        ("The attached spreadsheet shows the number of owls by county since 2010/11.", K.ATTACHED),
        ("Our 14 barns are listed in the attached table.", K.SUBSTANTIVE),
        ("All owls have a plastic ring attached.", K.SUBSTANTIVE),
        ("Great importance is attached to information on owls.", K.SUBSTANTIVE),
        ("The figures can be found in the attached link.", K.SUBSTANTIVE),
        ("While data for 2010 is not available, 16 barns were open in 2024.", K.SUBSTANTIVE),
        (
            "We do not hold records of applications but, since 2008, around 2,500 badges were "
            "awarded.",
            K.SUBSTANTIVE,
        ),
    ],
)
def test_a_sentence_is_known_by_its_set_phrases(sentence: str, kind: ReplyKind) -> None:
    assert kind_of(sentence) is kind


def test_no_plans_is_an_answer_and_the_others_give_nothing() -> None:
    assert not is_refusal(K.NO_PLANS)
    assert not is_refusal(K.SUBSTANTIVE)
    assert is_refusal(K.NOT_HELD)
    assert is_refusal(K.WILL_WRITE)


def test_a_record_is_what_its_refusing_sentence_says_and_the_span_shows_it() -> None:
    text = "It will take time to collate this. I will write to the hon. Member."
    record = make_record("1", text=text)
    reply = reply_of(record)
    assert reply.kind is K.WILL_WRITE
    assert record.text[reply.start : reply.end] == "I will write to the hon. Member."


def test_a_record_that_also_gives_a_figure_is_no_refusal() -> None:
    text = "There are 412 bridges. Data on private bridges is not held."
    assert reply_of(make_record("1", text=text)).kind is K.SUBSTANTIVE
    # A date is no figure.
    text = "The register opened on 5 May 2020. Data on private bridges is not held."
    assert reply_of(make_record("1", text=text)).kind is K.NOT_HELD


def test_an_answer_that_is_an_attached_file_gives_nothing_here() -> None:
    assert reply_of(make_record("1", text="The attached table shows it.")).kind is K.ATTACHED
    assert is_refusal(K.ATTACHED)
    text = "There are 412 bridges. The attached table lists them."
    assert reply_of(make_record("1", text=text)).kind is K.SUBSTANTIVE


def test_a_pointer_to_what_is_published_does_not_make_a_refusal_an_answer() -> None:
    pointer = "Further data can be found at https://example.org/" + "statistics and more " * 30
    text = f"The Department does not hold this information. {pointer}."
    assert reply_of(make_record("1", text=text)).kind is K.NOT_HELD


def test_a_remark_in_a_long_answer_does_not_name_the_reply() -> None:
    policy = "We support owls in many ways and work with councils on it. " * 8
    text = f"{policy}Data on private owls is not held. {policy}"
    assert reply_of(make_record("1", text=text)).kind is K.SUBSTANTIVE


def test_no_plans_may_close_an_account_of_policy_but_not_a_report_of_figures() -> None:
    policy = "We support owls in many ways and work with councils on it. " * 4
    assert reply_of(make_record("1", text=f"{policy}There are no plans to do more.")).kind is (
        K.NO_PLANS
    )
    figures = "We repaired 491 barns. There are no plans to repair others."
    assert reply_of(make_record("1", text=figures)).kind is K.SUBSTANTIVE


def test_the_official_mark_counts_only_where_the_words_bear_it_out() -> None:
    short = make_record("1", text="A reply will follow.", is_holding=True)
    assert reply_of(short).kind is K.HOLDING
    full = make_record("1", text="We repaired 412 bridges at a cost of £18 million. " * 4)
    assert reply_of(full.model_copy(update={"is_holding": True})).kind is K.SUBSTANTIVE
    assert reply_of(make_record("1", text="No.", is_withdrawn=True)).kind is K.WITHDRAWN


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("the answer to Question UIN 15758 on 3 December 2024", ("15758",)),
        ("the answer given in response to PQ 4875 and PQ 4876", ("4875", "4876")),
        ("my answer to Questions 2501, 2502 and 2779", ("2501", "2502", "2779")),
        ("the answers on 12 and 13 September 2023 to Questions 198306 and 198308", None),
        ("see https://x.org/written-questions/detail/2024-12-09/hl3289", ("HL3289",)),
        ("UIN HL3289 (https://x.org/written-questions/detail/2024-12-09/hl3289)", ("HL3289",)),
        ("There were 412 bridges on 3 July 2025.", ()),
        ("Question 7 May 2024", ()),
    ],
)
def test_the_numbers_of_questions_referred_to(text: str, numbers: tuple[str, ...] | None) -> None:
    assert references(text) == (("198306", "198308") if numbers is None else numbers)


HOLDING = (
    "The Department has indicated that it will not be possible to answer this question within "
)


@pytest.mark.parametrize(
    ("text", "is_put_off"),
    [
        (f"{HOLDING}the usual time period. An answer is being prepared.", True),
        ("A reply will follow.", True),
        ("There are 61 areas in Ayle, of which 15 are in the top tenth. " * 3, False),
    ],
)
def test_a_full_answer_that_its_source_marks_as_a_holding_reply_answers(
    text: str, is_put_off: bool
) -> None:
    record = make_record("1", text=text, is_holding=True)
    assert record.is_put_off is is_put_off
    note = "had not yet answered" if is_put_off else "though it answers"
    assert any(note in line for line in notes(record))
    assert not make_record("2", text=text).is_put_off


def test_a_figure_beside_an_address_is_told_all_the_same() -> None:
    text = (
        "The Department does not hold information on those who wait. Statistics "
        "(https://example.org/housing) show that 740 households were on the list in Ayle."
    )
    assert reply_of(make_record("1", text=text)).kind is K.SUBSTANTIVE
