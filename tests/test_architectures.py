"""Nothing in the code is bound to one architecture: what names x86-64 names arm64 too."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PLACES = ("src/**/*.py", "setup/*", "packages/*", "requirements/*.in", "run", "test", "deploy/*")
FILES = [path for place in PLACES for path in ROOT.glob(place) if path.is_file()]
X86 = re.compile(r"x86[-_]?64|\bamd64\b|\bi[36]86\b", re.IGNORECASE)
ARM = re.compile(r"aarch64|\barm64\b", re.IGNORECASE)
FOLDER = re.compile(r"\b\w+-linux-(gnu|musl)\w*/")
"""A folder of libraries that one architecture has."""


def bound(text: str) -> bool:
    return bool(FOLDER.search(text)) or (bool(X86.search(text)) and not ARM.search(text))


def test_no_file_names_one_architecture_alone() -> None:
    assert len(FILES) > 100
    assert [str(path.relative_to(ROOT)) for path in FILES if bound(path.read_text(encoding="utf-8"))] == []


def test_what_is_bound_is_told() -> None:
    path = 'Path("/usr/lib/x86_64-linux-gnu/libEGL.so.1")  # or aarch64'
    assert all(map(bound, ('MACHINES = {"x86_64"}', "linux-image-amd64", path)))
    assert not any(map(bound, ('MACHINES = {"aarch64", "x86_64"}', "AMD64 or ARM64")))
