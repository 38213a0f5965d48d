"""``etui shell``: the Wallet Shell, in a browser, for as long as the command runs."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import webbrowser
from typing import TYPE_CHECKING

from etui.cli.brands import kept_in
from etui.cli.command import Arguments, Command, connect_once, profile_place
from etui.cli.exits import CommandError, Exit

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from etui.cli.output import Output
    from etui.shell import Shell

_MAX_PORT = 65_535
_MAX_TYPED_BYTES = 4096
_ANOTHERS_S = 1.0
"""So long the terminal is left alone whose foreground is another program's."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-open", action="store_true", help="print the link, and open no browser")
    parser.add_argument("--port", type=int, default=0, metavar="N", help="a port of its own; else any that is free")


def _run(arguments: Arguments, output: Output) -> Exit:
    from etui.shell import Shell  # noqa: PLC0415  # no other command has a web server
    from etui.shell.brand import BrandError  # noqa: PLC0415  # as above

    if not 0 <= arguments.port <= _MAX_PORT:
        raise CommandError(f"{arguments.port} is no port: name one from 1 to {_MAX_PORT}", Exit.USAGE)
    connect_once()
    place = profile_place()
    try:
        shell = Shell(place.socket, kept_in(place.home), port=arguments.port)
    except BrandError as error:
        raise CommandError(str(error)) from None
    except OSError as error:
        raise CommandError(f"port {arguments.port} cannot be used ({error.strerror}): name another") from None

    def show_link() -> str:
        link = shell.link()
        ways = "Enter shows another, Ctrl-C ends it." if sys.stdin.isatty() else "Ctrl-C ends it."
        output.value({"link": link}, f"Your wallet: {link}\nThe link is good once, within a minute. {ways}")
        sys.stdout.flush()
        return link

    link = show_link()
    if not arguments.no_open:
        webbrowser.open(link)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(shell, show_link))
    return Exit.OK


async def _serve(shell: Shell, show_link: Callable[[], str]) -> None:
    """Serves until it is interrupted, and shows another link each time that Enter is pressed at its terminal."""
    loop = asyncio.get_running_loop()
    terminal = sys.stdin.fileno() if sys.stdin.isatty() else None

    def listen(terminal: int) -> None:
        loop.add_reader(terminal, pressed, terminal)

    def pressed(terminal: int) -> None:
        try:
            if os.tcgetpgrp(terminal) != os.getpgrp():  # what is typed is for another: reading it would stop this one
                loop.remove_reader(terminal)
                loop.call_later(_ANOTHERS_S, listen, terminal)
                return
            typed = os.read(terminal, _MAX_TYPED_BYTES)
        except OSError:  # it hung up
            typed = b""
        if b"\n" in typed:
            show_link()
        elif not typed:
            loop.remove_reader(terminal)

    if terminal is not None:
        listen(terminal)
    await shell.serve()


COMMAND = Command(
    name="shell",
    help="your wallet in a browser",
    text="Serves the Wallet Shell on the loopback, for the browser that comes in by the link, until it is ended with\n"
    "Ctrl-C; Enter shows another link, for a browser that has lost its way in. It shows what lies in the wallet, who\n"
    "may use it and what was done; it holds no secret, and what has to be typed, shown or agreed to is so in the\n"
    "Trusted Dialog.",
    arguments=_arguments,
    run=_run,
    examples=(
        ("etui shell", "open it in the browser of this desktop"),
        ("etui shell --no-open", "print the link alone"),
    ),
)
