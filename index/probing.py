"""A look at Chroma's files by a process of its own, which they may end.

The code that reads Chroma's graph trusts its files: where they are damaged it can end the whole
process, without an error that could be told.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from .errors import AssistantError, IndexDamaged
from .guarding import FileGuard
from .store import VECTORS_FILE, VectorStore

_SEARCHES = 500
"""How many searches are tried, spread over what there is."""
_LONGEST, _ENDLESS = 600.0, -signal.SIGABRT
"""Seconds after which it will not come back, and what that counts as."""
_SENT = (signal.SIGINT, signal.SIGTERM, 9)
"""Signals by which a person, or a machine that is short of memory, ends a process."""


def try_once(folder: Path) -> None:
    """Probe the vectors in `folder`, unless their files are as this program left or found them.

    Raises:
        IndexBusy: another process writes them and does not let go of them.
        IndexDamaged: that ended the process that tried them, or it did not come back.
    """
    guard = FileGuard(folder)
    if not guard.is_known() and probe(folder):
        guard.vouch()


def probe(folder: Path) -> bool:
    """Have another process search the vectors in `folder`; whether it met with nothing strange.

    Raises:
        IndexDamaged: that ended it, or it did not come back.
    """
    if not any(folder.glob("*/index_metadata.pickle")):
        return True  # no graph of its own yet: it is made of what SQLite's file says
    if not (folder / VECTORS_FILE).is_file():
        return False  # to open it would make an empty one, which would pass for the vectors
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
    except OSError:  # no memory for one, or no interpreter to be found
        return False
    # Whatever it can tell, its parent is told as well when it reads them.
    if _was_killed(ended):
        raise IndexDamaged(
            f"The vector store in {folder} cannot be read: the process that tries ends or hangs.",
            "Make it anew: assistant index rebuild",
        )
    return ended == 0


def _was_killed(code: int) -> bool:
    # By a signal; how Windows says the same.  Those that others send tell nothing of the files.
    return (code < 0 and -code not in _SENT) or code >= 0xC000_0000


def look(folder: Path) -> None:
    """Search for some of the vectors in `folder`, each with itself."""
    store = VectorStore(folder)
    numbers = sorted(store.numbers())
    for vector in store.vectors(numbers[:: max(1, len(numbers) // _SEARCHES)]).values():
        store.search(vector, 10)


if __name__ == "__main__":
    try:
        look(Path(sys.argv[1]))
    except AssistantError:
        sys.exit(1)
