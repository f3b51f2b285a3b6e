"""The few errors this project raises, each with a code, an HTTP status and a remedy."""

from __future__ import annotations


class AssistantError(Exception):
    """Base of all errors meant for a person: one sentence, and what to do about it."""

    code = "error"
    http_status = 500

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(f"{message} {remedy}".strip())
        self.message = message
        self.remedy = remedy


class IndexMissing(AssistantError):
    """There is no index in the data folder."""

    code = "index_missing"
    http_status = 503


class IndexMismatch(AssistantError):
    """The index was made with another model, chunker or record schema."""

    code = "index_mismatch"
    http_status = 503


class IndexBusy(AssistantError):
    """Another process is writing to the index, or holds its files."""

    code = "index_busy"
    http_status = 503


class IndexDamaged(AssistantError):
    """The files of the index cannot be read or written."""

    code = "index_damaged"
    http_status = 503


class BackupDamaged(AssistantError):
    """A backup is not what was written, or cannot be read by this version."""

    code = "backup_damaged"
    http_status = 400


class VectorsUnreachable(AssistantError):
    """The Chroma server that holds the vectors does not answer."""

    code = "vectors_unreachable"
    http_status = 503


class ModelUnavailable(AssistantError):
    """The embedding model is missing or its weights are not the expected ones."""

    code = "model_unavailable"
    http_status = 503


class BadRequest(AssistantError):
    """What the caller asked for makes no sense: an empty question, a bad filter."""

    code = "bad_request"
    http_status = 400


class SourceUnreachable(AssistantError):
    """A source on the network cannot be reached or keeps failing; later it may be better.

    `status` is the last HTTP status, 0 where there was none; `connected` is False where not
    even a connection could be made.
    """

    code = "source_unreachable"
    http_status = 502

    def __init__(
        self, message: str, remedy: str = "", *, status: int = 0, connected: bool = True
    ) -> None:
        super().__init__(message, remedy)
        self.status = status
        self.connected = connected


class SourceRefused(SourceUnreachable):
    """A source on the network refuses one request; asking again would change nothing."""

    code = "source_refused"
