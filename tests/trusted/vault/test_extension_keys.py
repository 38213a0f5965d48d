"""The key of an installation is its own, and opens for nobody else."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etui.trusted.vault.directory import VaultDirectory
from etui.trusted.vault.errors import KeyRefusedError, StorageError
from etui.trusted.vault.extension_keys import ExtensionKeys

MASTER = bytes(range(32))
NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[VaultDirectory]:
    directory = VaultDirectory.create(tmp_path / "keys")
    yield directory
    directory.close()


@pytest.fixture
def keys(directory: VaultDirectory) -> ExtensionKeys:
    return ExtensionKeys(MASTER, "profile-1", directory)


def _only_file(directory: VaultDirectory) -> Path:
    (name,) = directory.names()
    return directory.path / name


def test_a_key_is_made_once_and_then_found(directory: VaultDirectory, keys: ExtensionKeys) -> None:
    key = keys.key_for("installation-1", "publisher")
    assert len(key) == 32
    assert keys.key_for("installation-1", "publisher") == key
    assert ExtensionKeys(MASTER, "profile-1", directory).key_for("installation-1", "publisher") == key
    assert len(directory.names()) == 1


def test_each_installation_has_a_key_of_its_own(keys: ExtensionKeys) -> None:
    assert keys.key_for("installation-1", "publisher") != keys.key_for("installation-2", "publisher")


def test_another_publisher_gets_neither_the_key_nor_a_new_one(directory: VaultDirectory, keys: ExtensionKeys) -> None:
    key = keys.key_for("installation-1", "publisher")
    with pytest.raises(KeyRefusedError):
        keys.key_for("installation-1", "impostor")
    assert keys.key_for("installation-1", "publisher") == key
    assert len(directory.names()) == 1


def test_a_file_copied_to_another_installations_name_does_not_open(
    directory: VaultDirectory, keys: ExtensionKeys
) -> None:
    keys.key_for("installation-1", "publisher")
    first = _only_file(directory)
    keys.key_for("installation-2", "publisher")
    (second,) = {directory.path / name for name in directory.names()} - {first}
    shutil.copy2(first, second)
    with pytest.raises(KeyRefusedError):
        keys.key_for("installation-2", "publisher")


def test_a_file_of_another_profile_does_not_open(directory: VaultDirectory, keys: ExtensionKeys) -> None:
    keys.key_for("installation-1", "publisher")
    with pytest.raises(KeyRefusedError):
        ExtensionKeys(MASTER, "profile-2", directory).key_for("installation-1", "publisher")


def test_publisher_and_installation_are_not_confused_at_their_border(
    directory: VaultDirectory, keys: ExtensionKeys
) -> None:
    keys.key_for("ab", "c")
    first = _only_file(directory)
    keys.key_for("a", "bc")
    (second,) = {directory.path / name for name in directory.names()} - {first}
    shutil.copy2(first, second)
    with pytest.raises(KeyRefusedError):
        keys.key_for("a", "bc")


def test_a_removed_installation_that_returns_inherits_nothing(directory: VaultDirectory, keys: ExtensionKeys) -> None:
    key = keys.key_for("installation-1", "publisher")
    with _only_file(directory).open("rb") as reader:
        keys.destroy("installation-1")
        assert not any(reader.read())
    assert directory.names() == ()
    assert keys.key_for("installation-1", "publisher") != key


def test_destroying_what_is_not_there_destroys_nothing_else(keys: ExtensionKeys) -> None:
    key = keys.key_for("installation-1", "publisher")
    keys.destroy("installation-2")
    assert keys.key_for("installation-1", "publisher") == key


def test_a_damaged_file_is_refused_and_kept(directory: VaultDirectory, keys: ExtensionKeys) -> None:
    keys.key_for("installation-1", "publisher")
    whole = _only_file(directory).read_bytes()
    for damaged in (b"", whole[:-1], bytes(len(whole)), whole[:20] + b"\0" + whole[21:], whole + b"\0"):
        _only_file(directory).write_bytes(damaged)
        with pytest.raises(KeyRefusedError):
            keys.key_for("installation-1", "publisher")
        assert _only_file(directory).read_bytes() == damaged


def test_no_key_is_handed_out_that_is_not_on_the_disk(
    directory: VaultDirectory, keys: ExtensionKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_name: str, _content: bytes) -> None:
        raise StorageError("No space left on device")

    monkeypatch.setattr(directory, "write", full)
    with pytest.raises(StorageError):
        keys.key_for("installation-1", "publisher")


@given(NAMES, NAMES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_names_do_and_the_disk_shows_none_of_them(
    directory: VaultDirectory, keys: ExtensionKeys, installation: str, publisher: str
) -> None:
    key = keys.key_for(installation, publisher)
    assert keys.key_for(installation, publisher) == key
    (name,) = directory.names()
    assert len(name) == 32
    assert set(name) <= set("0123456789abcdef")
    keys.destroy(installation)


def test_file_names_tell_nothing_to_who_has_not_the_master_key(directory: VaultDirectory, keys: ExtensionKeys) -> None:
    keys.key_for("installation-1", "publisher")
    ExtensionKeys(bytes(32), "profile-1", directory).key_for("installation-1", "publisher")
    assert len(directory.names()) == 2
