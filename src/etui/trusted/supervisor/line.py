"""The line to the Router, whichever runs now; while none does, what is said is dropped."""

from __future__ import annotations

import os
import socket

from etui.trusted.control import FromRouter, Link, LinkClosed, ToRouter


class RouterLine:
    """Says things to the Router of the moment."""

    def __init__(self) -> None:
        self.link: Link[ToRouter, FromRouter] | None = None

    def tell(self, message: ToRouter, descriptor: socket.socket | int | None = None) -> bool:
        """Sends a message and closes the descriptor here; whether there was a Router to take it.

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
