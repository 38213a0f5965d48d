"""Archives: one tree, one archive; everything hostile is refused by name."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.trusted.package.packages import files_of, lay, tree

from etui.trusted.package import ArchiveError, File, PublisherKey, StorageError, pack
from etui.trusted.package.archive import MAX_ARCHIVE_BYTES, MAX_FILES, read_archive, read_folder, write_archive
from etui.trusted.package.paths import path_problem


def forged(*entries: tuple[tarfile.TarInfo, bytes], form: int = tarfile.USTAR_FORMAT) -> bytes:
    """An archive by ``tarfile``, with any entries after an innocent manifest."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for info, content in ((entry("manifest.toml", 1), b"a"), *entries):
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def entry(
    name: str, size: int = 0, kind: bytes = tarfile.REGTYPE, mode: int = 0o644, target: str = ""
) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.type, info.mode, info.linkname = size, kind, mode, target
    return info


def test_what_is_packed_is_read_again() -> None:
    files = files_of(tree(), programs=("parking/__main__.py",))
    assert set(read_archive(write_archive(files))) == set(files)


def test_the_manifest_comes_first_and_the_signature_last() -> None:
    files = files_of({"z": b"", "signature.json": b"{}", "a": b"", "manifest.toml": b""})
    assert [file.path for file in read_archive(write_archive(files))] == ["manifest.toml", "a", "z", "signature.json"]


def test_the_same_tree_gives_the_same_archive_whatever_its_times_owner_order_and_umask(tmp_path: Path) -> None:
    first = lay(tmp_path / "first", tree())
    before = os.umask(0o077)
    try:
        second = lay(tmp_path / "second", dict(reversed(tree().items())))
    finally:
        os.umask(before)
    for folder in (first, second):
        (folder / "parking/__main__.py").chmod(0o755 if folder is first else 0o700)
    os.utime(second / "manifest.toml", (1, 1))
    (second / "parking/__pycache__").mkdir()
    (second / "parking/__pycache__/left.pyc").write_bytes(b"x")
    (second / "signature.json").write_bytes(b"old")
    (second / ".git").mkdir()
    (second / ".git/config").write_bytes(b"x")
    (second / "parking/.env").write_bytes(b"TOKEN=x")
    (second / "parking/__main__.py~").write_bytes(b"x")
    assert pack(first) == pack(second)


@pytest.mark.parametrize("name", ["publisher.pem", "parking/key", "readme.txt"])
def test_a_private_key_is_never_packed(tmp_path: Path, name: str) -> None:
    folder = lay(tmp_path / "tree", tree())
    (folder / name).write_bytes(b"mine:\n" + PublisherKey.generate().pem().reveal())
    with pytest.raises(ArchiveError, match=f"'{name}' holds a private key"):
        pack(folder)


def test_a_program_that_only_speaks_of_private_keys_is_packed(tmp_path: Path) -> None:
    text = b'HEAD = "-----BEGIN PRIVATE KEY-----"\n'
    assert pack(lay(tmp_path / "tree", tree() | {"parking/pem.py": text}))


def test_the_format_is_what_it_was_in_the_first_version() -> None:
    files = files_of({"manifest.toml": b"id", "bin/x": b"\x7fELF", "a" * 90 + "/" + "b" * 90: b""}, programs=("bin/x",))
    archive = write_archive(files)
    assert len(archive) == 512 * 7
    assert hashlib.sha256(archive).hexdigest() == "eb1b3802e78fdc994623ed38779ca10c0b9f7c37b742d4aa3729bdfae13c1bb7"


def test_every_machine_can_list_an_archive() -> None:
    with tarfile.open(fileobj=io.BytesIO(write_archive(files_of(tree()))), mode="r:") as archive:
        assert set(archive.getnames()) == set(tree())


@pytest.mark.attack(31)
@pytest.mark.parametrize(
    ("hostile", "words"),
    [
        (entry("../../etc/cron.d/x"), "does not go straight down"),
        (entry("/etc/passwd"), "is absolute"),
        (entry("a/./b"), "does not go straight down"),
        (entry("a\\..\\b"), "printable ASCII"),
        (entry("a\nb"), "printable ASCII"),
        (entry("link", kind=tarfile.SYMTYPE, target="/etc/passwd"), "a symbolic link"),
        (entry("link", kind=tarfile.LNKTYPE, target="manifest.toml"), "a hard link"),
        (entry("device", kind=tarfile.CHRTYPE), "a device"),
        (entry("disk", kind=tarfile.BLKTYPE), "a device"),
        (entry("pipe", kind=tarfile.FIFOTYPE), "a pipe"),
        (entry("folder", kind=tarfile.DIRTYPE), "a directory"),
        (entry("sparse", kind=tarfile.GNUTYPE_SPARSE), "of a special kind"),
        (entry("old", kind=tarfile.AREGTYPE), "of a special kind"),
        (entry("setuid", mode=0o4755), "4755"),
        (entry("sticky", mode=0o1644), "1644"),
        (entry("writable", mode=0o666), "0666"),
        (entry("manifest.toml"), "twice"),
        (entry("manifest.toml/x"), "both a file and a folder"),
    ],
)
def test_a_hostile_entry_is_refused_by_name(hostile: tarfile.TarInfo, words: str) -> None:
    with pytest.raises(ArchiveError, match="(?s).*" + words):
        read_archive(forged((hostile, b"")))


