"""Where things lie, on disk and on the network."""

from __future__ import annotations

import os
from pathlib import Path

APP = "government-answers"
API_URL = "https://questions-statements-api.parliament.uk"
HISTORY_URL = "https://www.theyworkforyou.com/pwdata/scrapedxml"
DATA_DIR_VARIABLE = "ASSISTANT_DATA_DIR"

CATALOG_FILE = "catalog.sqlite3"
VECTOR_FOLDER = "chroma"
LEXICAL_FOLDER = "lexical"


def default_data_dir() -> Path:
    """The data folder: ``ASSISTANT_DATA_DIR``, or the system's usual place for user data."""
    chosen = os.environ.get(DATA_DIR_VARIABLE)
    if chosen:
        return Path(chosen).expanduser()
    from platformdirs import user_data_path

    return user_data_path(APP, appauthor=False)


def sample_file() -> Path:
    """The bundled sample: summaries of real answers, as JSON Lines."""
    return Path(__file__).parent / "data" / "sample.jsonl"
