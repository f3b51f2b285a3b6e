"""The README's pictures come from a script that works, and are kept beside the other pictures."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ..conftest import Served
from .visits import in_a_browser

pytestmark = in_a_browser

ROOT = Path(__file__).parents[2]


def test_the_pictures_of_the_readme_can_be_made_again(served: Served) -> None:
    folder = ROOT / "artifacts" / "readme"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    script = ROOT / "docs" / "screenshot.py"
    subprocess.run([sys.executable, script, served.url, folder], check=True, timeout=300)
    made = {picture.name for picture in folder.glob("*.png")}
    # A benchmark draws its own.
    kept = {picture.name for picture in (ROOT / "docs" / "images").glob("*.png")} - {"scale.png"}
    assert made == kept
