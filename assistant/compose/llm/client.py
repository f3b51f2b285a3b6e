"""The only file that imports litellm: one reply of a language model, streamed.

litellm knows the providers; what is decided here is what a reader may have to wait for, what
is tried again, and that nothing leaves the machine but the request itself.
"""

from __future__ import annotations

import logging
import os
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from index.errors import ModelUnavailable
from prompts import render

from .. import ComposerFailed

FIRST_WAIT = 0.5
"""Seconds before a request is sent again; doubled each time, with up to half as much by chance."""
NO_KEY = "none"
"""Sent where no key is named: local servers ask for one and ignore it, and a key that lies in
the environment for another service must not reach the address that was set."""

_QUIET = {
    # Each would otherwise fetch something, or read a .env file, when litellm is imported.
    "LITELLM_OFFLINE_MODE": "true",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    "LITELLM_MODE": "PRODUCTION",
}
_UNREACHED = frozenset({"APIConnectionError", "ConnectError", "ConnectionRefusedError"})
_REASONS = {401: "refused", 403: "refused", 404: "unknown", 408: "slow", 429: "busy", 504: "slow"}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """Which model, where, and how much of it.

    `model` is litellm's name ("ollama_chat/llama3.2"), `url` its server where that is not the
    provider's own, `key_variable` the environment variable that holds the key.  Times are in
    seconds, lengths in tokens; `retries` counts the attempts after the first.
    """

    model: str
    url: str | None = None
    key_variable: str | None = None
    connect_seconds: float = 5.0
    first_token_seconds: float = 30.0
    total_seconds: float = 120.0
    retries: int = 2
    context_tokens: int = 4096
    answer_tokens: int = 500


class LanguageModel:
    """A model that replies.  Safe from many threads; holds nothing open between replies."""

    def __init__(self, options: ModelOptions) -> None:
        if find_spec("litellm") is None:
            raise ModelUnavailable(
                "A language model is set, but litellm is not installed.",
                "Install it with: pip install 'government-answers-assistant[llm]'",
            )
        self.options = options

    def reply(
        self,
        messages: Sequence[Mapping[str, str]],
        *,
        max_tokens: int | None = None,
        total_seconds: float | None = None,
    ) -> Reply:
        """The reply to `messages`, not asked for before it is read."""
        return Reply(
            self.options,
            messages,
            max_tokens or self.options.answer_tokens,
            total_seconds or self.options.total_seconds,
        )

    def warm(self) -> None:
        """Import what a reply needs, which takes some seconds."""
        _litellm()


