"""A polite HTTP client: paced, patient with a struggling server, and honest about who asks.

Every request of a sync goes through one `Client`, at most `rate` a second, however many threads
send them; what fails in passing (a refused or cut connection, a time-out, 429, 5xx, an answer
that is not JSON) is tried again after a growing pause, or after the pause that the server asks
for in ``Retry-After``.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib import metadata
from typing import Any, Protocol, Self

import httpx
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    sleep_using_event,
    wait_exponential,
    wait_random,
)

from ..errors import SourceRefused, SourceUnreachable

DISTRIBUTION = "government-answers-assistant"
ATTEMPTS = 6
FIRST_ATTEMPTS = 3
"""Attempts at a server that has never answered: it is more likely misnamed than restarting."""

LONGEST_WAIT = 300.0
"""Seconds of ``Retry-After`` that are waited for; a longer one ends the run instead."""

TIMEOUT = httpx.Timeout(60.0, connect=15.0)
_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_MOST_BYTES = 256 * 1024 * 1024

Parameters = Mapping[str, str | int | bool]


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered; `content` is empty where it said that nothing has changed."""

    status: int
    content: bytes = b""
    etag: str | None = None
    modified: str | None = None

    @property
    def is_unchanged(self) -> bool:
        return self.status == 304


class Validators(Protocol):
    """Where replies are kept whose server can say later whether they still hold."""

    def page(self, url: str) -> Reply | None:
        """The reply kept for an address."""

    def keep_page(self, url: str, reply: Reply) -> None:
        """Keep a reply that came with an ``ETag`` or a ``Last-Modified``."""


