"""What a command is: a name, words of help, its arguments and what it does."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from etui.cli.exits import CommandError, Exit
from etui.cli.progress import PATIENCE_S
from etui.protocol import Place, find_place

if TYPE_CHECKING:
    from etui.cli.output import Output
    from etui.interfaces import Request
    from etui.sdk import Client

Arguments = argparse.Namespace


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """One command of ``etui``.

    ``name``: with a space for one of a group, as ``door enable``. ``help``: one line. ``text``: what it does, for
    ``--help``. ``examples``: pairs of a command line and what it is for. ``stands_for_group``: what the group's name
    alone does. ``run``: ends with one of
    ``Exit``, or with the status of a program that it ran. ``takes_program``: whether the command line of a program may
    follow ``--``, which it finds as ``program`` among its arguments.
    """

    name: str
    help: str
    run: Callable[[Arguments, Output], Exit | int]
    arguments: Callable[[argparse.ArgumentParser], None] = lambda _: None
    text: str = ""
    examples: tuple[tuple[str, str], ...] = ()
    stands_for_group: bool = False
    takes_program: bool = False


def profile_place() -> Place:
    """Where this profile is; raises ``CommandError`` for one whose socket's path would be too long."""
    try:
        return find_place(os.environ, os.getuid())
    except ValueError as error:
        raise CommandError(str(error), Exit.USAGE) from None


def name_session_bus() -> None:
    """Puts the session bus that is where it usually is into the environment, for all that look for it there alone.

    Source: sd_bus_open(3), as for ``buses_of`` in the supervisor: programs of the session find it so too.
    """
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if os.environ.get("DBUS_SESSION_BUS_ADDRESS") or not runtime:
        return
    usual = Path(runtime, "bus")
    with contextlib.suppress(OSError):  # a folder that may not be looked into has none
        if usual.is_socket():
            os.environ["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={usual}"


@contextlib.contextmanager
def connect() -> Iterator[Client]:
    """A connection to the profile's wallet; raises ``ConnectionLost`` where none runs.

    After a second of waiting it says where the user is asked.
    """
    with patience("waiting for the wallet; where it asks, it asks in the Trusted Dialog"), connected() as client:
        yield client


@contextlib.contextmanager
def connected() -> Iterator[Client]:
    """The same, for a command that itself says what it waits for."""
    from etui.sdk import Client  # noqa: PLC0415  # `etui up` becomes the supervisor and is no Client

    with Client.connect(profile_place().socket, name="etui") as client:
        yield client


def connect_once() -> None:
    """Finds out whether a wallet answers; raises ``ConnectionLost`` where none does."""
    with connect():
        pass


def one_request(request: Request[Any], value: object, text: str) -> Callable[[Arguments, Output], Exit]:
    """What a command does that takes no arguments and makes one request: the value and text are what it then says."""

    def run(_: Arguments, output: Output) -> Exit:
        with connect() as client:
            client.call(request)
        output.value(value, text)
        return Exit.OK

    return run


@contextlib.contextmanager
def patience(text: str) -> Iterator[None]:
    """Tells a person at a terminal ``text`` if what is done within takes longer than a second."""
    if not sys.stderr.isatty():
        yield
        return
    timer = threading.Timer(PATIENCE_S, lambda: sys.stderr.write(f"etui: {text}\n"))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def absolute(path: Path) -> Path:
    """The path from the root, for a process that works in another folder."""
    return Path.cwd() / path
