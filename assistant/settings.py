"""Every setting, read once: flags over environment over file over defaults."""

from __future__ import annotations

import logging
import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import platformdirs
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from index.errors import BadRequest
from index.paths import API_URL, APP, HISTORY_URL, default_data_dir

if TYPE_CHECKING:
    from .answer import Assistant

log = logging.getLogger(__name__)

CONFIG_VARIABLE = "ASSISTANT_CONFIG"
"""Environment variable that names a settings file to use instead of the usual one."""


def default_config_file() -> Path:
    """Where the settings file is looked for unless another is named."""
    return platformdirs.user_config_path(APP, appauthor=False) / "settings.toml"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as it is in force; secrets are never shown."""

    name: str
    value: Any
    source: str


class Settings(BaseSettings):
    """What can be set, with its default.  Immutable.

    The name of a setting is its key in the settings file, its flag (``--data-dir``) and,
    in capitals after ``ASSISTANT_``, its environment variable (``ASSISTANT_DATA_DIR``).
    """

    model_config = SettingsConfigDict(env_prefix="ASSISTANT_", frozen=True, extra="forbid")

    data_dir: Path = Field(default_factory=default_data_dir)
    """Folder of the index and of everything else that is kept."""
    model: str | None = None
    """Embedding model: a folder or a name; the index's own when left out, and for a new index
    the bundled one."""
    reranker: str | None = None
    """Cross-encoder that reads the best passages once more: a folder or a name; none when left
    out."""
    host: str = "127.0.0.1"
    """Address the page is served on; 0.0.0.0 lets other machines in."""
    port: int = Field(default=7860, ge=0, le=65535)
    """Port the page is served on; 0 takes any free one."""
    k: int = Field(default=8, ge=1, le=100)
    """Passages retrieved for an answer."""
    max_words: int = Field(default=120, ge=30, le=2000)
    """Longest answer, in words."""
    auth: Literal["none", "password", "proxy"] = "none"
    """Who may use the service: whoever sits at this machine, password holders, or those whom a
    reverse proxy has signed in."""
    password_file: Path | None = None
    """File of users, for ``auth = "password"``; `assistant user add` makes it."""
    proxy_user_header: str = "X-Forwarded-User"
    """Header that names the user, for ``auth = "proxy"``."""
    proxy_groups_header: str = "X-Forwarded-Groups"
    """Header that lists the user's groups, separated by commas."""
    trusted_proxies: tuple[str, ...] = ("127.0.0.1", "::1")
    """Addresses or networks whose headers are believed."""
    curators: tuple[str, ...] = ()
    """Users or groups that may add records, for ``auth = "proxy"``."""
    admins: tuple[str, ...] = ()
    """Users or groups that may do everything, for ``auth = "proxy"``."""
    allowed_hosts: tuple[str, ...] = ()
    """Host names the service answers to; on loopback its own names, elsewhere any."""
    rate_limit: int = Field(default=120, ge=1)
    """Requests a minute that each signed-in user may make."""
    at_once: int | None = Field(default=None, ge=1, le=256)
    """Answers made at the same time; as many as there are processors, or 8 where a language
    model writes."""
    waiting: int = Field(default=64, ge=0, le=10_000)
    """Pieces of work that may wait; what is beyond is told to come back."""
    max_upload_mb: int = Field(default=32, ge=1, le=1024)
    """Largest request, in MiB."""
    log_requests: bool | None = None
    """Whether the log has a line for each request; where left out, only if people sign in."""
    log_format: Literal["text", "json"] = "text"
    """Form of the log on standard error: lines to read, or a JSON object a line."""
    log_questions: Literal["off", "hashed", "full"] = "off"
    """Whether questions are kept in the data folder, and in what form."""
    log_days: int = Field(default=30, ge=1, le=3660)
    """Days that logged questions are kept."""
    composer: Literal["extractive", "llm"] | None = None
    """What writes answers; a language model where one is set, else quotation alone."""
    llm_model: str | None = None
    """Language model, as litellm names it: ollama_chat/llama3.2; nothing is sent without one."""
    llm_url: str | None = None
    """Address of its server, where that is not the provider's own."""
    llm_key_variable: str | None = None
    """Environment variable that holds the key, where it is not the provider's usual one."""
    llm_connect_seconds: float = Field(default=5.0, gt=0)
    """Longest wait for a connection to the language model."""
    llm_first_token_seconds: float = Field(default=30.0, gt=0)
    """Longest wait for its first word, and for each word after."""
    llm_total_seconds: float = Field(default=120.0, gt=0)
    """Longest wait for its whole reply, attempts included."""
    llm_retries: int = Field(default=2, ge=0, le=10)
    """Further attempts where it is busy or out of order."""
    llm_context_tokens: int = Field(default=4096, ge=1024)
    """Tokens that a request and its reply may take together."""
    llm_answer_tokens: int = Field(default=500, ge=50)
    """Tokens of the longest reply."""
    withhold: Literal["nothing", "unsupported", "partly"] = "unsupported"
    """Sentences kept back where the records do not bear them out, or only partly."""
    max_withheld: float = Field(default=0.5, ge=0, le=1)
    """Share of a language model's words that may be kept back before quotation takes over."""
    nli_model: str | None = None
    """Cross-encoder for inference (a folder or a name) that checks each sentence as well."""

    chroma_url: str | None = None
    """Address of the Chroma server that takes the vectors of an index that is made, or moved
    there with `index rebuild`; they are in the data folder otherwise."""
    api_url: str = Field(default=API_URL, pattern=r"^https?://\S+$")
    """Address of the official Written Questions API that `index sync` follows."""
    history_url: str = Field(default=HISTORY_URL, pattern=r"^https?://\S+$")
    """Address of TheyWorkForYou's daily files that `index fetch-history` reads."""
    api_rate: float = Field(default=5.0, gt=0, le=1000)
    """Requests a second that a source is sent at most."""
    api_concurrency: int = Field(default=4, ge=1, le=16)
    """Requests to a source under way at the same time."""
    contact: str | None = None
    """Address (web or e-mail) that a source is told, to reach whoever runs this program."""

    @field_validator("data_dir", "password_file")
    @classmethod
    def _home(cls, value: Path | None) -> Path | None:
        return value.expanduser() if value is not None else None

    @classmethod
    def load(cls, config: Path | None = None, **flags: Any) -> Settings:
        """The settings in force; flags that are None count as not given.

        `config` names a settings file (TOML), which must then exist.

        Raises:
            BadRequest: a value is of the wrong kind, a key is unknown, or the file named
                does not exist or is not TOML.
        """
        layers = cls._layers(config, flags)
        for told in cls.mistyped():
            log.warning(told)
        try:
            return cls(**{name: value for _, layer in layers for name, value in layer.items()})
        except ValidationError as error:
            raise BadRequest(_in_words(error)) from error

    @classmethod
    def explain(cls, config: Path | None = None, **flags: Any) -> list[Setting]:
        """Every setting with its value and where that came from, in the order they are declared.

        Raises as `load` does.
        """
        settings = cls.load(config, **flags)
        source = {name: where for where, layer in cls._layers(config, flags) for name in layer}
        return [
            Setting(name, _shown(name, getattr(settings, name)), source.get(name, "default"))
            for name in cls.model_fields
        ]

    @classmethod
    def _layers(
        cls, config: Path | None, flags: dict[str, Any]
    ) -> list[tuple[str, dict[str, Any]]]:
        """What each source says, the weakest first."""
        file = _config_file(config)
        try:
            from_file = tomllib.loads(file.read_text("utf-8")) if file.is_file() else {}
            from_environment = EnvSettingsSource(cls)()
        except (tomllib.TOMLDecodeError, OSError, UnicodeDecodeError) as error:
            raise BadRequest(f"The settings file {file} cannot be read ({error}).") from error
        except SettingsError as error:
            variable = cls._variable(str(error))
            raise BadRequest(
                f"The environment variable {variable} is no list.", 'Write it as ["one", "two"].'
            ) from error
        given = {name: value for name, value in flags.items() if value is not None}
        return [
            (f"file {file}", from_file),
            ("environment", from_environment),
            ("flag", given),
        ]

    @classmethod
    def mistyped(cls) -> Iterator[str]:
        """A sentence for each environment variable that is nearly the name of a setting.

        Those that are like none may be another program's, or hold a key.
        """
        prefix = str(cls.model_config["env_prefix"])
        known = [CONFIG_VARIABLE, *(f"{prefix}{name.upper()}" for name in cls.model_fields)]
        for variable in os.environ:
            if variable.upper().startswith(prefix) and variable.upper() not in known:
                for meant in get_close_matches(variable.upper(), known, n=1, cutoff=0.85):
                    yield f"{variable} is no setting; {meant} is one."

    @classmethod
    def _variable(cls, told: str) -> str:
        """The environment variable that a library's message is about."""
        prefix = cls.model_config["env_prefix"]
        names = (name for name in cls.model_fields if f'"{name}"' in told)
        return next((f"{prefix}{name.upper()}" for name in names), f"{prefix}...")


def _shown(name: str, value: Any) -> Any:
    is_secret = name.endswith(("_key", "_password", "_token", "_secret"))
    return "(set, not shown)" if is_secret and value else value


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
        BadRequest: a language model is to write, and none is set.
        ModelUnavailable: it needs a package that is not installed.
    """
    from index import Index
    from index.models import embedder_for
    from index.ranking.reranker import CrossEncoderReranker

    from .answer import Assistant
    from .choosing import chosen, policy

    composer, rewriter = chosen(settings)
    embedder = embedder_for(settings.data_dir, settings.model)
    reranker = CrossEncoderReranker(settings.reranker) if settings.reranker else None
    index = Index.open(settings.data_dir, embedder=embedder, reranker=reranker)
    return Assistant(index, settings, composer, rewriter, policy(settings))
