"""The tour: every step does what it says, and nothing is left."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import msgspec
import pytest
from tests.cli.etui import run

_NEEDED = {"dbus-daemon": "dbus-daemon", "secret-tool": "libsecret-tools"}


def traces() -> set[str]:
    return {path.name for path in Path("/tmp").glob("etui-tour-*")}


@pytest.fixture
def installed() -> None:
    for program, package in _NEEDED.items():
        if shutil.which(program) is None:
            pytest.skip(f"needs package {package}")


@pytest.mark.usefixtures("installed")
def test_the_tour_plays_to_its_end_plain_and_within_80_columns() -> None:
    result = run("run", "--tour", environ={"DISPLAY": "", "DBUS_SESSION_BUS_ADDRESS": ""})
    assert result.returncode == 0, result.stdout + result.stderr
    assert "\x1b" not in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert result.stdout.count("✓") == 11
    assert "All 11 steps did what they say" in result.stdout


@pytest.mark.usefixtures("installed")
def test_the_tour_tells_programs_what_was_decided() -> None:
    result = run("run", "--tour", "--json")
    assert result.returncode == 0, result.stderr
    told = [line for step in msgspec.json.decode(result.stdout)["steps"] for line in step["told"]]
    assert any("refused: secret-tool, called by game: secret/1.read" in line for line in told)
    assert any("approved: secret-tool, called by game: secret/1.read" in line for line in told)
    assert "You were asked, and you refused it." in told


@pytest.mark.usefixtures("installed")
def test_a_step_that_fails_ends_the_tour_with_a_failure(short_dir: Path) -> None:
    fake = short_dir / "secret-tool"
    fake.write_text("#!/bin/sh\nexit 1\n")
    fake.chmod(0o755)
    short_dir.chmod(0o755)
    before = traces()
    result = run("run", "--tour", environ={"PATH": f"{short_dir}:{os.environ['PATH']}"})
    assert result.returncode == 1
    assert "✗ A program stores a password" in result.stdout
    assert traces() <= before


def test_what_is_not_installed_is_named_with_its_package(short_dir: Path) -> None:
    result = run("run", "--tour", environ={"PATH": str(short_dir)})
    assert result.returncode == 1
    assert "apt-get install dbus-daemon" in result.stderr
