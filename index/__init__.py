"""The index: official records in, ranked passages out.

`retrieve` searches the index in the default data folder; `Index` opens any folder, adds and
removes records.  `sources` reads files, `types` holds the values, `errors` what can go wrong.
Imports neither `assistant` nor `prompts`; heavy libraries load at first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .conditions import make_filters as make_filters
    from .default import retrieve as retrieve
    from .errors import AssistantError as AssistantError
    from .index import Index as Index
    from .types import Chunk as Chunk
    from .types import Filters as Filters
    from .types import Passage as Passage
    from .types import Rejected as Rejected
    from .types import Retrieval as Retrieval
    from .types import WrittenAnswer as WrittenAnswer

_WHERE = {
    "AssistantError": "errors",
    "Chunk": "types",
    "Filters": "types",
    "Index": "index",
    "Passage": "types",
    "Rejected": "types",
    "Retrieval": "types",
    "WrittenAnswer": "types",
    "make_filters": "conditions",
    "retrieve": "default",
}

__all__ = list(_WHERE)


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        from importlib import import_module

        return getattr(import_module(f".{_WHERE[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
