"""What several tests share: the installed program, served as a person would serve it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PROGRAM = Path(sys.executable).with_name("assistant")
START_SECONDS = 180

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts what runs in the background so, and programs started here would take it over;
    # they are to be stopped as at a terminal.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@dataclass(frozen=True)
class Served:
    """A running `assistant serve`."""

    url: str
    data_dir: Path
    said: str
    """What it wrote while it started."""


def offline_environment(home: Path) -> dict[str, str]:
    """The environment of a fresh machine: its own home, and proxies that lead nowhere."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ASSISTANT_", "PYTEST"))}
    nowhere = "http://127.0.0.1:9"
    return {
        **kept,
        "HOME": str(home),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "HTTP_PROXY": nowhere,
        "HTTPS_PROXY": nowhere,
        "ALL_PROXY": nowhere,
        "NO_PROXY": "127.0.0.1,localhost",
    }


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The page of a new data folder, which is to say of the bundled sample."""
    home = tmp_path_factory.mktemp("home")
    data_dir = home / "answers"
    process = subprocess.Popen(
        [PROGRAM, "serve", "--port", "0", "--data-dir", data_dir],
        cwd=home,
        env=offline_environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    said: list[str] = []
    timer = threading.Timer(START_SECONDS, process.kill)
    timer.start()
    try:
        for line in process.stdout:
            said.append(line)
            if found := re.search(r"http://\S+", line):
                timer.cancel()
                drain = threading.Thread(target=process.stdout.read, daemon=True)
                drain.start()
                yield Served(found.group().rstrip("/"), data_dir, "".join(said))
                break
        else:
            pytest.fail(f"assistant serve did not start:\n{''.join(said)}")
    finally:
        timer.cancel()
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
