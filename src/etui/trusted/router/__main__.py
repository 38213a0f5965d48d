"""``python -m etui.trusted.router --control N --listen N --home PATH [--managed UID]``: the Router's process."""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any, Final

import uvloop

from etui.trusted.control import Link, ToRouter
from etui.trusted.memory import harden, lock_memory
from etui.trusted.package import PackageError
from etui.trusted.profile import ProfileError
from etui.trusted.router.router import Router

_HEADROOM_BYTES: Final = 64 << 20
"""What the Router will still ask for: the wallet's rows, and messages on their way."""


async def serve(arguments: argparse.Namespace, weaknesses: tuple[str, ...]) -> None:
    """Runs the Router until it locks or is ended."""
    link: Link[Any, Any] = Link(socket.socket(fileno=arguments.control), ToRouter)
    listener = socket.socket(fileno=arguments.listen)
    router = Router(arguments.home, listener, link, tuple(arguments.note), weaknesses, managed_for=arguments.managed)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, router.lock_soon, "the wallet ends")
    router.start()
    gc.collect()
    gc.freeze()
    await router.ended
    await asyncio.sleep(0)  # what was told to others goes out


def main() -> int:
    """Parses the arguments and runs."""
    parser = argparse.ArgumentParser(prog="etui-router")
    parser.add_argument("--control", type=int, required=True)
    parser.add_argument("--listen", type=int, required=True)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--note", action="append", default=[])
    parser.add_argument("--managed", type=int, metavar="UID", help="whose wallet it is, where that is another's")
    harden()
    unswapped = lock_memory(_HEADROOM_BYTES)
    os.umask(0o077)
    try:
        uvloop.run(serve(parser.parse_args(), () if unswapped.held else (unswapped.words,)))
    except (ProfileError, PackageError) as error:
        sys.stderr.write(f"router: {error}\n")
        return 1
    sys.stdout.flush()
    os._exit(0)  # no finaliser and no thread keeps a key alive


if __name__ == "__main__":
    sys.exit(main())
