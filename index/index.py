"""`Index`: everything one can do with a data folder."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .attached import SearchFiles
from .catalog import Catalog
from .checking import CheckReport
from .database import damaged, is_damage, unwritable
from .embedding import Embedder
from .errors import BadRequest, IndexBusy, IndexDamaged, IndexMissing
from .followers import pack_words
from .ingest import Writer
from .lexical import LexicalIndex
from .locking import write_lock
from .manifest import match
from .models import embedder_for
from .paths import CATALOG_FILE, default_data_dir, size_of
from .place import settle
from .ranking.reranker import Reranker
from .reports import AddReport, Facets, IndexStatus, RemoveReport
from .retriever import Retriever
from .store import VectorStore
from .timing import tell_of_query
from .types import Earlier, Filters, Rejected, Retrieval, WrittenAnswer

_TRIES = 10
"""Times a search is made before one that a change overtook is taken as it is."""


class Index:
    """An open index.  Reading is safe from many threads and processes; one writes at a time.

    Use as a context manager or call `close`.
    """

    def __init__(
        self,
        folder: Path,
        embedder: Embedder,
        *,
        create: bool,
        reranker: Reranker | None = None,
        chroma_url: str = "",
    ) -> None:
        self.folder = folder
        self._is_closed = False
        with ExitStack() as undone:
            self._catalog = Catalog(folder / CATALOG_FILE)
            undone.callback(self._catalog.close)
            match(folder, self._catalog, embedder, create=create)
            if create and chroma_url:
                settle(self._catalog, chroma_url)
            self._files = SearchFiles(folder, self._catalog, embedder, reranker)
            undone.callback(self._files.close)
            pack_words(folder, self._catalog, self._files.lexical)
            undone.pop_all()

    # -- opening and closing ------------------------------------------------------

    @classmethod
    def open(
        cls,
        path: str | Path | None = None,
        *,
        embedder: Embedder | None = None,
        reranker: Reranker | None = None,
    ) -> Index:
        """Open the index in a data folder (the default one if none is given).

        With a `reranker` the best records are read once more, together with the question.

        Raises:
            IndexMissing: there is none.
            IndexMismatch: it was made with another model, chunker or record schema.
            IndexDamaged: its files cannot be read.
            VectorsUnreachable: its vectors are on a Chroma server that does not answer.
        """
        folder = Path(path) if path is not None else default_data_dir()
        if not cls.exists(folder):
            raise IndexMissing(
                f"There is no index in {folder}.",
                "Run: assistant index add PATH, or assistant serve to start with the sample.",
            )
        return cls(folder, embedder or embedder_for(folder), create=False, reranker=reranker)

    @classmethod
    def open_or_create(
        cls,
        path: str | Path | None = None,
        *,
        embedder: Embedder | None = None,
        chroma_url: str | None = None,
    ) -> Index:
        """As `open`, but an empty index is made where there is none.

        The vectors of a new index go to the Chroma server at `chroma_url`, if one is given.
        """
        folder = Path(path) if path is not None else default_data_dir()
        if cls.exists(folder):
            return cls.open(folder, embedder=embedder)
        made_with = embedder or embedder_for(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with write_lock(folder):
                return cls(folder, made_with, create=True, chroma_url=chroma_url or "")
        except (OSError, sqlite3.OperationalError) as error:
            raise IndexDamaged(
                f"The data folder {folder} cannot be written ({error}).",
                "Choose another with --data-dir.",
            ) from error

    @staticmethod
    def exists(path: str | Path | None = None) -> bool:
        """Whether a data folder holds an index."""
        folder = Path(path) if path is not None else default_data_dir()
        return (folder / CATALOG_FILE).is_file()

    @classmethod
    def rebuild(
        cls,
        path: str | Path | None = None,
        *,
        chroma_url: str | None = None,
    ) -> int:
        """Make Chroma and the lexical index anew from the catalogue; returns the chunks told.

        Nothing is embedded again: the catalogue keeps the vectors.  With a `chroma_url` they
        move to the Chroma server there; with an empty one, back into the folder.  Searches go
        on in the old ones until the new ones are whole.
        """
        from .care import rebuild

        folder = Path(path) if path is not None else default_data_dir()
        return rebuild(folder, chroma_url=chroma_url)

    @classmethod
    def verify(
        cls,
        path: str | Path | None = None,
        *,
        embedder: Embedder | None = None,
        repair: bool = False,
    ) -> CheckReport:
        """Look at everything in a data folder and, with `repair`, put right what can be."""
        from .care import verify

        folder = Path(path) if path is not None else default_data_dir()
        return verify(folder, embedder or embedder_for(folder), repair=repair)

    def close(self) -> None:
        """Let go of every file."""
        self._is_closed = True
        if self._catalog.is_inherited:
            return  # they are those of the process that this one was forked from
        with ExitStack() as stack:
            stack.callback(self._catalog.close)
            self._files.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def catalog(self) -> Catalog:
        """The catalogue, for those that keep tables of their own beside the records."""
        return self._catalog

    @property
    def embedder(self) -> Embedder:
        """What makes vectors of texts and questions, of the model that the index has now."""
        return self._files.embedder

    @property
    def _store(self) -> VectorStore:
        return self._files.store

    @property
    def _lexical(self) -> LexicalIndex:
        return self._files.lexical

    @property
    def _retriever(self) -> Retriever:
        return self._files.retriever

    def _must_be_open(self) -> None:
        if self._is_closed:
            raise BadRequest("This index was closed.", "Open it again with Index.open.")

    # -- reading ------------------------------------------------------------------

    def retrieve(
        self,
        query: str,
        k: int = 8,
        filters: Filters | None = None,
        history: Sequence[str] = (),
        per_record: int = 1,
        collapse: bool = True,
    ) -> Retrieval:
        """See `index.retrieve`."""
        self._must_be_open()
        for left in reversed(range(_TRIES)):
            shown = self._files.refresh()
            # The catalogue as it is at one moment decides what is shown; a search that was
            # overtaken by a change may have missed what that change moved, so it is repeated.
            try:
                with self._catalog.snapshot():
                    seen = self._catalog.generation()
                    if left and (seen != shown or self._files.has_moved()):
                        continue
                    found = self._retriever.retrieve(
                        query, k, filters, history, per_record, collapse
                    )
            except IndexBusy:  # waited for long enough already
                raise
            except Exception as error:
                if is_damage(error):
                    raise damaged(self.folder, error) from error
                # The search files were removed under it, or have been opened anew since.
                if not left or not (self._files.has_moved() or self._files.generation != shown):
                    raise
                continue
            if self._catalog.generation() == seen:
                break
        tell_of_query(found.timings, len(found))
        return found

    def probe(self) -> int:
        """How many records there are, after a search of which nobody is told.

        For monitors: it raises whatever keeps a search from its answer, and waits as one does.
        """
        self._must_be_open()
        self._files.refresh()
        with self._catalog.snapshot():
            self._retriever.retrieve("readiness", 1)
        return self.count_records()

    async def aretrieve(self, query: str, k: int = 8, **options: Any) -> Retrieval:
        """`retrieve` on a worker thread, for callers with an event loop; the same options."""
        return await asyncio.to_thread(self.retrieve, query, k, **options)

    def get(self, record_id: str) -> WrittenAnswer | None:
        """The record of that id, or None."""
        try:
            return self._catalog.records([record_id]).get(record_id)
        except sqlite3.DatabaseError as error:
            raise damaged(self.folder, error) from error

    def of_uin(self, uin: str, filters: Filters | None = None) -> tuple[WrittenAnswer, ...]:
        """The records of a question number, newest first; each session numbers anew."""
        return self._retriever.of_uin(uin, filters)

    def history(self, record_id: str) -> tuple[Earlier, ...]:
        """What the record of that id said before it was changed, oldest first."""
        return tuple(self._catalog.history(record_id))

    def records(self) -> Iterator[WrittenAnswer]:
        """Every record, in the order of first addition."""
        return self._catalog.all_records()

    def facets(self) -> Facets:
        """Departments, Houses and the range of answer dates."""
        with self._catalog.snapshot():
            first, last = self._catalog.answered_range()
            return Facets(
                tuple(self._catalog.count_by("department")),
                tuple(self._catalog.count_by("house")),
                first,
                last,
            )

    def count_records(self, filters: Filters | None = None) -> int:
        """How many records there are, or pass the filters."""
        if filters is not None and not filters.is_empty:
            return len(self._catalog.matching_records(filters))
        return int(self._catalog.counts()["records"])

    def status(self) -> IndexStatus:
        """What is in the index."""
        with self._catalog.snapshot():
            return IndexStatus(
                folder=str(self.folder),
                model=self._catalog.manifest().get("model", ""),
                size_bytes=size_of(self.folder),
                facets=self.facets(),
                **self._catalog.counts(),
            )

    def examples(self, n: int = 6) -> tuple[str, ...]:
        """Questions that this index answers, from different departments.

        Each is a question as it was tabled, without its opening formula.
        """
        from .examples import pick

        with self._catalog.snapshot():
            return pick(self._catalog, n)

    # -- writing ------------------------------------------------------------------

    def add(
        self,
        records: Iterable[WrittenAnswer | Rejected],
        *,
        progress: Callable[[int], None] | None = None,
    ) -> AddReport:
        """Add records; what is there already unchanged costs nothing.

        `progress` is called now and then with the number of items dealt with.  Refused
        items are passed on in the report and remembered.  Stopping in the middle loses at
        most the batch in hand.

        Raises:
            IndexBusy: another process is writing.
            IndexDamaged: the disk is full or the folder cannot be written.
        """
        with self._writing():
            return self._writer().add(records, progress)

    def remove(self, ids: Iterable[str]) -> RemoveReport:
        """Remove records by id."""
        with self._writing():
            return self._writer().remove(ids)

    def remove_sample(self) -> int:
        """Remove the bundled summaries; returns how many there were."""
        return self.remove(self._catalog.summary_ids()).removed

    def drop_outgrown_sample(self, was_sample: bool) -> int:
        """Remove the bundled summaries if they were all there was and records have come too.

        Returns how many there were, 0 where they stay.
        """
        if not was_sample or self.status().only_sample:
            return 0
        return self.remove_sample()

    def reembed(
        self, embedder: Embedder, *, progress: Callable[[int, int], None] | None = None
    ) -> int:
        """Move the index to another embedding model; returns the number of chunks.

        Nothing is read again.  Searches go on in the old index until the new one is whole;
        a move that is stopped changes nothing and is gone on with by the next.  `progress` is
        called with the records dealt with and their number.

        Raises:
            IndexBusy: another process is writing.
            IndexDamaged: the disk is full or the folder cannot be written.
        """
        from .reembedding import move

        with self._writing(), self._files.moving_to(embedder):
            return move(self.folder, self._catalog, embedder, progress)

    def _writer(self) -> Writer:
        return Writer(self._catalog, self._store, self._lexical, self.embedder)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            with write_lock(self.folder), self._files.writing():
                yield
        except (sqlite3.DatabaseError, OSError) as error:
            if is_damage(error):
                raise damaged(self.folder, error) from error
            raise unwritable(self.folder, error) from error
