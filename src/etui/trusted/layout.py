"""Where a managed wallet lies, and as whom its parts run: names that units, command and processes have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Final

RUNTIME: Final = Path("/run/etui")
STATE: Final = Path("/var/lib/etui")
PARTS: Final = {"r": "Router", "v": "vault", "d": "Trusted Dialog", "e": "evidence", "s": "storage"}
"""The users of each person's wallet, by the letter in their names."""
KEPT: Final = {"vault": "v", "storage": "s", "extensions": "r"}
"""What of a profile lies beside the Router's folder, and whose it is: a link in that leads there.

Those of Extensions are the Router's, and lie where others read them: each runs as a user of its own.
"""
FOLDERS: Final = {"wallet": "r", **KEPT, "dialog": "d"}
"""The folders of a wallet, and whose each is."""
SCRIPT: Final = "script"
"""The file in the dialog's folder by which that of a test profile answers."""
PERSON: Final = "person"
"""The file that says whose wallet it is, beside its folders."""


def user_of(part: str, person: int) -> str:
    """The name of the user as whom a part of the wallet of user ``person`` runs."""
    return f"etui-{part}-{person}"


def runtime_of(person: int) -> Path:
    """Where the sockets of a person's wallet are."""
    return RUNTIME / str(person)


def state_of(person: int) -> Path:
    """The folder that holds one for each part of a person's wallet."""
    return STATE / str(person)


def files_socket_of(person: int) -> Path:
    """Where a person's programs hand over what the wallet is to read, or to write."""
    return runtime_of(person) / "files"


def agent_socket_of(person: int) -> Path:
    """Where the agent of a person's session comes in, which opens the doors there."""
    return runtime_of(person) / "session"


def display_of(person: int) -> Path:
    """The file by which root names the compositor's socket that a person's dialog is shown by, where root did."""
    return state_of(person) / "display"
