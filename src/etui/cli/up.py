"""``etui up``: runs the wallet. The one command that starts what is trusted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from etui.cli.command import Arguments, Command, name_session_bus, profile_place
from etui.cli.exits import CommandError, Exit

if TYPE_CHECKING:
    import argparse

    from etui.cli.output import Output


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How the wallet is to be run."""
    parser.add_argument("--dialog", choices=["auto", "qt", "terminal"], default="auto", help="the dialog's face")
    parser.add_argument("--as-root", action="store_true", help="allow root to have a wallet")
    test = parser.add_argument_group("test profiles, for trying things out without a hand on the keyboard")
    test.add_argument("--test-profile", action="store_true", help="make the profile a test profile, if it is new")
    test.add_argument("--script", type=Path, metavar="FILE", help="answers of the scripted dialog, JSON lines")
    test.add_argument("--transcript", type=Path, metavar="FILE", help="where the scripted dialog writes what it showed")
    test.add_argument("--door", action="append", metavar="NAME", help="open this door instead of those of the profile")
    test.add_argument("--no-doors", action="store_true", help="open no door")


def command_line(arguments: Arguments) -> list[str]:
    """The words behind ``etui up`` that say the same as these arguments."""
    words = ["--dialog", arguments.dialog]
    flags = {
        "--as-root": arguments.as_root,
        "--test-profile": arguments.test_profile,
        "--no-doors": arguments.no_doors,
        "--json": "json" in arguments,
    }
    words += [flag for flag, given in flags.items() if given]
    for option, path in {"--script": arguments.script, "--transcript": arguments.transcript}.items():
        words += [option, str(path)] if path is not None else []
    for door in arguments.door or ():
        words += ["--door", door]
    return words


def _run(arguments: Arguments, output: Output) -> Exit:
    del output
    from etui.trusted.supervisor.up import UpError, Wish, bring_up  # noqa: PLC0415  # trusted code, for `up` alone

    name_session_bus()
    face = arguments.dialog
    dialog: tuple[str, ...] = ()
    if arguments.script is not None:
        face, dialog = "scripted", ("--script", str(arguments.script.absolute()))
        if arguments.transcript is not None:
            dialog += ("--transcript", str(arguments.transcript.absolute()))
    doors = () if arguments.no_doors else tuple(arguments.door) if arguments.door else None
    wish = Wish(test=arguments.test_profile, face=face, dialog=dialog, doors=doors, as_root=arguments.as_root)
    try:
        bring_up(profile_place(), wish)
    except UpError as error:
        raise CommandError(str(error), Exit(error.status)) from None
    return Exit.OK


COMMAND = Command(
    name="up",
    help="run the wallet, without a guide for the first time",
    text="Runs the wallet for this profile until it is ended with Ctrl-C or `etui stop`. Where the machine runs your\n"
    "wallet (`etui managed`), it opens that one's doors in this session, and lends its dialog this display.",
    arguments=add_arguments,
    run=_run,
    examples=(
        ("etui up &", "run it in the background of this session"),
        ("ETUI_HOME=~/other etui up", "run another profile beside it"),
    ),
)
