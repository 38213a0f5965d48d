"""Calls under way: what is forwarded to a provider and not answered yet, and the chain that led there."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING

import msgspec

from etui.trusted.policy import Assurance

if TYPE_CHECKING:
    from etui.protocol import MessageId
    from etui.trusted.policy import Reservation
    from etui.trusted.router.callers import Caller
    from etui.trusted.router.connection import Connection
    from etui.trusted.router.registry import Method, Provider


class Owned(msgspec.Struct, frozen=True):
    """The right of an item's maker: its grant, and when that is durable; None for one that ends with its process."""

    grant: str
    written: asyncio.Future[None] | None = None


class ActiveCall(msgspec.Struct, kw_only=True, eq=False):
    """One call that a provider serves.

    ``chain``: who began it and who stands between, the first first, this call's caller last. ``material``: what was
    consented to, field by field; ``unseen``: those of its fields that bind all the same, and that its provider settled
    under a lasting right which says nothing of them. ``consented``: by the user, a grant, or the call it is made
    ``under``; ``given`` is what the user did for it. ``allowed``: what the user allowed within it, by action and item.
    ``spent``: the methods that were called under it for an amount: the consent covers each of them once.
    ``effective``: the ids of those of these calls that did not certainly come to nothing.
    ``provider_id``: the request's id at the provider. ``owned``: what its provider said that it makes. ``led_on``:
    whether calls were made under it; ``walking``: the requests under it that are no calls yet.
    """

    id: str
    connection: Connection
    client_id: MessageId
    caller: Caller
    method: Method
    provider: Provider
    chain: tuple[Caller, ...]
    material: dict[str, bytes]
    items: dict[str, str]
    deadline: float
    quiet: bool
    unseen: frozenset[str] = frozenset()
    consented: bool = False
    given: Assurance = Assurance.NONE
    under: ActiveCall | None = None
    allowed: set[tuple[str, str]] = msgspec.field(default_factory=set)
    spent: set[str] = msgspec.field(default_factory=set)
    effective: set[str] = msgspec.field(default_factory=set)
    provider_id: int = 0
    reservations: tuple[Reservation, ...] = ()
    task: asyncio.Task[None] | None = None
    owned: dict[str, Owned | None] = msgspec.field(default_factory=dict)
    led_on: bool = False
    walking: set[asyncio.Task[None]] = msgspec.field(default_factory=set)


class CallIds:
    """Ids of calls, which only the Router issues and nobody guesses."""

    __slots__ = ("_count", "_prefix")

    def __init__(self) -> None:
        self._prefix = "c" + secrets.token_hex(8) + "-"
        self._count = 0

    def next(self) -> str:
        """A new id: the process's random prefix and a count; only the Extension that serves the call may name it."""
        self._count += 1
        return f"{self._prefix}{self._count}"
