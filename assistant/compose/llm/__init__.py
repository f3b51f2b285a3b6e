"""The composer that has a language model write the answer, sentence by sentence, with citations.

`client` talks to the model, `prompting` says what it is given (`../guard.py` keeps orders in
the material from being obeyed), `markers` reads its reply, `rewriting` makes follow-ups whole,
and `tokens` counts.  Nothing is imported from litellm, and nothing sent anywhere, before a
question is asked.
"""

from __future__ import annotations

from .client import LanguageModel, ModelOptions
from .composer import LlmComposer
from .rewriting import rewriter

__all__ = ["LanguageModel", "LlmComposer", "ModelOptions", "rewriter"]
