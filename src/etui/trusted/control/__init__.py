"""What the supervisor says to Router, vault and session: typed datagrams that may carry a descriptor.

The supervisor owns every process and no key; the Router decides; the vault holds the master key; the watch over the
session says when to lock. They speak over ``SOCK_SEQPACKET`` socket pairs: one datagram is one message, and a
descriptor travels beside it (``SCM_RIGHTS``). Keys go through pipes whose ends are passed that way, from the vault to
where they are used, never through the supervisor.
"""

from etui.trusted.control.link import Link, LinkClosed
from etui.trusted.control.messages import (
    UNASKED,
    Away,
    Connected,
    DoorState,
    DoorSwitch,
    End,
    Ended,
    FromRouter,
    FromSession,
    HandKey,
    Keys,
    KeysGone,
    Lock,
    LockNow,
    Namespace,
    PrepareSpares,
    Reply,
    Role,
    Start,
    Stop,
    ToRouter,
    ToSession,
    ToVault,
    Unheard,
    VaultAsk,
    VaultOperation,
)

__all__ = [
    "UNASKED",
    "Away",
    "Connected",
    "DoorState",
    "DoorSwitch",
    "End",
    "Ended",
    "FromRouter",
    "FromSession",
    "HandKey",
    "Keys",
    "KeysGone",
    "Link",
    "LinkClosed",
    "Lock",
    "LockNow",
    "Namespace",
    "PrepareSpares",
    "Reply",
    "Role",
    "Start",
    "Stop",
    "ToRouter",
    "ToSession",
    "ToVault",
    "Unheard",
    "VaultAsk",
    "VaultOperation",
]
