"""An Extension whose files are damaged: it is left out and said, can be removed, and comes anew with nothing of its."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.trusted.router.puppet import puppet

from etui.interfaces import shell_1 as shell_interface
from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ErrorCode, ProtocolError
from etui.testkit import TestWallet


def keys(wallet: TestWallet) -> set[str]:
    return {path.name for path in wallet.home.glob("vault/keys/*")}


def break_file(path: Path) -> None:
    path.chmod(0o600)
    path.write_bytes(b"damaged")


@pytest.mark.parametrize("named", ["principal", "id"])
@pytest.mark.parametrize("file", ["1.0.0/main.py", "installation.json"])
def test_it_is_removed_and_installed_anew_without_its_rights(wallet: TestWallet, file: str, named: str) -> None:
    stranger = puppet()
    stranger.install(wallet)
    before = keys(wallet)
    wallet.user.approves()
    with wallet.connect() as client:
        stranger.call(client, "run", code="pass")
        client.call(wallet_interface.Grant(client="script:/x@session", action=f"{stranger.interface}.run"))
        client.call(wallet_interface.Grant(client=stranger.principal, action="secret/1.read"))
    own = keys(wallet) - before
    wallet.end()
    break_file(wallet.home / "extensions" / stranger.id / file)
    wallet.start()
    wallet.unlock()
    with wallet.connect() as client:
        assert any(stranger.id in note for note in client.call(wallet_interface.Status()).notes)
        client.call(wallet_interface.Remove(extension=stranger.principal if named == "principal" else stranger.id))
        assert f"remove “{stranger.id}”, which is damaged" in wallet.user.asked()[-1]["lead"]
        assert not any(stranger.id in note for note in client.call(wallet_interface.Status()).notes)
        assert client.call(shell_interface.Grants()).grants == []
        recorded = client.call(shell_interface.Audit(text="registration", limit=1)).records[0]
        sentences = " ".join(client.call(wallet_interface.Why(id=recorded.id)).sentences)
    assert ("its key was not destroyed" in sentences) is (file == "installation.json")
    assert own.isdisjoint(keys(wallet)) is (file != "installation.json")
    stranger.install(wallet)
    with wallet.connect() as client:
        stranger.call(client, "run", code="pass")
    assert keys(wallet) - before - own, "it has a new key, and inherits nothing"


def test_a_damaged_folder_that_is_named_as_no_extension_is_removed_and_on_record(wallet: TestWallet) -> None:
    wallet.user.approves()
    wallet.end()
    folder = wallet.home / "extensions" / "odd"
    folder.mkdir(mode=0o700)
    (folder / "installation.json").write_bytes(b"damaged")
    wallet.start()
    wallet.unlock()
    with wallet.connect() as client:
        client.call(wallet_interface.Remove(extension="odd"))
        assert not folder.exists()
        assert client.call(shell_interface.Audit(text="registration odd", limit=1)).records


@pytest.mark.attack(47)
def test_one_whose_record_names_the_key_of_another_takes_it_not_along(wallet: TestWallet) -> None:
    stranger = puppet()
    stranger.install(wallet)
    wallet.user.approves()
    with wallet.connect() as client:
        stranger.call(client, "run", code="pass")
    before = keys(wallet)
    wallet.end()
    copied = wallet.home / "extensions" / "org.example.copied"
    copied.mkdir(mode=0o700)
    record = (wallet.home / "extensions" / stranger.id / "installation.json").read_text("utf-8").splitlines()[0]
    (copied / "installation.json").write_text(record.replace(stranger.id, copied.name), encoding="utf-8")
    wallet.start()
    wallet.unlock()
    with wallet.connect() as client:
        client.call(wallet_interface.Remove(extension=copied.name))
        recorded = client.call(shell_interface.Audit(text="registration copied", limit=1)).records[0]
        assert "names that of another" in " ".join(client.call(wallet_interface.Why(id=recorded.id)).sentences)
        stranger.call(client, "run", code="pass")
    assert keys(wallet) == before


def test_one_that_the_user_keeps_stays_as_it_is(wallet: TestWallet) -> None:
    stranger = puppet()
    stranger.install(wallet)
    wallet.end()
    record = wallet.home / "extensions" / stranger.id / "installation.json"
    break_file(record)
    wallet.start()
    wallet.unlock()
    wallet.user.refuses(action_contains="remove")
    with wallet.connect() as client, pytest.raises(ProtocolError) as caught:
        client.call(wallet_interface.Remove(extension=stranger.principal))
    assert caught.value.code is ErrorCode.REFUSED
    assert record.read_bytes() == b"damaged"