class Reply:
    """One reply, piece by piece.  `close` ends it, and the connection with it.

    Iterating raises `ComposerFailed` with a sentence for the reader.  `was_cut` is true once
    the model has stopped at the longest reply it may give.
    """

    def __init__(
        self,
        options: ModelOptions,
        messages: Sequence[Mapping[str, str]],
        max_tokens: int,
        total_seconds: float,
    ) -> None:
        self._options = options
        self._messages = [dict(message) for message in messages]
        self._max_tokens = max_tokens
        self._total = total_seconds
        self.was_cut = False
        self._pieces = self._run()

    def __iter__(self) -> Iterator[str]:
        return self._pieces

    def close(self) -> None:
        """End the reply, read to its end or not."""
        self._pieces.close()  # type: ignore[attr-defined]

    def _run(self) -> Iterator[str]:
        deadline = time.monotonic() + self._total
        stream, pieces = self._begin(deadline)
        try:
            while True:
                # An empty piece may end the reply; it says nothing.
                yield from pieces
                try:
                    pieces = self._read(next(stream))
                except StopIteration:
                    return
                if time.monotonic() > deadline:
                    raise TimeoutError(f"no end after {self._total:g} seconds")
        except Exception as error:
            raise self._failure(error, "broken") from error
        finally:
            with suppress(Exception):
                stream.close()

    def _begin(self, deadline: float) -> tuple[Any, list[str]]:
        """The stream and its first words, after as many attempts as are allowed."""
        for attempt in range(self._options.retries + 1):
            stream = None
            try:
                stream = self._open(deadline)
                for chunk in stream:
                    pieces = self._read(chunk)
                    if pieces:
                        return stream, pieces
                return stream, []
            except Exception as error:
                if stream is not None:
                    with suppress(Exception):
                        stream.close()
                wait = self._wait(error, attempt)
                if wait is None or time.monotonic() + wait > deadline:
                    raise self._failure(error, "unreachable") from error
                _log.info("%s: %s; again in %.1f s", self._options.model, _kind(error), wait)
                time.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    def _open(self, deadline: float) -> Any:
        import httpx

        options = self._options
        left = max(deadline - time.monotonic(), 0.001)
        given: dict[str, Any] = {
            "model": options.model,
            "messages": self._messages,
            "stream": True,
            "temperature": 0.0,
            "max_tokens": self._max_tokens,
            "max_retries": 0,
            "num_retries": 0,
            "timeout": httpx.Timeout(
                min(options.first_token_seconds, left),
                connect=min(options.connect_seconds, left),
            ),
        }
        if options.url:
            given["api_base"] = options.url
            given["api_key"] = NO_KEY
        if options.key_variable:
            given["api_key"] = os.environ.get(options.key_variable, "")
        return _litellm().completion(**given)

    def _read(self, chunk: Any) -> list[str]:
        if not chunk.choices:
            return []
        choice = chunk.choices[0]
        if choice.finish_reason == "length":
            self.was_cut = True
        return [choice.delta.content] if choice.delta.content else []

    def _wait(self, error: Exception, attempt: int) -> float | None:
        """Seconds until the next attempt; None when there is to be none."""
        status = _status(error)
        again = status in (409, 425, 429) or status >= 500 or (not status and not _is_slow(error))
        if attempt >= self._options.retries or not again:
            return None
        backoff: float = FIRST_WAIT * 2.0**attempt * (1 + random.random() / 2)  # noqa: S311
        return max(_retry_after(error), backoff)

    def _failure(self, error: Exception, otherwise: str) -> ComposerFailed:
        """What a reader is told; the log has the rest."""
        status = _status(error)
        if _is_slow(error):
            reason = "slow"
        elif otherwise == "broken":
            reason = "broken"
        else:
            reason = _REASONS.get(status, "")
            reason = reason or ("failing" if status >= 500 else "rejected" if status else otherwise)
        _log.warning("%s: %s (%s)", self._options.model, reason, _kind(error))
        return ComposerFailed(render("model_note", model=self._options.model, reason=reason))


def _litellm() -> Any:
    """litellm, imported so that it fetches nothing, reports nothing and prints nothing."""
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    import litellm

    litellm.suppress_debug_info = True
    litellm.drop_params = True  # a provider that knows no temperature does without
    litellm.turn_off_message_logging = True
    logging.getLogger("LiteLLM").setLevel(logging.CRITICAL)
    return litellm


def _root(error: Exception) -> Exception:
    """What litellm wrapped because it came in the middle of a stream."""
    inner = getattr(error, "original_exception", None)
    return _root(inner) if isinstance(inner, Exception) and inner is not error else error


def _kind(error: Exception) -> str:
    return f"{type(_root(error)).__name__}: {str(_root(error))[:300]}"


def _status(error: Exception) -> int:
    """The HTTP status that the server gave; 0 where it gave none."""
    root = _root(error)
    # A server that was never reached is told as an error of the server's own.
    if any(type(cause).__name__ in _UNREACHED for cause in _causes(root)):
        return 0
    code = getattr(root, "status_code", None)
    return code if isinstance(code, int) else 0


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and those that led to it."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


def _is_slow(error: Exception) -> bool:
    root = _root(error)
    return isinstance(root, TimeoutError) or "Timeout" in type(root).__name__


def _retry_after(error: Exception) -> float:
    """Seconds that the server asks to wait (RFC 9110, 10.2.3); 0 where it does not."""
    root = _root(error)
    headers = getattr(root, "litellm_response_headers", None)
    headers = headers or getattr(getattr(root, "response", None), "headers", None) or {}
    try:
        return max(float(headers.get("retry-after", 0)), 0.0)
    except (TypeError, ValueError):
        return 0.0
