"""The measurements run, each beside its peer, and say what they found. What they find is no test's business."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

ROOT = Path(__file__).parent.parent
IDS = {
    "secrets": {"secrets.dbus_ratio", "secrets.native_ratio", "secrets.create_ratio_10"},
    "route": {"route.ratio", "route.calls_s"},
    "start": {"start.up_s"},
}
MEMBERS = {"id", "value", "want", "p50", "p95", "p99", "runs", "peer", "peer_value"}


@pytest.mark.parametrize("name", IDS)
def test_a_measurement_prints_a_record_for_each_of_its_figures(name: str) -> None:
    if name == "secrets" and shutil.which("gnome-keyring-daemon") is None:
        pytest.skip("needs package gnome-keyring")
    ran = subprocess.run(
        [sys.executable, "-m", "bench", name, "--items", "10", "--json"],
        cwd=ROOT,
        capture_output=True,
        timeout=110,
        check=False,
    )
    assert ran.returncode in {0, 1}, ran.stderr.decode()
    records = msgspec.json.decode(ran.stdout, type=list[dict[str, object]])
    assert {record["id"] for record in records} == IDS[name]
    missed = False
    for record in records:
        assert record.keys() >= MEMBERS
        assert (record["peer"] is None) is (record["peer_value"] is None)
        value, want = record["value"], record["want"]
        assert isinstance(value, float)
        assert isinstance(want, float)
        missed |= value > want
    assert ran.returncode == int(missed)
