"""Where a managed wallet lies, and as whom its parts run: names that units, command and processes have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Final

RUNTIME: Final = Path("/run/etui")
STATE: Final = Path("/var/lib/etui")
PARTS: Final = {"r": "Router", "v": "vault", "d": "Trusted Dialog", "e": "evidence", "s": "storage"}
"""The users of each person's wallet, by the letter in their names."""


def user_of(part: str, person: int) -> str:
    """The name of the user as whom a part of the wallet of user ``person`` runs."""
    return f"etui-{part}-{person}"


def runtime_of(person: int) -> Path:
    """Where the sockets of a person's wallet are."""
    return RUNTIME / str(person)


def state_of(person: int) -> Path:
    """The folder that holds one for each part of a person's wallet."""
    return STATE / str(person)


def agent_socket_of(person: int) -> Path:
    """Where the agent of a person's session comes in, which opens the doors there."""
    return runtime_of(person) / "session"