def test_extended_headers_are_refused() -> None:
    renamed = entry("plain")
    renamed.pax_headers = {"path": "../../x"}
    with pytest.raises(ArchiveError, match="special kind"):
        read_archive(forged((renamed, b""), form=tarfile.PAX_FORMAT))
    with pytest.raises(ArchiveError, match="special kind"):
        read_archive(forged((entry("n" * 200), b""), form=tarfile.GNU_FORMAT))


def test_a_header_that_says_a_negative_size_does_not_lead_back() -> None:
    archive = bytearray(write_archive(files_of(tree())))
    info = entry("back")
    block = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
    block[124:136] = b"\xff" * 10 + b"\xfc\x00"
    block[148:156] = b"%06o\0 " % (sum(block[:148]) + 8 * 32 + sum(block[156:]))
    archive[512 * 2 : 512 * 3] = block
    with pytest.raises(ArchiveError):
        read_archive(bytes(archive))


@pytest.mark.parametrize(
    "change",
    [
        lambda archive: archive + bytes(512),
        lambda archive: archive + b"hidden",
        lambda archive: archive[:-512],
        lambda archive: archive[:-1024],
        lambda archive: archive[:700],
        lambda _: b"",
        lambda archive: b"PK\x03\x04" + archive,
        lambda archive: archive[:520] + b"\x01" + archive[521:],  # within the padding of the first file
    ],
)
def test_whatever_is_not_exactly_what_pack_writes_is_refused(change: Callable[[bytes], bytes]) -> None:
    archive = write_archive((File("manifest.toml", b"id"), File("b", b"content")))
    with pytest.raises(ArchiveError):
        read_archive(change(archive))


def test_files_in_another_order_with_a_time_or_an_owner_are_refused() -> None:
    late, owned = entry("a"), entry("a")
    late.mtime, owned.uname = 1, "root"
    for hostile in ([entry("b"), entry("a")], [late], [owned]):
        with pytest.raises(ArchiveError, match="not written as packages are"):
            read_archive(forged(*((info, b"") for info in hostile)))


def test_an_archive_without_manifest_is_refused() -> None:
    with pytest.raises(ArchiveError, match=r"no manifest\.toml"):
        write_archive(files_of({"a": b""}))


def test_too_many_files_are_refused_before_they_are_held() -> None:
    many = {"manifest.toml": b""} | {f"f{number}": b"" for number in range(MAX_FILES)}
    with pytest.raises(ArchiveError, match="larger than"):
        write_archive(files_of(many))
    with pytest.raises(ArchiveError, match="larger than"):
        read_archive(forged(*((entry(f"f{number:05}"), b"") for number in range(MAX_FILES))))


def test_a_size_beyond_the_limit_is_refused_by_its_header_alone() -> None:
    archive = bytearray(write_archive(files_of({"manifest.toml": b""})))
    archive[:512] = entry("manifest.toml", size=8 << 30).tobuf(tarfile.GNU_FORMAT)
    with pytest.raises(ArchiveError, match="larger than"):
        read_archive(bytes(archive))
    with pytest.raises(ArchiveError, match="larger than"):
        read_archive(bytes(MAX_ARCHIVE_BYTES + 1))


def test_a_compressed_archive_is_no_archive() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        archive.addfile(entry("manifest.toml", 1 << 20), io.BytesIO(bytes(1 << 20)))
    with pytest.raises(ArchiveError):
        read_archive(out.getvalue())


@pytest.mark.parametrize("kind", ["file", "folder", "pipe", "setuid"])
def test_what_an_archive_cannot_hold_is_refused_when_it_is_packed(tmp_path: Path, kind: str) -> None:
    folder = lay(tmp_path / "tree", tree())
    match kind:
        case "file":
            (folder / "odd").symlink_to("manifest.toml")
        case "folder":
            (folder / "odd").symlink_to(tmp_path)
        case "pipe":
            os.mkfifo(folder / "odd")
        case _:
            (folder / "odd").write_bytes(b"")
            (folder / "odd").chmod(0o4755)
    with pytest.raises(ArchiveError, match="odd"):
        pack(folder)


def test_a_folder_that_is_not_there_is_told() -> None:
    with pytest.raises(StorageError, match="nowhere"):
        pack(Path("/nowhere"))


def test_what_is_installed_is_read_with_all_that_lies_there(tmp_path: Path) -> None:
    folder = lay(tmp_path / "tree", tree(parking____pycache____x=b""))
    (folder / "parking/__pycache__").mkdir()
    (folder / "parking/__pycache__/x.pyc").write_bytes(b"planted")
    assert "parking/__pycache__/x.pyc" in {file.path for file in read_folder(folder)}


_PATHS = st.text(st.sampled_from("ab./"), min_size=1, max_size=8).filter(lambda path: path_problem(path) is None)


@given(st.dictionaries(_PATHS, st.tuples(st.binary(max_size=600), st.booleans()), max_size=6))
def test_any_set_of_files_has_one_archive_and_comes_back(contents: dict[str, tuple[bytes, bool]]) -> None:
    files = {File("manifest.toml", b"x"), *(File(path, *values) for path, values in contents.items())}
    try:
        archive = write_archive(files)
    except ArchiveError as error:
        assert "both a file and a folder" in str(error)  # noqa: PT017  # the only reason there may be
        return
    assert set(read_archive(archive)) == files
    assert write_archive(read_archive(archive)) == archive


@given(st.binary(max_size=2000))
def test_whatever_the_bytes_reading_ends_with_an_archive_error(data: bytes) -> None:
    with pytest.raises(ArchiveError):
        read_archive(data)
