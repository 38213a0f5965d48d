"""An Extension under the name, the domain or the logo of another one, as the user would install it."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import pytest
from bench.likeness import sets
from bench.likeness.pictures import altered, drawn
from tests.extensions.guard.conftest import TILL

from etui.interfaces import likeness_1 as likeness
from etui.interfaces import wallet_1 as wallet_interface
from etui.sdk import ErrorCode, ProtocolError
from etui.testkit import TestWallet
from etui.trusted.package import ManifestError, PublisherKey, pack, sign
from etui.trusted.package.manifest import read_manifest

if TYPE_CHECKING:
    from pathlib import Path

    from etui.sdk import Client

_MAIN = "from etui.sdk import Extension\n\nExtension().run()\n"
NAME, SVG = next(iter(sets.logos(sets.REPORTED).items()))
LOGO = drawn(NAME, SVG)


def package(folder: Path, publisher: str, name: str, logo: bytes, *, version: str = "1.0.0") -> Path:
    """A signed package of a publisher of its own."""
    made = folder / f"{publisher}-{version}"
    made.mkdir(parents=True)
    manifest = (
        f'id = "{publisher}.wallet"\nname = "{name}"\npublisher = "{publisher}"\nversion = "{version}"\n'
        'description = "For tests."\npython = ["main.py"]\nlogo = "logo.png"\n'
    )
    (made / "manifest.toml").write_text(manifest, encoding="utf-8")
    (made / "main.py").write_text(_MAIN, encoding="utf-8")
    (made / "logo.png").write_bytes(logo)
    file = folder / f"{publisher}-{version}.etuipkg"
    file.write_bytes(sign(pack(made), KEYS.setdefault(publisher, PublisherKey.generate())))
    return file


KEYS: dict[str, PublisherKey] = {}


def install(client: Client, file: Path) -> None:
    client.call(wallet_interface.Install(path=str(file)))


@pytest.mark.attack(197)
def test_an_extension_under_the_name_domain_or_logo_of_another_is_stopped_and_its_own_update_is_not(
    wallet: TestWallet, client: Client, tmp_path: Path
) -> None:
    wallet.user.approves(action_contains="install “Harbour Bank”")
    install(client, package(tmp_path, "com.harbour", "Harbour Bank", LOGO))
    plain, other = (drawn(*logo) for logo in islice(sets.honest_logos(sets.REPORTED).items(), 2))
    attempts = {
        "name": package(tmp_path, "net.quarry", "Harb0ur Bank", plain),
        "domain": package(tmp_path, "com.harb0ur", "Tide Tables", plain),
        "logo": package(tmp_path, "net.meadow", "Tide Tables", altered(LOGO)["two other colours"]),
    }
    for what, file in attempts.items():
        with pytest.raises(ProtocolError) as refused:
            install(client, file)
        assert refused.value.code == ErrorCode.DENIED, what
        why = " ".join(client.call(wallet_interface.Why(id=refused.value.why)).sentences)
        assert ("harbour.com" if what == "domain" else "Harbour Bank") in why
    wallet.user.approves(times=1, action_contains="update “Harbour Bank”")
    install(client, package(tmp_path, "com.harbour", "Harbour Bank", LOGO, version="1.0.1"))
    wallet.user.approves(times=1, action_contains="install “Tide Tables”")
    install(client, package(tmp_path, "net.meadow", "Tide Tables", other, version="0.9.0"))
    with pytest.raises(ProtocolError) as refused:
        install(client, attempts["logo"])
    assert refused.value.code == ErrorCode.DENIED, "nor as an update of one that is installed"
    wallet.user.approves(times=1, action_contains="take “Harb0ur Bank” for itself")
    client.call(likeness.Trust(name="Harb0ur Bank", like="Harbour Bank"))
    wallet.user.approves(times=1, action_contains="install “Harb0ur Bank”")
    install(client, attempts["name"])


def test_an_adviser_with_a_way_out_is_no_extension() -> None:
    head = TILL.manifest.replace('provides = ["', 'provides = ["adviser/1", "')
    read_manifest(head.encode())
    for more in ('network = ["api.example.org"]', "pcsc = true", "removable = true"):
        with pytest.raises(ManifestError, match="is told of every question"):
            read_manifest(f"{head}[permissions]\n{more}\n".encode())


@pytest.mark.attack(218)
def test_an_adviser_that_uses_what_others_provide_is_no_extension() -> None:
    head = TILL.manifest.replace('provides = ["', 'provides = ["adviser/1", "')
    for harmless in ("storage/1", "coverage/1"):
        read_manifest(head.replace("uses = []", f'uses = ["{harmless}"]').encode())
    for way_out in ("egress/1", "card/1", "secret/1", "dialog/1", "org.example.mailer/1"):
        with pytest.raises(ManifestError, match=rf"'{way_out}'.*uses `coverage/1` and `storage/1` alone"):
            read_manifest(head.replace("uses = []", f'uses = ["storage/1", "{way_out}"]').encode())
