"""The folder of an embedding model: where it lies, and what its files say."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from .errors import ModelUnavailable


def as_folder(name: str) -> Path | None:
    """The folder that `name` is a path of; None when it is a name on the model hub."""
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder.resolve()
    if name.startswith((".", "/", "~")) or "\\" in name:
        raise ModelUnavailable(
            f"There is no model folder at {name}.", "Check the path of the embedding model."
        )
    return None


def downloaded(name: str) -> Path:
    """The folder of a model of the hub, downloaded if it is not in the cache yet."""
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    unwanted = ["onnx/*", "openvino/*", "*.h5", "*.ot", "*.msgpack", "*.gguf"]
    try:
        return Path(snapshot_download(name, local_files_only=True, ignore_patterns=unwanted))
    except LocalEntryNotFoundError:
        # Ask once before downloading: the downloader retries for a minute where there is
        # no network.
        HfApi().model_info(name, timeout=10)
        return Path(snapshot_download(name, ignore_patterns=unwanted))


def read_config(folder: Path) -> tuple[int | None, int | None]:
    """Window and dimension from a model folder's files; None for what they do not say."""

    def number(file: Path, key: str) -> int | None:
        try:
            value = json.loads(file.read_text("utf-8")).get(key)
        except (OSError, ValueError, AttributeError):
            return None
        return value if isinstance(value, int) else None

    window = number(folder / "sentence_bert_config.json", "max_seq_length")
    # A later module may change the size (a Dense layer), so pooling alone is trusted only
    # where it is the last that does.
    has_dense = any(folder.glob("*_Dense"))
    dimension = None
    if not has_dense:
        dimension = number(folder / "1_Pooling" / "config.json", "word_embedding_dimension")
    return window, dimension


def sha256_of(file: Path, remedy: str) -> str:
    """SHA-256 of a model's file, which is named with the remedy where it cannot be read."""
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ModelUnavailable(
            f"The model file {file} cannot be read ({error.strerror}).", remedy
        ) from error


def first_line(error: Exception) -> str:
    """What an error of a library says, short enough for a sentence."""
    lines = str(error).strip().splitlines()
    return lines[0][:160] if lines else type(error).__name__
