"""``etui door list · enable · disable``: how outside programs reach the wallet.

A door takes nothing unasked: the name ``org.freedesktop.secrets`` is another program's until the user opens the door,
and is given back when it is closed. A program that serves it and does not give it up keeps it, and the door waits
until that program ends, by itself or because the user wants it so.
"""

from __future__ import annotations

import os
import shlex
import time
from typing import TYPE_CHECKING, Final

import msgspec

from etui.cli import portal_files
from etui.cli.bus import SECRETS, Serving, end_holder, is_started_for, serving
from etui.cli.command import Arguments, Command, connect, name_session_bus
from etui.cli.exits import CommandError, Exit
from etui.cli.output import sentence, single_line
from etui.interfaces import wallet_1 as wallet

if TYPE_CHECKING:
    import argparse

    from etui.cli.output import Output
    from etui.sdk import Client

_SECRET_SERVICE: Final = "secret-service"  # noqa: S105  # a door's name
_SSH_AGENT: Final = "ssh-agent"
_PORTAL: Final = "portal"
_OPEN: Final = "open"
_WAITING: Final = "waiting"
_IS_OPEN: Final = "it is open"
_FOUND: Final = "programs find it by: "
_END_S: Final = 10.0


class Switched(msgspec.Struct, frozen=True):
    """A door that was opened or closed, for programs.

    ``served_by``: who served its name before, or serves it now that the door is closed; null for nobody.
    """

    detail: str
    served_by: str | None


def _list(arguments: Arguments, output: Output) -> Exit:
    del arguments
    with connect() as client:
        doors = client.call(wallet.Doors()).doors
    columns = (("door", "DOOR"), ("title", "TITLE"), ("enabled", "ENABLED"), ("state", "STATE"), ("detail", "DETAIL"))
    output.rows(doors, columns, "No door is open; `etui door enable secret-service` opens one.")
    return Exit.OK


def _door_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("door", type=_door, metavar="NAME", help="as secret-service")


def _enable_arguments(parser: argparse.ArgumentParser) -> None:
    _door_argument(parser)
    parser.add_argument("--take-over", action="store_true", help="end the program that does not give the name up")


def _door(text: str) -> str:
    return text.replace("_", "-")


def _enable(arguments: Arguments, output: Output) -> Exit:
    name_session_bus()
    before = None
    if arguments.door == _SECRET_SERVICE:
        before = serving(SECRETS)
        output.note(f"etui: {SECRETS} is served by {_told(before) or 'nobody'} now")
    with connect() as client:
        detail = client.call(wallet.DoorEnable(door=arguments.door)).detail
        state = _state(client, arguments.door)
        if state == _WAITING and arguments.take_over and arguments.door == _SECRET_SERVICE:
            state = _take_over(client, output)
            detail = _row(client, arguments.door).detail or ""
    if state == _WAITING and arguments.door == _SECRET_SERVICE and (holder := serving(SECRETS)) is not None:
        raise CommandError(_waits(holder))
    if state != _OPEN:
        raise CommandError(single_line(f"the door {arguments.door} is enabled, but not open: {detail or state}"))
    text = f"The door {arguments.door} is open; `etui door disable {arguments.door}` closes it."
    if found := detail.partition(_FOUND)[2]:
        text += f"\nPrograms find it by: {single_line(found)}"
    elif more := detail.removeprefix(_IS_OPEN).lstrip(";: "):
        text += f"\n{sentence(single_line(more))}."
    if arguments.door == _SSH_AGENT:
        text += "".join(f"\n{line}" for line in _ways_to_agent(found))
    if arguments.door == _PORTAL:
        text += "".join(f"\n{single_line(line)}" for line in portal_files.write())
    output.value(Switched(detail, _told(before)), text)
    return Exit.OK


def _told(holder: Serving | None) -> str | None:
    return None if holder is None else single_line(str(holder))


def _ways_to_agent(found: str) -> list[str]:
    """What to put where SSH looks for an agent; ``found``: the line for a shell."""
    words = shlex.split(found)
    path = words[-1].partition("=")[2] if words else ""
    if not path:
        return []
    quoted = f'"{path}"' if " " in path else path
    now = os.environ.get("SSH_AUTH_SOCK", "")
    leads = "which is so already" if now == path else f"where it is {now} now" if now else "where it is not set now"
    return [
        single_line(f"  in a shell, {leads}, that line; in ~/.profile for every log-in"),
        single_line(f"  in a systemd user session  SSH_AUTH_SOCK={quoted} in ~/.config/environment.d/etui.conf"),
        single_line(f"  for ssh alone              IdentityAgent {quoted} in ~/.ssh/config"),
        "Nothing of this was changed: choose one. docs/ssh.md says what is asked then.",
    ]


