"""Source text to harmless HTML: the one place where the page escapes what others wrote.

Everything that reaches the browser goes through one of two sets of templates, which escape
each value they are given.  `panel` makes HTML that is shown as it stands.  `message` makes
what the chat shows, which Gradio reads as Markdown first: there every character that could
mean something in Markdown or LaTeX is written as a character reference.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from prompts import british_date, counted, render

# Control characters that show nothing, and those that reorder the letters around them.
_HIDDEN = re.compile(
    r"[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
_LINE_END = re.compile(r"\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
_ADDRESS = re.compile(r"https?://[^\s<>\"'|\\^`{}]+", re.IGNORECASE)
_CLOSING = ".,;:!?)]”’»…"


def visible(text: str) -> str:
    """The text without what hides in it: control characters and bidirectional overrides."""
    return _HIDDEN.sub("", text)


def safe_url(url: str | None) -> str | None:
    """The address, if a reader may be sent to it: http or https with a host, nothing odd."""
    if not url or visible(url) != url or re.search(r"[\s<>\"\\]", url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc else None


def linked(text: str) -> Markup:
    """The text escaped, its web addresses made into links."""
    parts: list[str] = []
    at = 0
    for found in _ADDRESS.finditer(text):
        address = found.group().rstrip(_CLOSING)
        if safe_url(address) is None:
            continue
        parts.append(escape(visible(text[at : found.start()])))
        parts.append(
            Markup('<a href="{0}" target="_blank" rel="noopener noreferrer">{0}</a>').format(
                address
            )
        )
        at = found.start() + len(address)
    parts.append(escape(visible(text[at:])))
    return Markup("").join(parts)


def panel(name: str, **values: Any) -> Markup:
    """Template `name` filled in, for HTML that is shown as it stands."""
    return Markup(_environment(False).get_template(f"{name}.html.j2").render(**values))  # noqa: S704


def message(name: str, **values: Any) -> Markup:
    """Template `name` filled in, for the chat: one line, with nothing left for Markdown."""
    text = _environment(True).get_template(f"{name}.html.j2").render(**values)
    # A blank line would end the block that Markdown passes through untouched.
    return Markup(" ".join(text.split()))  # noqa: S704


def _shown(value: object) -> object:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _shown_in_chat(value: object) -> object:
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    plain = _PUNCTUATION.sub(lambda found: f"&#{ord(found.group())};", visible(value))
    return Markup(_LINE_END.sub("<br>", plain))  # noqa: S704


@lru_cache(maxsize=2)
def _environment(chat: bool) -> Environment:
    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown_in_chat if chat else _shown,
    )
    environment.filters.update(
        british_date=british_date, counted=counted, linked=linked, safe_url=safe_url
    )
    environment.globals.update(wording=render)
    return environment
