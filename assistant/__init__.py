"""Ask government what it has already answered: short, cited answers.

``from assistant import answer`` asks the default index; `Assistant` asks an index of your
own.  Importing this package loads nothing heavy.
"""

from __future__ import annotations

# Bound to the function here, once and for good: left to a lazy look-up, the name would turn
# into the submodule as soon as anything imported that first.
from .answer import AnswerStream, Assistant, answer

__version__ = "0.1.0"
__all__ = ["AnswerStream", "Assistant", "answer"]
