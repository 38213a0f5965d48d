"""``python -m etui.counterparts.demo``: a town to pay in, for as long as its standard input is open.

It prints one line of JSON once everything listens: ``bank`` and ``operator``, the ports at which devices reach these as
``issuer.etui.test`` and ``operator.etui.test``; ``bank_code`` and ``operator_code``, each of which brings one card into
a wallet; ``shop``, the port of the shop, and ``codes``, pictures of its QR codes; ``acquirer``, the port that terminals
ask, and ``terminals``, the files by which these are set up; ``sites``, the origins of those in a browser.
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

from etui.counterparts.demo.issuers import BANK, OPERATOR, Issuer, Opened
from etui.counterparts.demo.town import StartError, Town, town
from etui.counterparts.issuer.web import application
from etui.counterparts.options import port


def main() -> int:
    """Serves until standard input ends; 1 where it could not begin."""
    parser = argparse.ArgumentParser(
        prog="python -m etui.counterparts.demo",
        description="A bank, an operator, an acquirer and a shop, to try a wallet with, until standard input ends.",
        epilog="It says in JSON where they listen. examples/town opens one, with a test profile that finds it.",
    )
    for one, name in ((BANK, "bank"), (OPERATOR, "operator")):
        served = f"for {one.host}, in PEM, with key"
        parser.add_argument(f"--{name}-tls", required=True, type=Path, metavar="FILE", help=served)
        chosen = "TCP port; 0 chooses a free one"
        parser.add_argument(f"--{name}-port", type=port, default=0, metavar="N", help=chosen)
    parser.add_argument("--shop-tls", required=True, type=Path, metavar="FILE", help="for the shop, in PEM, with key")
    sites = "open shop, arcade and self-care for a browser, too; FOLDER has the npm package etui.js"
    parser.add_argument("--sites", type=Path, metavar="FOLDER", help=sites)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        with (
            tempfile.TemporaryDirectory(prefix="etui-town-") as folder,
            town(Path(folder), options.shop_tls, options.sites) as opened,
        ):
            asyncio.run(_serve(opened, options))
    except (StartError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


async def _serve(opened: Town, options: argparse.Namespace) -> None:
    bank, at_bank = _server(BANK, opened.bank, options.bank_tls, options.bank_port)
    operator, at_operator = _server(OPERATOR, opened.operator, options.operator_tls, options.operator_port)
    serving = [asyncio.ensure_future(bank.serve([at_bank])), asyncio.ensure_future(operator.serve([at_operator]))]
    told = {
        "bank": at_bank.getsockname()[1],
        "bank_code": opened.bank.code,
        "operator": at_operator.getsockname()[1],
        "operator_code": opened.operator.code,
        "shop": opened.shop,
        "codes": {name: str(path) for name, path in opened.codes.items()},
        "acquirer": opened.acquirer,
        "terminals": {name: str(path) for name, path in opened.terminals.items()},
        "identities": {name: str(path) for name, path in opened.identities.items()},
        "sites": opened.sites,
    }
    sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
    sys.stdout.flush()
    ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)
    await asyncio.wait([*serving, ended], return_when=asyncio.FIRST_COMPLETED)
    bank.should_exit = operator.should_exit = True
    await asyncio.gather(*serving)


def _server(one: Issuer, opened: Opened, tls: Path, port: int) -> tuple[uvicorn.Server, socket.socket]:
    """What answers the devices of an issuer, and where it listens."""
    config = uvicorn.Config(
        application(opened.devices, one.host),
        log_level="warning",
        lifespan="off",
        ssl_certfile=tls,
        ssl_keyfile=tls,
    )
    return uvicorn.Server(config), socket.create_server(("127.0.0.1", port))


if __name__ == "__main__":
    sys.exit(main())
