"""Follows README.md word by word in a fresh clone: every block, in order, as a reader would.

Run with the Python of an environment that has everything installed.  There are three
departures.  The clone's `.venv` sees the packages of that environment, so that pip finds them
there and need not fetch them again; the program itself it builds and installs.  The page's port
is a free one.  And the line that runs the tests is passed over, for it would end up here again.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from pathlib import Path
from typing import IO, cast

ROOT = Path(__file__).resolve().parents[1]
FENCE = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
START_SECONDS = 300
SAID = "The cell has led to 512 arrests since July 2020."
"""What the one official record says that the walk adds; a cited answer must quote it."""


def main() -> None:
    """Walk through README.md; the first thing that fails ends it with its output."""
    with tempfile.TemporaryDirectory(prefix="readme-") as folder:
        home = Path(folder)
        clone = _clone(home / "clone")
        _files_named(clone)
        blocks = [(m[1], m[2]) for m in FENCE.finditer((clone / "README.md").read_text("utf-8"))]
        walk = Walk(clone, home)
        try:
            for language, text in blocks:
                walk.block(language, text)
        finally:
            walk.stop()
        walk.check()
    print(f"README.md: {len(blocks)} blocks followed, from set-up to cited answers")


class Walk:
    """A reader of README.md at work in a clone."""

    def __init__(self, clone: Path, home: Path) -> None:
        self._clone = clone
        self._elsewhere = home / "elsewhere"
        self._elsewhere.mkdir()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = str(probe.getsockname()[1])
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("ASSISTANT_", "PYTHON"))}
        self._environment = {
            **kept,
            "HOME": str(home),
            "XDG_DATA_HOME": str(home / "data"),
            "XDG_CONFIG_HOME": str(home / "config"),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "ASSISTANT_PORT": self._port,
            "NO_PROXY": "127.0.0.1,localhost",
        }
        self._service: subprocess.Popen[str] | None = None
        self._said: list[str] = []

    def block(self, language: str, text: str) -> None:
        """Do what one block says."""
        text = text.replace("127.0.0.1:7860", f"127.0.0.1:{self._port}")
        if "pytest" in text:
            return
        began = time.monotonic()
        self._do(language, text)
        seconds = time.monotonic() - began
        print(f"{seconds:6.1f} s  {text.strip().splitlines()[0]}", flush=True)

    def _do(self, language: str, text: str) -> None:
        if text.rstrip().endswith("assistant serve"):
            self._serve(text)
            return
        # Programs are run outside of the checkout, as an installed package is used.
        python = [str(self._clone / ".venv/bin/python"), "-c", text]
        words = python if language == "python" else ["bash", "-euo", "pipefail", "-c", text]
        told = subprocess.run(
            words,
            cwd=self._elsewhere if language == "python" else self._clone,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        if told.returncode:
            said = f"{text}\n{told.stdout}\n{told.stderr}"
            sys.exit(f"README.md does not hold (status {told.returncode}):\n{said}")
        self._said.append(told.stdout)

    def _serve(self, text: str) -> None:
        self._service = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", text],
            cwd=self._clone,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        written = cast(IO[str], self._service.stdout)
        timer = threading.Timer(START_SECONDS, self.stop)
        timer.start()
        said = []
        for line in written:
            said.append(line)
            if line.startswith("Open http://"):
                break
        else:
            sys.exit(f"README.md's first line did not open the page:\n{''.join(said)}")
        timer.cancel()
        threading.Thread(target=written.read, daemon=True).start()

    def stop(self) -> None:
        """Stop the service as Ctrl+C would."""
        if self._service is None:
            return
        try:
            os.killpg(self._service.pid, signal.SIGINT)
            self._service.wait(30)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            os.killpg(self._service.pid, signal.SIGKILL)

    def check(self) -> None:
        """What was said along the way: passages by REST, cited answers by Python and MCP."""
        told = "\n".join(self._said)
        passages = [json.loads(said)["passages"] for said in self._said if said.startswith("{")]
        if not passages or not all(passages):
            sys.exit(f"README.md's REST call gave no passages:\n{told}")
        cited = told.count(f"{SAID} [1]")
        if cited < 2:
            sys.exit(f"README.md gave {cited} cited answers instead of 2 or more:\n{told}")


def _clone(folder: Path) -> Path:
    """A fresh clone (or, of a tree without history, a copy) with the packages in reach."""
    if (ROOT / ".git").exists():
        subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    else:
        shutil.copytree(
            ROOT, folder, ignore=shutil.ignore_patterns(".venv", "*cache*", "artifacts")
        )
    subprocess.run([sys.executable, "-m", "venv", folder / ".venv"], check=True)
    packages = next((folder / ".venv" / "lib").glob("python3*")) / "site-packages"
    (packages / "reach.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder


def _files_named(folder: Path) -> None:
    """The files that README.md speaks of: one official record, a page, a document."""
    from pypdf import PdfWriter
    from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

    value = {
        "id": 1,
        "uin": "HL1",
        "house": "Lords",
        "dateTabled": "2022-06-22T00:00:00",
        "dateAnswered": "2022-07-06T00:00:00",
        "answeringBodyName": "Home Office",
        "heading": "Small Boats: Arrests",
        "questionText": "To ask Her Majesty's Government how many arrests over small boat "
        "crossings the joint intelligence cell in France has led to.",
        "answerText": f"<p>{SAID}</p><p>The work goes on.</p>",
    }
    line = json.dumps({"value": value, "links": []}).encode() + b"\n"
    (folder / "answers.jsonl.gz").write_bytes(gzip.compress(line))
    (folder / "pages").mkdir()
    (folder / "pages" / "note.txt").write_text("Guidance on bridges. They are inspected yearly.")
    writer = PdfWriter()
    page = writer.add_blank_page(300, 300)
    stream = DecodedStreamObject()
    stream.set_data(b"BT /F1 12 Tf 20 200 Td (Guidance on the keeping of bridges) Tj ET")
    font = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
    named = DictionaryObject({NameObject(k): NameObject(v) for k, v in font.items()})
    fonts = DictionaryObject({NameObject("/F1"): writer._add_object(named)})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    page[NameObject("/Contents")] = writer._add_object(stream)
    writer.write(folder / "guidance.pdf")


if __name__ == "__main__":
    main()
