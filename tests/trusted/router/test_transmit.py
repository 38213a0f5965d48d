"""What is to be sent over a connection that has just ended is dropped, and nobody else waits for that."""

from __future__ import annotations

import asyncio
import socket

import uvloop

from etui.trusted.router.connection import transmit


def test_what_is_sent_over_a_connection_that_was_aborted_is_dropped() -> None:
    async def send() -> None:
        here, there = socket.socketpair()
        with there:
            transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, sock=here)
            transport.abort()
            await asyncio.sleep(0.05)  # it is closed by now, whoever has not heard of it yet
            transmit(transport, there.fileno(), b"x" * 10)
            assert there.recv(1) == b""

    uvloop.run(send())
