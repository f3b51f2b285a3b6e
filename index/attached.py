"""The search files of an open index, kept in step with the catalogue and with what lies on disk.

They are opened anew where another process has written to them, where the catalogue names others
(`index.remaking`), and where somebody has put others in their place.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from .catalog import Catalog
from .database import missing
from .dense import DenseSearch
from .embedding import Embedder
from .errors import IndexBusy, IndexDamaged
from .followers import gone, open_followers
from .models import embedder_for
from .paths import LEXICAL_FOLDER, VECTOR_FOLDER, followers_home
from .place import server_of
from .probing import try_once
from .ranking.reranker import Reranker
from .recovery import is_usable, make_whole
from .retriever import Retriever
from .store import VECTORS_FILE, ChromaServer, forget_clients
from .watching import FileWatch
from .wordfiles import META

log = logging.getLogger(__name__)

_OPENED_WITHIN = 30.0
"""Seconds that a search waits for another thread to open changed search files."""
_PATIENCE = 5.0
"""Seconds after which files that could not be opened are tried again."""


class SearchFiles:
    """Vectors and words, and the retriever over them: opened together, replaced together.

    Safe from many threads.  `generation` is the catalogue's that they show.
    """

    def __init__(
        self, folder: Path, catalog: Catalog, embedder: Embedder, reranker: Reranker | None
    ) -> None:
        self._folder, self._catalog, self._reranker = folder, catalog, reranker
        self._moving_to: Embedder | None = None
        self._is_writing = False
        self._refreshing = threading.Lock()
        self._failed: IndexDamaged | None = None
        self._failed_at = 0.0
        self._index_watch = FileWatch([catalog.file])
        # What is written while they are opened is looked at again.
        self.generation = catalog.generation()
        self._attach(embedder)

    def _attach(self, embedder: Embedder) -> None:
        """Open the search files that the catalogue names, all of them or none."""
        home, server = self._place()
        with ExitStack() as undone:
            try:
                store, lexical = open_followers(self._folder, home, self._catalog)
            except IndexDamaged:
                is_ours = self._catalog.manifest().get("model") == embedder.name
                if self._place() == (home, server) or not is_ours:
                    raise
                self._attach(embedder)  # another process has made them anew elsewhere meanwhile
                return
            undone.callback(store.close)
            undone.callback(lexical.release)
            dense = DenseSearch(self._catalog, store)
            retriever = Retriever(self._catalog, dense, lexical, embedder, self._reranker)
            undone.pop_all()
        self._home, self._server = home, server
        self.store, self.lexical, self.embedder = store, lexical, embedder
        self.retriever = retriever
        self._watch = self._watch_them()

    def _watch_them(self) -> FileWatch:
        vectors, words = self._home / VECTOR_FOLDER, self._home / LEXICAL_FOLDER
        embedded = [] if self._server else [vectors, vectors / VECTORS_FILE]
        return FileWatch([*embedded, words], [words / META])

    def close(self) -> None:
        """Let go of every file."""
        with ExitStack() as stack:
            stack.callback(self.store.close)
            self.lexical.release()

    def refresh(self) -> int:
        """Notice what another process has written since, and what became of the files.

        Returns the catalogue's generation that the search files show now, as far as they can.

        Raises:
            IndexDamaged: they were removed, or others that cannot be read put in their place.
            IndexBusy: another thread has not opened changed ones in time.
        """
        self._follow()
        now = self._catalog.generation()
        if now == self.generation:
            return now
        # What this process writes goes through the open stores and is seen at once.
        if self._is_writing and not self.has_moved():
            return now
        with self._opening():
            return self._reopen()

    def has_moved(self) -> bool:
        """Whether the catalogue names other search files than were opened."""
        return self._place() != (self._home, self._server)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """For a caller that holds the write lock and writes through `store` and `lexical`."""
        self.refresh()
        if not self._watch.is_same():
            raise IndexBusy(
                f"The search files in {self._home} are being replaced.",
                "Try again in a few seconds.",
            )
        self._is_writing = True
        try:
            if self.store.is_torn():
                make_whole(self._home, self._catalog)
                self._open_again()
            yield
        finally:
            try:
                self.lexical.release()
                self.store.settle()
            finally:
                self.generation = self._catalog.generation()
                self._is_writing = False

    @contextmanager
    def moving_to(self, embedder: Embedder) -> Iterator[None]:
        """Meanwhile the catalogue may name search files of another model, which is `embedder`."""
        self._moving_to = embedder
        try:
            yield
            self.refresh()
        finally:
            self._moving_to = None

    def _follow(self) -> None:
        """Notice that files were removed, or others put in their place."""
        if not self._index_watch.is_same():
            raise self._lost_index()
        if self._watch.is_same() or self._is_writing or self.has_moved():
            return
        # Until then what was opened answers: a copy may be under way, or they are swapped.
        if not self._watch.has_settled():
            return
        if lacking := self._watch.missing():
            raise gone(lacking[0])
        with self._opening():
            if self._watch.is_same():
                return  # another thread has opened them
            self._open_others()

    def _lost_index(self) -> IndexDamaged:
        if self._index_watch.missing():
            return missing(self._folder)
        return IndexDamaged(
            f"The index in {self._folder} was replaced by another while this program had it open.",
            "Start this program again.",
        )

    def _open_others(self) -> None:
        log.warning("other search files lie in %s; opening them", self._home)
        now = self._catalog.generation()
        forget_clients()
        self._attach(self.embedder)
        self.generation = now

    def _reopen(self) -> int:
        now = self._catalog.generation()
        if now == self.generation:
            return now
        if self.has_moved():
            # The old search files are left to searches that are under way.
            self.lexical.release()
            embedder = self.embedder
            if self._catalog.manifest().get("model") != embedder.name:
                embedder = self._moving_to or embedder_for(self._folder)
            self._attach(embedder)
        elif not is_usable(self._folder, self._home, self._catalog):
            return now  # goes on with what it has read until the vectors are made anew
        else:
            self._open_again()
        self.generation = now
        return now

    def _open_again(self) -> None:
        if lacking := self._watch.missing():
            raise gone(lacking[0])
        if self._server is None:
            try_once(self._home / VECTOR_FOLDER)
        self.store.reopen()
        self.lexical.reload()
        self._watch = self._watch_them()

    def _place(self) -> tuple[Path, ChromaServer | None]:
        manifest = self._catalog.manifest()
        return followers_home(self._folder, manifest), server_of(manifest)

    @contextmanager
    def _opening(self) -> Iterator[None]:
        """For one thread at a time; what cannot be read is not tried again at once."""
        if not self._refreshing.acquire(timeout=_OPENED_WITHIN):
            raise IndexBusy(
                f"The changed search files in {self._folder} have not been opened within "
                f"{_OPENED_WITHIN:.0f} seconds.",
                "Try again in a minute.",
            )
        try:
            if self._failed and time.monotonic() - self._failed_at < _PATIENCE:
                # Trying costs seconds, and whoever asks would wait for it.
                raise IndexDamaged(self._failed.message, self._failed.remedy)
            self._failed = None
            yield
        except IndexDamaged as error:
            if self._failed is None:
                self._failed, self._failed_at = error, time.monotonic()
            raise
        finally:
            self._refreshing.release()
