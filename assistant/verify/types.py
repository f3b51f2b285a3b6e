"""What a check gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..types import Verdict

MissingKind = Literal[
    "quotation",
    "figure",
    "date",
    "name",
    "word",
    "negation",
    "modality",
    "order",
    "condition",
]

GRAVE: frozenset[MissingKind] = frozenset(
    {"quotation", "figure", "date", "name", "negation", "modality", "order"}
)
"""One of these makes a sentence unsupported; the others leave it partly supported."""


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that the evidence does not bear out: its words, and why, in plain English."""

    kind: MissingKind
    text: str
    note: str


@dataclass(frozen=True, slots=True)
class Checked:
    """The verdict on a claim; `reason` is a sentence or two for the reader."""

    verdict: Verdict
    reason: str
    missing: tuple[Missing, ...] = ()
