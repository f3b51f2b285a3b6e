"""Libraries that only the evaluation needs, asked for by name when they are missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from index.errors import AssistantError


class ExtraMissing(AssistantError):
    """An optional library is not installed."""

    code = "extra_missing"
    http_status = 501


def load(module: str, extra: str) -> Any:
    """The module, or one sentence that says which extra of this package brings it.

    Raises:
        ExtraMissing: it is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        library = module.split(".", 1)[0]
        raise ExtraMissing(
            f"This needs the library {library}, which is not installed.",
            f"Run: pip install 'government-answers-assistant[{extra}]'",
        ) from error
