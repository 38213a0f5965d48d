"""Packages: packed, signed, installed, removed; interfaces: generated."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import msgspec
import pytest
from tests.cli.etui import done, etui, run, told

from etui.interfaces import supplied
from etui.testkit import TestWallet

_MANIFEST = """\
id = "org.example.parking"
name = "Parking"
publisher = "org.example"
version = "1.0.0"
description = "Pays for parking."
python = ["-m", "parking"]
provides = ["org.example.parking/1"]
interfaces = ["interfaces/parking-1.json"]
"""
_DOCUMENT = {
    "interface": "org.example.parking/1",
    "title": "Parking",
    "methods": {"pay": {"title": "Pay", "effect": "use"}},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A package's folder."""
    folder = tmp_path / "parking"
    (folder / "interfaces").mkdir(parents=True)
    (folder / "parking").mkdir()
    (folder / "manifest.toml").write_text(_MANIFEST)
    (folder / "parking/__main__.py").write_text("print('parking')\n")
    (folder / "parking/__init__.py").write_text("")
    (folder / "interfaces/parking-1.json").write_bytes(msgspec.json.encode(_DOCUMENT))
    return folder


def signed(folder: Path) -> Path:
    """The folder's package, signed with a key beside it."""
    key, package = folder.parent / "key.pem", folder.parent / "parking.etuipkg"
    for arguments in (
        ["keygen", str(key), "--no-passphrase"],
        ["pack", str(folder), "-o", str(package)],
        ["sign", str(package), "--key", str(key)],
    ):
        result = run("extension", *arguments)
        assert result.returncode == 0, result.stderr
    return package


def test_a_package_is_packed_the_same_each_time_and_signed_without_a_wallet(folder: Path) -> None:
    package = signed(folder)
    again = folder.parent / "again.etuipkg"
    assert run("extension", "pack", str(folder), "-o", str(again)).returncode == 0
    unsigned = again.read_bytes()
    assert package.read_bytes() != unsigned
    assert run("extension", "sign", str(again), "--key", str(folder.parent / "key.pem")).returncode == 0
    assert again.read_bytes() == package.read_bytes()


def test_a_package_takes_the_place_of_another_where_that_is_said(folder: Path) -> None:
    package = signed(folder)
    before = package.read_bytes()
    refused = run("extension", "pack", str(folder), "-o", str(package))
    assert (refused.returncode, package.read_bytes()) == (2, before)
    assert run("extension", "pack", str(folder), "-o", str(package), "--replace").returncode == 0
    assert package.read_bytes() != before


def test_a_folder_without_a_valid_manifest_is_not_packed(folder: Path) -> None:
    (folder / "manifest.toml").write_text(_MANIFEST.replace("version", "verzion"))
    package = folder.parent / "bad.etuipkg"
    result = run("extension", "pack", str(folder), "-o", str(package))
    assert result.returncode == 1
    assert "verzion" in result.stderr
    assert not package.exists()


def test_packages_in_the_folder_are_not_packed(folder: Path) -> None:
    packages = [folder.parent / "one.etuipkg", folder / "two.etuipkg"]
    for package in packages:
        assert run("extension", "pack", str(folder), "-o", str(package)).returncode == 0
    assert run("extension", "pack", str(folder), "-o", str(packages[1]), "--replace").returncode == 0
    assert packages[0].read_bytes() == packages[1].read_bytes()


def test_a_key_is_private_and_never_overwritten(folder: Path) -> None:
    signed(folder)
    key = folder.parent / "key.pem"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    before = key.read_bytes()
    assert run("extension", "keygen", str(key), "--no-passphrase").returncode == 2
    assert key.read_bytes() == before


