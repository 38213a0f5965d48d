"""Killed at any step, an installation or removal has happened or not, and leaves nothing behind after a look."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.trusted.package.packages import ID, NOW_S, manifest, signed, tree

from etui.trusted.package import Extensions, PublisherKey, Step, verify

KEY = PublisherKey.generate()
FIRST, SECOND = (signed(KEY, tree(manifest(version=version))) for version in ("1.0.0", "2.0.0"))
FILES = 5

CHILD = """
import os, signal, sys
from pathlib import Path
from etui.trusted.package import Extensions, Step, verify
folder, archive, step, times = Path(sys.argv[1]), Path(sys.argv[2]), Step(sys.argv[3]), int(sys.argv[4])
seen = []
def stop(now):
    seen.append(now)
    if seen.count(step) == times:
        os.kill(os.getpid(), signal.SIGKILL)
extensions = Extensions(folder, step=stop)
if step is Step.SET_ASIDE:
    extensions.remove("org.example.parking")
else:
    extensions.install(verify(archive.read_bytes()), 1)
"""

MOMENTS = [
    (Step.FOLDER_MADE, 1),
    *((Step.FILE_DUE, number) for number in range(1, FILES + 1)),
    (Step.UNPACKED, 1),
    (Step.NAMED, 1),
    (Step.RECORDED, 1),
]


def run_until(tmp_path: Path, archive: bytes, step: Step, times: int) -> None:
    (tmp_path / "package").write_bytes(archive)
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path / "extensions"), str(tmp_path / "package"), step.value, str(times)],
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == -signal.SIGKILL


def names(folder: Path) -> set[str]:
    return {
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.parent == folder or path.parent.name == ID
    }


@pytest.mark.parametrize(("step", "times"), MOMENTS)
def test_a_first_install_that_is_killed_has_happened_or_not(tmp_path: Path, step: Step, times: int) -> None:
    run_until(tmp_path, FIRST, step, times)
    extensions = Extensions(tmp_path / "extensions")
    expected = ["1.0.0"] if step is Step.RECORDED else []
    for _ in range(2):
        look = extensions.look()
        assert [package.manifest.version for package in look.packages] == expected
        assert look.broken == ()
        extensions.tidy()
    whole = {ID, f"{ID}/installation.json", f"{ID}/1.0.0"}
    assert names(tmp_path / "extensions") == (whole if expected else set())
    assert extensions.install(verify(FIRST), NOW_S).manifest.version == "1.0.0"


@pytest.mark.parametrize(("step", "times"), MOMENTS)
def test_an_update_that_is_killed_leaves_the_old_version_or_the_new(tmp_path: Path, step: Step, times: int) -> None:
    extensions = Extensions(tmp_path / "extensions")
    before = extensions.install(verify(FIRST), NOW_S)
    run_until(tmp_path, SECOND, step, times)
    expected = "2.0.0" if step is Step.RECORDED else "1.0.0"
    after = extensions.package(ID)
    assert (after.manifest.version, after.installation) == (expected, before.installation)
    extensions.tidy()
    assert names(tmp_path / "extensions") == {ID, f"{ID}/installation.json", f"{ID}/{expected}"}
    assert extensions.install(verify(SECOND), NOW_S).installation == before.installation


@pytest.mark.parametrize(("step", "times"), MOMENTS)
def test_an_update_after_one_that_was_killed_needs_no_tidying(tmp_path: Path, step: Step, times: int) -> None:
    extensions = Extensions(tmp_path / "extensions")
    extensions.install(verify(FIRST), NOW_S)
    run_until(tmp_path, SECOND, step, times)
    assert extensions.install(verify(SECOND), NOW_S).manifest.version == "2.0.0"


def test_a_removal_that_is_killed_has_happened(tmp_path: Path) -> None:
    extensions = Extensions(tmp_path / "extensions")
    extensions.install(verify(FIRST), NOW_S)
    run_until(tmp_path, FIRST, Step.SET_ASIDE, 1)
    assert extensions.look().packages == ()
    extensions.tidy()
    assert names(tmp_path / "extensions") == set()


def test_every_step_is_one_at_which_something_was_killed(tmp_path: Path) -> None:
    seen: list[Step] = []
    extensions = Extensions(tmp_path / "extensions", step=seen.append)
    extensions.install(verify(FIRST), NOW_S)
    extensions.remove(ID)
    assert [(step, seen[: at + 1].count(step)) for at, step in enumerate(seen)] == [*MOMENTS, (Step.SET_ASIDE, 1)]
    assert set(seen) == set(Step)
