"""Handing a secret over: into the pipe or socket that a program sent, whole and without ever waiting for it.

What programs send is theirs, flags and other end included: a write that waits would let one of them stop the door for
all, and to have its descriptor not wait would change it under that program's feet. So a pipe is opened anew, and of a
socket each write is asked not to wait. What is neither may wait whatever is asked of it, and gets nothing.
"""

from __future__ import annotations

import os
import socket
import stat


class HandingError(Exception):
    """A secret was not handed over; the message says why."""

    code = "not_handed_over"


def hand_over(descriptor: int, secret: bytes) -> None:
    """Writes all of the secret to a descriptor, which stays open; raises ``HandingError``."""
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISFIFO(mode):
            written = _into_pipe(descriptor, secret)
        elif stat.S_ISSOCK(mode):
            written = _into_socket(descriptor, secret)
        else:
            raise HandingError("the program sent neither a pipe nor a socket for its secret")
    except OSError as error:
        raise HandingError(f"the program does not take its secret: {error.strerror}") from None
    if written < len(secret):
        raise HandingError("the program's pipe had no room for its secret")


def _into_pipe(descriptor: int, secret: bytes) -> int:
    """How much was written. As much as this a pipe takes whole or not at all: pipe(7), ``PIPE_BUF``."""
    own = os.open(f"/proc/self/fd/{descriptor}", os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        return os.write(own, secret)
    finally:
        os.close(own)


def _into_socket(descriptor: int, secret: bytes) -> int:
    with socket.socket(fileno=os.dup(descriptor)) as taken:
        return taken.send(secret, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
