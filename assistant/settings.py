"""Every setting, read once: flags over environment over file over defaults."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    SettingsConfigDict,
)

from index.errors import BadRequest
from index.paths import APP, default_data_dir

if TYPE_CHECKING:
    from .answer import Assistant

CONFIG_VARIABLE = "ASSISTANT_CONFIG"
"""Environment variable that names a settings file to use instead of the usual one."""


def default_config_file() -> Path:
    """Where the settings file is looked for unless another is named."""
    return platformdirs.user_config_path(APP, appauthor=False) / "settings.toml"


class Settings(BaseSettings):
    """What can be set, with its default.  Immutable.

    The name of a setting is its key in the settings file, its flag (``--data-dir``) and,
    in capitals after ``ASSISTANT_``, its environment variable (``ASSISTANT_DATA_DIR``).
    """

    model_config = SettingsConfigDict(env_prefix="ASSISTANT_", frozen=True, extra="forbid")

    data_dir: Path = Field(default_factory=default_data_dir)
    """Folder of the index and of everything else that is kept."""
    model: str | None = None
    """Embedding model: a folder or a name; the bundled model when left out."""
    host: str = "127.0.0.1"
    """Address the page is served on; 0.0.0.0 lets other machines in."""
    port: int = Field(default=7860, ge=0, le=65535)
    """Port the page is served on; 0 takes any free one."""
    k: int = Field(default=8, ge=1, le=100)
    """Passages retrieved for an answer."""
    max_words: int = Field(default=120, ge=30, le=2000)
    """Longest answer, in words."""

    @field_validator("data_dir")
    @classmethod
    def _home(cls, value: Path) -> Path:
        return value.expanduser()

    @classmethod
    def load(cls, config: Path | None = None, **flags: Any) -> Settings:
        """The settings in force; flags that are None count as not given.

        `config` names a settings file (TOML), which must then exist.

        Raises:
            BadRequest: a value is of the wrong kind, a key is unknown, or the file named
                does not exist or is not TOML.
        """
        file = _config_file(config)
        given = {name: value for name, value in flags.items() if value is not None}
        try:
            from_file = tomllib.loads(file.read_text("utf-8")) if file.is_file() else {}
            return cls(**{**from_file, **EnvSettingsSource(cls)(), **given})
        except ValidationError as error:
            raise BadRequest(_in_words(error)) from error
        except (tomllib.TOMLDecodeError, OSError, UnicodeDecodeError) as error:
            raise BadRequest(f"The settings file {file} cannot be read ({error}).") from error


def _config_file(config: Path | None) -> Path:
    named = config or (Path(os.environ[CONFIG_VARIABLE]) if CONFIG_VARIABLE in os.environ else None)
    if named is None:
        return default_config_file()
    if not named.is_file():
        raise BadRequest(f"There is no settings file at {named}.")
    return named


def _in_words(error: ValidationError) -> str:
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"There is no setting called {name!r}."
    return f"The setting {name!r} cannot be {first['input']!r}: {first['msg']}."


def open_assistant(settings: Settings) -> Assistant:
    """An assistant over the index of the data folder.

    Raises:
        IndexMissing: there is no index there yet.
        IndexMismatch: it was made with another model or version.
    """
    from index import Index
    from index.embedding import SentenceTransformerEmbedder

    from .answer import Assistant

    embedder = SentenceTransformerEmbedder(settings.model)
    return Assistant(Index.open(settings.data_dir, embedder=embedder), settings)
