"""The unit and the image: what they copy, run and open is there, and nobody runs as root."""

from __future__ import annotations

import configparser
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import typer

from assistant.cli import app
from assistant.service.auth import OPEN
from assistant.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"


@pytest.fixture(scope="module")
def image() -> list[tuple[str, str]]:
    """The instructions of the container file with their arguments, in order."""
    text = re.sub(r"\\\n", " ", (DEPLOY / "Containerfile").read_text("utf-8"))
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def settings_of(image: list[tuple[str, str]]) -> Settings:
    """The settings that hold in the image."""
    told = " ".join(rest for word, rest in image if word == "ENV")
    given = dict(re.findall(r"ASSISTANT_(\w+)=(\S+)", told))
    return Settings(**{name.lower(): value for name, value in given.items()})


def commands() -> set[str]:
    return set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


def test_the_image_copies_what_is_there_and_all_that_is_built(image) -> None:
    copied: list[str] = []
    for word, rest in image:
        if word == "COPY":
            *names, place = rest.split()
            # A folder named beside others would be emptied into the place.
            assert len(names) == 1 or place.endswith("/")
            copied += names
    assert [name for name in copied if not (ROOT / name).exists()] == []
    needed = {"pyproject.toml", "README.md", "LICENSE", "assistant", "index", "prompts"}
    assert set(copied) == needed
    order = [word for word, _ in image]
    installs = next(n for n, (_, rest) in enumerate(image) if "pip install" in rest)
    assert installs > max(n for n, word in enumerate(order) if word == "COPY")


def test_the_image_is_let_see_only_what_it_copies(image) -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split()
    copied = {name for w, rest in image if w == "COPY" for name in rest.split()[:-1]}
    assert ignored[0] == "*"
    assert {line.removeprefix("!") for line in ignored if line.startswith("!")} == copied


def test_the_image_runs_as_nobody_in_particular_and_asks_who_is_there(image) -> None:
    users = [rest for word, rest in image if word == "USER"]
    assert users
    assert users[-1] not in ("root", "0")
    made = next(rest for word, rest in image if "useradd" in rest)
    assert users[-1] in made.split()
    settings = settings_of(image)
    assert settings.host == "0.0.0.0"  # noqa: S104
    assert settings.auth == "password"
    volumes = [rest for word, rest in image if word == "VOLUME"]
    assert volumes == [str(settings.data_dir)]
    # What a user may write to must be theirs before it becomes a volume.
    assert f"-o {users[-1]} {settings.data_dir}" in made


def test_the_image_opens_its_port_and_says_whether_it_lives(image) -> None:
    settings = settings_of(image)
    assert [rest for word, rest in image if word == "EXPOSE"] == [str(settings.port)]
    (health,) = (rest for word, rest in image if word == "HEALTHCHECK")
    address = re.search(r"http://127\.0\.0\.1:(\d+)(/\w+)", health)
    assert address is not None
    assert int(address[1]) == settings.port
    assert address[2] in OPEN, "it would be asked for a password"
    program, command, *_ = json.loads(next(rest for word, rest in image if word == "CMD"))
    assert program == "assistant"
    assert command in commands()


def test_the_unit_runs_a_command_that_exists_and_keeps_to_its_folder() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment]
    unit.read(DEPLOY / "assistant.service")
    service = unit["Service"]
    program, command = service["ExecStart"].split()
    assert program.endswith("/assistant")
    assert command in commands()
    told = (DEPLOY / "assistant.service").read_text("utf-8")
    assert f"ASSISTANT_DATA_DIR=/var/lib/{service['StateDirectory']}" in told
    assert service["DynamicUser"] == service["NoNewPrivileges"] == "yes"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    told = (DEPLOY / "assistant.service").read_text("utf-8")
    unit = tmp_path / "assistant.service"
    # Only that the program is not installed here may be found fault with.
    unit.write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", told, flags=re.MULTILINE))
    found = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False
    )
    if "Failed to" in found.stderr and str(unit) not in found.stderr:
        pytest.skip(f"systemd-analyze does not work here: {found.stderr.splitlines()[0]}")
    assert (found.returncode, found.stderr) == (0, "")
