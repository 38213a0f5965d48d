"""Archives: whole or refused, and nothing between."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import tarfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etui.trusted.archive import (
    HEADER,
    TRAILER,
    ArchiveError,
    Folder,
    check_archive,
    look_over,
    unpack_archive,
    write_archive,
)

_CREATED = 1_790_000_000


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder that looks like a profile."""
    home = tmp_path / "home"
    for path, content in {
        "profile.json": b'{"format": 1, "id": "0123456789abcdef"}',
        "audit/00000001.seg": b"s" * 1500,
        "audit/ratchet": b"r" * 512,
        "vault/slots.json": b"{}",
        "extensions/org.example/1.0.0/program": b"#!/bin/sh\n",
        "empty": b"",
        "running": b"",
        "vault/slots.json.new": b"unfinished",
        "device/key": b"k" * 32,
        "device/looks": b"sealed to the key beside it",
        "settings.json": b'{"format": 1, "doors": ["secret-service"]}',
        "shell/brand.json": b'{"format": 1}',
        "vault/login": b'{"format": 1}',
        "vault/login-tries": b'{"format": 1}',
    }.items():
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        (home / path).write_bytes(content)
        (home / path).chmod(0o600)
    (home / "extensions/org.example/1.0.0/program").chmod(0o755)
    return home


def archive_of(home: Path) -> bytes:
    written = io.BytesIO()
    write_archive(Folder(home), look_over(Folder(home), _CREATED), written)
    return written.getvalue()


def files_below(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(folder)): (path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
        for path in folder.rglob("*")
        if path.is_file()
    }


def forged(*members: tuple[str, bytes]) -> io.BytesIO:
    """An archive that names these files and is whole, whatever their names are."""
    files = [
        {"path": path, "size": len(content), "mode": 0o600, "sha256": hashlib.sha256(content).hexdigest()}
        for path, content in members
    ]
    header = msgspec.json.encode({"format": 1, "profile": "x", "created": 0, "files": files})
    written = io.BytesIO()
    for path, content in ((HEADER, header), *members):
        written.write(member_of(path, content))
    digest = hashlib.sha256(written.getvalue()).hexdigest()
    written.write(member_of(TRAILER, f"{digest}\n".encode()) + bytes(1024))
    return written


def member_of(path: str, content: bytes) -> bytes:
    member = tarfile.TarInfo(path)
    member.size, member.mode = len(content), 0o600
    return member.tobuf(tarfile.USTAR_FORMAT) + content + bytes(-len(content) % 512)


def test_what_is_restored_is_what_was_there_but_for_what_a_running_wallet_and_this_device_own(
    home: Path, tmp_path: Path
) -> None:
    unpack_archive(io.BytesIO(archive_of(home)), tmp_path / "other")
    there = files_below(home)
    of_device = ("device/key", "device/looks", "settings.json", "shell/brand.json", "vault/login", "vault/login-tries")
    for path in ("running", "vault/slots.json.new", *of_device):
        del there[path]
    there["restored"] = (b"", 0o600)  # until it is unlocked
    assert files_below(tmp_path / "other") == there
    assert stat.S_IMODE((tmp_path / "other").stat().st_mode) == 0o700


def test_the_same_profile_has_one_archive(home: Path) -> None:
    first = archive_of(home)
    os.utime(home / "profile.json", (1, 1))
    assert archive_of(home) == first


@pytest.mark.attack(260)
def test_no_archive_has_the_slot_that_a_login_password_opens(home: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(archive_of(home))) as archive:
        listed = archive.getnames()
    assert "vault/slots.json" in listed
    assert [name for name in listed if "login" in name] == []


def test_every_machine_can_list_it_and_the_ratchet_stands_before_the_segments(home: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(archive_of(home))) as archive:
        names = archive.getnames()
    assert names[:3] == [HEADER, "profile.json", "audit/ratchet"]
    assert "audit/00000001.seg" in names[3:]
    assert names[-1] == TRAILER


