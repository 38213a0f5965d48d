"""Installing, updating and removing: whole or not at all, from the publisher that is known."""

from __future__ import annotations

import fcntl
import os
import stat
import subprocess
from pathlib import Path

import msgspec
import pytest
from tests.trusted.package.packages import DOCUMENT, ID, INTERFACE, NOW_S, manifest, signed, tree, verified

from etui.trusted.package import (
    BusyError,
    ContentError,
    DamagedError,
    DowngradeError,
    Extensions,
    NewerFormatError,
    NotInstalledError,
    Package,
    PublisherChangedError,
    PublisherKey,
    ReservedError,
    StorageError,
    VersionTakenError,
    verify,
)

KEY, OTHER = PublisherKey.generate(), PublisherKey.generate()


def identity(package: Package) -> Package:
    """The package without its compiled interfaces, which are made anew at each look and equal nothing else."""
    return msgspec.structs.replace(package, documents=())


@pytest.fixture
def extensions(tmp_path: Path) -> Extensions:
    return Extensions(tmp_path / "extensions")


def test_what_is_installed_is_found_again(extensions: Extensions, tmp_path: Path) -> None:
    package = extensions.install(verified(KEY), NOW_S)
    assert [identity(found) for found in extensions.look().packages] == [identity(package)]
    assert identity(extensions.package(ID)) == identity(package)
    assert package.folder == tmp_path / "extensions" / ID / "1.0.0"
    assert package.principal == "ext:org.example/org.example.parking"
    assert package.fingerprint == verified(KEY).fingerprint
    assert (package.supplied, package.installed_s) == (False, NOW_S)
    assert [document.id for document in package.documents] == [INTERFACE]
    assert int(package.installation, 16) >= 0
    assert len(package.installation) == 32


def test_installed_code_is_read_only_and_keeps_only_the_executable_bit(extensions: Extensions) -> None:
    contents = tree(manifest(python="", executable='"bin/x"')) | {"bin/x": b"#!/bin/sh\n"}
    package = extensions.install(verify(signed(KEY, contents, programs=("bin/x",))), NOW_S)
    modes = {
        str(path.relative_to(package.folder)): stat.S_IMODE(path.stat().st_mode) for path in package.folder.rglob("*")
    }
    assert modes["bin/x"] == modes["bin"] == 0o555
    assert modes["manifest.toml"] == modes["signature.json"] == 0o444
    assert stat.S_IMODE(package.folder.stat().st_mode) == 0o555
    assert package.argv == (str(package.folder / "bin/x"),)
    assert package.code == (package.folder,)


@pytest.mark.parametrize("start", ['["-m", "parking", "--quiet"]', '["parking/__main__.py", "--quiet"]'])
def test_a_python_package_starts_with_its_own_modules_and_the_sdk_at_hand(extensions: Extensions, start: str) -> None:
    main = b"import sys, parking, etui.sdk\nprint(__name__, sys.argv[1:], parking.__file__)\n"
    contents = tree(manifest(python=start)) | {"parking/__main__.py": main}
    package = extensions.install(verify(signed(KEY, contents)), NOW_S)
    if not start.startswith('["-m'):
        assert str(package.folder / "parking/__main__.py") in package.argv
    out = subprocess.run(package.argv, capture_output=True, text=True, check=True, cwd="/", env={}).stdout
    assert out.split(maxsplit=2)[:2] == ["__main__", "['--quiet']"]
    assert out.strip().endswith(str(package.folder / "parking/__init__.py"))
    assert package.code[0] == package.folder
    assert all(path.exists() for path in package.code)


