"""The same in other words, and something else in the same words."""

from __future__ import annotations

import pytest

from assistant.types import Verdict
from assistant.verify import verify

PAIRS = [
    # evidence, what it bears out, what it does not, the kind of thing that is missing
    (
        "The Ferry Office employs 300 officers in 20 schools of navigation.",
        "The Ferry Office employs 300 officers.",
        "The Ferry Office employs 300 schools.",
        "figure",
    ),
    ("Repairs cost £12 million.", "Repairs cost £12m.", "Repairs cost £12 billion.", "figure"),
    ("Repairs take 14 days.", "Repairs take fourteen days.", "Repairs take 14 weeks.", "word"),
    ("Up to 40 ferries sailed.", "At most 40 ferries sailed.", "40 ferries sailed.", "figure"),
    (
        "More than 40 ferries sailed.",
        "Over 40 ferries sailed.",
        "Fewer than 40 ferries sailed.",
        "figure",
    ),
    (
        "The Harbour Agency has no plans to close the pier.",
        "The Harbour Agency does not have plans to close the pier.",
        "The Harbour Agency has plans to close the pier.",
        "negation",
    ),
    (
        "The Harbour Agency has no plans to close the pier.",
        "The Harbour Agency has no plans to close the pier.",
        "The Harbour Agency will close the pier.",
        "modality",
    ),
    (
        "The pier will be repaired next spring.",
        "Next spring the pier will be repaired.",
        "The pier will not be repaired next spring.",
        "negation",
    ),
    (
        "The Agency is considering a toll.",
        "The Agency is considering a toll.",
        "The Agency will introduce a toll.",
        "modality",
    ),
    (
        "Ministers expect to publish the tide tables.",
        "Ministers expect to publish the tide tables.",
        "Ministers published the tide tables.",
        "modality",
    ),
    (
        "Skippers may apply for a licence.",
        "Skippers might apply for a licence.",
        "Skippers will apply for a licence.",
        "modality",
    ),
    (
        "The survey is not complete and the pier will be closed.",
        "The survey is not complete, and the pier will be closed.",
        "The survey is complete and the pier will not be closed.",
        "negation",
    ),
    (
        "Orkney paid Shetland £3 million.",
        "Shetland was paid £3m by Orkney.",
        "Shetland paid Orkney £3 million.",
        "order",
    ),
    (
        "The Lighthouse Board inspects the Harbour Agency.",
        "The Harbour Agency is inspected by the Lighthouse Board.",
        "The Harbour Agency inspects the Lighthouse Board.",
        "order",
    ),
    (
        "Grants went to Orkney and Shetland in 2021.",
        "In 2021 grants went to Shetland and Orkney.",
        "Grants went to Orkney and Fair Isle in 2021.",
        "name",
    ),
    (
        "Traffic rose from 300 to 450 boats.",
        "Traffic rose from 300 to 450 boats.",
        "Traffic rose from 450 to 300 boats.",
        "order",
    ),
    (
        "The Tidal Power Scheme (TPS) closed.",
        "The TPS closed.",
        "The Tidal Heat Scheme closed.",
        "name",
    ),
    (
        "Visitors may land if they hold a permit.",
        "Visitors may land if they hold a permit.",
        "Visitors may land.",
        "condition",
    ),
    ("Only residents may land.", "Only residents may land.", "Residents may land.", "condition"),
    (
        "The Agency told us that “safety comes first”.",
        'The Agency told us that "safety comes first".',
        'The Agency told us that "speed comes first".',
        "quotation",
    ),
    (
        "Crews must not sail without a pilot.",
        "Crews must not sail without a pilot.",
        "Crews must not sail with a pilot.",
        "negation",
    ),
    (
        "See https://example.org/tides for details.",
        "See https://example.org/tides for details.",
        "See https://example.org/gales for details.",
        "word",
    ),
]


@pytest.mark.parametrize(("given", "true", "false", "kind"), PAIRS)
def test_pairs(given: str, true: str, false: str, kind: str) -> None:
    around = ("The weather was fair.", f"Boats were late. {given} Nobody complained.")
    assert verify(true, around).verdict is Verdict.SUPPORTED, verify(true, around).reason
    checked = verify(false, around)
    assert checked.verdict is not Verdict.SUPPORTED
    assert kind in {missing.kind for missing in checked.missing}


REWORDED = [
    # claim, evidence
    (
        "The Home Office trained 300 officers in 2023.",
        "In 2023, the Home Office trained 300 officers across England and Wales.",
    ),
    (
        "The Government said that it will publish the strategy in spring 2025.",
        "We will publish the strategy in spring 2025.",
    ),
    (
        "NHS England allocated £2.5m to 14 trusts.",
        "NHS England has allocated £2.5 million to 14 NHS trusts to reduce waiting times.",
    ),
    (
        "As of 31 March 2024, 1,234 claims were outstanding.",
        "There were 1,234 outstanding claims as of 31 March 2024.",
    ),
    (
        "No assessment has been made of the costs.",
        "The Department has made no assessment of the costs.",
    ),
    (
        "The Department has not made an assessment of the costs.",
        "No assessment of the costs has been made by the Department.",
    ),
    ("The scheme closed in May 2023.", "The scheme, which opened in 2019, closed in May 2023."),
    ("The Treasury does not hold this data.", "HM Treasury does not hold this data."),
    ("The review was published by Ofcom.", "Ofcom published the review."),
    (
        "The number of arrests rose from 546 to 1,024.",
        "The number of arrests rose from 546 in 2021 to 1,024 in 2023.",
    ),
    ("The Act doesn't apply in Scotland.", "The Act does not apply in Scotland."),
    ("The cap won't change.", "The cap will not change."),
    ("Councils can't charge for it.", "Councils cannot charge for it."),
    ("Officials are considering a ban.", "Officials are considering a ban on imports from 2026."),
    (
        "The Home Office has spent £3 million on hotels and £2 million on barges.",
        "The Home Office has spent £3m on hotels. It has spent £2m on barges.",
    ),
    (
        "The policy will be reviewed and published.",
        "The policy will be reviewed, and will be published.",
    ),
    (
        "The Department received 40 applications, of which 12 were approved.",
        "The Department received 40 applications. 12 applications were approved.",
    ),
    ("The fund pays £3 million each year.", "The fund pays £3 million per annum."),
    ("300 officers work in Wales.", "300 officers and 20 dogs work in Wales."),
    ("The trust has banned smoking.", "The trust has banned smoking in all wards."),
]

