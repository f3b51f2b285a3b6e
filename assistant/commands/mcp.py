"""`assistant mcp`: the tools for other people's assistants, over standard input and output."""

from __future__ import annotations

from .options import Config, DataDir, Model, load_settings


def mcp(data_dir: DataDir = None, model: Model = None, config: Config = None) -> None:
    """Serve the MCP tools over standard input and output, for an assistant that starts this.

    Name it in the assistant's settings as the command `assistant` with the argument `mcp`.
    Over HTTP the same tools are at /mcp of `assistant serve`.

    \b
    assistant mcp --data-dir ./answers
    """
    from ..building import ensure_index
    from ..mcp import build_mcp
    from ..settings import open_assistant

    settings = load_settings(config, data_dir, model)
    ensure_index(settings)
    with open_assistant(settings) as assistant:
        build_mcp(assistant).run("stdio")