def test_a_profile_that_changes_while_it_is_read_is_not_exported(home: Path) -> None:
    contents = look_over(Folder(home), _CREATED)
    (home / "vault/slots.json").write_bytes(b"{ }")
    with pytest.raises(ArchiveError, match=r"vault/slots\.json was changed"):
        write_archive(Folder(home), contents, io.BytesIO())


def test_a_file_that_appears_while_it_is_read_is_noticed(home: Path) -> None:
    contents = look_over(Folder(home), _CREATED)
    (home / "audit/00000002.seg").write_bytes(b"new")
    with pytest.raises(ArchiveError, match="in use"):
        write_archive(Folder(home), contents, io.BytesIO())


def test_a_link_in_a_profile_is_not_followed(home: Path) -> None:
    (home / "link").symlink_to("/etc/passwd")
    with pytest.raises(ArchiveError, match="link is neither a file nor a folder"):
        look_over(Folder(home), _CREATED)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_damaged_byte_is_restored_and_nothing_is_left(home: Path, data: st.DataObject) -> None:
    archive = bytearray(archive_of(home))
    at = data.draw(st.integers(0, len(archive) - 1))
    archive[at] ^= data.draw(st.integers(1, 255))
    target = home.parent / "other"
    with pytest.raises(ArchiveError):
        unpack_archive(io.BytesIO(archive), target)
    assert [path.name for path in home.parent.iterdir()] == ["home"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_part_of_an_archive_is_one(home: Path, data: st.DataObject) -> None:
    archive = archive_of(home)
    cut = archive[: data.draw(st.integers(0, len(archive) - 1))]
    with pytest.raises(ArchiveError):
        check_archive(io.BytesIO(cut))


@given(st.binary(max_size=4096))
def test_other_files_are_refused(content: bytes) -> None:
    with pytest.raises(ArchiveError):
        check_archive(io.BytesIO(content))


def test_damage_is_named_by_its_file(home: Path) -> None:
    archive = archive_of(home).replace(b"s" * 1500, b"s" * 1499 + b"t")
    with pytest.raises(ArchiveError, match=r"audit/00000001\.seg' is not as it was written"):
        check_archive(io.BytesIO(archive))


@pytest.mark.parametrize(
    "path",
    ["../outside", "/etc/outside", "a/../../outside", "a//b", "./a", "running", "device/key", "a/.", "..", "a\\x00b/"],
)
def test_a_path_that_leads_elsewhere_is_refused(path: str, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError):
        unpack_archive(forged((path, b"x")), tmp_path / "home")
    assert list(tmp_path.iterdir()) == []


def test_a_file_below_a_file_or_twice_is_refused() -> None:
    for members in ([("a", b"1"), ("a/b", b"2")], [("a", b"1"), ("a", b"1")]):
        with pytest.raises(ArchiveError, match="twice, or one below another"):
            check_archive(forged(*members))


def test_a_forged_archive_with_plain_paths_is_read() -> None:
    """What the others of this kind are refused for is their paths alone."""
    assert [listed.path for listed in check_archive(forged(("a", b"1"), ("b/c", b"2"))).files] == ["a", "b/c"]


def test_a_newer_format_is_named(home: Path) -> None:
    archive = archive_of(home).replace(b'"format": 1,\n  "profile"', b'"format": 2,\n  "profile"')
    with pytest.raises(ArchiveError, match="format 2, not 1"):
        check_archive(io.BytesIO(archive))


def test_a_folder_that_is_not_empty_is_left_alone(home: Path, tmp_path: Path) -> None:
    before = files_below(home)
    with pytest.raises(ArchiveError, match="not empty"):
        unpack_archive(io.BytesIO(archive_of(home)), home)
    assert files_below(home) == before
    (tmp_path / "empty").mkdir()
    unpack_archive(io.BytesIO(archive_of(home)), tmp_path / "empty")
    assert (tmp_path / "empty/profile.json").exists()