TWISTED = [
    # claim, evidence
    (
        "The Home Office trained 300 officers in Wales.",
        "In 2023, the Home Office trained 300 officers in England and 20 in Wales.",
    ),
    ("The Government has published the strategy.", "The Government will publish the strategy."),
    (
        "The Government will publish the strategy.",
        "The Government has been asked to publish the strategy.",
    ),
    (
        "The number of arrests fell from 546 to 1,024.",
        "The number of arrests rose from 546 to 1,024.",
    ),
    ("Israel attacked Iran.", "Iran attacked Israel."),
    ("All schools received funding.", "Some schools received funding."),
    ("Schools received funding.", "Most schools received funding."),
    ("The Minister met Ofcom before the vote.", "The Minister met Ofcom after the vote."),
    (
        "The Department made an assessment of the costs.",
        "The Department has made no assessment of the costs.",
    ),
    (
        "12% of pupils and 15% of teachers took part.",
        "15% of pupils and 12% of teachers took part.",
    ),
    (
        "1,200 arrests in 2022 and 1,300 in 2023.",
        "There were 1,300 arrests in 2022 and 1,200 in 2023.",
    ),
    ("Germany is larger than France.", "France is larger than Germany."),
    ("Exports from France to Germany rose.", "Exports from Germany to France rose."),
    ("The fund is worth £3 million a year.", "The fund is worth £3 million over five years."),
    ("The Government agreed to the request.", "The Government did not agree to the request."),
    ("The Government failed to consult councils.", "The Government consulted councils."),
    (
        "The trust employs 400 nurses and 300 doctors.",
        "The trust employs 300 nurses and 400 doctors.",
    ),
    ("Nurses earn more than doctors.", "Doctors earn more than nurses."),
    ("The minister supports the ban.", "The minister opposes the ban."),
    ("Funding rose by 5% to £30m.", "Funding rose by £30m to 5%."),
    ("The grant ended on 5 March 2024.", "The grant began on 5 March 2024."),
    ("It is untrue that fees rose.", "Fees rose."),
    ("Fees rose.", "It is untrue that fees rose."),
    ("Neither Kent nor Essex applied.", "Kent and Essex applied."),
    ("Kent applied.", "Neither Kent nor Essex applied."),
    ("Nobody objected.", "Somebody objected."),
    (
        "The Secretary of State for Defence wrote to the Secretary of State for Health.",
        "The Secretary of State for Health wrote to the Secretary of State for Defence.",
    ),
    ("The company must pay the fine.", "The company may pay the fine."),
    (
        "The Government is committed to banning it.",
        "The Government is not committed to banning it.",
    ),
    ("Officials believe costs doubled, which is true.", "Officials believe costs doubled."),
    ("Costs doubled.", "Officials believe costs doubled."),
    (
        "The Government has considered and rejected the proposal.",
        "The Government has considered the proposal.",
    ),
    ("The Government consulted councils.", "The Government failed to consult councils."),
    ("1,200 arrests in 2023.", "There were 1,200 arrests in 2022 and 1,300 in 2023."),
    ("The Government published the plan.", "The Government was asked to publish the plan."),
    ("The fund pays £3 million per year.", "The fund pays £3 million per month."),
    ("The Government permits fracking.", "The Government has refused to permit fracking."),
    ("The Government permits fracking.", "The Government has banned fracking."),
]


def test_it_stands_for_what_went_before() -> None:
    evidence = ["Orkney bought a crane. It has since been sold. We have no plans to buy another."]
    sold = verify("The crane has since been sold.", evidence)
    assert sold.verdict is Verdict.SUPPORTED, sold.reason
    for twisted in ("Teachers have since been sold.", "Fishermen have no plans to buy another."):
        assert verify(twisted, evidence).verdict is not Verdict.SUPPORTED
    # It is in the cited text, but too late to be what "it" stands for.
    late = ["A crane came. It has since been sold. Orkney has two ferries."]
    assert verify("Ferries has since been sold.", late).verdict is not Verdict.SUPPORTED


def within(sentence: str) -> list[str]:
    return [f"Some other words stand here. {sentence} Nothing follows it."]


@pytest.mark.parametrize(("claim", "given"), REWORDED)
def test_the_same_in_other_words(claim: str, given: str) -> None:
    checked = verify(claim, within(given))
    assert checked.verdict is Verdict.SUPPORTED, checked.reason


@pytest.mark.parametrize(("claim", "given"), TWISTED)
def test_something_else_in_the_same_words(claim: str, given: str) -> None:
    assert verify(claim, within(given)).verdict is not Verdict.SUPPORTED
