"""TheyWorkForYou's daily files: answers from 1999 (Lords) and 2001 (Commons) until today.

The folder's own listing says which days there are; a day may have been printed more than once
(a letter follows its date), and then the last counts.  Each file is one step: its records go
into the index, then the file is noted as read, with what the server needs to say later that it
has not changed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from ..errors import BadRequest, SourceRefused
from ..sources.theyworkforyou import read_daily
from ..types import House, Rejected, WrittenAnswer
from . import merge
from .http import Client, Reply
from .report import SyncReport
from .runner import Tell, alone
from .state import SyncStore

if TYPE_CHECKING:
    from ..index import Index

FIRST: dict[House, date] = {"Commons": date(2001, 6, 1), "Lords": date(1999, 11, 1)}
API_BEGINS = date(2014, 5, 31)
"""Without a last day, what the official API holds itself is left to it."""

_FOLDER: dict[House, tuple[str, str]] = {
    "Commons": ("wrans", "answers"),
    "Lords": ("lordswrans", "lordswrans"),
}
_ASK_AGAIN = timedelta(days=7)
"""A file read less than this ago is not asked for again."""

_FLUSH = 250
"""Records gathered before they are indexed; days around 2000 are short."""


@dataclass(frozen=True, slots=True)
class _File:
    path: str
    house: House
    day: date


class History:
    """Reads daily files into an index."""

    def __init__(self, index: Index, client: Client, *, tell: Tell | None = None) -> None:
        self.report = SyncReport()
        self._index = index
        self._client = client
        self._store = SyncStore(index.catalog)
        self._tell = tell or (lambda what, done, total: None)
        self._now = datetime.now(UTC)

    def run(
        self, house: House | None = None, first: date | None = None, last: date | None = None
    ) -> SyncReport:
        """Read the files of these days, oldest first.

        Raises:
            SourceUnreachable: the server cannot be reached or keeps failing.
            BadRequest: the days are in the wrong order.
        """
        last = last or (API_BEGINS if not first or first <= API_BEGINS else self._now.date())
        if first and first > last:
            raise BadRequest(f"The first day ({first}) is later than the last ({last}).")
        houses: Sequence[House] = (house,) if house else ("Commons", "Lords")
        scope = f"{house or 'both'}:all"
        with alone(self._index.folder), self._store.run("history", scope, self.report.counts):
            try:
                files = [f for h in houses for f in self._files(h, first or FIRST[h], last)]
                self._read_all(sorted(files, key=lambda file: (file.day, file.house)))
                self._drop_doubled()
            finally:
                self.report.requests = self._client.requests
        return self.report

    def _files(self, house: House, first: date, last: date) -> list[_File]:
        folder, prefix = _FOLDER[house]
        try:
            page = self._client.get_file(f"{folder}/").content.decode("utf-8", "replace")
        except SourceRefused:
            # No listing: every day is asked for, and most that are missing are weekends.
            days = (first + timedelta(days=n) for n in range((last - first).days + 1))
            return [_File(f"{folder}/{prefix}{d.isoformat()}.xml", house, d) for d in days]
        newest: dict[date, str] = {}
        for day, letter in sorted(
            set(re.findall(rf"{prefix}(\d{{4}}-\d{{2}}-\d{{2}})([a-z]?)\.xml", page))
        ):
            newest[date.fromisoformat(day)] = f"{folder}/{prefix}{day}{letter}.xml"
        return [_File(path, house, day) for day, path in newest.items() if first <= day <= last]

    def _read_all(self, files: Sequence[_File]) -> None:
        batch: list[tuple[_File, str, Reply, list[WrittenAnswer]]] = []
        for number, file in enumerate(files):
            self._tell(f"{file.house} {file.day}", number, len(files))
            if (got := self._fetch(file)) is not None:
                batch.append((file, *got))
            if sum(len(records) for *_, records in batch) >= _FLUSH:
                self._index_batch(batch)
                batch = []
        self._index_batch(batch)

    def _fetch(self, file: _File) -> tuple[str, Reply, list[WrittenAnswer]] | None:
        """State, reply and records of a file; None where there is nothing to do."""
        url = f"{self._client.base_url}/{file.path}"
        known = self._store.file(url)
        if known and known.state != "broken" and self._now - known.read < _ASK_AGAIN:
            return None
        try:
            reply = self._client.get_file(
                file.path, known.reply if known and known.state == "read" else None
            )
        except SourceRefused as error:
            if error.status not in (404, 410):
                raise
            self.report.missing_files += 1
            return "missing", Reply(error.status), []
        if known and reply.is_unchanged:
            return "read", known.reply, []
        self.report.files += 1
        text = decoded(reply.content)
        items = list(read_daily(text, file.path.rsplit("/", 1)[-1], file.house, file.day))
        refused = [item for item in items if isinstance(item, Rejected)]
        self.report.refuse(refused)
        is_broken = any("breaks off" in item.reason for item in refused)
        records = [item for item in items if isinstance(item, WrittenAnswer)]
        return "broken" if is_broken else "read", reply, records

    def _index_batch(self, batch: Sequence[tuple[_File, str, Reply, list[WrittenAnswer]]]) -> None:
        records = [record for *_, own in batch for record in own]
        self._add(records)
        for file, state, reply, own in batch:
            url = f"{self._client.base_url}/{file.path}"
            self._store.note_file(url, state, len(own), reply, self._now)

    def _add(self, records: Sequence[WrittenAnswer]) -> None:
        if not records:
            return
        catalog = self._index.catalog
        held = merge.twins(catalog, records)
        out: dict[str, WrittenAnswer] = {}
        for record in records:
            key = merge.key_of(record)
            others = held.get(key, []) if key else []
            official = next((o for o in others if not merge.is_secondary(o.id)), None)
            earlier = out.get(record.id) or next((o for o in others if o.id == record.id), None)
            if official is not None:
                self.report.merged += 1
                complete = merge.filled(out.get(official.id, official), record)
                if complete.content_hash != official.content_hash:
                    out[official.id] = complete
            elif earlier is None or not _is_older(record, earlier):
                out[record.id] = record
            else:
                self.report.unchanged += 1
        self.report.take(self._index.add(out.values()))

    def _drop_doubled(self) -> None:
        if doubled := merge.doubled(self._index.catalog):
            self.report.merged += self._index.remove(doubled).removed


def decoded(content: bytes) -> str:
    """The text of an XML file, by the encoding that it declares."""
    declared = re.match(
        rb"""\s*<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""", content[:200]
    )
    encoding = declared[1].decode("ascii") if declared else "utf-8"
    try:
        return content.decode(encoding)
    except (LookupError, UnicodeDecodeError):
        return content.decode("cp1252", "replace")


def _is_older(record: WrittenAnswer, held: WrittenAnswer) -> bool:
    """Whether the answer held is of a later day: an earlier file's holding reply is no news."""
    return bool(record.answered and held.answered and record.answered < held.answered)
