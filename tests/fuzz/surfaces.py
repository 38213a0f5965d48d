"""Every surface, with its share of the frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from tests.fuzz.bus import DoorCalls
from tests.fuzz.control_links import Links, SupervisorLines, VaultLine
from tests.fuzz.dialog_desk import DialogDesk
from tests.fuzz.egress_line import EgressLine
from tests.fuzz.packages import Packages
from tests.fuzz.router_lines import AskingLine, DialogLine, DoorLine, ExtensionLine
from tests.fuzz.ssh_agent import AgentMessages
from tests.fuzz.surface import Surface

SURFACES: Final[Mapping[str, tuple[Callable[[], Surface], int]]] = {
    "client": (AskingLine, 2500),
    "door": (DoorLine, 1500),
    "extension": (ExtensionLine, 2500),
    "dialog's answers": (DialogLine, 1500),
    "dialog": (DialogDesk, 2000),
    "bus": (DoorCalls, 2500),
    "control": (Links, 2000),
    "supervisor": (SupervisorLines, 1500),
    "vault": (VaultLine, 1500),
    "egress": (EgressLine, 1000),
    "packages": (Packages, 1500),
    "ssh agent": (AgentMessages, 20_000),
}
"""How each is made, and how many frames it is fed every day: 20,000 together, and as many for an SSH agent."""
