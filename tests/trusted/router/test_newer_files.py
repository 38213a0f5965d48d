"""A wallet of real processes that meets a file of a newer version says so, and leaves that file as it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.trusted.router.puppet import puppet
from tests.trusted.supervisor.processes import until
from tests.trusted.test_formats import newer_database, newer_json, newer_ratchet, newer_record, newer_segment

from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ErrorCode, ProtocolError
from etui.testkit import TestWallet


def newest(wallet: TestWallet, pattern: str) -> Path:
    return max(wallet.home.glob(pattern))


@pytest.mark.parametrize(
    ("pattern", "newer"),
    [
        ("vault/slots.json", newer_json),
        ("vault/tries", newer_json),
        ("router/state.db", newer_database),
        ("audit/*.seg", newer_segment),
        ("audit/ratchet", newer_ratchet),
    ],
)
def test_it_does_not_unlock_and_says_why(wallet: TestWallet, pattern: str, newer: Callable[[Path], None]) -> None:
    wallet.end()
    path = newest(wallet, pattern)
    newer(path)
    text = path.read_bytes()
    wallet.start()
    with pytest.raises(ProtocolError, match="newer version") as caught:
        wallet.unlock()
    assert caught.value.code is ErrorCode.UNAVAILABLE
    wallet.end()
    assert path.read_bytes() == text


def test_looks_are_not_shown_and_not_replaced(wallet: TestWallet) -> None:
    wallet.end()
    path = wallet.home / "device" / "looks"
    newer_record(path)
    text = path.read_bytes()
    wallet.start()
    wallet.unlock()
    with wallet.connect() as client:
        assert any(f"{path}: the record" in note for note in client.call(wallet_interface.Status()).notes)
        with pytest.raises(ProtocolError, match="newer version"):
            client.call(wallet_interface.Appearance())
    assert path.read_bytes() == text


def test_an_extension_is_left_out_and_what_comes_with_the_wallet_goes_on(wallet: TestWallet) -> None:
    stranger = puppet()
    stranger.install(wallet)
    wallet.end()
    path = wallet.home / "extensions" / stranger.id / "installation.json"
    newer_json(path)
    text = path.read_bytes()
    wallet.start()
    wallet.unlock()
    with wallet.connect() as client:
        assert any(
            f"{stranger.id} is left out: {path}" in note for note in client.call(wallet_interface.Status()).notes
        )
        assert stranger.principal not in {
            row.extension for row in client.call(wallet_interface.Extensions()).extensions
        }
    assert path.read_bytes() == text


def test_the_keys_of_extensions_are_not_handed_out(wallet: TestWallet) -> None:
    stranger = puppet()
    stranger.install(wallet)
    with wallet.connect() as client:
        stranger.call(client, "run", code="pass")
    wallet.end()
    keys = list(wallet.home.glob("vault/keys/*"))
    for path in keys:
        newer_record(path)
    texts = [path.read_bytes() for path in keys]
    wallet.start()
    wallet.unlock()
    with wallet.connect() as client, pytest.raises(ProtocolError):
        stranger.call(client, "run", code="pass")
    until(lambda: "vault: a key was not handed out: the key of" in wallet.log.read_text(), "the log says it")
    assert "sealed by a newer version" in wallet.log.read_text()
    assert [path.read_bytes() for path in keys] == texts
