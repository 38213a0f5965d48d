"""Files that stand before the system's, and go again without a trace."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from etui.cli.exits import CommandError
from etui.cli.overrides import Override, place, withdraw


def snapshot(folder: Path) -> dict[str, object]:
    """Everything below a folder: contents, modes and times of files, targets of links."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        state = path.lstat()
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = path.readlink()
        elif path.is_dir():
            found[name] = state.st_mode
        else:
            found[name] = (state.st_mode, state.st_mtime_ns, path.read_bytes())
    return found


def test_what_was_there_is_there_again_byte_for_byte(tmp_path: Path) -> None:
    theirs, link = tmp_path / "data/services/a.service", tmp_path / "data/services/b.service"
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(b"\xff their own \x00")
    theirs.chmod(0o640)
    os.utime(theirs, ns=(1, 1))
    link.symlink_to("nowhere")
    (tmp_path / "empty").mkdir()
    before = snapshot(tmp_path)
    overrides = [
        Override(theirs, "ours\n"),
        Override(link, "ours\n"),
        Override(tmp_path / "empty/c", "ours\n"),
        Override(tmp_path / "new/folder/d", "ours\n"),
    ]
    for _ in range(2):
        assert place(overrides) == [override.path for override in overrides]
    assert all(override.path.read_text(encoding="utf-8").endswith("\nours\n") for override in overrides)
    withdrawn = withdraw([override.path for override in overrides])
    assert withdrawn.gone == [override.path for override in overrides]
    assert snapshot(tmp_path) == before
    assert withdraw([override.path for override in overrides]).gone == []


def test_a_folder_that_is_used_otherwise_meanwhile_stays(tmp_path: Path) -> None:
    override = Override(tmp_path / "new/folder/a", "ours\n")
    place([override])
    (tmp_path / "new/theirs").write_text("x", encoding="utf-8")
    withdraw([override.path])
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["new", "theirs"]


def test_what_somebody_changed_since_stays(tmp_path: Path) -> None:
    override = Override(tmp_path / "a", "ours\n")
    place([override])
    with override.path.open("a", encoding="utf-8") as file:
        file.write("theirs\n")
    with pytest.raises(CommandError, match="changed since: remove it first"):
        place([override])
    withdrawn = withdraw([override.path])
    assert (withdrawn.gone, withdrawn.kept) == ([], [override.path])
    assert override.path.read_text(encoding="utf-8").endswith("ours\ntheirs\n")


def test_a_placing_that_was_cut_off_is_done_again_and_undone(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("theirs\n", encoding="utf-8")
    before = snapshot(tmp_path)
    path.rename(tmp_path / "a.before-etui")  # as far as a first try came
    place([Override(path, "ours\n")])
    withdraw([path])
    assert snapshot(tmp_path) == before


def test_a_file_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("theirs\n", encoding="utf-8")
    before = snapshot(tmp_path)
    withdrawn = withdraw([path, tmp_path / "none"])
    assert (withdrawn.gone, withdrawn.kept, snapshot(tmp_path)) == ([], [], before)


def test_where_nothing_can_be_written_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(CommandError, match="file/a cannot be written"):
        place([Override(tmp_path / "file/a", "ours\n")])
