"""A line to whoever runs at its other end now; while nobody does, what is said is dropped."""

from __future__ import annotations

import os
import socket
from typing import Generic, Protocol, TypeVar

import msgspec

from etui.trusted.control import FromRouter, Link, LinkClosed, OfDoors, ToRouter

SendT = TypeVar("SendT", bound=msgspec.Struct)
ReceiveT = TypeVar("ReceiveT")


class Line(Generic[SendT, ReceiveT]):
    """Says things to the other end of the moment."""

    def __init__(self, link: Link[SendT, ReceiveT] | None = None) -> None:
        self.link = link

    def tell(self, message: SendT, descriptor: socket.socket | int | None = None) -> bool:
        """Sends a message and closes the descriptor here; whether there was somebody to take it.

        A Router that is just ending takes nothing: its end is seen elsewhere, and the next one is told anew.
        """
        number = descriptor.fileno() if isinstance(descriptor, socket.socket) else descriptor
        try:
            if self.link is None:
                return False
            self.link.send(message, number)
        except LinkClosed:
            return False
        finally:
            if isinstance(descriptor, socket.socket):
                descriptor.close()
            elif descriptor is not None:
                os.close(descriptor)
        return True


class RouterLine(Line[ToRouter, FromRouter]):
    """To the Router, whichever runs now."""


class DoorsLine(Protocol):
    """A line on which it is said how doors stand: to the Router, or to the supervisor that runs as another user."""

    def tell(self, message: OfDoors, descriptor: socket.socket | int | None = None) -> bool:
        """As ``Line.tell``."""
