"""As many calls wait in one confined Extension as the SDK lets wait: its confinement has room for each of them."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.trusted.router.strangers import Stranger

from etui.protocol import PLAIN, ErrorCode, ProtocolError
from etui.sdk.aio import AsyncClient
from etui.testkit import TestWallet

MOST = 24
HALL = Stranger(
    "hall",
    """
    import threading
    from etui.interfaces import Request, Result
    from etui.sdk import Call, Extension, provides

    class WaitResult(Result, frozen=True, kw_only=True):
        METHOD = "org.example.hall/1.wait"

    class Wait(Request[WaitResult], frozen=True, kw_only=True):
        METHOD = "org.example.hall/1.wait"
        RESULT = WaitResult
        WAITS = True

    class Open(Request[WaitResult], frozen=True, kw_only=True):
        METHOD = "org.example.hall/1.open"
        RESULT = WaitResult

    class Hall(Extension):
        def begin(self) -> None:
            self._opened = threading.Event()

        @provides(Wait)
        def wait(self, _: Wait, call: Call) -> WaitResult:
            held = [bytes(1000) for _ in range(100)]  # so that each thread has memory of its own
            self._opened.wait(60)
            del held
            return WaitResult()

        @provides(Open)
        def open(self, _: Open, call: Call) -> WaitResult:
            self._opened.set()
            return WaitResult()

    Hall().run()
    """,
    {"wait": {"title": "Wait", "effect": "none", "waits": True}, "open": {"title": "Open", "effect": "none"}},
)


def test_as_many_wait_as_may_and_one_more_is_told_so(short_dir: Path) -> None:
    with TestWallet(short_dir) as wallet:
        wallet.create()
        HALL.install(wallet)
        said = asyncio.run(_waited(wallet.socket))
    assert said.count(None) == MOST
    assert said.count(ErrorCode.TOO_MANY) == 1


async def _waited(socket: Path) -> list[ErrorCode | None]:
    client = await AsyncClient.connect(socket)
    loop = asyncio.get_running_loop()

    def ask(method: str) -> asyncio.Future[ErrorCode | None]:
        future: asyncio.Future[ErrorCode | None] = loop.create_future()

        def done(answer: bytes | ProtocolError) -> None:
            future.set_result(answer.code if isinstance(answer, ProtocolError) else None)

        client.post(f"{HALL.interface}.{method}", b"{}", PLAIN, done)
        return future

    waiting = [ask("wait") for _ in range(MOST + 1)]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)  # the one for which there is no room
    await ask("open")
    said = await asyncio.gather(*waiting)
    client.close()
    return said
