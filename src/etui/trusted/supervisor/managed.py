"""``python -m etui.trusted.supervisor.managed UID``: the wallet of a person, run by systemd as users of its own.

The listening socket is systemd's, and so are the parts that hold something (``units``). Doors, Shell and command line
are the person's own processes, of which none is started here.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from typing import Final

from etui.protocol import Place
from etui.trusted.activation import ActivationError, handed_socket
from etui.trusted.layout import runtime_of, state_of
from etui.trusted.memory import harden
from etui.trusted.package import PackageError, check_installations
from etui.trusted.profile import ProfileError
from etui.trusted.supervisor.profile import find_profile
from etui.trusted.supervisor.supervisor import Options, supervise
from etui.trusted.supervisor.units import Units

_SCRIPT: Final = "script"
_TRANSCRIPT: Final = "transcript"
_NO_DOORS: Final = "the doors stay closed: a managed wallet opens none yet"


def options_of(person: int, *, test: bool) -> Options:
    """How the wallet of a person is run; the dialog of a test profile answers by the script that it was made with."""
    folder = state_of(person) / "dialog"
    scripted = ("--face", "scripted", "--script", str(folder / _SCRIPT), "--transcript", str(folder / _TRANSCRIPT))
    units = Units(runtime_of(person))
    return Options(
        confine=units.confine,
        start=units.start,
        dialog=("--managed", *scripted, "--test-profile") if test else ("--managed", "--face", "auto"),
        managed_for=person,
        notes=(_NO_DOORS,),
    )


def main() -> int:
    """Runs the wallet until it is ended; 1 where it cannot be."""
    parser = argparse.ArgumentParser(prog="etui-wallet")
    parser.add_argument("person", type=int, metavar="UID")
    person = parser.parse_args().person
    os.umask(0o077)
    try:
        harden()
        listener = handed_socket()
        home = state_of(person) / "wallet"
        profile = find_profile(home)
        check_installations(home / "extensions")
    except (ActivationError, ProfileError, PackageError, OSError) as error:
        sys.stderr.write(f"wallet of user {person}: {error}\n")
        return 1
    if profile is None:
        sys.stderr.write(f"wallet of user {person}: it was not made yet: `etui managed on`, as root\n")
        return 1
    place = Place(home, runtime_of(person), runtime_of(person) / "router")
    asyncio.run(supervise(place, listener, options_of(person, test=profile.test is not None)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
