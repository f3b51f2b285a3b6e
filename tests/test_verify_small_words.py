"""Small words and cells of tables: a date's, a list's, a rate's, a row's."""

from __future__ import annotations

import pytest

from assistant.types import Verdict
from assistant.verify import verify

TABLE = """Ferries that were late, by cause:

Year: 2019 | Fog: 0 | Strikes: 0
Year: 2021 | Fog: 2 | Strikes: 7
Year: 2022 | Fog: 5 | Strikes: 3"""
PORTS = """Late ferries by port
North Pier | 852
South Pier | 1,088
Total | 1,940"""

PAIRS = [
    # evidence, what it bears out, what it does not
    (
        "In 2019, 400 sailors were hired.",
        "During 2019, 400 sailors were hired.",
        "Since 2019, 400 sailors were hired.",
    ),
    (
        "Since 2019, 400 sailors were hired.",
        "From 2019, 400 sailors were hired.",
        "In 2019, 400 sailors were hired.",
    ),
    (
        "The pier will open by the end of 2026.",
        "The pier will open before the end of 2026.",
        "The pier will open after the end of 2026.",
    ),
    (
        "The pier will close on 31 March 2026.",
        "The pier will close on 31/03/2026.",
        "The pier will close before 31 March 2026.",
    ),
    (
        "The pier was closed until 3 May 2024.",
        "The pier was closed up to 3 May 2024.",
        "The pier was closed from 3 May 2024.",
    ),
    (
        "The pier opened in March 2022.",
        "The pier opened in 03/2022.",
        "The pier opened in 03/2023.",
    ),
    (
        "There were 30 wrecks from 2019 to 2023.",
        "Between 2019 and 2023 there were 30 wrecks.",
        "Between 2019 and 2022 there were 30 wrecks.",
    ),
    (
        "The repairs last from July 2024 to July 2029.",
        "The repairs last from July 2024 to July 2029.",
        "The repairs last between July 2029 and July 2024.",
    ),
    (
        "Pilots and owners may apply.",
        "Owners and pilots may apply.",
        "Pilots or owners may apply.",
    ),
    (
        "No pilots or owners may apply.",
        "No pilots and no owners may apply.",
        "Pilots or owners may apply.",
    ),
    (
        "Wrecks rose to around 300.",
        "Wrecks increased to about 300.",
        "Wrecks rose by around 300.",
    ),
    (
        "Dredging costs £3 million a year.",
        "Dredging costs £3 million annually.",
        "Dredging costs £3 million.",
    ),
    (
        "Dredging costs £3 million.",
        "Dredging costs £3m.",
        "Dredging costs £3 million per year.",
    ),
    (
        "Crews are set to expand from 200 to around 300.",
        "Crews are set to expand to around 300.",
        "Crews are set to expand by around 300.",
    ),
    (
        "Some 757 harbour pilots of all ranks were seen a month.",
        "Some 757 harbour pilots of all ranks were seen per month.",
        "Some 757 harbour pilots of all ranks were seen.",
    ),
    (
        "The pier closed for want of pilots. Owing to storms, ferries were late.",
        "Because of storms, ferries were late.",
        "Because the pier closed, ferries were late.",
    ),
    (
        "Pilots are trained in March. The board keeps ferries under review.",
        "The board keeps ferries under review.",
        "Because pilots are trained, the board keeps ferries under review.",
    ),
    (
        "The harbour board will buy two ferries.",
        "Two ferries the harbour board will purchase.",
        "The harbour board could buy two ferries.",
    ),
    (TABLE, "In 2021, 7 ferries were late for strikes.", "In 2021, 7 ferries were late for fog."),
    (TABLE, "In 2021, 2 ferries were late for fog.", "In 2022, 2 ferries were late for fog."),
    (
        TABLE,
        "In 2022, with fog 5 ferries were late and with strikes 3.",
        "In 2022, with strikes 5 ferries were late and with fog 3.",
    ),
    (
        TABLE,
        "Ferries late for strikes were 7 in 2021 and 3 in 2022.",
        "Ferries late for strikes were 3 in 2021 and 7 in 2022.",
    ),
    (TABLE, "In 2021 7 strikes, in 2022 3.", "In 2021 3 strikes, in 2022 7."),
    (PORTS, "At South Pier 1,088 ferries late.", "At North Pier 1,088 ferries late."),
    (
        PORTS,
        "In total 1,940 late ferries, of which 852 at North Pier.",
        "In total 1,940 late ferries, of which 852 at South Pier.",
    ),
]


@pytest.mark.parametrize(("evidence", "true", "false"), PAIRS)
def test_told_apart(evidence: str, true: str, false: str) -> None:
    borne_out = verify(true, [evidence])
    assert {issue.kind for issue in borne_out.missing} <= {"word"}, borne_out
    assert borne_out.verdict != Verdict.UNSUPPORTED, borne_out
    assert verify(false, [evidence]).verdict != Verdict.SUPPORTED


def test_a_date_of_something_else_is_left_to_its_words() -> None:
    checked = verify(
        "Owners have reclaimed dues since April 2011.",
        ["The ferry section was introduced in April 2011."],
    )
    assert "date" not in {issue.kind for issue in checked.missing}


def test_a_row_with_the_figure_in_no_named_cell_is_not_settled() -> None:
    checked = verify("Ferries are counted to the nearest 7.", [f"To the nearest 10.\n{TABLE}"])
    assert checked.verdict == Verdict.UNSUPPORTED
