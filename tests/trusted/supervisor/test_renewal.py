"""Code that was replaced under a wallet that runs is told from code that was not, or not yet."""

from __future__ import annotations

import py_compile
from pathlib import Path

import pytest

from etui.trusted.supervisor.renewal import Code


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return tmp_path / "__init__.py"


def put(source: Path, text: str, *, compiled: bool = True) -> None:
    """Puts a module in its place as a package manager does: another file under its name."""
    new = source.with_suffix(".new")
    new.write_text(text)
    new.replace(source)
    if compiled:
        py_compile.compile(str(source))


@pytest.fixture
def code(source: Path) -> Code:
    put(source, '__version__ = "1.0"\n')
    return Code(source, "1.0")


def test_what_lies_there_as_it_was_loaded_is_not_replaced(code: Code) -> None:
    assert not code.was_replaced()


@pytest.mark.parametrize("version", ["1.1", "0.9"])
def test_another_version_is(code: Code, source: Path, version: str) -> None:
    put(source, f'__version__ = "{version}"\n')
    assert code.was_replaced()


def test_it_is_not_before_all_of_it_is_there(code: Code, source: Path) -> None:
    for compiled in source.parent.rglob("*.pyc"):
        compiled.unlink()
    put(source, '__version__ = "1.1"\n', compiled=False)
    assert not code.was_replaced()
    py_compile.compile(str(source))
    assert code.was_replaced()


@pytest.mark.parametrize("text", ['__version__ = "1.0"\n\n', "", "__version__ = nothing\n"])
def test_the_same_version_and_none_are_not(code: Code, source: Path, text: str) -> None:
    put(source, text)
    assert not code.was_replaced()


def test_what_was_removed_is_not(code: Code, source: Path) -> None:
    source.unlink()
    assert not code.was_replaced()
