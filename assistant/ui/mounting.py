"""Putting the page into a web application."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr
from fastapi import FastAPI

from .app import build_page

if TYPE_CHECKING:
    from ..answer import Assistant

HERE = Path(__file__).parent
MOST_BYTES = 256 * 2**20
"""Size of a file that may be dropped into the page; the service may allow less."""
# The system's own fonts: nothing is fetched.
_SANS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Arial", "sans-serif")
_MONO = ("ui-monospace", "Consolas", "monospace")


def mount_page(app: FastAPI, assistant: Assistant) -> None:
    """Serve the page over `assistant` at the root of `app`, after the routes it has already."""
    theme = gr.themes.Base(
        primary_hue="blue",
        neutral_hue="slate",
        text_size="lg",
        radius_size="sm",
        font=_SANS,
        font_mono=_MONO,
    )
    gr.mount_gradio_app(
        app,
        build_page(assistant),
        path="/",
        theme=theme,
        css_paths=sorted((HERE / "styles").glob("*.css")),
        head_paths=HERE / "head.html",
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        mcp_server=False,
        enable_monitoring=False,
        pwa=False,
        max_file_size=MOST_BYTES,
    )
