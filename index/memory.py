"""Giving memory back to the system."""

from __future__ import annotations

import ctypes
from functools import lru_cache
from typing import Any


@lru_cache(maxsize=1)
def _c_library() -> Any:
    try:
        library = ctypes.CDLL("libc.so.6")
    except OSError:
        return None
    return library if hasattr(library, "malloc_trim") else None


def give_back_free_memory() -> None:
    """Return what is freed but kept by the C library; nothing where that is not glibc.

    Embedding texts of ever other lengths leaves glibc's heap in pieces that it does not give
    back by itself: several hundred megabytes over ten thousand records.
    """
    library = _c_library()
    if library is not None:
        library.malloc_trim(0)
