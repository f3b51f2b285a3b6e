"""From settings to what writes and what judges: the composer, the rewriter, the policy."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from index.errors import BadRequest

from .writing import WITHHELD, Policy

if TYPE_CHECKING:
    from .compose import Composer
    from .compose.llm.rewriting import Rewriter
    from .settings import Settings


def chosen(settings: Settings) -> tuple[Composer | None, Rewriter | None]:
    """The language model's composer and rewriter; two Nones where quotation alone answers.

    Raises:
        BadRequest: the language model is asked for, and none is set.
        ModelUnavailable: litellm is not installed.
    """
    if settings.composer == "extractive":
        return None, None
    if settings.llm_model is None:
        if settings.composer == "llm":
            raise BadRequest(
                "A language model is to write the answers, but none is set.",
                "Name one in the setting llm_model, for example ollama_chat/llama3.2.",
            )
        return None, None
    from .compose.llm import LanguageModel, LlmComposer, ModelOptions, rewriter

    model = LanguageModel(
        ModelOptions(
            model=settings.llm_model,
            url=settings.llm_url,
            key_variable=settings.llm_key_variable,
            connect_seconds=settings.llm_connect_seconds,
            first_token_seconds=settings.llm_first_token_seconds,
            total_seconds=settings.llm_total_seconds,
            retries=settings.llm_retries,
            context_tokens=settings.llm_context_tokens,
            answer_tokens=settings.llm_answer_tokens,
        )
    )
    # What it needs takes seconds to import: better while the index opens than at a question.
    # A program that is over before it is imported waits: one that ends in the midst of loading
    # compiled code is aborted.
    threading.Thread(target=model.warm, name="language model").start()
    return LlmComposer(model, settings.max_words), rewriter(model)


def policy(settings: Settings) -> Policy:
    """What is kept from a reader, and who judges besides the comparison of words."""
    second_opinion = None
    if settings.nli_model is not None:
        from .verify.inference import InferenceModel

        second_opinion = InferenceModel(settings.nli_model)
    return Policy(WITHHELD[settings.withhold], settings.max_withheld, second_opinion)
