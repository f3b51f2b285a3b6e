"""What the index says about itself and about the work it has done."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date

from .types import Rejected


@dataclass(frozen=True, slots=True)
class AddReport:
    """What became of the records given to `Index.add`; counts of records but `chunks`.

    `kept_fuller` counts those left aside because the index holds a better copy: the full
    text of what arrived cut short, or the substantive answer that followed a holding one.
    `embedded` counts the texts that had to be embedded: chunks less those whose vector was known.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    kept_fuller: int = 0
    chunks: int = 0
    embedded: int = 0
    rejected: tuple[Rejected, ...] = ()

    @property
    def total(self) -> int:
        """Records that were read and accepted."""
        return self.added + self.changed + self.unchanged + self.kept_fuller

    def __add__(self, other: AddReport) -> AddReport:
        return AddReport(
            **{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)}
        )


@dataclass(frozen=True, slots=True)
class RemoveReport:
    """How many records were removed, and the ids that were not in the index."""

    removed: int
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facets:
    """What one can filter by, with the number of records of each."""

    departments: tuple[tuple[str, int], ...]
    houses: tuple[tuple[str, int], ...]
    first_answered: date | None
    last_answered: date | None


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """What is in the index; counts of records unless named otherwise.

    `pending` counts the chunks that a stopped ingest has left to be brought into step;
    the next change to the index does that first.
    """

    folder: str
    model: str
    records: int
    summaries: int
    holding: int
    truncated: int
    corrected: int
    withdrawn: int
    chunks: int
    pending: int
    refused: int
    size_bytes: int
    facets: Facets

    @property
    def only_sample(self) -> bool:
        """True while the bundled summaries are the only content."""
        return self.records > 0 and self.records == self.summaries
