"""A Router that is ending, as at every lock, promises nothing that goes with it."""

from __future__ import annotations

import asyncio

from etui.interfaces import wallet_1 as wallet_interface
from etui.sdk import Envelope, ErrorCode, ProtocolError
from etui.sdk.aio import AsyncClient
from etui.testkit import TestWallet


def test_an_unlock_that_comes_while_the_wallet_is_being_locked_is_not_said_to_be_done(wallet: TestWallet) -> None:
    async def pipelined() -> list[bytes | ProtocolError]:
        client = await AsyncClient.connect(wallet.socket)
        answers: list[bytes | ProtocolError] = []
        client.post(wallet_interface.Lock.METHOD, b"{}", Envelope(), answers.append)
        for _ in range(20):
            client.post(wallet_interface.Unlock.METHOD, b"{}", Envelope(), answers.append)
            await asyncio.sleep(0)
        await client.closed
        return answers

    locked, *unlocked = asyncio.run(pipelined())
    assert not isinstance(locked, ProtocolError)
    failed = [answer for answer in unlocked if isinstance(answer, ProtocolError)]
    assert failed, "an answer came of a Router that ends"
    assert ErrorCode.LOCKED in {error.code for error in failed}
