"""``etui managed on · off``: whom this machine runs a wallet for. Trusted code does it, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from etui.cli.command import Arguments, Command, patience
from etui.cli.exits import CommandError, Exit

if TYPE_CHECKING:
    import argparse

    from etui.cli.output import Output

_MODULE: Final = "etui.trusted.supervisor.people"


def _person(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("person", metavar="USER", help="the name of a user of this machine")


def _on_arguments(parser: argparse.ArgumentParser) -> None:
    _person(parser)
    text = "make it a test profile, whose dialog answers by this file"
    parser.add_argument("--script", type=Path, metavar="FILE", help=text)
    text = "show its dialog by the compositor that listens there, in place of the session's display"
    parser.add_argument("--display", type=Path, metavar="SOCKET", help=text)


def _on(arguments: Arguments, output: Output) -> Exit:
    script = [] if arguments.script is None else ["--script", str(arguments.script.absolute())]
    display = [] if arguments.display is None else ["--display", str(arguments.display)]
    _do("on", arguments.person, *script, *display, waiting="making users, folders and sockets")
    text = f"The machine runs the wallet of {arguments.person}; `etui init`, as that user, makes it."
    output.value({"managed": arguments.person}, text)
    return Exit.OK


def _off(arguments: Arguments, output: Output) -> Exit:
    _do("off", arguments.person, waiting="the wallet locks and ends")
    text = f"The machine runs no wallet for {arguments.person}; what lay in it stays, and `etui managed on` finds it."
    output.value({"managed": None}, text)
    return Exit.OK


def _do(*words: str, waiting: str) -> None:
    """Raises ``CommandError`` with what trusted code has to say against it; ``waiting``: said where it takes long."""
    with patience(waiting):
        ran = subprocess.run([sys.executable, "-I", "-m", _MODULE, *words], capture_output=True, text=True, check=False)
    if ran.returncode:
        raise CommandError(ran.stderr.strip(), Exit.USAGE)


ON = Command(
    name="managed on",
    help="have the machine run a user's wallet (root)",
    text="Makes the users and folders of a wallet that no program of its person can trace, read or replace, and has\n"
    "systemd run it when it is first asked for. It takes the installed package; docs/managed.md says what holds.",
    arguments=_on_arguments,
    run=_on,
    examples=(
        ("sudo etui managed on ada", "from then on `etui` of ada is that wallet"),
        (
            "sudo etui managed on ada --display /run/kiosk/wayland-0",
            "its dialog is shown by the kiosk's own compositor",
        ),
    ),
)
OFF = Command(
    name="managed off",
    help="have the machine run it no more (root)",
    arguments=_person,
    run=_off,
    examples=(("sudo etui managed off ada", "what lies in it stays on the disk"),),
)
