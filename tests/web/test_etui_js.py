"""etui.js: its own tests under Node, and its types, which are those of its comments."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest
from judges.provisions import node_modules

PACKAGE: Final = Path(__file__).parents[2] / "web" / "etui-js"


@pytest.fixture(autouse=True)
def _node() -> None:
    if shutil.which("node") is None:
        pytest.skip("needs package nodejs")


def test_its_own_tests_pass() -> None:
    tests = sorted(map(str, (PACKAGE / "test").glob("*.test.js")))
    ran = subprocess.run(["node", "--test", *tests], capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stdout
    assert "# skipped 0" in ran.stdout


def test_its_types_hold_and_are_those_of_its_comments(tmp_path: Path) -> None:
    if shutil.which("npm") is None:
        pytest.skip("needs package npm")
    tsc = node_modules("typescript") / "node_modules/typescript/bin/tsc"
    command = ["node", str(tsc), "--project", str(PACKAGE), "--outDir", str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stdout
    kept, made = (
        {file.name: file.read_text() for file in folder.iterdir()} for folder in (PACKAGE / "types", tmp_path)
    )
    assert kept == made, "tsc -p web/etui-js"


def test_what_is_published_is_there_and_depends_on_nothing() -> None:
    package = json.loads((PACKAGE / "package.json").read_text())
    entry = package["exports"]["."]
    assert all((PACKAGE / path).is_file() for path in entry.values())
    assert all((PACKAGE / path).is_dir() for path in package["files"])
    assert "dependencies" not in package
