"""The module-level `retrieve`: the index in the default data folder, opened at the first call."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from .index import Index
from .paths import default_data_dir
from .types import Filters, Retrieval

_open_indexes: dict[Path, Index] = {}
_open_lock = threading.Lock()


def retrieve(
    query: str,
    k: int = 8,
    filters: Filters | None = None,
    history: Sequence[str] = (),
    per_record: int = 1,
    collapse: bool = True,
) -> Retrieval:
    """Find the passages of government answers that bear on a question.

    Searches the index in the default data folder (``ASSISTANT_DATA_DIR``), by meaning and by
    words, and opens it at the first call.  For another folder: `Index.open(path).retrieve`.

    Args:
        query: a question in plain words, or a tabled question as it stands.
        k: how many passages at most; exactly that many come back when they exist.
        filters: limits on department, House, dates, member or record.
        history: the questions asked before this one, oldest first; used only where `query`
            leans on them ("and in Wales?").
        per_record: how many passages may come from one record.
        collapse: whether near-copies of an answer, and questions answered together, are one
            result; what is collapsed into a passage is in its `others`.

    Returns:
        Passages, best first; holding replies come after substantive answers.

    Raises:
        BadRequest: the question is empty or too long, or `k` is not positive.
        IndexMissing, IndexMismatch, IndexDamaged: see `Index.open`.
    """
    folder = default_data_dir().resolve()
    with _open_lock:
        index = _open_indexes.get(folder)
        if index is None:
            index = _open_indexes[folder] = Index.open(folder)
    return index.retrieve(query, k, filters, history, per_record, collapse)
