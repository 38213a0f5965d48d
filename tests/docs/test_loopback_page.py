"""The page that makes issuer, acquirer and shop from nothing: done as it says, on other ports."""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.docs.page import ROOT, Page
from tests.ports import HeldPort

PAGE = Page(ROOT / "docs/loopback.md")
BEGIN, SERVE, ASK = PAGE.code("sh")
_SERVERS = ("issuer", "acquirer", "merchant")


@pytest.fixture
def environ() -> dict[str, str]:
    """In which ``python`` is this one."""
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "NO_PROXY": "*"}


@contextlib.contextmanager
def serving(line: str, folder: Path, environ: dict[str, str]) -> Iterator[None]:
    """A command of the page, once it listens."""
    command = shlex.split(line)
    with subprocess.Popen(command, cwd=folder, env=environ, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("listening on 127.0.0.1:"), line
            yield
        finally:
            process.terminate()


def test_what_the_page_makes_serves_and_asks_for_an_order(tmp_path: Path, environ: dict[str, str]) -> None:
    held = {port: HeldPort() for port in ("8583", "8584", "8443")}

    def there(text: str) -> str:
        for port, other in held.items():
            text = text.replace(port, str(other.number))
        return text

    for block in PAGE.code("toml"):
        name, _, content = block.removeprefix("# ").partition("\n")
        (tmp_path / name).write_text(there(content))
    (tmp_path / "begin.py").write_text(PAGE.code("python")[0])
    subprocess.run(["sh", "-e"], input=BEGIN, cwd=tmp_path, env=environ, text=True, check=True)
    with contextlib.ExitStack() as running:
        for port in held.values():
            running.enter_context(port)
        for line, name in zip(there(SERVE).splitlines(), _SERVERS, strict=True):
            assert f"etui.counterparts.{name} " in line
            running.enter_context(serving(line, tmp_path, environ))
        goods, order = (
            subprocess.run(shlex.split(line), cwd=tmp_path, env=environ, capture_output=True, check=True).stdout
            for line in there(ASK).splitlines()
        )
    assert "book" in [one["id"] for one in msgspec.json.decode(goods)]
    assert msgspec.json.decode(order)["request"].count(".") == 2
