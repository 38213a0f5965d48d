"""The terminal's command at a reader of the real pcscd."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
_DEBIAN = Path("/usr/lib/python3/dist-packages/smartcard")


def test_a_card_in_a_reader_of_pcscd_is_tapped_twice_and_pays(tmp_path: Path) -> None:
    if not (own := importlib.util.find_spec("smartcard")) and not _DEBIAN.exists():
        pytest.skip("needs package python3-pyscard")
    if shutil.which("/usr/sbin/pcscd") is None:
        pytest.skip("needs package pcscd")
    if not Path("/etc/reader.conf.d/vpcd").exists():
        pytest.skip("needs package vsmartcard-vpcd")
    if os.geteuid() != 0:
        pytest.skip("namespaces of its own take root")
    Path("/run/pcscd").mkdir(exist_ok=True)
    path = [ROOT, ROOT / "src"]
    if not own:  # of Debian's packages this one alone
        path.append(tmp_path / "pyscard")
        path[-1].mkdir()
        (path[-1] / "smartcard").symlink_to(_DEBIAN)
    environment = os.environ | {"PYTHONPATH": ":".join(map(str, path))}
    script = Path(__file__).parent / "virtual_tap.py"
    command = ["unshare", "--mount", "--net", sys.executable, str(script), str(tmp_path)]
    ran = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=240)
    assert ran.returncode == 0, ran.stderr
    readers, code, said, errors, amounts = json.loads((tmp_path / "said.json").read_text())
    assert "Virtual PCD 00 00" in readers.splitlines()
    assert code == 0, errors
    assert "look at your phone, then tap again" in said
    assert "12.50 EUR" in said
    assert amounts == [1_250]
