"""The tour: every step does what it says, and nothing is left."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.cli.etui import run

from etui.cli.stage import stage
from etui.cli.tour import STEPS

_NEEDED = {"dbus-daemon": "dbus-daemon", "secret-tool": "libsecret-tools"}


_COMMAND = re.compile(r"\$ (?P<words>.+)")


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
def test_every_command_that_is_shown_was_run_as_it_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    run_it = subprocess.run

    def observed(command: list[str], **how: Any) -> subprocess.CompletedProcess[str]:  # noqa: ANN401  # as `run` has it
        started.append([Path(command[0]).name, *command[1:]])
        return run_it(command, **how)

    monkeypatch.setattr(subprocess, "run", observed)
    with stage() as played_on:
        shown = [line for step in STEPS for line in step.play(played_on)]
    typed = [shlex.split(found["words"]) for line in shown if (found := _COMMAND.match(line))]
    assert {words[0] for words in typed} == {"etui", "sh"}
    assert ["etui", "lock"] in typed
    assert [words[:2] for words in typed].count(["etui", "why"]) == 2
    order = iter(started)
    assert all(words in order for words in typed)  # each was started, after the one before it


@pytest.mark.usefixtures("installed")
def test_a_step_that_fails_ends_the_tour_with_a_failure(short_dir: Path) -> None:
    fake = short_dir / "secret-tool"
    fake.write_text(f'#!/bin/sh\nprintf %s "$HOME" > {short_dir}/stage\nexit 1\n')
    fake.chmod(0o755)
    short_dir.chmod(0o777)  # the tour may run as another user
    result = run("run", "--tour", environ={"PATH": f"{short_dir}:{os.environ['PATH']}"})
    assert result.returncode == 1
    assert "✗ A program stores a password" in result.stdout
    stood = Path((short_dir / "stage").read_text())
    assert stood.name.startswith("etui-tour-")
    assert not stood.exists()


def test_what_is_not_installed_is_named_with_its_package(short_dir: Path) -> None:
    result = run("run", "--tour", environ={"PATH": str(short_dir)})
    assert result.returncode == 1
    assert "apt-get install dbus-daemon" in result.stderr
