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
from etui.cli.bus import SECRETS, Serving, end_holder, is_started_for, reload_services, serving
from etui.cli.command import Arguments, Command, connect, name_session_bus
from etui.cli.exits import CommandError, Exit
from etui.cli.output import sentence, single_line
from etui.cli.overrides import Withdrawn, place, withdraw
from etui.cli.switching import is_gnome_keyring, is_usual_profile, places, replace_without_secrets, wanted
from etui.interfaces import wallet_1 as wallet

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

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

    ``served_by``: who served its name before, or serves it now that the door is closed; null for nobody. ``files``:
    what was written, or taken away, for the session to start the wallet for that name.
    """

    detail: str
    served_by: str | None
    files: list[str]


def _list(arguments: Arguments, output: Output) -> Exit:
    del arguments
    with connect() as client:
        doors = client.call(wallet.Doors()).doors
    columns = (("door", "DOOR"), ("title", "TITLE"), ("enabled", "ENABLED"), ("state", "STATE"), ("detail", "DETAIL"))
    output.rows(doors, columns, "No door is open; `etui door enable secret-service` opens one.")
    return Exit.OK


def _door_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("door", type=_door, metavar="NAME", help="as `etui door` lists it")


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
        if state == _WAITING and arguments.door == _SECRET_SERVICE and (arguments.take_over or _gives_way(before)):
            state = _take_over(client, output)
            detail = _row(client, arguments.door).detail or ""
    if state == _WAITING and arguments.door == _SECRET_SERVICE and (holder := serving(SECRETS)) is not None:
        raise CommandError(_waits(holder))
    if state != _OPEN:
        raise CommandError(single_line(f"the door {arguments.door} is enabled, but not open: {detail or state}"))
    files = _have_it_started() if arguments.door == _SECRET_SERVICE else []
    text = f"The door {arguments.door} is open; `etui door disable {arguments.door}` closes it."
    if files:
        text += "\nFrom now on the session starts this wallet for it, by"
        text += "".join(f"\n  {single_line(str(path))}" for path in files)
    if found := detail.partition(_FOUND)[2]:
        text += f"\nPrograms find it by: {single_line(found)}"
    elif more := detail.removeprefix(_IS_OPEN).lstrip(";: "):
        text += f"\n{sentence(single_line(more))}."
    if arguments.door == _SSH_AGENT:
        text += "".join(f"\n{line}" for line in _ways_to_agent(found))
    if arguments.door == _PORTAL:
        text += "".join(f"\n{single_line(line)}" for line in portal_files.write())
    output.value(Switched(detail, _told(before), list(map(str, files))), text)
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


def _gives_way(holder: Serving | None) -> bool:
    """Whether the program that has the name is ended without being asked for by ``--take-over``."""
    return holder is not None and is_gnome_keyring(holder)


def _have_it_started() -> list[Path]:
    """Has the session start this wallet for the name; the files by which. None for a profile beside the usual one."""
    if not is_usual_profile():
        return []
    files = place(wanted())
    reload_services()
    return files


def _take_over(client: Client, output: Output) -> str:
    """Ends who has the name; the door's state then, which is open as soon as that program has ended."""
    holder = serving(SECRETS)
    if holder is not None and is_gnome_keyring(holder) and replace_without_secrets(holder):
        output.note(f"etui: {single_line(str(holder))} is replaced by one without secrets; what it keeps stays there")
        return _open_at_last(client)
    try:
        ended = end_holder(SECRETS)
    except PermissionError as error:
        raise CommandError(f"{SECRETS} is served by a program that is not yours to end: {error.strerror}") from None
    if ended is not None:
        output.note(f"etui: {single_line(str(ended))} is told to end; what it keeps stays where it is")
    return _open_at_last(client)


def _open_at_last(client: Client) -> str:
    """The door's state, once it has the name or has waited long enough."""
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
    withdrawn = withdraw(places()) if secrets and is_usual_profile() else Withdrawn([], [])  # also where no wallet runs
    if withdrawn.gone:
        reload_services()
    with connect() as client:
        was = serving(SECRETS) if secrets and _state(client, _SECRET_SERVICE) == _OPEN else None
        result = client.call(wallet.DoorDisable(door=arguments.door))
    now = _served_after(was) if secrets else None
    lines = [f"The door {arguments.door} is closed."]
    if secrets:
        lines.append(_given_back(now))
    if arguments.door == _PORTAL:
        lines += [single_line(line) for line in portal_files.delete()]
    lines += [f"Taken away, or as it was before: {single_line(str(path))}" for path in withdrawn.gone]
    lines += [f"Changed since it was placed, and left: {single_line(str(path))}" for path in withdrawn.kept]
    files = list(map(str, withdrawn.gone))
    output.value(Switched(result.detail, _told(now), files), "\n".join([*lines, single_line(result.detail)]))
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
    "org.freedesktop.secrets so far, and takes that name over where it is given up. gnome-keyring's secrets are\n"
    "ended, its SSH agent goes on, and the session is told to start this wallet in their place, by files of the\n"
    "user's own that it names. Any other program that does not give the name up keeps it: the door is enabled and\n"
    "waits, the exit status is 1, and the message says which program that is. With --take-over it is told to end.\n"
    "What any of them keeps stays where it is: `etui import secret-service` takes it over, before the door is opened.\n"
    "For portal it writes files into the user's own folders, by which the desktop's portal finds it.\n"
    "The Trusted Dialog asks.",
    arguments=_enable_arguments,
    run=_enable,
    examples=(
        ("etui door enable secret-service", "programs that use libsecret find this wallet"),
        ("etui door enable secret-service --take-over", "even where another program keeps the name"),
        ("etui door enable ssh-agent", "says what to put where ssh and git look for an agent"),
        ("etui door enable portal", "Flatpaks and Snaps keep their secret in this wallet"),
    ),
)
DISABLE = Command(
    name="door disable",
    help="close a door, and give back the name that it took",
    text="Closes a door at once and without a question. What it took, as a name on the bus, is given back to who\n"
    "waits for it; else the bus starts who is meant for it, as gnome-keyring, when a program next asks, where the bus\n"
    "knows of one. It says which of these it is. What was written for the session to start this wallet goes again.",
    arguments=_door_argument,
    run=_disable,
    examples=(("etui door disable secret-service", "whoever served before serves again"),),
)
