"""An Extension whose files are damaged: it is left out and said, can be removed, and comes anew with nothing of its."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.trusted.router.puppet import puppet

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
        assert client.call(wallet_interface.Grants()).grants == []
        recorded = client.call(wallet_interface.Audit(text="registration", limit=1)).records[0]
        sentences = " ".join(client.call(wallet_interface.Why(id=recorded.id)).sentences)
    assert ("its key was not destroyed" in sentences) is (file == "installation.json")
    assert own.isdisjoint(keys(wallet)) is (file != "installation.json")
    stranger.install(wallet)
    with wallet.connect() as client:
        stranger.call(client, "run", code="pass")
    assert keys(wallet) - before - own, "it has a new key, and inherits nothing"


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
