"""The tour: every command that it shows was run, and nothing is left; test_ordinary.py has it played as a command."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.cli.etui import run
from tests.ordinary import NOBODY

from etui.cli import tour
from etui.cli.output import Output
from etui.cli.stage import stage
from etui.cli.tour import STEPS
from etui.cli.tour_checks import Step
from etui.testkit import network
from etui.testkit.readers import NEEDS, apart

_NEEDED = {"dbus-daemon": "dbus-daemon", "secret-tool": "libsecret-tools", **NEEDS}


_COMMAND = re.compile(r"\$ (?P<words>.+)")


@pytest.fixture
def installed() -> None:
    for program, package in _NEEDED.items():
        if shutil.which(program) is None and not Path(program).exists():
            pytest.skip(f"needs package {package}")


@pytest.mark.long
@pytest.mark.usefixtures("installed")
def test_the_tour_tells_programs_what_was_decided() -> None:
    result = run("run", "--tour", "--json", timeout_s=120.0)
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
    if os.getuid() != 0:
        pytest.skip("a network of this test's own takes root")
    with apart(), stage(at_reader=True) as played_on:
        network.lay()
        shown = [line for step in STEPS for line in step.play(played_on)]
    typed = [shlex.split(found["words"]) for line in shown if (found := _COMMAND.match(line))]
    assert {words[0] for words in typed} == {"etui", "sh", "ssh-add", "git", "age"}
    assert ["etui", "lock"] in typed
    listed = shown[shown.index("$ etui audit --limit 1000") :]
    used = ("secret/1.read", "secret/1.fetch", "payment/1.pay", "apdu/1.arm")
    for action in ("crypto/1.generate", "ssh/1.login", "ssh/1.sign", "age/1.unwrap", "sign/1.sign_text", *used):
        assert sum(f" {action} " in row for row in listed) == 1
    assert [words[:2] for words in typed].count(["etui", "why"]) == 13
    order = iter(started)
    assert all(words in order for words in typed)  # each was started, after the one before it


def test_what_takes_a_reader_is_left_out_and_named_where_none_can_be_had(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    absent = {"/nowhere/pcscd": "pcscd"}
    readers_asked: list[bool] = []

    @contextmanager
    def empty(*, at_reader: bool) -> Iterator[None]:
        readers_asked.append(at_reader)
        yield

    def refused() -> None:
        raise PermissionError(1, "Operation not permitted")

    steps = (
        Step("Something", lambda _: []),
        Step("A tap", lambda _: [], at_reader=True),
        Step("Another", lambda _: [], absent, at_reader=True),
    )
    monkeypatch.setattr(tour, "STEPS", steps)
    monkeypatch.setattr(tour, "stage", empty)
    monkeypatch.setattr("etui.testkit.readers.go_apart", refused)
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    assert tour.run_tour(Output(as_json=False)) == 0
    said = capsys.readouterr()
    assert "All 1 steps" in said.out
    assert "not played: A tap (no network of its own can be had here: Operation not permitted)" in said.err
    assert "not played: Another (on Debian: apt-get install pcscd)" in said.err
    assert readers_asked == [False]


_OBSERVED = """\
#!/bin/sh
printf %s "$HOME" >{folder}/stage
for process in /proc/[0-9]*; do
    if tr '\\0' ' ' <$process/cmdline 2>/dev/null | grep -q "etui.cli up .*$HOME/"; then
        stat -c %u $process >{folder}/user
    fi
done
exit 1
"""
"""In the place of secret-tool: leaves behind where the tour plays, and which user its wallet runs as; and fails."""


def failing(short_dir: Path, python: str) -> subprocess.CompletedProcess[str]:
    """A tour of this Python's installation whose first program fails."""
    fake = short_dir / "secret-tool"
    fake.write_text(_OBSERVED.format(folder=short_dir))
    fake.chmod(0o755)
    return subprocess.run(
        [python, "-I", "-m", "etui.cli", "run", "--tour"],
        env={**os.environ, "PATH": f"{short_dir}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.usefixtures("installed")
def test_a_step_that_fails_ends_the_tour_with_a_failure_and_nothing_is_left(short_dir: Path) -> None:
    short_dir.chmod(0o777)  # the tour of root runs as another user
    result = failing(short_dir, sys.executable)
    assert result.returncode == 1
    assert "✗ A program stores a password" in result.stdout
    assert "runs as root" not in result.stderr
    assert int((short_dir / "user").read_text()) == (os.getuid() or NOBODY)
    stood = Path((short_dir / "stage").read_text())
    assert stood.name.startswith("etui-tour-")
    assert not stood.exists()


@pytest.mark.usefixtures("installed")
def test_root_plays_the_tour_itself_and_says_so_where_no_other_user_can_read_the_installation(short_dir: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root becomes another user")
    own = short_dir / "own"  # in a folder that is its user's alone
    venv.create(own, symlinks=True)
    (packages,) = own.glob("lib/python*/site-packages")
    (packages / "here.pth").write_text("\n".join(path for path in sys.path if path))
    result = failing(short_dir, str(own / "bin" / "python"))
    assert result.returncode == 1, result.stderr
    assert int((short_dir / "user").read_text()) == 0
    assert "etui: no other user can read this installation, so the tour runs as root" in result.stderr


def test_what_is_not_installed_is_named_with_its_package(short_dir: Path) -> None:
    result = run("run", "--tour", environ={"PATH": str(short_dir)})
    assert result.returncode == 1
    assert "apt-get install dbus-daemon" in result.stderr
