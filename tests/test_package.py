"""What is installed is all that is needed: templates, sample and style travel along."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import distribution, files, packages_distributions
from itertools import chain
from pathlib import Path

import pytest

NAME = "government-answers-assistant"
ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("assistant", "index", "prompts")
DATA_SUFFIXES = {".j2", ".jsonl", ".css", ".html", ".js", ".sql", ".json", ".typed", ".safetensors"}


def data_files() -> list[str]:
    """The files beside the code that the code reads."""
    every = (file for package in PACKAGES for file in (ROOT / package).rglob("*"))
    wanted = (f for f in every if f.suffix in DATA_SUFFIXES and "__pycache__" not in f.parts)
    return sorted(file.relative_to(ROOT).as_posix() for file in wanted)


def test_every_data_file_is_installed() -> None:
    installed = {str(file) for file in files(NAME) or ()}
    if not any(name.startswith("index/") for name in installed):
        pytest.skip("the package is installed in place, so it holds no copies")
    missing = [name for name in data_files() if name not in installed]
    assert not missing
    assert "index/data/sample.jsonl" in installed


def test_nothing_but_the_three_packages_is_installed() -> None:
    installed = {str(file) for file in files(NAME) or ()}
    if not any(name.startswith("index/") for name in installed):
        pytest.skip("the package is installed in place, so it holds no copies")
    tops = {name.split("/")[0] for name in installed if not name.startswith("..")}
    assert {t for t in tops if not t.endswith(".dist-info")} == set(PACKAGES)


def test_the_program_is_installed() -> None:
    scripts = {point.name: point.value for point in distribution(NAME).entry_points}
    assert scripts == {"assistant": "assistant.cli:main"}


@pytest.mark.parametrize(
    ("statement", "forbidden"),
    [
        ("import index", ("pydantic", "numpy", "chromadb")),
        ("import assistant", ("pydantic", "numpy", "chromadb", "gradio", "asyncio")),
        ("import assistant.cli", ("numpy", "chromadb", "gradio", "torch", "pydantic", "sqlite3")),
        ("from index import retrieve", ("gradio", "torch", "chromadb", "assistant")),
        ("from index.types import WrittenAnswer", ("numpy", "chromadb", "tantivy")),
    ],
)
def test_importing_brings_in_nothing_heavy(statement: str, forbidden: tuple[str, ...]) -> None:
    code = f"import sys; {statement}; print([m for m in {forbidden!r} if m in sys.modules])"
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert told.stdout.strip() == "[]"


def test_index_knows_nothing_of_the_assistant() -> None:
    for file in (ROOT / "index").rglob("*.py"):
        for line in file.read_text("utf-8").splitlines():
            words = line.split()
            imports = words[:1] in (["import"], ["from"]) and len(words) > 1
            assert not (imports and words[1].split(".")[0] in ("assistant", "prompts", "gradio"))


def test_what_is_imported_is_asked_for() -> None:
    """No library is only there because another one happens to bring it along."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    declared = {plain(re.split(r"[\s<>=!~;\[]", one)[0]) for one in asked}
    sources = packages_distributions()
    unasked = {
        (top, file.relative_to(ROOT).as_posix())
        for package in PACKAGES
        for file in (ROOT / package).rglob("*.py")
        for top in imported(file)
        if top not in sys.stdlib_module_names
        and top not in PACKAGES
        # pydantic names the one release of its core that it goes with.
        and top != "pydantic_core"
        and declared.isdisjoint(map(plain, sources.get(top, [top])))
    }
    assert unasked == set()


def imported(file: Path) -> set[str]:
    """The libraries that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            found.add(node.module.split(".")[0])
    return found


def plain(name: str) -> str:
    """A distribution's name as the index of packages compares it."""
    return name.lower().replace("_", "-")
