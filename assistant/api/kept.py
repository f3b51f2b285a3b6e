"""The answers given lately, so that feedback names one instead of telling it all again."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from index.types import Filters

from ..types import GroundedAnswer


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer with what it was asked with, and who asked."""

    answer: GroundedAnswer
    history: Sequence[str]
    filters: Filters
    owner: str


class KeptAnswers:
    """The last `most` answers by a name that cannot be guessed.  Safe from many threads."""

    def __init__(self, most: int = 500) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._answers: OrderedDict[str, Kept] = OrderedDict()

    def keep(self, kept: Kept) -> str:
        """Keep an answer and give it its name."""
        name = secrets.token_urlsafe(12)
        with self._lock:
            self._answers[name] = kept
            while len(self._answers) > self._most:
                self._answers.popitem(last=False)
        return name

    def get(self, name: str, owner: str) -> Kept | None:
        """The answer of that name that `owner` was given; None where it is gone."""
        with self._lock:
            kept = self._answers.get(name)
        return kept if kept is not None and kept.owner == owner else None
