"""`assistant user`: who may use a service that asks for passwords."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from .options import Config, load_settings

users_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Users of a service with passwords."
)


class RoleName(StrEnum):
    """Roles as they are typed."""

    READER = "reader"
    CURATOR = "curator"
    ADMIN = "admin"


PasswordFile = Annotated[
    Path | None, typer.Option("--password-file", help="The file of users.", metavar="FILE")
]
Name = Annotated[str, typer.Argument(help="The user's name.")]


@users_app.command()
def add(
    name: Name,
    *,
    role: Annotated[
        RoleName, typer.Option(help="reader asks, curator adds records, admin does everything.")
    ] = RoleName.READER,
    password_file: PasswordFile = None,
    config: Config = None,
) -> None:
    """Add a user, or give one a new password and role; the password is asked for.

    Where the output of another program is piped in, its first line is the password.

    \b
    assistant user add ada --role curator --password-file users.txt
    """
    from ..service.identity import Role
    from ..service.passwords import put_user

    file = _file(password_file, config)
    is_new = put_user(file, name, Role.named(role), _password())
    typer.echo(f"{'Added' if is_new else 'Changed'} {name} ({role}) in {file}.")


@users_app.command()
def remove(name: Name, *, password_file: PasswordFile = None, config: Config = None) -> None:
    """Take a user out; a running service forgets them when it is started again.

    \b
    assistant user remove ada --password-file users.txt
    """
    from ..service.passwords import remove_user

    file = _file(password_file, config)
    remove_user(file, name)
    typer.echo(f"Removed {name} from {file}.")


@users_app.command("list")
def list_(*, password_file: PasswordFile = None, config: Config = None) -> None:
    """Names and roles.

    \b
    assistant user list --password-file users.txt
    """
    from ..service.passwords import list_users

    for user in list_users(_file(password_file, config)):
        typer.echo(f"{user.role.name.lower():8} {user.name}")


def _file(given: Path | None, config: Path | None) -> Path:
    from index.errors import BadRequest

    file = load_settings(config, None, None, password_file=given).password_file
    if file is None:
        raise BadRequest("No password file is named.", "Name one with --password-file.")
    return file


def _password() -> str:
    import sys

    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
