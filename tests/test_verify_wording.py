"""The same in other words, and something else in the same words."""

from __future__ import annotations

import pytest

from assistant.types import Verdict
from assistant.verify import verify

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


def within(sentence: str) -> list[str]:
    return [f"Some other words stand here. {sentence} Nothing follows it."]


@pytest.mark.parametrize(("claim", "given"), REWORDED)
def test_the_same_in_other_words(claim: str, given: str) -> None:
    checked = verify(claim, within(given))
    assert checked.verdict is Verdict.SUPPORTED, checked.reason


@pytest.mark.parametrize(("claim", "given"), TWISTED)
def test_something_else_in_the_same_words(claim: str, given: str) -> None:
    assert verify(claim, within(given)).verdict is not Verdict.SUPPORTED
