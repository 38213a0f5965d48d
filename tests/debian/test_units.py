"""The units of managed wallets, as systemd itself judges them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import pytest
from setup.debian.programs import UNITS, USER_UNITS

from etui.trusted.supervisor.people import UNITS as NAMES

SERVICES: Final = sorted(UNITS.glob("*.service"))
PYTHON: Final = "/usr/lib/etui/bin/python"
MOST: Final = 20
"""Tenths of a point of exposure."""

pytestmark = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs package systemd")


def analyzed(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = ["systemd-analyze", *map(str, words)]
    with tempfile.TemporaryDirectory() as folder:  # which it takes for units of a user's
        environ = os.environ | {"XDG_RUNTIME_DIR": folder}
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environ)


def test_there_is_a_socket_and_a_service_of_each_part_and_no_other() -> None:
    names = {f"etui-{name}@.{kind}" for name in NAMES for kind in ("socket", "service")}
    assert {path.name for path in UNITS.iterdir()} == names


def test_systemd_finds_nothing_wrong_with_them(tmp_path: Path) -> None:
    for path in UNITS.iterdir():
        text = path.read_text("utf-8").replace(PYTHON, sys.executable)
        (tmp_path / path.name).write_text(text, "utf-8")
    ran = analyzed("verify", "--man=no", *sorted(tmp_path.iterdir()))
    ours = [line for line in ran.stderr.splitlines() if "etui-" in line]
    assert (ran.returncode, ours) == (0, []), ran.stderr


def test_nor_with_what_a_session_runs(tmp_path: Path) -> None:
    for path in USER_UNITS.iterdir():
        (tmp_path / path.name).write_text(path.read_text("utf-8").replace("/usr/bin/etui", sys.executable), "utf-8")
    ran = analyzed("verify", "--user", "--man=no", *sorted(tmp_path.iterdir()))
    ours = [line for line in ran.stderr.splitlines() if "etui-" in line]
    assert (ran.returncode, ours) == (0, []), ran.stderr


def test_what_systemd_does_not_know_it_says(tmp_path: Path) -> None:
    text = (UNITS / "etui-vault@.service").read_text("utf-8").replace("NoNewPrivileges", "NoNewPriviliges")
    (tmp_path / "etui-vault@1000.service").write_text(text, "utf-8")
    assert "NoNewPriviliges" in analyzed("verify", "--man=no", tmp_path / "etui-vault@1000.service").stderr


@pytest.mark.parametrize("path", SERVICES, ids=[path.name for path in SERVICES])
def test_their_exposure_is_below_two(path: Path) -> None:
    ran = analyzed("security", "--offline=yes", f"--threshold={MOST}", path)
    assert ran.returncode == 0, ran.stdout


def test_the_router_has_no_users_of_its_own_or_it_could_not_tell_others_apart() -> None:
    assert "PrivateUsers" not in (UNITS / "etui-router@.service").read_text("utf-8")


@pytest.mark.parametrize("path", SERVICES, ids=[path.name for path in SERVICES])
def test_what_a_unit_runs_is_the_packages_own_and_isolated(path: Path) -> None:
    starts = re.findall(r"^Exec\w+=(.*)$", path.read_text("utf-8"), re.MULTILINE)
    assert len(starts) == 1
    assert starts[0].startswith(f"{PYTHON} -I -m etui.trusted.")
