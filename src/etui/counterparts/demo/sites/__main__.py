"""``python -m etui.counterparts.demo.sites``: shop, arcade and self-care on the loopback, each of its own origin.

It prints one line of JSON once they listen: the origin of each, by its name. It ends with SIGTERM or SIGINT.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
import uvicorn

from etui.counterparts.books import BooksError, open_books
from etui.counterparts.demo.sites.arcade import arcade
from etui.counterparts.demo.sites.merchants import ARCADE, SHOP
from etui.counterparts.demo.sites.self_care import self_care
from etui.counterparts.demo.sites.shop import shop
from etui.counterparts.demo.terminals import Place
from etui.counterparts.identity import Identity, IdentityError
from etui.counterparts.lines import Line
from etui.counterparts.merchant import Merchant
from etui.counterparts.options import address, port

_NAMES: Final = ("shop", "arcade", "self-care")
_ANSWER_S: Final = 15.0
_LAST_ANSWERS_S: Final = 5


def main() -> int:
    """Serves until it is told to end; 1 where it could not begin, with a sentence that says why."""
    options = _options()
    try:
        listeners = [socket.create_server(("127.0.0.1", number)) for number in options.ports]
        hosts = [f"127.0.0.1:{listener.getsockname()[1]}" for listener in listeners]
        applications = (
            shop(hosts[0], _merchant(SHOP, options), options.etui_js),
            arcade(hosts[1], _merchant(ARCADE, options), options.etui_js),
            self_care(hosts[2], options.etui_js),
        )
    except (BooksError, IdentityError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"it cannot begin: {error.strerror}\n")
        return 1
    servers = [
        _Beside(uvicorn.Config(one, log_level="warning", timeout_graceful_shutdown=_LAST_ANSWERS_S))
        for one in applications
    ]
    told = {name: f"http://{host}" for name, host in zip(_NAMES, hosts, strict=True)}
    sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
    sys.stdout.flush()
    asyncio.run(_serve(servers, listeners))
    return 0


class _Beside(uvicorn.Server):
    """A server beside others: signals are for the whole process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _serve(servers: list[_Beside], listeners: list[socket.socket]) -> None:
    """Serves until one of them ends, or a signal comes: then all end."""

    def end() -> None:
        for server in servers:
            server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, end)
    serving = [
        asyncio.ensure_future(server.serve([listener])) for server, listener in zip(servers, listeners, strict=True)
    ]
    await asyncio.wait(serving, return_when=asyncio.FIRST_COMPLETED)
    end()
    await asyncio.gather(*serving)


def _merchant(place: Place, options: argparse.Namespace) -> Merchant:
    """Who sells at a site."""
    return Merchant(
        Identity.open(options.folder / place.name),
        open_books(f"sqlite:///{options.folder / place.name}-site.db"),
        Line(*options.acquirer, answer_s=_ANSWER_S),
        terminal=place.terminal,
        networks=options.network or ["etui-demo"],
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m etui.counterparts.demo.sites",
        description="A shop, an arcade and an operator's self-care, to use a wallet at in a browser.",
        epilog="docs/loopback.md says what stands behind them, and how all of it is opened with one command.",
    )
    folders = "with a folder of keys and certificates for each who sells: shop, arcade; the books come beside them"
    parser.add_argument("--folder", required=True, type=Path, help=folders)
    parser.add_argument(
        "--acquirer", required=True, type=address, metavar="HOST:PORT", help="where the acquirer listens"
    )
    parser.add_argument("--etui-js", required=True, type=Path, metavar="FOLDER", help="the npm package etui.js")
    parser.add_argument("--network", action="append", help="a scheme that is taken; may be given again (etui-demo)")
    ports = "of shop, arcade and self-care; 0 chooses a free one (%(default)s)"
    parser.add_argument("--ports", nargs=3, type=port, default=(0, 0, 0), metavar="N", help=ports)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
