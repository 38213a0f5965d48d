"""What docs/protocol.md promises of the Router and its Extensions, asked of real processes over a bare socket."""

from __future__ import annotations

import pytest

from etui.interfaces import secret_1 as secret
from etui.interfaces import wallet_1
from etui.protocol import ErrorCode, ProtocolError
from etui.sdk.ends import End
from etui.testkit import TestWallet


def test_a_sealed_value_taken_from_another_clients_request_is_not_taken_for_the_thiefs(wallet: TestWallet) -> None:
    with wallet.connect() as thief:
        key = thief.call(wallet_1.Ends(interface="secret/1")).key
        taken = End().encode(secret.Create(kind="note", label="Stolen", value=b"of somebody else"), key)
        with pytest.raises(ProtocolError) as caught:
            thief.call_raw(secret.Create.METHOD, taken)
        assert caught.value.code is ErrorCode.STALE_KEY
        assert thief.call(secret.Find(), quiet=True).items == []
