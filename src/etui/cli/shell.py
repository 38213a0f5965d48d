"""``etui shell``: the Wallet Shell, in a browser, for as long as the command runs."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import webbrowser
from typing import TYPE_CHECKING

from etui.cli.brands import kept_in
from etui.cli.command import Arguments, Command, connect_once, profile_place
from etui.cli.exits import CommandError, Exit

if TYPE_CHECKING:
    import argparse

    from etui.cli.output import Output

_MAX_PORT = 65_535


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-open", action="store_true", help="print the link, and open no browser")
    parser.add_argument("--port", type=int, default=0, metavar="N", help="a port of its own; else any that is free")


def _run(arguments: Arguments, output: Output) -> Exit:
    from etui.shell import Shell  # noqa: PLC0415  # no other command has a web server
    from etui.shell.brand import BrandError, read_kept  # noqa: PLC0415  # as above

    if not 0 <= arguments.port <= _MAX_PORT:
        raise CommandError(f"{arguments.port} is no port: name one from 1 to {_MAX_PORT}", Exit.USAGE)
    connect_once()
    place = profile_place()
    try:
        shell = Shell(place.socket, port=arguments.port, brand=read_kept(kept_in(place.home)))
    except BrandError as error:
        raise CommandError(str(error)) from None
    except OSError as error:
        raise CommandError(f"port {arguments.port} cannot be used ({error.strerror}): name another") from None
    link = shell.link()
    output.value({"link": link}, f"Your wallet: {link}\nThe link is good once, within a minute. Ctrl-C ends it.")
    sys.stdout.flush()
    if not arguments.no_open:
        webbrowser.open(link)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(shell.serve())
    return Exit.OK


COMMAND = Command(
    name="shell",
    help="your wallet in a browser",
    text="Serves the Wallet Shell on the loopback, for the browser that comes in by the link, until it is ended with\n"
    "Ctrl-C. It shows what lies in the wallet, who may use it and what was done; it holds no secret, and what has to\n"
    "be typed, shown or agreed to is so in the Trusted Dialog.",
    arguments=_arguments,
    run=_run,
    examples=(
        ("etui shell", "open it in the browser of this desktop"),
        ("etui shell --no-open", "print the link alone"),
    ),
)
