"""Claims against what they cite: what is borne out, what is not, and what the reader is told."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, settings
from hypothesis import given as drawn
from hypothesis import strategies as st

from assistant.types import Verdict
from assistant.verify import verify
from assistant.verify.dates import Date
from assistant.verify.tokens import tokenise
from assistant.verify.words import stem

SUPPORTED, PARTLY, UNSUPPORTED = Verdict.SUPPORTED, Verdict.PARTLY, Verdict.UNSUPPORTED


def verdict(claim: str, *evidence: str) -> Verdict:
    return verify(claim, evidence).verdict


def kinds(claim: str, *evidence: str) -> set[str]:
    return {missing.kind for missing in verify(claim, evidence).missing}


# --- The same thing written otherwise ------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    [
        "The fund trained 1,200 wardens.",
        "The fund trained 1200 wardens.",
        "The fund trained 1.2 thousand wardens.",
        "The fund trained twelve hundred wardens.",
        "The fund trained one thousand two hundred wardens.",
        "The fund trained one thousand, two hundred wardens.",
        "The fund trained 1.2k wardens.",
    ],
)
def test_a_count_may_be_written_in_any_way(written: str) -> None:
    for other in ("The fund trained 1,200 wardens.", "The fund trained 1200 wardens."):
        assert verdict(written, other) is SUPPORTED
    assert verdict(written, "The fund trained 1,300 wardens.") is UNSUPPORTED


@pytest.mark.parametrize(
    "one", ["£1.5m", "£1.5 million", "£1,500,000", "£1.50 mn", "1.5 million pounds"]
)
@pytest.mark.parametrize("other", ["£1.5m", "£1.5 million", "£1,500,000"])
def test_an_amount_may_be_written_in_any_way(one: str, other: str) -> None:
    assert verdict(f"The harbour cost {one}.", f"The harbour cost {other}.") is SUPPORTED
    assert verdict(f"The harbour cost {one}.", "The harbour cost £1.5bn.") is UNSUPPORTED


@pytest.mark.parametrize("one", ["12%", "12 per cent", "12 percent", "twelve percent", "12.0%"])
@pytest.mark.parametrize("other", ["12%", "12 per cent"])
def test_a_share_may_be_written_in_any_way(one: str, other: str) -> None:
    assert verdict(f"Ferry fares rose by {one}.", f"Ferry fares rose by {other}.") is SUPPORTED
    given = "Ferry fares rose by 12 percentage points."
    assert verdict(f"Ferry fares rose by {one}.", given) is UNSUPPORTED


@pytest.mark.parametrize(
    "written",
    [
        "6 July 2022",
        "06/07/2022",
        "6th July 2022",
        "6th of July 2022",
        "July 6, 2022",
        "2022-07-06",
        "06.07.22",
        "06/07/22",
        "July 2022",
        "2022",
    ],
)
def test_a_date_may_be_written_in_any_way_or_less_exactly(written: str) -> None:
    for day in ("on 6 July 2022", "on 06/07/2022"):
        claim = f"The lighthouse closed {written}."
        assert verdict(claim, f"The lighthouse closed {day}.") is SUPPORTED
    assert (
        verdict(f"The lighthouse closed {written}.", "It closed on 7 June 2021.") is not SUPPORTED
    )


@pytest.mark.parametrize("share", ["12 per cent", "12%", "12 percentage points", "12k"])
def test_what_stands_behind_a_share_is_read(share: str) -> None:
    given = f"The fund lost {share} slowly."
    assert (
        verdict(f"The fund lost {share} slowly.", f"The fund soon lost {share} slowly.")
        is SUPPORTED
    )
    assert verdict(f"The fund lost {share} quickly.", given) is not SUPPORTED


def test_a_date_is_not_made_more_exact() -> None:
    given = "The lighthouse closed in July 2022."
    assert kinds("The lighthouse closed on 6 July 2022.", given) == {"date"}


@pytest.mark.parametrize("one", ["2023-24", "2023/24", "2023 to 2024", "2023–2024", "2023/2024"])
@pytest.mark.parametrize("other", ["2023-24", "2023/24", "2023 to 2024"])
def test_a_financial_year_may_be_written_in_any_way(one: str, other: str) -> None:
    assert verdict(f"Grants fell in {one}.", f"Grants fell in {other}.") is SUPPORTED
    assert verdict(f"Grants fell in {one}.", "Grants fell in 2022-23.") is UNSUPPORTED


def test_days_share_their_month_and_year() -> None:
    given = "Talks were held on 6 and 8 July 2022."
    assert verdict("Talks were held on 6 July 2022.", given) is SUPPORTED
    assert verdict("Talks were held on 7 July 2022.", given) is UNSUPPORTED
    given = "Talks ran from 6 July to 8 August 2022."
    assert verdict("Talks ran from 6 July 2022 to 8 August 2022.", given) is SUPPORTED


# --- Sentences of the same evidence -----------------------------------------------------------


def test_what_is_denied_elsewhere_is_not_denied_here() -> None:
    evidence = "The pier will be repaired. The jetty will not be repaired."
    assert verdict("The jetty will not be repaired.", evidence) is SUPPORTED
    assert verdict("The pier will not be repaired.", evidence) is UNSUPPORTED


def test_a_figure_is_of_the_year_behind_it_though_another_has_none() -> None:
    given = "There were 1,200 boats in 2022 and 1,300 boats in 2023, with 40 lost."
    assert verdict("There were 1,300 boats in 2023.", given) is SUPPORTED
    assert kinds("There were 1,300 boats in 2022.", given) == {"figure"}
    # Here each is of the year before it.
    given = "In 2022 1,200 boats came, in 2023 1,300 boats, with 40 lost."
    assert verdict("In 2022 1,200 boats came.", given) is SUPPORTED


def test_a_name_from_another_sentence_does_not_stand_in() -> None:
    evidence = "Orkney built a pier. Shetland bought a crane."
    assert verdict("Shetland built a pier.", evidence) is UNSUPPORTED


def test_a_figure_from_another_sentence_does_not_stand_in() -> None:
    evidence = "Orkney has 40 ferries. Shetland has 70 ferries."
    assert verdict("Orkney has 70 ferries.", evidence) is UNSUPPORTED


def test_a_figure_is_not_put_beside_what_it_does_not_count() -> None:
    evidence = "Orkney has ferries. Shetland has 70 nurses."
    assert kinds("Orkney has 70 ferries.", evidence) == {"figure"}
    evidence = "As of February 2024, 58 ferries sailed."
    assert verdict("As of February 58, 2024 ferries sailed.", evidence) is UNSUPPORTED
    evidence = "See the answer to Question 11851 on 8 November 2024."
    assert verdict("See the answer to Question 2024 on 8 November 11851.", evidence) is UNSUPPORTED


def test_two_names_do_not_make_a_third() -> None:
    evidence = "The Orkney Board met. The Ferry Office closed."
    assert kinds("The Orkney Ferry Board met.", evidence) == {"name"}


def test_what_is_too_long_to_check_is_not_called_supported() -> None:
    names = [f"boat{n}" for n in range(500)]
    checked = verify(", ".join(names), [" ".join(names)])
    assert checked.verdict is UNSUPPORTED
    assert "too long" in checked.reason


def test_a_negative_before_the_verb_may_be_said_once_for_both() -> None:
    evidence = "We have no plans or proposals to widen the canal."
    assert verdict("We have no plans or no proposals to widen the canal.", evidence) is SUPPORTED
    evidence = "Skippers do not need a licence and are encouraged to sail."
    claim = "Skippers do not need a licence and are not encouraged to sail."
    assert verdict(claim, evidence) is UNSUPPORTED


def test_a_part_of_a_sentence_that_turns_it_about_is_not_its_word() -> None:
    evidence = "The Agency has no plans to close the pier."
    assert verdict("plans to close the pier", evidence) is UNSUPPORTED
    assert verdict("The Agency has no plans", evidence) is SUPPORTED
    assert verdict("It cost £12", "It cost £12 million.") is UNSUPPORTED
    assert verdict("It cost £1", "It cost £1,200.") is UNSUPPORTED


def test_two_sentences_are_judged_one_by_one() -> None:
    evidence = "The pier will be repaired. It cost £3 million."
    claim = "The pier will be repaired. It cost £4 million."
    checked = verify(claim, [evidence])
    assert checked.verdict is PARTLY
    assert [missing.text for missing in checked.missing][:1] == ["£4 million"]


def test_a_claim_may_rest_on_several_spans() -> None:
    spans = ["The pier will be repaired.", "It cost £3 million."]
    assert verdict("The pier will be repaired. It cost £3m.", *spans) is SUPPORTED


def test_another_answer_supports_nothing() -> None:
    evidence = "The Harbour Agency will publish tide tables in the spring."
    checked = verify("Nurses received a pay award backdated to April.", [evidence])
    assert checked.verdict is UNSUPPORTED


# --- What the reader is told ----------------------------------------------------------------


def test_nothing_cited() -> None:
    for evidence in ([], [" \n"]):
        checked = verify("The pier will be repaired.", evidence)
        assert checked.verdict is Verdict.UNCITED
        assert checked.reason == "No record is cited for this."


def test_the_reason_names_what_is_missing() -> None:
    given = "The fund trained 1,200 wardens in Orkney."
    assert "1,300" in verify("The fund trained 1,300 wardens in Orkney.", [given]).reason
    assert "Shetland" in verify("The fund trained 1,200 wardens in Shetland.", [given]).reason
    assert "“not … trained”" in verify("The fund has not trained wardens.", [given]).reason
    one = verify("The fund trained 1,200 cheerful wardens in Orkney.", [given])
    assert one.verdict is PARTLY
    assert one.reason == "The cited text does not say “cheerful”."


def test_many_reasons_are_counted_not_listed() -> None:
    checked = verify("Seven blue whales sang near Lerwick on 4 May 2020.", ["The pier shut."])
    assert checked.reason.count(".") <= 5
    assert "more." in checked.reason
    assert len(checked.missing) >= 6


# --- The parts ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [("police", "policy"), ("employer", "employee"), ("universal", "university"), ("car", "care")],
)
def test_words_that_look_alike_stay_apart(one: str, other: str) -> None:
    assert stem(one) != stem(other)


@pytest.mark.parametrize(
    "forms",
    [
        "publish publishes published publishing",
        "plan plans planned planning",
        "agree agrees agreed agreeing",
        "make makes made making",
        "policy policies",
        "assess assesses assessed assessing",
    ],
)
def test_inflections_come_together(forms: str) -> None:
    assert len({stem(word) for word in forms.split()}) == 1


def test_may_is_a_month_or_a_possibility() -> None:
    assert [token.kind for token in tokenise("in May")] == ["date"]
    assert [token.kind for token in tokenise("boats may sail")] == ["word", "modal", "word"]
    assert tokenise("on 3 May 2021")[0].date == Date(2021, 5, 3)


def test_small_words_take_no_more_with_them_than_they_mean() -> None:
    assert [token.text for token in tokenise("not only otters came")] == ["otters", "came"]
    assert [token.text for token in tokenise("no one came")] == ["no", "came"]
    assert [token.kind for token in tokenise("they said no")] == ["word", "negation"]


def test_dates_that_cannot_be_are_no_dates() -> None:
    assert not any(token.date for token in tokenise("paragraph 45/13/22"))
    assert Date(2022, 7, 6).holds(Date(2022, 7))
    assert not Date(2022, 7).holds(Date(2022, 7, 6))
    assert not Date(2023, until=2024).holds(Date(2023))


# --- Any text at all ------------------------------------------------------------------------

TEXT = st.one_of(
    st.text(max_size=200),
    st.lists(
        st.sampled_from(
            "no not will may the of £1.5m 12% 6 July 2022 and , . “ ” ' \n 1,200 Orkney if "
            "one hundred 2023-24 - / ( ) more than up to ² \u0301 \u2028 by".split(" ")
        ),
        max_size=30,
    ).map(" ".join),
)


@settings(deadline=None)
@drawn(TEXT)
@example('the "pre"-school and the "after"school club')
def test_verbatim_evidence_is_always_supported(text: str) -> None:
    expected = SUPPORTED if text.strip() else Verdict.UNCITED
    assert verify(text, [text]).verdict is expected
    assert verify(text, ["The weather was fair.", text]).verdict in (SUPPORTED, expected)


@settings(deadline=None)
@drawn(TEXT, st.lists(TEXT, max_size=3))
def test_anything_can_be_checked(claim: str, evidence: list[str]) -> None:
    checked = verify(claim, evidence)
    assert checked.reason
    assert (checked.verdict is SUPPORTED) <= (not checked.missing)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 12_000,
        "1," * 15_000,
        "9" * 25_000,
        "'a " * 2_500,
        '"' * 50_000,
        "one hundred and " * 2_500,
        "no plans to " * 3_000,
        "https://" * 5_000,
        "[" * 12_000,
        "July " * 5_000,
        "A.B." * 5_000,
        "\n" * 25_000 + "x",
        "subject to x " * 2_500,
        "once the " * 3_000,
    ],
    ids=range(14),
)
def test_long_texts_take_no_longer_than_they_must(text: str) -> None:
    began = time.process_time()
    verify(text, [text + " more"])
    verify(text[: len(text) // 2] + " end", [text])
    verify("The pier will be repaired.", [text])
    assert time.process_time() - began < 10


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        ("Network Rail will be replaced by another body in due course.", Verdict.UNSUPPORTED),
        ("The Delivery Group will be replaced by another body in due course.", Verdict.SUPPORTED),
    ],
)
def test_a_name_that_shares_a_word_with_another_is_not_that_one(
    claim: str, verdict: Verdict
) -> None:
    cited = (
        "Network Rail has an arm abroad. "
        "The Rail Delivery Group will be replaced by another body in due course."
    )
    assert verify(claim, [cited]).verdict is verdict


IN_TURN = "Wardens cost £50,934 in 2021 and £156,907 in 2022."
BY_PLACE = "There were 2,310 wardens in Orkney and 310 wardens in Bexton."
YEAR_FIRST = "In 2022 there were 1,200 wardens, in 2023 1,300, and in 2024 1,400."
PLACE_FIRST = "In Orkney there were 2,310 wardens and in Bexton 310."
YEARS_IN_ROW = "Cost of wardens | 2019/20: 193 | 2020/21: 315 | 2021/22: 301"
PLACES_IN_ROW = "Wardens by nation | England: 2,310 | Wales: 310"
AMID_DATES = "The March 2025 forecast has wardens rising from 546 in 2026 to 1,024 in 2029."
LAST_WITHOUT = "In 2022 there were 1,200 wardens, in 2023 1,300, and in 2024 nobody knew."
RISING = "Arrests rose from 546 in 2021 to 1,024 in 2023."
A_DAY_AND_A_YEAR = "On 17 November we confirmed £30, in 2026, for lamps and £20."
RATE_IN_ROW = "Wardens per 100 boats | 2022: 3 | 2023: 4"
ONE_DATE_EACH = "In May 2024 we gave £30 for use in June 2025, with £20 to come."


@pytest.mark.parametrize(
    ("given", "claim", "found"),
    [
        (IN_TURN, "Wardens cost £50,934 in 2021.", SUPPORTED),
        (IN_TURN, "Wardens cost £156,907 in 2022.", SUPPORTED),
        (IN_TURN, "Wardens cost £156,907 in 2022 and £50,934 in 2021.", SUPPORTED),
        (IN_TURN, "Wardens cost £156,907 in 2021.", UNSUPPORTED),
        (IN_TURN, "Wardens cost £50,934 in 2022.", UNSUPPORTED),
        (BY_PLACE, "There were 310 wardens in Bexton.", SUPPORTED),
        (BY_PLACE, "There were 310 wardens in Orkney.", UNSUPPORTED),
        (BY_PLACE, "There were 2,310 wardens in Bexton.", UNSUPPORTED),
        (YEAR_FIRST, "In 2023 there were 1,300 wardens.", SUPPORTED),
        (YEAR_FIRST, "There were 1,300 wardens in 2023.", SUPPORTED),
        (YEAR_FIRST, "There were 1,400 wardens in 2024.", SUPPORTED),
        (YEAR_FIRST, "In 2023 there were 1,300 wardens and in 2024 1,400.", SUPPORTED),
        (YEAR_FIRST, "In 2022 there were 1,300 wardens.", UNSUPPORTED),
        (YEAR_FIRST, "In 2022 there were 1,200 wardens, in 2023 1,400.", UNSUPPORTED),
        (IN_TURN, "In 2022 wardens cost £156,907.", SUPPORTED),
        (IN_TURN, "In 2021 wardens cost £156,907.", UNSUPPORTED),
        (IN_TURN, "In 2021 wardens cost £50,934, and in 2022 £156,907.", SUPPORTED),
        (IN_TURN, "In 2021 wardens cost £156,907, and in 2022 £50,934.", UNSUPPORTED),
        (PLACE_FIRST, "In Orkney there were 2,310 wardens.", SUPPORTED),
        (PLACE_FIRST, "In Bexton there were 2,310 wardens.", UNSUPPORTED),
        (YEARS_IN_ROW, "Cost of wardens was 193 in 2019/20, 315 in 2020/21.", SUPPORTED),
        (YEARS_IN_ROW, "In 2020/21 cost of wardens was 315.", SUPPORTED),
        (YEARS_IN_ROW, "In 2020/21 cost of wardens was 193.", UNSUPPORTED),
        (YEARS_IN_ROW, "Cost of wardens was 301 in 2019/20.", UNSUPPORTED),
        (PLACES_IN_ROW, "There were 310 wardens in Wales.", SUPPORTED),
        (PLACES_IN_ROW, "There were 310 wardens in England.", UNSUPPORTED),
        (AMID_DATES, "The forecast has 1,024 wardens in 2029.", SUPPORTED),
        (AMID_DATES, "The forecast has wardens rising from 1,024 in 2026.", UNSUPPORTED),
        (ONE_DATE_EACH, "We gave £30 for use in June 2025.", SUPPORTED),
        (A_DAY_AND_A_YEAR, "We confirmed £30 in 2026.", SUPPORTED),
        (LAST_WITHOUT, "In 2023 there were 1,300 wardens.", SUPPORTED),
        (RISING, "From 2021 arrests rose to 1,024.", SUPPORTED),
        (RISING, "By 2023 arrests rose from 546.", UNSUPPORTED),
        (RATE_IN_ROW, "In 2023 we had wardens per 100 boats.", SUPPORTED),
    ],
)
def test_a_figure_is_of_the_year_or_place_that_the_evidence_gives_it_for(
    given: str, claim: str, found: Verdict
) -> None:
    assert verdict(claim, given) is found


def test_a_figure_with_the_look_of_a_year_dates_nothing() -> None:
    given = "4 May 2025: a dinner at 10 Quay Street. It was held in 2025."
    assert verdict("4 May 10: a dinner at 2025 Quay Street.", given) is UNSUPPORTED


@pytest.mark.parametrize(
    "claim",
    [
        "There were 388 officers in 2023.",
        "There were 412 officers in 2024.",
        "There were 388 officers in Wales.",
    ],
)
def test_a_figure_of_another_sentence_s_year_or_place_is_not_supported(claim: str) -> None:
    told = "In 2023 there were 412 officers in Wales. In 2024 there were 388 officers in Kent."
    assert verify(claim, [told]).verdict is Verdict.UNSUPPORTED
    assert verify("There were 388 officers in Kent in 2024.", [told]).verdict is Verdict.SUPPORTED
