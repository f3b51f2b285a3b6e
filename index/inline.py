"""The text of links and of raised letters, as it stands in a line of plain text."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

CONTROL = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064"
    "\u2066-\u206f\ufdd0-\ufdef\ufeff\ufff9-\ufffc\ufffe\uffff]"
)
"""Characters that are not shown: controls, joiners, soft hyphens, byte order marks."""
_ORDINAL = re.compile(r"(?:st|nd|rd|th)", re.IGNORECASE)
_UNIT = re.compile(r"(?:^|[\s\d(/·.])(?:[munkcd]?m|µm|μm|ft|yd|in|km|sec|s)$")
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def raised(inner: str, before: str) -> str:
    """Raised text, kept apart from the word or figure that it is attached to."""
    mark = inner.strip()
    if not mark or _ORDINAL.fullmatch(mark) or len(mark) > 8:
        return inner
    if mark in ("2", "3") and _UNIT.search(before):
        return inner
    if any(c in "0123456789" for c in mark):
        return inner.translate(_RAISED)
    if mark.isalpha() and before[-1:].isalnum() and mark.lower() != "tm":
        return f" ({mark})"
    return inner


def link(inner: str, href: str | None) -> str:
    """The text of a link and, unless the text is the address, the address in brackets."""
    address = _address(href or "")
    shown = " ".join(CONTROL.sub("", inner).split())
    if not shown or not address or _bare(shown) == _bare(address):
        return inner
    body = inner.rstrip()
    end = body[-1] if body[-1] in ".,;:" else ""
    after = inner[len(body) :]
    return f"{body.removesuffix(end).rstrip()} ({address}){end}{after}"


def _address(href: str) -> str:
    href = "%20".join(CONTROL.sub("", href).split())
    try:
        parts = urlsplit(href)
        if (parts.hostname or "").endswith(".safelinks.protection.outlook.com"):
            # A mail filter's wrapping, often with the address of the official who copied it.
            href = parse_qs(parts.query).get("url", [href])[0]
            href = "%20".join(CONTROL.sub("", href).split())
            parts = urlsplit(href)
    except ValueError:
        return ""
    if parts.scheme.lower() == "mailto":
        return parts.path
    return href if parts.scheme.lower() in ("http", "https") and parts.netloc else ""


def _bare(address: str) -> str:
    """An address without what people leave out when they write it down."""
    plain = re.sub(r"^(?:https?:/*|mailto:)?(?:www\.)?", "", address.strip(" .,;:()").lower())
    return plain.rstrip("/")
