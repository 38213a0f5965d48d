"""The day of an ordinary desktop (``bench.day``), beside the wallet of whoever runs this in a booted system.

``lives_a_day.py FOLDER SCRIPTS HOURS``; what came of it goes to standard output, as JSON.
"""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

sys.path[:0] = [str(Path(__file__).parents[2]), "/usr/lib/etui/lib/python3.11/site-packages"]

import msgspec  # noqa: E402  # from where the line above has it found
from bench.day import desktop_of  # noqa: E402

from etui.protocol import find_place  # noqa: E402
from etui.sdk import Client  # noqa: E402
from etui.testkit import ScriptedUser  # noqa: E402

_UNIT: Final = ("systemctl", "--user")
_PATIENCE_S: Final = 120.0


class Own:
    """The wallet that a unit of its user's runs."""

    def __init__(self) -> None:
        self.environ = dict(os.environ)
        self.user = ScriptedUser(Path.home() / "script", Path.home() / "transcript")
        self.socket = find_place(os.environ, os.getuid()).socket

    def connect(self) -> Client:
        """A Client of it."""
        return Client.connect(name="desktop", timeout_s=_PATIENCE_S)

    def end(self) -> None:
        """Ends it in order, as its unit does."""
        subprocess.run([*_UNIT, "stop", "wallet"], check=True)

    def start(self) -> None:
        """Has its unit run it, and returns when it answers."""
        subprocess.run([*_UNIT, "start", "wallet"], check=True)
        deadline = time.monotonic() + _PATIENCE_S
        while subprocess.run(["etui", "status"], capture_output=True, check=False).returncode:
            if time.monotonic() > deadline:
                msg = "the wallet does not start"
                raise TimeoutError(msg)

    def unlock(self) -> None:
        """Has the scripted user unlock it."""
        subprocess.run(["etui", "unlock"], check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    """Lives it."""
    folder, scripts, hours = sys.argv[1:]
    with desktop_of(Own(), Path(folder), int(scripts)) as desk:
        day = desk.lives(int(hours))
    sys.stdout.buffer.write(msgspec.json.encode(day))


if __name__ == "__main__":
    main()
