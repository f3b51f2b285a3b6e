"""Runs what the documentation shows, one piece after another, in one process.

Reads a JSON array from standard input: ``{"where", "python"}`` or ``{"where", "words",
"typed"}``.  Writes a JSON array of what went wrong: ``{"where", "said"}``.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import traceback
from typing import Any


def run(piece: dict[str, Any]) -> str:
    """What went wrong; empty where nothing did."""
    said = io.StringIO()
    typed, sys.stdin = sys.stdin, io.StringIO(piece.get("typed", ""))
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            if "python" in piece:
                code = compile(piece["python"], piece["where"], "exec")
                exec(code, {"__name__": "__main__"})  # noqa: S102
            else:
                from assistant import cli

                sys.argv = ["assistant", *piece["words"]]
                cli.main()
    except SystemExit as stopped:
        return f"exit status {stopped.code}: {said.getvalue()}" if stopped.code else ""
    except BaseException:
        return f"{said.getvalue()}\n{traceback.format_exc()}"
    finally:
        sys.stdin = typed
    return ""


def main() -> None:
    """Run every piece and tell of those that failed."""
    told = ((piece["where"], run(piece)) for piece in json.load(sys.stdin))
    json.dump([{"where": where, "said": said[-2000:]} for where, said in told if said], sys.stdout)


if __name__ == "__main__":
    main()
