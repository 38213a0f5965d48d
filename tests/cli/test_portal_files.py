"""What has the desktop's portal find the door: written, deleted, and for the version that is there."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.doors.portal.desktop import started_by

from etui.cli import portal_files


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a name that a unit and a shell would both read otherwise."""
    folder = tmp_path / "Ada's \\ 100% $HOME"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return folder


def says(monkeypatch: pytest.MonkeyPatch, folder: Path, version: str) -> None:
    """A portal that says this version, in the place of the one that is installed."""
    program = folder / "xdg-desktop-portal"
    program.write_text(f"#!/bin/sh\necho xdg-desktop-portal {version}\n", encoding="utf-8")
    program.chmod(0o700)
    monkeypatch.setattr(portal_files, "FRONT_ENDS", (program,))


def test_a_portal_of_debian_12_reads_a_folder_of_all_there_are(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    says(monkeypatch, tmp_path, "1.16.0")
    lines = portal_files.write()
    assert lines[:2] == [f"Wrote {portal_files.portal_file()}", f"Wrote {portal_files.drop_in()}"]
    runtime = tmp_path / "runtime"
    runtime.mkdir()
    started_by(portal_files.drop_in(), runtime)
    variables = started_by(portal_files.drop_in(), runtime)  # each time that it starts
    folder = Path(variables["XDG_DESKTOP_PORTAL_DIR"])
    found = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    system = Path("/usr/share/xdg-desktop-portal/portals")
    assert found.pop("etui.portal") == portal_files.portal_file().read_text(encoding="utf-8")
    assert found == {path.name: path.read_text(encoding="utf-8") for path in system.glob("*.portal")}

    assert [line for line in portal_files.delete() if line.startswith("Deleted")] == [
        f"Deleted {portal_files.portal_file()}",
        f"Deleted {portal_files.drop_in()}",
    ]
    assert [path for path in home.rglob("*") if path.is_file()] == []
    assert portal_files.delete() == []


@pytest.mark.parametrize(
    ("version", "by_root"), [("1.17.0", True), ("1.18.4", True), ("1.20.1", False), ("2.0", False)]
)
def test_for_a_newer_portal_it_says_what_is_left_to_do_and_a_drop_in_of_an_older_one_goes(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, *, by_root: bool
) -> None:
    says(monkeypatch, tmp_path, "1.16.0")
    portal_files.write()
    says(monkeypatch, tmp_path, version)
    lines = portal_files.write()
    assert any("under [preferred] in portals.conf" in line for line in lines)
    assert any("have root copy" in line for line in lines) is by_root
    assert [path for path in home.rglob("*") if path.is_file()] == [portal_files.portal_file()]


def test_where_there_is_no_portal_it_says_so(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portal_files, "FRONT_ENDS", (home / "none",))
    assert "The desktop's portal is not installed" in portal_files.write()[-1]