def test_a_key_under_a_passphrase_signs_with_it_alone(folder: Path) -> None:
    package = signed(folder)
    key = folder.parent / "sealed.pem"
    for passphrase, command, status in (
        ("correct horse", ["keygen", str(key)], 0),
        ("wrong horse", ["sign", str(package), "--key", str(key)], 1),
        ("correct horse", ["sign", str(package), "--key", str(key)], 0),
    ):
        result = run("extension", *command, "--passphrase-fd", "0", stdin=passphrase)
        assert result.returncode == status, result.stderr
        assert passphrase not in result.stdout + result.stderr
    assert b"ENCRYPTED" in key.read_bytes()
    assert run("extension", "sign", str(package), "--key", str(key)).returncode == 2


def test_a_package_that_could_never_be_installed_is_not_signed(folder: Path) -> None:
    signed(folder)
    (folder / "interfaces/parking-1.json").unlink()
    bad = folder.parent / "bad.etuipkg"
    assert run("extension", "pack", str(folder), "-o", str(bad)).returncode == 0
    before = bad.read_bytes()
    result = run("extension", "sign", str(bad), "--key", str(folder.parent / "key.pem"))
    assert result.returncode == 1
    assert bad.read_bytes() == before


def test_a_package_is_installed_listed_and_removed(wallet: TestWallet, folder: Path) -> None:
    package = signed(folder)
    for face in ("install", "confirm"):
        wallet.user.approves(face=face)
    os.chdir(package.parent)
    assert told(wallet, "extension", "install", package.name) == {
        "extension": "ext:org.example/org.example.parking",
        "version": "1.0.0",
    }
    assert "Parking" in done(wallet, "extension")
    assert "pay()" in done(wallet, "interface", "show", "org.example.parking/1")
    assert etui(wallet, "extension", "remove", "ext:org.example/org.example.parking").returncode == 2
    done(wallet, "extension", "remove", "ext:org.example/org.example.parking", "--yes")
    assert wallet.user.asked()[-1]["notes"] == ["This cannot be undone."]
    assert "Parking" not in done(wallet, "extension")


def test_an_update_by_another_key_is_taken_where_the_one_before_says_so(wallet: TestWallet, folder: Path) -> None:
    package = signed(folder)
    for face in ("install", "confirm"):
        wallet.user.approves(face=face)
    done(wallet, "extension", "install", str(package))
    manifest = folder / "manifest.toml"
    manifest.write_text(manifest.read_text().replace('version = "1.0.0"', 'version = "1.1.0"'))
    earlier, key = folder.parent / "key.pem", folder.parent / "new.pem"
    for words in (["keygen", str(key), "--no-passphrase"], ["pack", str(folder), "-o", str(package), "--replace"]):
        assert run("extension", *words).returncode == 0
    assert run("extension", "sign", str(package), "--key", str(key)).returncode == 0
    refused = etui(wallet, "extension", "install", str(package))
    assert refused.returncode != 0
    assert "ask the publisher" in refused.stderr
    result = run("extension", "sign", str(package), "--key", str(key), "--after", str(earlier))
    assert result.returncode == 0, result.stderr
    assert told(wallet, "extension", "install", str(package))["version"] == "1.1.0"


def test_a_file_that_is_not_there_is_named(wallet: TestWallet) -> None:
    result = etui(wallet, "extension", "install", "/nowhere/parking.etuipkg")
    assert result.returncode == 8
    assert "/nowhere/parking.etuipkg" in result.stderr


def test_interfaces_of_a_wallet_are_listed_with_who_provides_them(wallet: TestWallet) -> None:
    rows = {row["interface"]: row.get("provider") for row in told(wallet, "interface")}
    assert rows["secret/1"] == "ext:etui/org.etui.secrets"
    assert set(supplied()) <= set(rows)


def test_typed_python_is_generated_from_a_document(folder: Path) -> None:
    result = run("interface", "generate", str(folder / "interfaces/parking-1.json"))
    assert result.returncode == 0, result.stderr
    assert "class Pay(" in result.stdout
    compile(result.stdout, "parking_1.py", "exec")
    (folder / "interfaces/parking-1.json").write_text("{}")
    assert run("interface", "generate", str(folder / "interfaces/parking-1.json")).returncode == 1
