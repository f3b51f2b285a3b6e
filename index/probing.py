"""A look at Chroma's files by a process of its own, which they may end.

The code that reads Chroma's graph trusts its files: where they are damaged it can end the whole
process, without an error that could be told.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from .errors import AssistantError, IndexDamaged

_SEARCHES = 100
"""How many searches are tried, spread over what there is."""
_LONGEST, _ENDLESS = 600.0, -1
"""Seconds after which it will not come back, and what that counts as."""


def probe(folder: Path) -> None:
    """Have another process search the vectors in `folder`.

    Raises:
        IndexDamaged: that ended it, or it did not come back.
    """
    if not any(folder.glob("*/index_metadata.pickle")):
        return  # no graph of its own yet: it is made of what SQLite's file says
    above = str(Path(__file__).resolve().parents[1])
    path = os.pathsep.join(filter(None, (above, os.environ.get("PYTHONPATH"))))
    try:
        ended = subprocess.run(  # noqa: S603
            [sys.executable, "-m", __name__, str(folder)],
            env={**os.environ, "PYTHONPATH": path},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_LONGEST,
            check=False,
        ).returncode
    except subprocess.TimeoutExpired:
        ended = _ENDLESS
    # Whatever it can tell, its parent is told as well when it reads them.
    if _was_killed(ended):
        raise IndexDamaged(
            f"The vector store in {folder} cannot be read: the process that tries ends or hangs.",
            "Make it anew: assistant index rebuild",
        )


def _was_killed(code: int) -> bool:
    return code < 0 or code >= 0xC000_0000  # by a signal; how Windows says the same


def look(folder: Path) -> None:
    """Search for some of the vectors in `folder`, each with itself."""
    from .store import VectorStore

    store = VectorStore(folder)
    numbers = sorted(store.numbers())
    for vector in store.vectors(numbers[:: max(1, len(numbers) // _SEARCHES)]).values():
        store.search(vector, 10)


if __name__ == "__main__":
    try:
        look(Path(sys.argv[1]))
    except AssistantError:
        sys.exit(1)
