"""The vault's files are whole or not there, and nobody else's."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from etui.trusted.vault.directory import VaultDirectory
from etui.trusted.vault.errors import BusyError, NoWalletError, StorageError, UnsafePermissionsError

NOBODY = 65534


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "vault"


@pytest.fixture
def directory(path: Path) -> Iterator[VaultDirectory]:
    directory = VaultDirectory.create(path)
    yield directory
    directory.close()


def test_what_it_makes_is_closed_to_others_under_any_umask(path: Path) -> None:
    before = os.umask(0)
    try:
        directory = VaultDirectory.create(path)
        directory.write("file", b"content")
        directory.subdirectory("keys").close()
        directory.close()
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o7777 == 0o700
    assert (path / "keys").stat().st_mode & 0o7777 == 0o700
    assert (path / "file").stat().st_mode & 0o7777 == 0o600


def test_a_write_replaces_the_whole_file_and_leaves_nothing_else(directory: VaultDirectory) -> None:
    directory.write("file", b"a long content")
    directory.write("file", b"short")
    assert directory.read("file") == b"short"
    assert directory.names() == ("file",)


def test_a_missing_file_is_nothing(directory: VaultDirectory) -> None:
    assert directory.read("file") is None


def test_a_file_that_is_replaced_keeps_its_old_content_for_who_has_it_open(
    directory: VaultDirectory, path: Path
) -> None:
    directory.write("file", b"old")
    with (path / "file").open("rb") as reader:
        directory.write("file", b"new")
        assert reader.read() == b"old"


def test_what_an_interrupted_write_left_is_cleared_by_the_next_holder(directory: VaultDirectory, path: Path) -> None:
    directory.write("file", b"old")
    (path / "file.new").write_bytes(b"half")
    assert directory.names() == ("file",)
    directory.hold()
    assert sorted(entry.name for entry in path.iterdir()) == ["file"]


def test_a_leftover_does_not_stop_a_write(directory: VaultDirectory, path: Path) -> None:
    (path / "file.new").symlink_to("elsewhere")
    directory.write("file", b"content")
    assert directory.read("file") == b"content"
    assert not (path / "elsewhere").exists()


def test_a_destroyed_file_is_overwritten_before_it_is_removed(directory: VaultDirectory, path: Path) -> None:
    directory.write("file", b"a key")
    with (path / "file").open("rb") as reader:
        directory.destroy("file")
        assert reader.read() == bytes(5)
    assert directory.read("file") is None
    directory.destroy("file")


def test_a_disk_that_takes_no_more_is_an_error_that_changes_nothing(directory: VaultDirectory) -> None:
    directory.write("file", b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2, hard))
    try:
        with pytest.raises(StorageError, match="File too large"):
            directory.write("file", b"new")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert directory.read("file") == b"old"


def test_a_second_holder_is_refused_until_the_first_lets_go(directory: VaultDirectory, path: Path) -> None:
    directory.hold()
    second = VaultDirectory.open(path)
    with pytest.raises(BusyError):
        second.hold()
    directory.close()
    second.hold()
    second.close()


def test_closing_twice_is_closing_once(path: Path) -> None:
    directory = VaultDirectory.create(path)
    directory.close()
    directory.close()


@pytest.mark.parametrize("mode", [0o730, 0o701, 0o750, 0o755, 0o777, 0o1777])
def test_a_directory_that_is_open_to_others_is_refused(directory: VaultDirectory, path: Path, mode: int) -> None:
    directory.subdirectory("keys").close()
    (path / "keys").chmod(mode)
    path.chmod(mode)
    with pytest.raises(UnsafePermissionsError, match=f"mode {mode:04o}"):
        VaultDirectory.open(path)
    with pytest.raises(UnsafePermissionsError, match=f"mode {mode:04o}"):
        VaultDirectory.create(path)
    with pytest.raises(UnsafePermissionsError, match="keys"):
        directory.subdirectory("keys")


def test_a_group_may_pass_through_and_find_out_that_a_vault_is_there_and_no_further(
    directory: VaultDirectory, path: Path
) -> None:
    directory.subdirectory("keys").close()
    path.chmod(0o710)
    VaultDirectory.open(path).close()
    (path / "keys").chmod(0o710)
    with pytest.raises(UnsafePermissionsError, match="keys"):
        directory.subdirectory("keys")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666])
def test_a_file_that_is_open_to_others_is_refused(directory: VaultDirectory, path: Path, mode: int) -> None:
    directory.write("file", b"content")
    (path / "file").chmod(mode)
    with pytest.raises(UnsafePermissionsError, match=f"mode {mode:04o}"):
        directory.read("file")


def test_a_directory_of_another_user_is_refused(directory: VaultDirectory, path: Path) -> None:
    if os.geteuid() == 0:
        directory.write("file", b"content")
        os.chown(path / "file", NOBODY, NOBODY)
        with pytest.raises(UnsafePermissionsError, match=f"belongs to user {NOBODY}"):
            directory.read("file")
        os.chown(path, NOBODY, NOBODY)
        with pytest.raises(UnsafePermissionsError, match=f"belongs to user {NOBODY}"):
            VaultDirectory.open(path)
    else:
        owner = Path("/").stat().st_uid
        with pytest.raises(UnsafePermissionsError, match=f"belongs to user {owner}"):
            VaultDirectory.open(Path("/"))


def test_links_are_not_followed(directory: VaultDirectory, path: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(path)
    with pytest.raises(UnsafePermissionsError):
        VaultDirectory.open(tmp_path / "link")
    directory.write("real", b"content")
    (path / "file").symlink_to("real")
    with pytest.raises(UnsafePermissionsError):
        directory.read("file")
    with pytest.raises(UnsafePermissionsError):
        directory.destroy("file")
    assert directory.read("real") == b"content"


@pytest.mark.timeout(60)
def test_a_pipe_or_directory_in_the_place_of_a_file_is_refused(directory: VaultDirectory, path: Path) -> None:
    os.mkfifo(path / "pipe", 0o600)
    (path / "folder").mkdir(0o700)
    for name in ("pipe", "folder"):
        with pytest.raises(UnsafePermissionsError):
            directory.read(name)
        with pytest.raises(UnsafePermissionsError):
            directory.destroy(name)


def test_a_missing_directory_is_no_wallet_and_a_missing_parent_an_error(path: Path) -> None:
    with pytest.raises(NoWalletError):
        VaultDirectory.open(path)
    with pytest.raises(StorageError):
        VaultDirectory.create(path / "deeper")


def test_content_too_long_to_be_ours_is_not_written(directory: VaultDirectory) -> None:
    with pytest.raises(ValueError, match="at most 262144 bytes"):
        directory.write("file", bytes(256 * 1024 + 1))
