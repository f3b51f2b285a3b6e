"""An index knows its model: the embedder that a data folder is opened with.

The catalogue's manifest names the model that the vectors were made with.  A tuned adapter lies
in the data folder as ``adapter-<first 16 digits of its SHA-256>.safetensors``; its name in the
manifest is the same without the ending.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from .bundled import ADAPTER_SUFFIX, adapter_name
from .errors import ModelUnavailable
from .paths import CATALOG_FILE

if TYPE_CHECKING:
    from .embedding import Embedder

_ADAPTER = re.compile(r"adapter-[0-9a-f]{16}")


def embedder_for(folder: Path, model: str | None = None) -> Embedder:
    """The embedder for a data folder: `model` where one is named, else the index's own.

    A folder without an index gets the default model.

    Raises:
        ModelUnavailable: the model cannot be found.
    """
    from . import embedding

    return embedding.SentenceTransformerEmbedder(model_for(folder, model))


def model_for(folder: Path, model: str | None = None) -> str | None:
    """As `embedder_for`, but what names the model to an embedder; None for the default."""
    return _located(folder, model or made_with(folder))


def made_with(folder: Path) -> str | None:
    """Name of the model that the index in a folder was made with; None where none is known."""
    file = folder / CATALOG_FILE
    if not file.is_file():
        return None
    try:
        with closing(sqlite3.connect(file)) as db:
            row = db.execute("SELECT value FROM manifest WHERE key = 'model'").fetchone()
    except sqlite3.Error:
        return None  # opening the catalogue will say what is wrong with it
    return str(row[0]) if row else None


def keep_adapter(file: Path, folder: Path) -> str:
    """Copy an adapter file into a data folder under the name of its contents, and return that.

    Raises:
        ModelUnavailable: the file cannot be read.
    """
    name = adapter_name(file)
    kept = folder / f"{name}{ADAPTER_SUFFIX}"
    if not kept.is_file():
        partial = kept.with_suffix(".partial")
        shutil.copyfile(file, partial)
        partial.replace(kept)
    return name


def is_adapter(file_name: str) -> bool:
    """Whether a file of a data folder is called what a tuned adapter is called."""
    stem, _, ending = file_name.partition(".")
    return bool(_ADAPTER.fullmatch(stem)) and f".{ending}" == ADAPTER_SUFFIX


def _located(folder: Path, name: str | None) -> str | None:
    """The name as an embedder takes it: an adapter of the data folder becomes its path."""
    if name is None or not _ADAPTER.fullmatch(name):
        return name
    file = folder / f"{name}{ADAPTER_SUFFIX}"
    if not file.is_file():
        raise ModelUnavailable(
            f"The tuned model {name} is not in {folder} ({file.name} is missing).",
            "Put the file back, or move the index to another model: assistant index reembed",
        )
    return str(file)
