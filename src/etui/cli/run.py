"""``etui run``: what ``./run`` starts. It runs the wallet, and the first time it guides through making one.

With ``--use`` it runs a command beside the wallet instead (``lending``).

Rules:

1. The wallet is a process beside this one, in the same foreground: Ctrl-C reaches both, and the wallet's exit status is
   that of this command.
2. What is off here is said once, with the reason, when the wallet answers.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from types import FrameType
from typing import TYPE_CHECKING, Final

from etui.cli import up
from etui.cli.bus import unreachable
from etui.cli.command import Arguments, Command, name_session_bus, profile_place
from etui.cli.exits import CommandError, Exit
from etui.cli.lending import add_lending_arguments, run_lent
from etui.cli.output import printable
from etui.interfaces import wallet_1 as wallet
from etui.protocol import ProtocolError
from etui.sdk import Client, ConnectionLost

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from etui.cli.output import Output

_LOOK_S: Final = 0.05
_NEXT: Final = """\
Your wallet is ready. Where there is no display it asks you here.
In another terminal:

  etui shell                        your wallet in a browser, with first steps
  etui status                       what it promises here
  etui door enable secret-service   have desktop programs keep passwords in it
  etui browser install              pay and log in with it at websites
  etui add 'Mail' -a user=ada       store a first password
  etui help                         everything else
"""


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tour", action="store_true", help="play the whole story in a test profile, without a hand")
    up.add_arguments(parser)
    add_lending_arguments(parser)


def _run(arguments: Arguments, output: Output) -> Exit | int:
    if arguments.tour:
        from etui.cli.tour import run_tour  # noqa: PLC0415  # it starts the testkit, which nothing else here needs

        return run_tour(output)
    if arguments.use:
        return run_lent(arguments, output)
    if arguments.program:
        raise CommandError("a command after -- goes with --use, which says what it may use", Exit.USAGE)
    name_session_bus()
    if _runs_already():
        text = f"a wallet runs already at {profile_place().socket}; `etui status` shows it, `etui stop` ends it; "
        raise CommandError(text + "for another one beside it set ETUI_HOME or XDG_RUNTIME_DIR")
    return _bring_up(arguments, output)


def circumstances(environ: Mapping[str, str], uid: int) -> list[str]:
    """What is not here, and what follows from that."""
    notes = []
    if not environ.get("XDG_RUNTIME_DIR"):
        notes.append(f"XDG_RUNTIME_DIR is not set, so the wallet listens below /tmp/etui-{uid}")
    address = environ.get("DBUS_SESSION_BUS_ADDRESS")
    if not address:
        notes.append("there is no session bus here (DBUS_SESSION_BUS_ADDRESS), so the Secret Service door stays off")
    elif problem := unreachable(address):
        text = f"the session bus at {printable(address)} (DBUS_SESSION_BUS_ADDRESS) cannot be reached ({problem})"
        notes.append(f"{text}, so the Secret Service door stays off")
    return notes


def _runs_already() -> bool:
    try:
        Client.connect(profile_place().socket, name="etui").close()
    except ConnectionLost:
        return False
    return True


def _bring_up(arguments: Arguments, output: Output) -> int:
    """Runs the wallet until it ends, and guides meanwhile; its exit status."""
    process = subprocess.Popen([sys.executable, "-I", "-m", "etui.cli", "up", *up.command_line(arguments)])

    def pass_on(number: int, _: FrameType | None) -> None:
        process.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, pass_on)
    # Ctrl-C reaches the wallet by itself; it ends in order, and this process with it.
    signal.signal(signal.SIGINT, lambda *_: None)
    try:
        _guide(process, output)
        return process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()


def _guide(process: subprocess.Popen[bytes], output: Output) -> None:
    """Waits until the wallet answers, says what is off here, and the first time has the wallet made."""
    socket = profile_place().socket
    notes = circumstances(os.environ, os.getuid())
    while process.poll() is None:
        try:
            with Client.connect(socket, name="etui") as client:
                while notes:
                    output.note(f"etui: {notes.pop(0)}")
                _greet(client, output)
        except ConnectionLost:
            time.sleep(_LOOK_S)
        except ProtocolError as error:
            output.note(f"etui: {printable(error.message)}; `etui init` tries it again, Ctrl-C ends the wallet")
            return
        else:
            return


def _greet(client: Client, output: Output) -> None:
    status = client.call(wallet.Status())
    if status.state != "none":
        output.value(status, f"The wallet runs and is {status.state}. Ctrl-C ends it.")
    else:
        output.note("etui: there is no wallet in this profile yet; the Trusted Dialog guides you through making one")
        client.call(wallet.Create())
        output.value(client.call(wallet.Status()), _NEXT)
    sys.stdout.flush()


COMMAND = Command(
    name="run",
    help="run the wallet, or a command with what it never has",
    text="Runs the wallet in the foreground and, the first time, guides through making one. With --tour it plays the\n"
    "whole story in a test profile of its own, prints each step with the decision that was taken, and ends with 0\n"
    "only if every step did what it says. With --use it runs the command after -- while the wallet runs elsewhere:\n"
    "the command finds a placeholder, its requests go through a proxy on the loopback, and the wallet puts the value\n"
    "in on its way to the hosts that the item names.",
    arguments=_arguments,
    run=_run,
    takes_program=True,
    examples=(
        ("./run", "the same, after it has made ready what the wallet needs"),
        ("etui run --tour", "see it work, without a display and without touching your wallet"),
        ("etui run --use 'GitHub token' -- ./release.sh", "a script that finds a placeholder in GITHUB_TOKEN"),
    ),
)
