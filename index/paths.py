"""Where things lie, on disk and on the network."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

APP = "government-answers"
API_URL = "https://questions-statements-api.parliament.uk"
HISTORY_URL = "https://www.theyworkforyou.com/pwdata/scrapedxml"
DATA_DIR_VARIABLE = "ASSISTANT_DATA_DIR"

CATALOG_FILE = "catalog.sqlite3"
VECTOR_FOLDER = "chroma"
LEXICAL_FOLDER = "lexical"
HOME_KEY = "followers"
"""Key of the manifest: the folder inside the data folder that holds Chroma and the lexical
index, once the index has been moved to another model."""


def default_data_dir() -> Path:
    """The data folder: ``ASSISTANT_DATA_DIR``, or the system's usual place for user data."""
    chosen = os.environ.get(DATA_DIR_VARIABLE)
    if chosen:
        return Path(chosen).expanduser()
    from platformdirs import user_data_path

    return user_data_path(APP, appauthor=False)


def followers_home(folder: Path, manifest: Mapping[str, str]) -> Path:
    """The folder in which Chroma and the lexical index of a data folder lie."""
    return folder / manifest.get(HOME_KEY, "")


def size_of(folder: Path) -> int:
    """Bytes of all files in a folder; what another process removes meanwhile counts nothing."""
    total = 0
    for inside, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                total += os.stat(os.path.join(inside, name)).st_size
    return total


def sample_file() -> Path:
    """The bundled sample: summaries of real answers, as JSON Lines."""
    return Path(__file__).parent / "data" / "sample.jsonl"
