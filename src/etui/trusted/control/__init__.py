"""What the supervisor says to Router, vault, session and agent: typed datagrams that may carry a descriptor.

The supervisor owns every process and no key; the Router decides; the vault holds the master key; the watch over the
session says when to lock; the agent of a managed wallet's person opens doors in their session. They speak over
``SOCK_SEQPACKET`` sockets: one datagram is one message, and a descriptor travels beside it (``SCM_RIGHTS``). Keys go
through pipes whose ends are passed that way, from the vault to where they are used, never through the supervisor.
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
    FromAgent,
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
    RouterStarted,
    Start,
    Stop,
    ToAgent,
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
    "FromAgent",
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
    "RouterStarted",
    "Start",
    "Stop",
    "ToAgent",
    "ToRouter",
    "ToSession",
    "ToVault",
    "Unheard",
    "VaultAsk",
    "VaultOperation",
]
