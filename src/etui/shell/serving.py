"""The server: one socket of the loopback, for as long as the command runs."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import uvicorn

from etui.sdk.refusals import Reporter
from etui.shell.application import application
from etui.shell.entrance import Entrance
from etui.shell.guard import Guard
from etui.shell.style import Look
from etui.shell.wallet import Wallet

if TYPE_CHECKING:
    from pathlib import Path


class Shell:
    """Serves the Shell of the wallet behind ``path``, with the brand in ``brand``, where its profile keeps one.

    ``port``: 0 for any that is free. Raises ``OSError`` where the port is taken, and ``BrandError``.
    """

    def __init__(self, path: Path, brand: Path, *, port: int = 0) -> None:
        look = Look(brand)
        self._wallet = Wallet(path)
        self._socket = socket.create_server(("127.0.0.1", port))
        self._entrance = Entrance(self._socket.getsockname()[1])
        reporter = Reporter(self._wallet.call)
        served = application(self._wallet, self._entrance, reporter, look)
        config = uvicorn.Config(
            Guard(served, self._entrance, reporter, look),
            access_log=False,
            lifespan="on",  # which ends before a signal is raised again, and the process with that
            log_level="critical",  # faults are told by the pages, without the values in them
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=1,
            ws="none",
        )
        self._server = uvicorn.Server(config)

    def link(self) -> str:
        """Where a browser comes in: good once, within a minute; the one before it is good no more."""
        return self._entrance.link(time.monotonic())

    async def serve(self) -> None:
        """Serves until it is interrupted."""
        try:
            await self._server.serve(sockets=[self._socket])
        finally:
            self._wallet.close()
            self._socket.close()