def _state(client: Client, name: str) -> str:
    return _row(client, name).state


def _row(client: Client, name: str) -> wallet.DoorRow:
    """How a door stands; a door that the wallet does not know is refused when it is switched."""
    return next(door for door in client.call(wallet.Doors()).doors if door.door == name)


def _take_over(client: Client, output: Output) -> str:
    """Ends who has the name; the door's state then, which is open as soon as that program has ended."""
    try:
        ended = end_holder(SECRETS)
    except PermissionError as error:
        raise CommandError(f"{SECRETS} is served by a program that is not yours to end: {error.strerror}") from None
    if ended is not None:
        output.note(f"etui: {single_line(str(ended))} is told to end; what it keeps stays where it is")
    deadline = time.monotonic() + _END_S
    while (state := _state(client, _SECRET_SERVICE)) == _WAITING and time.monotonic() < deadline:
        time.sleep(0.05)
    return state


def _waits(holder: Serving) -> str:
    """Who has the name, and what ends the waiting."""
    return (
        f"the door {_SECRET_SERVICE} is enabled, and waits: {SECRETS} is served by {single_line(str(holder))}, "
        "which does not give it up.\n"
        "The door has the name as soon as that program ends: `etui door enable secret-service --take-over` ends it. "
        "`etui door` shows whether the door is open.\n"
        "Where the session starts that program again at the next login, it may have the name first: take it out there."
    )


def _disable(arguments: Arguments, output: Output) -> Exit:
    name_session_bus()
    secrets = arguments.door == _SECRET_SERVICE
    with connect() as client:
        was = serving(SECRETS) if secrets and _state(client, _SECRET_SERVICE) == _OPEN else None
        result = client.call(wallet.DoorDisable(door=arguments.door))
    now = _served_after(was) if secrets else None
    lines = [f"The door {arguments.door} is closed."]
    if secrets:
        lines.append(_given_back(now))
    if arguments.door == _PORTAL:
        lines += [single_line(line) for line in portal_files.delete()]
    output.value(Switched(result.detail, _told(now)), "\n".join([*lines, single_line(result.detail)]))
    return Exit.OK


def _served_after(door: Serving | None) -> Serving | None:
    """Who has the name once the door, whose process is ending, has let go of it."""
    deadline = time.monotonic() + _END_S
    while (now := serving(SECRETS)) is not None and now == door and time.monotonic() < deadline:
        time.sleep(0.05)
    return now


def _given_back(now: Serving | None) -> str:
    if now is not None:
        return f"{SECRETS} is given back: {_told(now)} serves it now."
    if is_started_for(SECRETS):
        return f"{SECRETS} is given back: the bus starts who is meant for it when a program next asks."
    return f"{SECRETS} is given back, and nobody serves it now: what served it before has to be started again."


LIST = Command(
    name="door list",
    help="list doors and whether they are open",
    run=_list,
    stands_for_group=True,
    examples=(("etui door", "what outside programs can come in by"),),
)
ENABLE = Command(
    name="door enable",
    help="open a door, now and whenever the wallet runs",
    text="Opens a door, now and whenever the wallet runs. For secret-service it says who serves\n"
    "org.freedesktop.secrets so far, and takes that name over where it is given up. A program that does not, as\n"
    "gnome-keyring, keeps it: the door is enabled and waits, the exit status is 1, and the message says which program\n"
    "that is. With --take-over it is told to end; what it keeps stays where it is. For portal it writes, into the\n"
    "user's own folders, by which the desktop's portal finds it. The Trusted Dialog asks.",
    arguments=_enable_arguments,
    run=_enable,
    examples=(
        ("etui door enable secret-service", "programs that use libsecret find this wallet"),
        ("etui door enable secret-service --take-over", "even where gnome-keyring served them so far"),
        ("etui door enable ssh-agent", "says what to put where ssh and git look for an agent"),
        ("etui door enable portal", "Flatpaks and Snaps keep their secret in this wallet"),
    ),
)
DISABLE = Command(
    name="door disable",
    help="close a door, and give back the name that it took",
    text="Closes a door at once and without a question. What it took, as a name on the bus, is given back to who\n"
    "waits for it; else the bus starts who is meant for it, as gnome-keyring, when a program next asks, where the bus\n"
    "knows of one. It says which of these it is.",
    arguments=_door_argument,
    run=_disable,
    examples=(("etui door disable secret-service", "whoever served before serves again"),),
)
