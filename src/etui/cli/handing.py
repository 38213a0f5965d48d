"""``etui use · code``: hands a secret to one command, or to the clipboard for 20 seconds. It is never printed.

Rules:

1. On a descriptor or as standard input the secret is in a pipe, which only the command can read, and only once.
2. The command takes this process's place, so that nothing that has seen the secret stays behind.
3. In the environment it can be read by every program of this user for as long as the command runs; the help says so.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
from typing import TYPE_CHECKING, Final

from etui.cli.clipboard import HELD_S, hold
from etui.cli.command import Arguments, Command, connect, patience
from etui.cli.exits import CommandError, Exit
from etui.cli.naming import add_item_argument, item_to_name, item_to_read, named
from etui.interfaces import secret_1 as secret

if TYPE_CHECKING:
    import argparse
    from typing import NoReturn

    from etui.cli.output import Output

_FD: Final = 3
_MAX_FD: Final = 255
_PIPE_BYTES: Final = 65_536


def add_handing_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that say how a secret is handed over; the command itself follows ``--``."""
    to = parser.add_mutually_exclusive_group()
    to.add_argument("--fd", type=int, metavar="N", help=f"to the command, on this descriptor (default: {_FD})")
    to.add_argument("--stdin", action="store_true", help="to the command, as its standard input")
    to.add_argument("--env", metavar="NAME", help="to the command, in this variable: any program of yours can read it")
    to.add_argument("--clipboard", action="store_true", help=f"on the clipboard for {HELD_S} s; takes no command")


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_item_argument(parser)
    add_handing_arguments(parser)


def _use(arguments: Arguments, output: Output) -> Exit:
    _check(arguments)
    with connect() as client:
        item = item_to_read(client, arguments.item)
        value = client.call(secret.Read(item=item.item)).value or b""
    return hand(arguments, output, value, named(item))


def _code(arguments: Arguments, output: Output) -> Exit:
    _check(arguments)
    with connect() as client:
        item = item_to_name(client, arguments.item)
        code = client.call(secret.Code(item=item.item))
    output.aside({"valid_s": code.valid_s}, f"etui: the code of {named(item)} is valid for {code.valid_s} s")
    return hand(arguments, output, code.value, named(item))


def _check(arguments: Arguments) -> None:
    if not is_handed(arguments):
        raise CommandError("say which command is to get it: … -- COMMAND, or give --clipboard", Exit.USAGE)


def is_handed(arguments: Arguments) -> bool:
    """Whether somebody is to get the secret; raises ``CommandError`` for what cannot work, before it is asked for."""
    if arguments.clipboard and arguments.program:
        raise CommandError("--clipboard takes no command", Exit.USAGE)
    if arguments.program and shutil.which(arguments.program[0]) is None:
        raise CommandError(f"{arguments.program[0]} cannot be started: there is no such command, or it may not be run")
    if arguments.fd is not None and not _FD <= arguments.fd <= _MAX_FD:
        raise CommandError(f"--fd is a number from {_FD} to {_MAX_FD}; for standard input give --stdin", Exit.USAGE)
    if arguments.env is not None and (not arguments.env or "=" in arguments.env):
        raise CommandError(f"{arguments.env!r} is no name of a variable", Exit.USAGE)
    return bool(arguments.clipboard or arguments.program)


def hand(arguments: Arguments, output: Output, value: bytes, name: str) -> Exit:
    """Hands the secret over as the options say, to a command by becoming it; ``name`` is what people call it."""
    if arguments.clipboard:
        with patience(f"{name} is on the clipboard for {HELD_S} s; Ctrl-C takes it away now"):
            to_its_end = hold(value)
        text = "The clipboard is empty again." if to_its_end else "Something else was copied, and is left alone."
        output.value({"held_s": HELD_S, "replaced": not to_its_end}, text)
        return Exit.OK
    environment = os.environb.copy()
    if arguments.env is not None:
        if b"\0" in value:
            raise CommandError(f"{name} has a zero byte, which no variable can hold; use --fd", Exit.USAGE)
        environment[os.fsencode(arguments.env)] = value
    else:
        _lay(value, 0 if arguments.stdin else _FD if arguments.fd is None else arguments.fd, name)
    return _become(arguments.program, environment)


def _lay(value: bytes, descriptor: int, name: str) -> None:
    """Puts the value into a pipe whose reading end is ``descriptor``."""
    read, write = os.pipe()
    if len(value) > _PIPE_BYTES:
        try:
            fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, len(value))
        except OSError as error:
            raise CommandError(f"{name} is too large for a pipe here ({error.strerror})") from None
    os.write(write, value)
    os.close(write)
    if read != descriptor:
        os.dup2(read, descriptor)
        os.close(read)
    os.set_inheritable(descriptor, True)  # noqa: FBT003  # its only parameter


def _become(program: list[str], environment: dict[bytes, bytes]) -> NoReturn:
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # which Python had ignored, and a command would inherit
    try:
        os.execvpe(program[0], program, environment)  # noqa: S606  # the command that the user named
    except OSError as error:
        raise CommandError(f"{program[0]} cannot be started: {error.strerror}") from None


USE = Command(
    name="use",
    help="hand a secret to one command, without printing it",
    text="Hands a secret to one command on a descriptor (3, unless told otherwise), as standard input or in a\n"
    f"variable, or keeps it on the clipboard for {HELD_S} s. It is never printed. The exit status is the command's.",
    arguments=_arguments,
    run=_use,
    takes_program=True,
    examples=(
        ("etui use backup -- restic --password-file /dev/fd/3 backup ~", "a program that reads a file"),
        ("etui use mail --stdin -- ./send.sh", "a program that reads its standard input"),
        ("etui use token --env API_TOKEN -- ./deploy.sh", "a program that knows only variables"),
        ("etui use mail --clipboard", "to paste it by hand"),
    ),
)
CODE = Command(
    name="code",
    help="hand a one-time code to one command or the clipboard",
    text="Hands the one-time code of an item (TOTP, RFC 6238) to one command as `etui use` does. It is never printed.\n"
    "How long it is valid is said on standard error; with --json as an object with the member `valid_s`.",
    arguments=_arguments,
    run=_code,
    takes_program=True,
    examples=(
        ("etui code work --clipboard", "to paste it by hand"),
        ("etui code work --stdin -- ./vpn-login", "a program that reads its standard input"),
    ),
)
