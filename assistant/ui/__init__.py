"""The page: a chat with its evidence beside it.  Thin: everything it shows is made elsewhere."""

from __future__ import annotations

from .app import build_page
from .mounting import mount_page

__all__ = ["build_page", "mount_page"]