class _Passing(Exception):
    """A failure that may pass: worth another try."""

    def __init__(
        self, reason: str, wait: float = 0.0, status: int = 0, connected: bool = True
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait = wait
        self.status = status
        self.connected = connected


class Client:
    """A client for one server.  Safe from many threads; use as a context manager."""

    def __init__(
        self,
        base_url: str,
        *,
        rate: float = 5.0,
        contact: str | None = None,
        first_pause: float = 1.0,
        timeout: httpx.Timeout | float = TIMEOUT,
    ) -> None:
        """`rate` is in requests a second; `first_pause`, in seconds, doubles with each failure."""
        self.base_url = base_url.rstrip("/")
        self.requests = 0
        self._pace = _Pace(rate)
        self._first_pause = first_pause
        self._stopping = threading.Event()
        self._was_met = False
        headers = {"User-Agent": user_agent(contact), "Accept-Encoding": "gzip"}
        try:
            self._http = httpx.Client(
                headers=headers,
                timeout=timeout,
                follow_redirects=True,
                event_hooks={"response": [_must_stay]},
            )
        except (ValueError, httpx.InvalidURL) as error:
            raise SourceUnreachable(f"The network settings cannot be used ({error}).") from error

    def stop(self) -> None:
        """Let requests in other threads give up at once instead of pausing and trying again."""
        self._stopping.set()

    def close(self) -> None:
        self.stop()
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self.close()

    def get_json(
        self, path: str, params: Parameters | None = None, keep: Validators | None = None
    ) -> Any:
        """The JSON value at an address below the base.

        With `keep`, the server is asked only whether what is kept still holds, where it can say.

        Raises:
            SourceUnreachable: the server cannot be reached, or keeps failing.
            SourceRefused: it answers that the request is wrong, or that there is no such thing.
        """
        url = self._address(path, params)
        kept = keep.page(url) if keep else None
        reply = self._patiently(url, kept, parse=True)
        if kept is not None and reply.is_unchanged:
            return json.loads(kept.content)
        if keep and (reply.etag or reply.modified):
            keep.keep_page(url, reply)
        return json.loads(reply.content)

    def get_file(self, path: str, kept: Reply | None = None) -> Reply:
        """A file; its reply says so where the one kept still holds.  Raises as `get_json`."""
        return self._patiently(self._address(path, None), kept, parse=False)

    def _address(self, path: str, params: Parameters | None) -> str:
        url = httpx.URL(f"{self.base_url}/{path.lstrip('/')}")
        return str(url.copy_merge_params(_plain(params)) if params else url)

    def _patiently(self, url: str, kept: Reply | None, parse: bool) -> Reply:
        retrying = Retrying(
            retry=retry_if_exception_type(_Passing),
            stop=self._is_enough,
            wait=self._pause,
            sleep=sleep_using_event(self._stopping),
            reraise=True,
        )
        try:
            return retrying(self._once, url, kept, parse)
        except _Passing as error:
            remedy = (
                "What was read is kept; run the same command again later to go on."
                if self._was_met
                else "Check the network and the address, then run the same command again."
            )
            raise SourceUnreachable(
                f"{_host(url)} {error.reason}.",
                remedy,
                status=error.status,
                connected=error.connected,
            ) from error

    def _is_enough(self, state: RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome else None
        is_silent = isinstance(error, _Passing) and not error.connected and not self._was_met
        most = FIRST_ATTEMPTS if is_silent else ATTEMPTS
        return self._stopping.is_set() or state.attempt_number >= most

    def _pause(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        growing = wait_exponential(self._first_pause, max=60 * self._first_pause)(state)
        # Clients that were refused together should not all come back together.
        growing += wait_random(0, self._first_pause)(state)
        return max(growing, error.wait if isinstance(error, _Passing) else 0.0)

    def _once(self, url: str, kept: Reply | None, parse: bool) -> Reply:
        self._pace.wait(self._stopping)
        if self._stopping.is_set():
            raise SourceUnreachable("The sync was stopped.")
        headers = {}
        if kept and kept.etag:
            headers["If-None-Match"] = kept.etag
        if kept and kept.modified:
            headers["If-Modified-Since"] = kept.modified
        self.requests += 1
        try:
            answer = self._http.get(url, headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
            reason = f"cannot be reached ({_plainly(error)})"
            raise _Passing(reason, connected=False) from error
        except httpx.TimeoutException as error:
            raise _Passing("did not answer in time") from error
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise _Passing(f"broke off its answer ({_plainly(error)})") from error
        except RuntimeError as error:
            # The client was closed by the thread that stops the sync.
            raise SourceUnreachable("The sync was stopped.") from error
        except (httpx.InvalidURL, httpx.TooManyRedirects) as error:
            raise SourceRefused(f"The address {url} cannot be used ({error}).") from error
        self._was_met = True
        self._check(answer, url)
        if answer.status_code == 304 and kept is not None:
            return Reply(304)
        if parse:
            _must_be_json(answer)
        validators = answer.headers.get("ETag"), answer.headers.get("Last-Modified")
        return Reply(answer.status_code, answer.content, *validators)

    def _check(self, answer: httpx.Response, url: str) -> None:
        status = answer.status_code
        if status in _TRY_AGAIN:
            wait = retry_after(answer.headers.get("Retry-After"))
            if wait > LONGEST_WAIT:
                raise SourceUnreachable(
                    f"{_host(url)} asks not to be called for {wait / 60:,.0f} minutes.",
                    "What was read is kept; run the same command again then.",
                    status=status,
                )
            # One thread was told to wait; the others would be told the same.
            self._pace.hold(wait)
            busy = "asks for fewer requests" if status == 429 else "keeps failing"
            raise _Passing(f"{busy} (HTTP {status})", wait, status)
        if status >= 400:
            raise SourceRefused(f"{url} was refused (HTTP {status}).", status=status)


class _Pace:
    """Even spacing of requests over all threads."""

    def __init__(self, rate: float) -> None:
        self._gap = 1.0 / rate
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self, stopping: threading.Event) -> None:
        with self._lock:
            start = max(time.monotonic(), self._next)
            self._next = start + self._gap
        pause = start - time.monotonic()
        if pause > 0:
            stopping.wait(pause)

    def hold(self, seconds: float) -> None:
        with self._lock:
            self._next = max(self._next, time.monotonic() + seconds)


def user_agent(contact: str | None = None) -> str:
    """Name and version of the program, and where to find out about it."""
    try:
        about = metadata.metadata(DISTRIBUTION)
        version = about["Version"]
        urls = [line.split(",", 1)[1].strip() for line in about.get_all("Project-URL") or ()]
    except metadata.PackageNotFoundError:
        version, urls = "0", []
    where = contact or next(iter(urls), f"https://pypi.org/project/{DISTRIBUTION}/")
    return f"{DISTRIBUTION}/{version} (+{where})"


def retry_after(value: str | None) -> float:
    """Seconds of a ``Retry-After`` header: a number or a date; 0 where it says nothing."""
    if not value:
        return 0.0
    with suppress(ValueError):
        return max(0.0, float(int(value)))
    with suppress(ValueError):
        when = parsedate_to_datetime(value)
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
        return max(0.0, (when - datetime.now(UTC)).total_seconds())
    return 0.0


def _must_stay(answer: httpx.Response) -> None:
    """Refuse to be sent to another host: the contact's name goes with each request.

    What comes from elsewhere would be stored as the official record, too.
    """
    if not answer.has_redirect_location:
        return
    asked = answer.request.url
    sent = asked.join(answer.headers["Location"])
    is_less_safe = asked.scheme == "https" and sent.scheme != "https"
    if sent.host != asked.host or is_less_safe:
        raise SourceUnreachable(
            f"{_host(str(asked))} sends on to another address, {sent.scheme}://{sent.host}.",
            "Check the network; if it has moved there, set api_url or history_url to that.",
        )


def _must_be_json(answer: httpx.Response) -> None:
    if len(answer.content) > _MOST_BYTES:
        raise SourceRefused(f"{answer.url} gave more than {_MOST_BYTES >> 20} MiB.")
    try:
        json.loads(answer.content)
    except (ValueError, RecursionError) as error:
        raise _Passing("gave something that is not JSON") from error


def _plain(params: Parameters) -> dict[str, str]:
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in params.items()
    }


def _host(url: str) -> str:
    return httpx.URL(url).netloc.decode("ascii", "replace")


def _plainly(error: Exception) -> str:
    """The system's reason without its number: "connection refused", not "[Errno 111] ..."."""
    text = " ".join(str(error).split()) or type(error).__name__
    if text.startswith("[Errno"):
        text = text.split("]", 1)[-1].strip()
    return text.rstrip(".")[:200]
