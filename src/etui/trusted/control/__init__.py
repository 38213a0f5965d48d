"""What supervisor, Router and vault say to each other: typed datagrams that may carry a descriptor.

The supervisor owns every process and no key; the Router decides; the vault holds the master key. They speak over
``SOCK_SEQPACKET`` socket pairs: one datagram is one message, and a descriptor travels beside it (``SCM_RIGHTS``). Keys
go through pipes whose ends are passed that way, from the vault to where they are used, never through the supervisor.
"""

from etui.trusted.control.link import Link, LinkClosed
from etui.trusted.control.messages import (
    Connected,
    DoorState,
    DoorSwitch,
    End,
    Ended,
    FromRouter,
    HandKey,
    Keys,
    Lock,
    LockNow,
    Reply,
    Role,
    Start,
    Stop,
    ToRouter,
    ToVault,
    VaultAsk,
    VaultOperation,
)

__all__ = [
    "Connected",
    "DoorState",
    "DoorSwitch",
    "End",
    "Ended",
    "FromRouter",
    "HandKey",
    "Keys",
    "Link",
    "LinkClosed",
    "Lock",
    "LockNow",
    "Reply",
    "Role",
    "Start",
    "Stop",
    "ToRouter",
    "ToVault",
    "VaultAsk",
    "VaultOperation",
]