def test_nothing_is_executed_or_compiled_at_install(extensions: Extensions, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    evil = f"open({str(mark)!r}, 'w')".encode()
    package = extensions.install(verify(signed(KEY, tree() | {"parking/__init__.py": evil, "setup.py": evil})), NOW_S)
    assert not mark.exists()
    assert not list(package.folder.rglob("*.pyc"))


def test_an_update_keeps_the_installation_and_removal_ends_it(extensions: Extensions) -> None:
    first = extensions.install(verified(KEY), NOW_S)
    second = extensions.install(verified(KEY, "1.1.0"), NOW_S + 1)
    assert (second.installation, second.manifest.version) == (first.installation, "1.1.0")
    assert first.folder.exists(), "an Extension that runs keeps its files"
    extensions.tidy()
    assert not first.folder.exists()
    removed = extensions.remove(ID)
    assert removed is not None
    assert removed.installation == first.installation
    assert extensions.look().packages == ()
    assert extensions.install(verified(KEY), NOW_S).installation != first.installation


def test_another_profile_gets_another_installation(extensions: Extensions, tmp_path: Path) -> None:
    elsewhere = Extensions(tmp_path / "elsewhere")
    one, two = (where.install(verified(KEY), NOW_S) for where in (extensions, elsewhere))
    assert one.installation != two.installation


@pytest.mark.attack(33)
def test_an_update_with_another_key_is_refused(extensions: Extensions) -> None:
    first = extensions.install(verified(KEY), NOW_S)
    with pytest.raises(PublisherChangedError) as caught:
        extensions.install(verified(OTHER, "2.0.0"), NOW_S)
    assert first.fingerprint in str(caught.value)
    assert verified(OTHER).fingerprint in str(caught.value)
    assert identity(extensions.package(ID)) == identity(first)


def test_a_key_that_was_handed_over_is_taken_and_the_old_one_is_not_any_more(extensions: Extensions) -> None:
    first = extensions.install(verified(KEY), NOW_S)
    statement = KEY.hand_over("org.example", OTHER.public)
    second = extensions.install(verified(OTHER, "2.0.0", (statement,)), NOW_S)
    assert second.installation == first.installation
    assert extensions.install(verified(OTHER, "2.1.0"), NOW_S).manifest.version == "2.1.0"
    with pytest.raises(PublisherChangedError):
        extensions.install(verified(KEY, "3.0.0"), NOW_S)


def test_a_statement_of_another_publisher_hands_nothing_over(extensions: Extensions) -> None:
    extensions.install(verified(KEY), NOW_S)
    with pytest.raises(PublisherChangedError):
        extensions.install(verified(OTHER, "2.0.0", (KEY.hand_over("org.other", OTHER.public),)), NOW_S)


def second_extension(key: PublisherKey, publisher: str = "org.example", document: bytes = DOCUMENT) -> bytes:
    text = manifest("org.example.park.toll", publisher=f'"{publisher}"')
    return signed(key, tree(text) | {"interfaces/parking-1.json": document})


def test_a_known_publisher_name_is_not_lent_to_another_key(extensions: Extensions) -> None:
    extensions.install(verified(KEY), NOW_S)
    with pytest.raises(PublisherChangedError):
        extensions.install(verify(second_extension(OTHER)), NOW_S)
    extensions.install(verify(second_extension(KEY)), NOW_S)
    assert len(extensions.look().packages) == 2


def test_a_key_that_handed_over_does_not_come_back_through_a_sibling_that_knows_it_still(
    extensions: Extensions,
) -> None:
    extensions.install(verified(KEY), NOW_S)
    extensions.install(verify(second_extension(KEY)), NOW_S)
    extensions.install(verified(OTHER, "2.0.0", (KEY.hand_over("org.example", OTHER.public),)), NOW_S)
    with pytest.raises(PublisherChangedError):
        extensions.install(verified(KEY, "3.0.0"), NOW_S)


def test_an_id_is_not_taken_over_by_another_publisher(extensions: Extensions) -> None:
    extensions.install(verify(second_extension(KEY)), NOW_S)
    with pytest.raises(PublisherChangedError, match=r"is from org\.example\.park"):
        extensions.install(verify(second_extension(KEY, "org.example.park")), NOW_S)


def test_an_interface_is_not_defined_in_two_ways(extensions: Extensions) -> None:
    extensions.install(verified(KEY), NOW_S)
    other = DOCUMENT.replace(b'"title":"Pay"', b'"title":"Look"')
    with pytest.raises(ContentError, match=r"defines org\.example\.parking/1 otherwise"):
        extensions.install(verify(second_extension(OTHER, "org.example.park", other)), NOW_S)
    extensions.install(verify(second_extension(OTHER, "org.example.park")), NOW_S)


def test_an_update_does_not_turn_an_interface_into_another(extensions: Extensions) -> None:
    first = extensions.install(verified(KEY), NOW_S)
    looser = DOCUMENT.replace(b'"effect":"use"', b'"effect":"none"')
    update = tree(manifest(version="1.1.0")) | {"interfaces/parking-1.json": looser}
    with pytest.raises(ContentError, match=r"changes org\.example\.parking/1 \(methods\.pay\.effect changed\)"):
        extensions.install(verify(signed(KEY, update)), NOW_S)
    assert identity(extensions.package(ID)) == identity(first)


def test_no_update_goes_back_to_an_older_version(extensions: Extensions) -> None:
    first = extensions.install(verified(KEY, "1.1.0"), NOW_S)
    for older in ("1.1.0-beta", "1.0.0"):
        with pytest.raises(DowngradeError, match="remove the Extension first"):
            extensions.install(verified(KEY, older), NOW_S)
    assert identity(extensions.package(ID)) == identity(first)


def test_a_version_never_changes_its_content(extensions: Extensions) -> None:
    first = extensions.install(verified(KEY), NOW_S)
    assert identity(extensions.install(verified(KEY), NOW_S + 9)) == identity(first)
    for other in (verified(KEY, main=b"other\n"), verified(KEY, "1.0.0+rebuilt")):
        with pytest.raises(VersionTakenError):
            extensions.install(other, NOW_S)


def test_an_id_of_the_wallets_own_is_refused(tmp_path: Path) -> None:
    extensions = Extensions(tmp_path / "extensions", reserved=frozenset({ID}))
    with pytest.raises(ReservedError):
        extensions.install(verified(KEY), NOW_S)


@pytest.mark.parametrize("damage", ["changed", "added", "missing", "linked", "gone"])
def test_a_file_that_is_not_as_it_was_signed_breaks_that_extension_alone_until_it_is_installed_again(
    extensions: Extensions, damage: str
) -> None:
    package = extensions.install(verified(KEY), NOW_S)
    sound = extensions.install(verify(second_extension(OTHER, "org.example.park")), NOW_S)
    target = package.folder / "parking/__main__.py"
    target.parent.chmod(0o700)
    match damage:
        case "changed":
            target.chmod(0o600)
            target.write_bytes(b"import os")
        case "added":
            (target.parent / "__pycache__").mkdir()
            (target.parent / "__pycache__/x.pyc").write_bytes(b"planted")
        case "missing":
            target.unlink()
        case "linked":
            target.unlink()
            target.symlink_to("/etc/passwd")
        case _:
            package.folder.rename(package.folder.with_name("elsewhere"))
    look = extensions.look()
    assert [package.manifest.id for package in look.packages] == [sound.manifest.id]
    assert [broken.id for broken in look.broken] == [ID]
    with pytest.raises(DamagedError):
        extensions.package(ID)
    mended = extensions.install(verified(KEY), NOW_S)
    assert mended.installation == package.installation
    assert extensions.look().broken == ()


def test_an_older_package_put_in_the_place_of_the_installed_one_is_not_started(extensions: Extensions) -> None:
    older = extensions.install(verified(KEY, "1.0.0"), NOW_S)
    newer = extensions.install(verified(KEY, "2.0.0"), NOW_S)
    newer.folder.rename(newer.folder.with_name("aside"))
    older.folder.rename(newer.folder)
    with pytest.raises(DamagedError, match="not the package that was installed"):
        extensions.package(ID)


def record_of(tmp_path: Path) -> Path:
    return tmp_path / "extensions" / ID / "installation.json"


@pytest.mark.parametrize(
    "text",
    [b"", b"{}", b"[" * 5000, b'{"format":1}', b"\xff"],
)
def test_a_damaged_record_is_left_alone_and_never_replaced(extensions: Extensions, tmp_path: Path, text: bytes) -> None:
    extensions.install(verified(KEY), NOW_S)
    record_of(tmp_path).write_bytes(text)
    extensions.tidy()
    with pytest.raises(DamagedError):
        extensions.install(verified(KEY, "2.0.0"), NOW_S)
    with pytest.raises(DamagedError):
        extensions.install(verify(second_extension(OTHER)), NOW_S)
    assert record_of(tmp_path).read_bytes() == text
    assert extensions.remove(ID) is None
    assert extensions.look().broken == ()


@pytest.mark.parametrize(
    ("key", "value"),
    [("version", "../../x"), ("version", "1.0"), ("id", "org.example.other"), ("installation", "x"), ("format", "1")],
)
def test_a_record_of_another_form_is_damaged(extensions: Extensions, tmp_path: Path, key: str, value: str) -> None:
    extensions.install(verified(KEY), NOW_S)
    members = msgspec.json.decode(record_of(tmp_path).read_bytes().split(b"\n")[0]) | {key: value}
    record_of(tmp_path).write_bytes(msgspec.json.encode(members))
    with pytest.raises(DamagedError):
        extensions.package(ID)


def test_a_record_of_which_one_byte_is_another_is_damaged(extensions: Extensions, tmp_path: Path) -> None:
    extensions.install(verified(KEY), NOW_S)
    text = record_of(tmp_path).read_bytes()
    at = text.index(b"installation") + len(b'installation":"')
    for place in (at, at + 31, text.index(b"\n"), len(text) - 2):
        other = b"0" if text[place : place + 1] != b"0" else b"1"
        record_of(tmp_path).write_bytes(text[:place] + other + text[place + 1 :])
        with pytest.raises(DamagedError):
            extensions.package(ID)
    record_of(tmp_path).write_bytes(text)
    assert extensions.package(ID).manifest.id == ID


def test_a_record_of_a_newer_wallet_is_left_alone(extensions: Extensions, tmp_path: Path) -> None:
    extensions.install(verified(KEY), NOW_S)
    record_of(tmp_path).write_bytes(b'{"format": 2, "new": true}')
    extensions.tidy()
    with pytest.raises(NewerFormatError):
        extensions.package(ID)
    with pytest.raises(NewerFormatError):
        extensions.install(verified(KEY), NOW_S)


@pytest.mark.parametrize("name", ["", ".", "..", "../extensions", "org.example.none", ID + "/1.0.0", "supplied.json"])
def test_a_name_that_is_no_extension_is_not_found_and_removes_nothing(extensions: Extensions, name: str) -> None:
    extensions.install(verified(KEY), NOW_S)
    with pytest.raises(NotInstalledError):
        extensions.package(name)
    with pytest.raises(NotInstalledError):
        extensions.remove(name)
    assert len(extensions.look().packages) == 1


def test_two_do_not_install_at_once(extensions: Extensions, tmp_path: Path) -> None:
    descriptor = os.open(tmp_path / "extensions", os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with pytest.raises(BusyError):
            extensions.install(verified(KEY), NOW_S)
        with pytest.raises(BusyError):
            extensions.remove(ID)
    finally:
        os.close(descriptor)
    extensions.install(verified(KEY), NOW_S)


def test_a_link_in_the_place_of_an_extension_is_not_followed(extensions: Extensions, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_bytes(b"")
    (tmp_path / "extensions" / ID).symlink_to(outside)
    extensions.tidy()
    with pytest.raises(StorageError):
        extensions.install(verified(KEY), NOW_S)
    assert [path.name for path in outside.iterdir()] == ["kept"]
