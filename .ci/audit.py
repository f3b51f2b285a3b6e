"""What the program stands on: a bill of materials, and known weaknesses in it.

Run with the Python of the environment to look at; writes `artifacts/sbom.cdx.json` (CycloneDX).
The list of weaknesses is asked of PyPI.  Where that cannot be reached, the audit is left out and
said to be.  A weakness found is listed and, with `--strict`, ends this with status 1: one that was
published overnight should not stop every change, but it should be seen.
"""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SBOM = ROOT / "artifacts" / "sbom.cdx.json"
PROJECT = "government-answers-assistant"
PATIENCE = 300
"""Seconds that the audit may take."""


def main() -> None:
    """Write the bill of materials, then audit."""
    bill()
    audit()


def bill() -> None:
    """Everything that is installed here, with versions, licences and who needs what."""
    SBOM.parent.mkdir(exist_ok=True)
    words = ["environment", "--pyproject", ROOT / "pyproject.toml", "--mc-type", "application"]
    program = Path(sys.executable).with_name("cyclonedx-py")
    subprocess.run([program, *words, "--output-file", SBOM, "--no-validate"], check=True)
    held = json.loads(SBOM.read_text("utf-8"))
    root = held["metadata"]["component"]["name"]
    names = {component["name"].lower() for component in held["components"]}
    if root != PROJECT or not {"chromadb", "gradio", "torch"} <= names:
        sys.exit(f"The bill of materials of {root} is not whole: {len(names)} components.")
    print(f"{len(names)} components in {SBOM.relative_to(ROOT)}")


def audit() -> None:
    """Look the same packages up in PyPI's list of known weaknesses."""
    if why := _unreachable():
        print(f"Not audited: PyPI's list of weaknesses cannot be had ({why}).")
        return
    packages = sysconfig.get_path("purelib")
    options = ["--path", packages, "--skip-editable", "--format", "json", "--timeout", "10"]
    program = Path(sys.executable).with_name("pip-audit")
    try:
        told = subprocess.run(
            [program, *options, "--progress-spinner", "off"],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        looked_up = json.loads(told.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        print(f"Not audited: PyPI did not answer within {PATIENCE} seconds.")
        return
    except (json.JSONDecodeError, KeyError):
        why = (told.stderr.strip().splitlines() or ["nothing was said"])[-1]
        print(f"Not audited: PyPI's list of weaknesses broke off ({why[:200]}).")
        return
    weak = [
        f"{one['name']} {one['version']}: {found['id']}, mended in {found['fix_versions']}"
        for one in looked_up
        for found in one.get("vulns", ())
    ]
    passed_over = sum("skip_reason" in one for one in looked_up)
    print(f"{len(looked_up) - passed_over} packages audited, {passed_over} not known to PyPI")
    print("\n".join(weak))
    if weak and "--strict" in sys.argv[1:]:
        sys.exit(f"{len(weak)} known weaknesses")


def _unreachable() -> str:
    """Why PyPI's list cannot be asked; empty where it can.  A mirror has no such list."""
    try:
        with urllib.request.urlopen("https://pypi.org/pypi/pip/24.0/json", timeout=10) as reply:
            return "" if "vulnerabilities" in json.load(reply) else "a mirror answers for it"
    except (OSError, ValueError) as error:
        return str(error)


if __name__ == "__main__":
    main()
