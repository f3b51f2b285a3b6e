"""How many tokens a text is, with nothing downloaded.

tiktoken fetches its rank files at first use.  Here they are taken from a package that is
installed anyway (litellm brings them) or from the folder that ``TIKTOKEN_CACHE_DIR`` names,
and only when the file is there and whole.  Where there is none, the count is an estimate that
errs on the high side.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
from collections.abc import Callable
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

Counter = Callable[[str], int]
"""The number of tokens of a text."""

ENCODING = "cl100k_base"
RANKS_FILE = "9b5ad71b2ce5302211f9c61530b329a4922fc6a4"
"""The name under which tiktoken keeps the ranks of `ENCODING`: the SHA-1 of their address."""
RANKS_SHA256 = "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"

_VARIABLE = "TIKTOKEN_CACHE_DIR"
_PIECE = re.compile(r"[0-9]{1,3}|[A-Za-z]{1,4}|\s+|[!-/:-@\[-`{-~]")

_log = logging.getLogger(__name__)


@lru_cache(maxsize=1)
def counter() -> Counter:
    """The way to count; warns once where it can only estimate."""
    folder = ranks_folder()
    if folder is None:
        _log.warning(
            "tiktoken's rank file is not on this machine, so the length of a request is "
            "estimated, on the high side. Installing litellm brings the file."
        )
        return estimate
    import tiktoken

    before = os.environ.get(_VARIABLE)
    os.environ[_VARIABLE] = str(folder)
    try:
        encoding = tiktoken.get_encoding(ENCODING)
    finally:
        if before is None:
            del os.environ[_VARIABLE]
        else:
            os.environ[_VARIABLE] = before
    # Special tokens in a record are text like any other.
    return lambda text: len(encoding.encode(text, disallowed_special=()))


def ranks_folder() -> Path | None:
    """A folder that holds the whole rank file, or None."""
    for folder in _folders():
        file = folder / RANKS_FILE
        if file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == RANKS_SHA256:
            return folder
    return None


def estimate(text: str) -> int:
    """No fewer tokens than there are: short pieces of words, and every byte beyond ASCII."""
    beyond = sum(len(char.encode("utf-8", "replace")) for char in text if ord(char) > 127)
    return len(_PIECE.findall(text)) + beyond


def _folders() -> list[Path]:
    named = os.environ.get(_VARIABLE)
    found = [Path(named)] if named else []
    spec = find_spec("litellm")
    places = (spec.submodule_search_locations or ()) if spec else ()
    return found + [Path(place) / "litellm_core_utils" / "tokenizers" for place in places]
