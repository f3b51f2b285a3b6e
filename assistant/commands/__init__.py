"""Commands of the command line beyond the everyday ones of `assistant/cli.py`, a file each.

`options` holds the options that many commands share.  Each file has a Typer application or
plain functions, which `cli` hooks in; nothing heavy is imported until a command runs.
"""
