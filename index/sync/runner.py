"""One run of a sync: what is owed, what was tabled, answered, corrected and made, in a line.

Every step is safe to repeat.  Records go into the index first; only then is it noted that they
have been dealt with, and only when all of a list has been dealt with does its slice or cursor
move.  So a run that is stopped anywhere, or killed, costs the next one some list pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Sized
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BadRequest, IndexBusy, SourceRefused, SourceUnreachable
from ..types import Rejected, WrittenAnswer
from . import merge, plan
from .paging import Reading, read_all
from .questions import Listed, Page, Questions, Scope, State, Stream, View
from .report import SyncReport
from .state import SyncStore

if TYPE_CHECKING:
    from ..index import Index

BATCH = 100
"""Records that are read whole, then indexed together."""

_GIVE_UP = 8
"""Records in a row that a struggling server fails to give before the run ends."""

_MOST_TRIES = 20
_LOCK_FILE = "sync.lock"

Tell = Callable[[str, int, int | None], None]
"""Called with what is being done, how much of it is done and how much there is, if known."""


class Sync:
    """Brings an index in step with the official API."""

    def __init__(
        self,
        index: Index,
        questions: Questions,
        *,
        concurrency: int = 4,
        today: date | None = None,
        tell: Tell | None = None,
    ) -> None:
        self.report = SyncReport()
        self._index = index
        self._questions = questions
        self._store = SyncStore(index.catalog)
        questions.keep = self._store
        self._concurrency = concurrency
        self._now = datetime.now(UTC)
        if today is not None:
            self._now = datetime(today.year, today.month, today.day, 12, tzinfo=UTC)
        self._today = self._now.date()
        self._tell = tell or (lambda what, done, total: None)
        self._failures = 0
        self._given_up: set[tuple[Stream, int]] = set()

    def run(self, scope: Scope | None = None, since: date | None = None) -> SyncReport:
        """Read everything that is due; returns what was done (also in `report` meanwhile).

        Without `since` the run goes as far back as earlier ones did; the first goes back
        `plan.FIRST_SYNC`.

        Raises:
            SourceUnreachable: the API cannot be reached or keeps failing.  What was read is kept.
            IndexBusy: another sync is running, or another process writes to the index.
            BadRequest: `since` lies in the future.
        """
        scope = scope or Scope()
        since = self._since(scope, since)
        with alone(self._index.folder), self._store.run("questions", scope.key, self.report.counts):
            try:
                # A run that is stopped is gone on with, as far back as it was to go.
                self._store.note_wanted(scope, since)
                self._pay_debts()
                self._read_tabled(scope, since)
                for view in (View.ANSWERED, View.CORRECTED, View.MADE):
                    self._follow(view, scope, since)
                self._drop_doubled()
                self._store.drop_old_pages()
            except BaseException:
                # Requests still under way must not hold up whoever stopped the run.
                self._questions.client.close()
                raise
            finally:
                self.report.owed = len(self._store.owed())
                self.report.requests = self._questions.client.requests
        return self.report

    # -- the steps --------------------------------------------------------------------

    def _since(self, scope: Scope, since: date | None) -> date:
        if since is not None and since > self._today:
            raise BadRequest(f"{since} lies in the future.")
        before = self._store.wanted_since(scope)
        wanted = since or before or self._today - plan.FIRST_SYNC
        return max(plan.EARLIEST, min(wanted, before or wanted))

    def _pay_debts(self) -> None:
        """Complete what was left cut or unread, by earlier runs or by other sources."""
        debts = {(o.stream, o.id): o.tries for o in self._store.owed()}
        for number in self._store.cut_records():
            debts.setdefault((Stream.QUESTIONS, number), 0)
        due = [key for key, tries in debts.items() if tries < _MOST_TRIES]
        for at in range(0, len(due), BATCH):
            part = due[at : at + BATCH]
            self._tell("Completing what was cut short", at, len(due))
            found = self._details(part)
            records = [r for r in found.values() if isinstance(r, WrittenAnswer)]
            gone = [key for key, got in found.items() if _is_gone(got)]
            if _are_too_many(gone, part):
                gone = []
            self._add(records + self._no_longer_given([number for _, number in gone]))
            for key, got in found.items():
                if isinstance(got, WrittenAnswer) or key in gone:
                    self._store.settle(*key)
                else:
                    self._owe(*key, _reason(got))

    def _read_tabled(self, scope: Scope, since: date) -> None:
        due = [
            days
            for days in plan.slices(since, self._today)
            if plan.is_due(
                self._store.slice_read(scope, Stream.QUESTIONS, days), days, self._now
            )
        ]  # fmt: skip
        for days in due:
            reading = self._read(View.TABLED, scope, days)
            if reading.settled and self._notice_vanished(scope, days, reading):
                self._store.note_slice(scope, Stream.QUESTIONS, days, reading.total, self._now)

    def _follow(self, view: View, scope: Scope, since: date) -> None:
        cursor = self._store.cursor(scope, view)
        length = plan.WEEK if view is View.ANSWERED else plan.QUARTER
        for days in plan.windows(cursor, since, self._today, length):
            if not self._read(view, scope, days).settled:
                # What comes later must not be noted as read while this is not.
                return
            cursor = plan.moved(cursor, days, self._now)
            self._store.note_cursor(scope, view, cursor)

    def _read(self, view: View, scope: Scope, days: plan.Days) -> Reading:
        """Read one list to its end and index what is new or changed in it."""
        what = f"{view.capitalize()} {days.first} to {min(days.last, self._today)}"

        def page(skip: int) -> Page:
            found = self._questions.page(view, scope, days.first, days.last, skip)
            self._tell(f"{what}: list", min(skip + found.received, found.total), found.total)
            return found

        reading = read_all(page)
        self.report.listed += len(reading.items)
        self.report.refuse(reading.unreadable)
        self._take(reading.items, what)
        if not reading.settled:
            self.report.unsettled.append(what)
        return reading

    def _notice_vanished(self, scope: Scope, days: plan.Days, reading: Reading) -> bool:
        """Look after what was listed for those days before and is not any more.

        Returns False where so much has gone that the list itself is not to be believed.
        """
        before = self._store.seen_in(Stream.QUESTIONS, scope, days)
        gone = sorted(before - {item.id for item in reading.items})
        if _are_too_many(gone, before):
            self.report.unsettled.append(f"Tabled {days.first} to {days.last}")
            return False
        found = self._details([(Stream.QUESTIONS, number) for number in gone])
        records = [got for got in found.values() if isinstance(got, WrittenAnswer)]
        lost = [number for (_, number), got in found.items() if _is_gone(got)]
        self._add(records + self._no_longer_given(lost))
        self._store.forget(Stream.QUESTIONS, gone)
        return True

    # -- items ------------------------------------------------------------------------

    def _take(self, items: Sequence[Listed], what: str) -> None:
        fresh = []
        for stream in Stream:
            own = [item for item in items if item.stream is stream]
            known = self._store.digests(stream, [item.id for item in own])
            fresh += [
                item
                for item in own
                if known.get(item.id) != item.digest and (stream, item.id) not in self._given_up
            ]
        for at in range(0, len(fresh), BATCH):
            self._tell(f"{what}: records", at, len(fresh))
            self._take_batch(fresh[at : at + BATCH])

    def _take_batch(self, items: Sequence[Listed]) -> None:
        answered = [item for item in items if item.state is State.ANSWERED]
        done = [item for item in items if item.state is not State.ANSWERED]
        records = self._no_longer_given([item.id for item in done])
        found = self._details([(item.stream, item.id) for item in answered])
        owed: list[tuple[Listed, str]] = []
        for item in answered:
            got = found[item.stream, item.id]
            if isinstance(got, WrittenAnswer):
                records.append(got)
                done.append(item)
            else:
                # What cannot be read now may be a bad spell of the source: it is asked for again.
                if isinstance(got, Rejected) and got.reason != "not answered yet":
                    self.report.refuse([got])
                owed.append((item, _reason(got)))
                copy = self._questions.from_list(item)
                if isinstance(copy, WrittenAnswer):
                    records.append(copy)
        self._add(records)
        self._store.note_seen(done)
        for item, reason in owed:
            self._owe(item.stream, item.id, reason)

    def _no_longer_given(self, numbers: Sequence[int]) -> list[WrittenAnswer]:
        """Answers that are held and that the API gives no longer: kept, marked as withdrawn."""
        held = self._index.catalog.records([str(number) for number in numbers])
        gone = [r.model_copy(update={"is_withdrawn": True}) for r in held.values()]
        self.report.withdrawn += len(gone)
        return gone

    def _add(self, records: Sequence[WrittenAnswer]) -> None:
        if not records:
            return
        complete, twins = merge.merged(self._index.catalog, records)
        self.report.take(self._index.add(complete))
        if twins:
            self.report.merged += self._index.remove(twins).removed

    def _drop_doubled(self) -> None:
        if doubled := merge.doubled(self._index.catalog):
            self.report.merged += self._index.remove(doubled).removed

    def _owe(self, stream: Stream, number: int, reason: str) -> None:
        # One list after the other may name it: once in a run is enough to have tried.
        self._given_up.add((stream, number))
        self._store.owe(stream, number, reason)

    # -- details ----------------------------------------------------------------------

    def _details(
        self, wanted: Sequence[tuple[Stream, int]]
    ) -> dict[tuple[Stream, int], WrittenAnswer | Rejected | SourceUnreachable]:
        """Each of these as its detail address gives it, or why it could not be read."""
        found: dict[tuple[Stream, int], WrittenAnswer | Rejected | SourceUnreachable] = {}
        if not wanted:
            return found
        with ThreadPoolExecutor(self._concurrency, thread_name_prefix="sync") as pool:
            futures = {key: pool.submit(self._questions.detail, *key) for key in wanted}
            try:
                for key, future in futures.items():
                    found[key] = self._result(future.result)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                self._questions.client.close()
                raise
        self.report.completed += sum(isinstance(got, WrittenAnswer) for got in found.values())
        return found

    def _result(
        self, result: Callable[[], WrittenAnswer | Rejected]
    ) -> WrittenAnswer | Rejected | SourceUnreachable:
        try:
            got = result()
        except SourceRefused as error:
            return error
        except SourceUnreachable as error:
            # One record may be broken at the source; when one after the other is, all are.
            self._failures += 1
            if not error.connected or self._failures >= _GIVE_UP:
                raise
            return error
        self._failures = 0
        return got


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the lock that lets one sync of an index run at a time.

    Raises:
        IndexBusy: another one is running.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(folder / _LOCK_FILE)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise IndexBusy(
            f"Another sync of the index in {folder} is running.",
            "Wait until it has finished, or stop it first.",
        ) from error
    try:
        yield
    finally:
        lock.release()


def _is_gone(got: WrittenAnswer | Rejected | SourceUnreachable) -> bool:
    return isinstance(got, SourceUnreachable) and got.status in (404, 410)


def _are_too_many(gone: Sized, asked: Sized) -> bool:
    """Whether so many are gone at once that it is rather the source that fails."""
    return len(gone) > max(20, len(asked) // 5)


def _reason(got: WrittenAnswer | Rejected | SourceUnreachable) -> str:
    return got.reason if isinstance(got, Rejected) else str(got)
