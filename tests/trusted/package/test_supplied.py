"""The Extensions that come with the wallet, and the installations that each profile gives them."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from tests.trusted.package.packages import lay, manifest

from etui.trusted.package import ETUI, ContentError, DamagedError, supplied_ids, supplied_packages
from etui.trusted.package import supplied as room
from etui.trusted.package.package import library
from etui.trusted.package.supplied import supplied_manifests

OWN = {
    "id": '"org.etui.parking"',
    "publisher": '"etui"',
    "python": '["-m", "etui.extensions.parking"]',
    "provides": '["secret/1"]',
    "interfaces": "",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of Extensions in the place of the wallet's own."""
    found = lay(tmp_path / "supplied", {"parking/manifest.toml": manifest(**OWN), "parking/__main__.py": b""})
    monkeypatch.setattr(room.supplied_manifests, "__defaults__", (found,))
    return found


def test_a_supplied_extension_is_found_with_an_installation_of_this_profile(folder: Path, tmp_path: Path) -> None:
    (package,) = supplied_packages(tmp_path / "one")
    (elsewhere,) = supplied_packages(tmp_path / "two")
    assert supplied_packages(tmp_path / "one")[0].installation == package.installation != elsewhere.installation
    assert (package.supplied, package.fingerprint, package.folder) == (True, "", folder / "parking")
    assert package.principal == "ext:etui/org.etui.parking"
    assert package.argv[-2:] == ("-m", "etui.extensions.parking")
    assert set(library()) < set(package.code)
    assert supplied_ids() == {"org.etui.parking"}
    assert stat.S_IMODE((tmp_path / "one/supplied.json").stat().st_mode) == 0o600


def test_an_extension_that_comes_later_leaves_the_others_installations_alone(folder: Path, tmp_path: Path) -> None:
    (first,) = supplied_packages(tmp_path / "one")
    more = {**OWN, "id": '"org.etui.toll"', "python": '["-m", "etui.extensions.toll"]'}
    lay(folder, {"toll/manifest.toml": manifest(**more)})
    packages = {package.manifest.id: package for package in supplied_packages(tmp_path / "one")}
    assert packages["org.etui.parking"].installation == first.installation
    assert packages["org.etui.toll"].installation != first.installation
    (folder / "parking/manifest.toml").rename(folder / "parking/aside")
    supplied_packages(tmp_path / "one")
    (folder / "parking/aside").rename(folder / "parking/manifest.toml")
    assert supplied_packages(tmp_path / "one")[0].installation == first.installation


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("text", [b"", b"{}", b'{"format":1,"installations":{"a":"b"}}'])
def test_a_damaged_record_is_never_made_anew(tmp_path: Path, text: bytes) -> None:
    supplied_packages(tmp_path / "one")
    (tmp_path / "one/supplied.json").write_bytes(text)
    with pytest.raises(DamagedError):
        supplied_packages(tmp_path / "one")
    assert (tmp_path / "one/supplied.json").read_bytes() == text


@pytest.mark.parametrize(
    "values",
    [
        {"publisher": '"org.etui"'},
        {"python": '["-m", "etui.extensions.toll"]'},
        {"python": "", "executable": '"bin/x"'},
    ],
)
def test_a_supplied_manifest_names_etui_and_its_own_module(folder: Path, values: dict[str, str]) -> None:
    lay(folder, {"parking/manifest.toml": manifest(**OWN | values)})
    with pytest.raises(ContentError, match="has to name the publisher"):
        supplied_manifests(folder)


def test_two_supplied_extensions_have_two_ids(folder: Path) -> None:
    lay(folder, {"toll/manifest.toml": manifest(**OWN | {"python": '["-m", "etui.extensions.toll"]'})})
    with pytest.raises(ContentError, match="of another Extension"):
        supplied_manifests(folder)


def test_everything_that_comes_with_the_wallet_can_be_used(tmp_path: Path) -> None:
    for package in supplied_packages(tmp_path / "profile"):
        assert package.manifest.publisher == ETUI
        assert all(path.exists() for path in package.code)


def test_what_reaches_test_hosts_alone_is_for_test_profiles(tmp_path: Path) -> None:
    assert {package.manifest.id for package in supplied_packages(tmp_path) if package.for_tests} == {
        "org.etui.issuer-card",
        "org.etui.operator",
    }
