"""Every sentence the assistant says in its own words, as templates anyone can read.

`render` fills one in.  A missing variable, a variable the template does not use and an
unknown name are errors: a typing mistake must never reach a reader as a gap in a sentence.
Templates give plain text; the surface that shows it escapes it.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from index import dates
from index.errors import AssistantError

if TYPE_CHECKING:
    from jinja2 import Environment, Template

SUFFIX = ".txt.j2"

# Names of answering bodies that read wrongly with "the" before them.
_WITHOUT_ARTICLE = ("The ", "HM ", "COP26", "Women and Equalities")


class PromptError(AssistantError):
    """A template does not exist, or was given too few or too many variables."""

    code = "prompt"


def names() -> list[str]:
    """The names `render` knows."""
    found = (file.name for file in files(__package__).iterdir())
    return sorted(name.removesuffix(SUFFIX) for name in found if name.endswith(SUFFIX))


def render(name: str, **values: object) -> str:
    """The text of template `name` with its variables filled in.

    Raises:
        PromptError: there is no such template, or `values` are not exactly its variables.
    """
    template, needed = _load(name)
    missing, unknown = sorted(needed - values.keys()), sorted(values.keys() - needed)
    if missing:
        raise PromptError(f"The template {name!r} lacks {', '.join(missing)}.")
    if unknown:
        raise PromptError(f"The template {name!r} does not use {', '.join(unknown)}.")
    from jinja2 import UndefinedError

    try:
        return template.render(**values).strip()
    except UndefinedError as error:
        raise PromptError(f"The template {name!r} cannot be filled in: {error}.") from error


def british_date(value: date | None) -> str:
    """``20 July 2022``; nothing for None."""
    return dates.british_date(value) if value else ""


def counted(number: int, noun: str, plural: str = "") -> str:
    """``1 record``, ``8,206 records``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def with_article(department: str) -> str:
    """An answering body's name as it reads in a sentence: ``the Home Office``."""
    return department if department.startswith(_WITHOUT_ARTICLE) else f"the {department}"


def in_quotes(asked: str) -> str:
    """Words of a question as a sentence names them: ``“cars”``, but ``2024``, ``grade 7``."""
    return asked if any(c.isdigit() for c in asked) else f"“{asked}”"


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, StrictUndefined

    # Plain text: escaping here would show "&amp;" at the command line.
    environment = Environment(
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Any] = {
        "british_date": british_date,
        "counted": counted,
        "with_article": with_article,
        "in_quotes": in_quotes,
        "capitalised": _capitalised,
    }
    environment.filters.update(filters)
    return environment


@lru_cache(maxsize=64)
def _load(name: str) -> tuple[Template, frozenset[str]]:
    from jinja2 import meta

    try:
        if not name.isidentifier():
            raise FileNotFoundError(name)
        source = files(__package__).joinpath(name + SUFFIX).read_text("utf-8")
    except FileNotFoundError as error:
        raise PromptError(
            f"There is no template {name!r}.", f"There are: {', '.join(names())}."
        ) from error
    environment = _environment()
    needed = frozenset(meta.find_undeclared_variables(environment.parse(source)))
    return environment.from_string(source), needed
