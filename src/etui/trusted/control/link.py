"""One end of a control channel: sends and receives messages with a descriptor, without blocking."""

from __future__ import annotations

import os
import socket
from array import array
from typing import Final, Generic, TypeVar

import msgspec

from etui.trusted.control.messages import carries

_MAX_DATAGRAM: Final = 128 << 10
_AT_ONCE: Final = socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL
"""Whoever does not read is given up rather than waited for: the supervisor serves others."""

SendT = TypeVar("SendT", bound=msgspec.Struct)
ReceiveT = TypeVar("ReceiveT")


class LinkClosed(Exception):
    """The other end is gone, takes no more, or sent what is no message."""

    code = "link_closed"


class Link(Generic[SendT, ReceiveT]):
    """Typed datagrams over a ``SOCK_SEQPACKET`` socket.

    ``received``: the union of messages that this end receives.
    """

    def __init__(self, sock: socket.socket, received: object) -> None:
        self.socket = sock
        self._decoder: msgspec.json.Decoder[ReceiveT] = msgspec.json.Decoder(received)

    @staticmethod
    def pair() -> tuple[socket.socket, socket.socket]:
        """Two connected sockets for the two ends."""
        return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC)

    def fileno(self) -> int:
        """The descriptor to wait on for reading."""
        return self.socket.fileno()

    def send(self, message: SendT, descriptor: int | None = None) -> None:
        """Sends one message; the descriptor stays the caller's. Raises ``LinkClosed``."""
        text = msgspec.json.encode(message)
        passed = [] if descriptor is None else [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array("i", [descriptor]))]
        try:
            self.socket.sendmsg([text], passed, _AT_ONCE)  # send_fds leaves the flags out, in Python 3.11
        except OSError as error:
            msg = f"the control channel is closed ({error.strerror})"
            raise LinkClosed(msg) from None

    def receive(self) -> tuple[ReceiveT, int | None]:
        """The next message and its descriptor, which becomes the caller's. Raises ``LinkClosed``.

        A descriptor comes with the messages that ``carries`` says it of, and with no other.
        """
        try:
            text, descriptors, flags, _ = socket.recv_fds(self.socket, _MAX_DATAGRAM, 1, socket.MSG_CMSG_CLOEXEC)
        except OSError as error:
            msg = f"the control channel broke ({error.strerror})"
            raise LinkClosed(msg) from None
        try:
            return self._read(text, flags, carried=bool(descriptors)), descriptors[0] if descriptors else None
        except LinkClosed:
            for descriptor in descriptors:
                os.close(descriptor)
            raise

    def _read(self, text: bytes, flags: int, *, carried: bool) -> ReceiveT:
        if not text:
            msg = "the other end closed the control channel"
            raise LinkClosed(msg)
        if flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC):
            msg = "a message on the control channel was cut off"
            raise LinkClosed(msg)
        try:
            message = self._decoder.decode(text)
        except (ValueError, RecursionError) as error:  # UnicodeDecodeError too
            msg = f"not a control message: {error}"
            raise LinkClosed(msg) from None
        if carries(message) is not carried:
            msg = f"a control message {'with' if carried else 'without'} a descriptor: {type(message).__name__}"
            raise LinkClosed(msg)
        return message

    def close(self) -> None:
        """Closes this end."""
        self.socket.close()
