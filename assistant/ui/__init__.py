"""The page: a chat with its evidence beside it.  Thin: everything it shows is made elsewhere."""

from __future__ import annotations

from .app import build_page
from .server import serve_page

__all__ = ["build_page", "serve_page"]
