"""The password file: one user a line, ``name:role:hash``, hashed with argon2id (RFC 9106)."""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from index.errors import BadRequest

from .identity import Identity, Role

SHORTEST = 12
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


@dataclass(frozen=True, slots=True)
class _User:
    role: Role
    hashed: str


class PasswordFile:
    """Users by name.  Read once; a file that cannot be read stops the start, in words.

    Raises:
        BadRequest: the file is missing, readable by others, or a line is not understood.
    """

    def __init__(self, file: Path) -> None:
        from argon2 import PasswordHasher

        self._hasher = PasswordHasher()
        self._users = _read(file)
        # Compared with where a name is unknown, so that the time taken does not tell.
        self._nobody = self._hasher.hash(os.urandom(16).hex())

    def __len__(self) -> int:
        return len(self._users)

    def check(self, name: str, password: str) -> Identity | None:
        """The identity, or None where name or password are wrong.  Slow on purpose."""
        from argon2.exceptions import VerificationError

        user = self._users.get(name)
        try:
            self._hasher.verify(user.hashed if user else self._nobody, password)
        except VerificationError:
            return None
        return Identity(name, user.role) if user else None


def put_user(file: Path, name: str, role: Role, password: str) -> bool:
    """Add a user or give one another role and password; returns whether the user is new.

    Raises:
        BadRequest: the name has other signs than letters, digits and ``._@-``, or the
            password is too short.
    """
    from argon2 import PasswordHasher

    if not _NAME.fullmatch(name):
        raise BadRequest(f"{name!r} is no user name.", "Use letters, digits and . _ @ -.")
    if len(password) < SHORTEST:
        raise BadRequest(
            f"The password is shorter than {SHORTEST} characters.", "Use a longer one."
        )
    users = _read(file) if file.exists() else {}
    is_new = name not in users
    users[name] = _User(role, PasswordHasher().hash(password))
    _write(file, users)
    return is_new


def remove_user(file: Path, name: str) -> None:
    """Take a user out.

    Raises:
        BadRequest: there is no such user.
    """
    users = _read(file)
    if users.pop(name, None) is None:
        raise BadRequest(f"There is no user {name!r} in {file}.")
    _write(file, users)


def list_users(file: Path) -> list[Identity]:
    """Names and roles, in the file's order."""
    return [Identity(name, user.role) for name, user in _read(file).items()]


def _read(file: Path) -> dict[str, _User]:
    try:
        mode = file.stat().st_mode
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise BadRequest(
            f"The password file {file} cannot be read ({why}).",
            f"Run: assistant user add NAME --password-file {file}",
        ) from error
    if os.name == "posix" and mode & 0o077:
        raise BadRequest(f"Others may read the password file {file}.", f"Run: chmod 600 {file}")
    users: dict[str, _User] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, rest = line.partition(":")
        role, _, hashed = rest.partition(":")
        try:
            known = Role.named(role)
        except KeyError:
            known = None
        if not _NAME.fullmatch(name) or known is None or not hashed.startswith("$argon2"):
            raise BadRequest(f"Line {number} of the password file {file} is not name:role:hash.")
        users[name] = _User(known, hashed.strip())
    return users


def _write(file: Path, users: dict[str, _User]) -> None:
    """The whole file anew, readable by its owner alone, or not at all."""
    text = "".join(f"{n}:{u.role.name.lower()}:{u.hashed}\n" for n, u in users.items())
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
