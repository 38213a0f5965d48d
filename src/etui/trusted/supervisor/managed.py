"""``python -m etui.trusted.supervisor.managed UID``: the wallet of a person, run by systemd as users of its own.

The listening sockets are systemd's, and so are the parts that hold something (``units``). Doors, Shell and command line
are the person's own processes, of which none is started here: the agent of their session opens doors (``agent``).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import sys
from typing import Final

from etui.protocol import Place
from etui.trusted.activation import ActivationError, handed_sockets
from etui.trusted.layout import SCRIPT, display_of, runtime_of, state_of
from etui.trusted.memory import harden
from etui.trusted.package import PackageError, check_installations, folder_of
from etui.trusted.profile import ProfileError
from etui.trusted.supervisor.profile import find_profile
from etui.trusted.supervisor.rest import begun_anew, is_at_rest, put_to_rest
from etui.trusted.supervisor.supervisor import Options, supervise
from etui.trusted.supervisor.units import Units

_TRANSCRIPT: Final = "transcript"


def options_of(person: int, agents: socket.socket, files: socket.socket, *, test: bool) -> Options:
    """How the wallet of a person is run; the dialog of a test profile answers by the script that it was made with.

    ``agents``: the socket for the agent of their session. ``files``: that for what their programs hand over.
    """
    folder = state_of(person) / "dialog"
    scripted = ("--face", "scripted", "--script", str(folder / SCRIPT), "--transcript", str(folder / _TRANSCRIPT))
    units = Units(runtime_of(person))
    return Options(
        confine=units.confine,
        start=units.start,
        dialog=("--managed", *scripted, "--test-profile") if test else ("--managed", "--face", "auto"),
        managed_for=person,
        agents=agents,
        files=files,
        shown_there=not test and not display_of(person).exists(),
        stopped=lambda: put_to_rest(state_of(person) / "wallet"),
    )


def main() -> int:
    """Runs the wallet until it is ended, or an upgrade has replaced its code; 1 where it cannot be."""
    parser = argparse.ArgumentParser(prog="etui-wallet")
    parser.add_argument("person", type=int, metavar="UID")
    person = parser.parse_args().person
    os.umask(0o077)
    try:
        harden()
        listener, agents, files = handed_sockets(3)
        home = state_of(person) / "wallet"
        profile = find_profile(home)
        check_installations(folder_of(home))
        if is_at_rest(home) and not begun_anew(home, agents, (listener, files)):
            return 0
    except (ActivationError, ProfileError, PackageError, OSError) as error:
        sys.stderr.write(f"wallet of user {person}: {error}\n")
        return 1
    if profile is None:
        sys.stderr.write(f"wallet of user {person}: it was not made yet: `etui managed on`, as root\n")
        return 1
    place = Place(home, runtime_of(person), runtime_of(person) / "router")
    asyncio.run(supervise(place, listener, options_of(person, agents, files, test=profile.test is not None)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
