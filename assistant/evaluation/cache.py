"""What a second run need not do again: vectors by text and model, indexes by content.

Everything lies in one folder that can be deleted at any time.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import index as index_package
from index import Index
from index.embedding import Embedder
from index.errors import IndexDamaged, IndexMismatch
from index.paths import APP

from .haystack import Haystack
from .progress import Progress

VECTORS_FILE = "vectors.sqlite3"
INDEX_FOLDER = "indexes"
COMPLETE_FILE = "complete"
KEPT_INDEXES = 8
"""Indexes kept, those used last; each takes about as much room as the records do."""

_SOME = 500
"""Most values put into one SQL statement."""
_BLOCK = 256
"""Texts embedded between two words of progress, and what a stopped run can lose."""


def default_folder() -> Path:
    """The system's usual place for what can be made again."""
    from platformdirs import user_cache_path

    return user_cache_path(APP, appauthor=False) / "evaluation"


class CachedEmbedder:
    """An embedder whose vectors are kept in a file, by model and text.

    It has the name of the embedder inside, so its indexes are that embedder's.
    """

    def __init__(self, inner: Embedder, folder: Path) -> None:
        self.name = inner.name
        self._inner = inner
        self._model = _fingerprint(inner)
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(folder / VECTORS_FILE, timeout=60, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS vectors"
            " (model TEXT, text BLOB, vector BLOB, PRIMARY KEY (model, text)) WITHOUT ROWID"
        )

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    @property
    def dimension(self) -> int:
        return self._inner.dimension

    @property
    def window(self) -> int:
        return self._inner.window

    @property
    def special_tokens(self) -> int:
        return self._inner.special_tokens

    def __getattr__(self, name: str) -> Any:
        # What else an embedder can do, such as the vectors of single words.
        return getattr(self._inner, name)

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return self._inner.token_spans(text)

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        """As the embedder's own; `progress` is told how many are done."""
        return self._kept(list(texts), "", self._inner.encode, progress)

    def encode_query(self, text: str) -> NDArray[np.float32]:
        # Models may embed a question otherwise than a text: the two are kept apart.
        def made(texts: Sequence[str]) -> NDArray[np.float32]:
            return np.stack([self._inner.encode_query(one) for one in texts])

        vector: NDArray[np.float32] = self._kept([text], "question\n", made, None)[0]
        return vector

    def _kept(
        self,
        texts: list[str],
        sort: str,
        encode: Callable[[Sequence[str]], NDArray[np.float32]],
        progress: Callable[[int], None] | None,
    ) -> NDArray[np.float32]:
        keys = [hashlib.sha256((sort + text).encode("utf-8", "surrogatepass")) for text in texts]
        marks = [key.digest() for key in keys]
        found = self._found(marks)
        lacking = [at for at, mark in enumerate(marks) if mark not in found]
        # The shortest first, as the embedder would have it: few are padded for nothing.
        lacking.sort(key=lambda at: len(texts[at]))
        for first in range(0, len(lacking), _BLOCK):
            block = lacking[first : first + _BLOCK]
            made = encode([texts[at] for at in block]).astype(np.float32)
            rows = [(marks[at], vector) for at, vector in zip(block, made, strict=True)]
            found.update(rows)
            self._keep(rows)
            if progress is not None:
                progress(len(texts) - len(lacking) + first + len(block))
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        return np.stack([found[mark] for mark in marks])

    def _found(self, marks: Sequence[bytes]) -> dict[bytes, NDArray[np.float32]]:
        found = {}
        with self._lock:
            for first in range(0, len(marks), _SOME):
                some = marks[first : first + _SOME]
                places = ",".join("?" * len(some))
                rows = self._db.execute(
                    f"SELECT text, vector FROM vectors WHERE model = ? AND text IN ({places})",  # noqa: S608
                    (self._model, *some),
                )
                found.update({mark: np.frombuffer(blob, np.float32) for mark, blob in rows})
        return found

    def _keep(self, rows: Sequence[tuple[bytes, NDArray[np.float32]]]) -> None:
        with self._lock, self._db:
            self._db.executemany(
                "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)",
                [(self._model, mark, vector.tobytes()) for mark, vector in rows],
            )


def built_index(hay: Haystack, embedder: Embedder, folder: Path, progress: Progress) -> Index:
    """An open index of these records, made by this very code; built where there is none.

    A build that was stopped goes on where it was.
    """
    own = folder / INDEX_FOLDER / _index_key(hay, embedder)
    complete = own / COMPLETE_FILE
    if complete.is_file():
        try:
            complete.touch()
            return Index.open(own, embedder=embedder)
        except (IndexMismatch, IndexDamaged):
            shutil.rmtree(own)
    made = Index.open_or_create(own, embedder=embedder)
    try:
        with progress.step(f"Indexing {hay.role}", len(hay.records)) as advance:
            made.add(hay.records, progress=advance)
        complete.touch()
        _drop_old(folder / INDEX_FOLDER)
    except BaseException:
        made.close()
        raise
    return made


def _index_key(hay: Haystack, embedder: Embedder) -> str:
    """Differs with the records, the model and every line of code that may build an index."""
    whole = hashlib.sha256(hay.digest.encode())
    whole.update(_fingerprint(embedder).encode())
    package = Path(index_package.__file__).parent
    for file in sorted([*package.glob("*.py"), *package.glob("*.sql"), *package.glob("*/*.sql")]):
        whole.update(file.name.encode() + file.read_bytes())
    return whole.hexdigest()[:24]


def _fingerprint(embedder: Embedder) -> str:
    """The model's name; of a file or folder, also when its weights were written."""
    place = Path(embedder.name)
    weights = sorted(place.glob("*.safetensors")) if place.is_dir() else [place]
    stamps = [file.stat() for file in weights if file.is_file()]
    marks = [f"{stamp.st_size}-{stamp.st_mtime_ns}" for stamp in stamps]
    return " ".join([embedder.name, str(embedder.dimension), *marks])


def _drop_old(folder: Path) -> None:
    complete = sorted(folder.glob(f"*/{COMPLETE_FILE}"), key=lambda f: -f.stat().st_mtime)
    for file in complete[KEPT_INDEXES:]:
        shutil.rmtree(file.parent, ignore_errors=True)
