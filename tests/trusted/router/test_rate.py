"""How fast a Client may ask: a connection admits its burst, and refuses what comes beside it."""

from __future__ import annotations

import asyncio
import json
import socket
from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from etui.protocol import LIMITS
from etui.trusted.router import share
from etui.trusted.router.connection import Connection, Role, Way

if TYPE_CHECKING:
    import pytest

    from etui.protocol import Message

BURST = 5
REQUESTS = 12


class Answering:
    """In the place of the Router: answers every request that is let through, at once."""

    def __init__(self) -> None:
        self._unsent: list[Connection] = []

    def receive(self, connection: Connection, message: Message) -> Way | None:
        assert isinstance(message.id, int)
        connection.answer(message.id, b"{}")
        return None

    def heard(self, connection: Connection, message: Message) -> None:
        """Nothing is told here."""

    def lost(self, connection: Connection) -> None:
        """Nothing is kept here."""

    def flush_soon(self, connection: Connection) -> None:
        self._unsent.append(connection)

    def flush(self) -> None:
        for unsent in self._unsent:
            unsent.send_outbox()
        self._unsent.clear()


def test_what_comes_faster_than_the_limit_is_refused_and_the_connection_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # One more in a thousand seconds, so that no machine is so slow that another is admitted.
    monkeypatch.setattr(share, "LIMITS", msgspec.structs.replace(LIMITS, burst=BURST, rate_per_s=0.001))

    async def answers() -> list[dict[str, object]]:
        ours, theirs = socket.socketpair()
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: Connection(Answering(), Role.CLIENT), sock=ours)
        reader, writer = await asyncio.open_connection(sock=theirs)
        for number in range(REQUESTS):
            writer.write(json.dumps({"jsonrpc": "2.0", "id": number, "method": "wallet/1.status"}).encode() + b"\n")
        lines = [await reader.readline() for _ in range(REQUESTS)]
        writer.close()
        await writer.wait_closed()
        return [json.loads(line) for line in lines]

    told = asyncio.run(answers())
    assert [answer["id"] for answer in told] == list(range(REQUESTS))
    codes = Counter(answer["error"]["data"]["code"] if "error" in answer else "" for answer in told)  # type: ignore[index]
    assert codes == {"": BURST, "too_many": REQUESTS - BURST}
