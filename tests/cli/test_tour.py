"""The tour: every step does what it says, and nothing is left."""

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


@pytest.mark.usefixtures("installed")
def test_the_tour_plays_to_its_end_plain_and_within_80_columns() -> None:
    result = run("run", "--tour", environ={"DISPLAY": "", "DBUS_SESSION_BUS_ADDRESS": ""}, timeout_s=120.0)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "\x1b" not in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert result.stdout.count("✓") == 29
    assert "All 29 steps did what they say" in result.stdout
    assert "not played" not in result.stderr


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


_OBSERVED = """\
#!/bin/sh
for process in /proc/[0-9]*; do
    if tr '\\0' ' ' <$process/cmdline 2>/dev/null | grep -q "etui.cli up .*$HOME/"; then
        stat -c %u $process > {seen}
    fi
done
exit 1
"""
"""In the place of secret-tool: leaves behind which user the tour's wallet runs as."""


def user_of_the_tour(short_dir: Path, python: str) -> tuple[int, str]:
    """Which user the supervisor of the tour's wallet runs as, and what the tour said on standard error."""
    fake = short_dir / "secret-tool"
    fake.write_text(_OBSERVED.format(seen=short_dir / "seen"))
    fake.chmod(0o755)
    ended = subprocess.run(
        [python, "-I", "-m", "etui.cli", "run", "--tour"],
        env={**os.environ, "PATH": f"{short_dir}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 1, ended.stderr
    return int((short_dir / "seen").read_text()), ended.stderr


@pytest.mark.usefixtures("installed")
def test_root_has_the_tour_played_by_nobody(short_dir: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root becomes another user")
    short_dir.chmod(0o777)
    uid, said = user_of_the_tour(short_dir, sys.executable)
    assert (uid, "runs as root" in said) == (65534, False)


@pytest.mark.usefixtures("installed")
def test_root_plays_the_tour_itself_and_says_so_where_no_other_user_can_read_the_installation(short_dir: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root becomes another user")
    own = short_dir / "own"  # in a folder that is its user's alone
    venv.create(own, symlinks=True)
    (packages,) = own.glob("lib/python*/site-packages")
    (packages / "here.pth").write_text("\n".join(path for path in sys.path if path))
    uid, said = user_of_the_tour(short_dir, str(own / "bin" / "python"))
    assert uid == 0
    assert "etui: no other user can read this installation, so the tour runs as root" in said


def test_what_is_not_installed_is_named_with_its_package(short_dir: Path) -> None:
    result = run("run", "--tour", environ={"PATH": str(short_dir)})
    assert result.returncode == 1
    assert "apt-get install dbus-daemon" in result.stderr
