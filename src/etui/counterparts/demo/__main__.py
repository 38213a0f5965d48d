"""``python -m etui.counterparts.demo``: a town to pay in, for as long as its standard input is open.

It prints one line of JSON once everything listens: ``bank``, the port at which devices reach the bank as
``issuer.etui.test``; ``shop``, that of the shop; ``code``, which brings the one card that there is into a wallet;
``acquirer``, the port that terminals ask, and ``terminals``, the files by which these are set up.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import socket
import sys
import tempfile
from pathlib import Path

import msgspec
import uvicorn

from etui.counterparts.demo.town import StartError, Town, town
from etui.counterparts.issuer.web import application

_HOST = "issuer.etui.test"


def main() -> int:
    """Serves until standard input ends; 1 where it could not begin."""
    parser = argparse.ArgumentParser(
        prog="python -m etui.counterparts.demo", description="A bank, an acquirer and a shop, to try a wallet with."
    )
    parser.add_argument("--bank-tls", required=True, type=Path, metavar="FILE", help=f"for {_HOST}, in PEM, with key")
    parser.add_argument("--shop-tls", required=True, type=Path, metavar="FILE", help="for the shop, in PEM, with key")
    parser.add_argument("--bank-port", type=int, default=0, metavar="N", help="TCP port; 0 chooses a free one")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        with tempfile.TemporaryDirectory(prefix="etui-town-") as folder, town(Path(folder), options.shop_tls) as opened:
            asyncio.run(_serve(opened, options.bank_tls, options.bank_port))
    except (StartError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


async def _serve(opened: Town, tls: Path, port: int) -> None:
    listener = socket.create_server(("127.0.0.1", port))
    config = uvicorn.Config(
        application(opened.devices, _HOST),
        log_level="warning",
        lifespan="off",
        ssl_certfile=tls,
        ssl_keyfile=tls,
    )
    server = uvicorn.Server(config)
    serving = asyncio.ensure_future(server.serve([listener]))
    told = {
        "bank": listener.getsockname()[1],
        "shop": opened.shop,
        "code": opened.code,
        "acquirer": opened.acquirer,
        "terminals": {name: str(path) for name, path in opened.terminals.items()},
    }
    sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
    sys.stdout.flush()
    ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)
    await asyncio.wait([serving, ended], return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    await serving


if __name__ == "__main__":
    sys.exit(main())
