"""The look as a process of its own: it answers the Router, by questions of `asking`, and holds nothing.

Up to `LOOKS` questions are answered at once; the others wait in the socket.
"""

from __future__ import annotations

import os
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Semaphore
from typing import Final

import msgspec

from etui.trusted.activation import ActivationError, require_peer
from etui.trusted.evidence.asking import MAX_BYTES, Answer, Question
from etui.trusted.evidence.errors import EvidenceError
from etui.trusted.evidence.look import View, look_here
from etui.trusted.evidence.peer import Peer

LOOKS: Final = 8
_PATIENCE_S: Final = 4.0
_DECODER: Final = msgspec.json.Decoder(Question)


def serve(listener: socket.socket, view: View, *, router: str) -> None:
    """Answer whoever connects as the user named `router`, for ever."""
    room = Semaphore(LOOKS)
    with ThreadPoolExecutor(LOOKS, thread_name_prefix="look") as threads:
        while True:
            room.acquire()
            connection, _ = listener.accept()
            threads.submit(_serve_one, connection, view, router).add_done_callback(lambda _: room.release())


def _serve_one(connection: socket.socket, view: View, router: str) -> None:
    with connection:
        connection.settimeout(_PATIENCE_S)
        try:
            require_peer(connection, router)
            connection.send(msgspec.json.encode(_answer(connection, view)))
        except (ActivationError, OSError, msgspec.DecodeError) as error:
            sys.stderr.write(f"evidence: a question was not answered: {error}\n")


def _answer(connection: socket.socket, view: View) -> Answer:
    text, descriptors, _, _ = socket.recv_fds(connection, MAX_BYTES, 1, socket.MSG_CMSG_CLOEXEC)
    pidfd = descriptors[0] if descriptors else None
    try:
        asked = _DECODER.decode(text)
        if asked.bare is not (pidfd is None):
            return Answer(problem="The question came without the descriptor that it names, or with another one.")
        peer = Peer(asked.pid, asked.uid, asked.gid, asked.start_ticks, asked.weak)
        return Answer(evidence=look_here(peer, pidfd, via_bus=asked.via_bus, view=view))
    except EvidenceError as error:
        return Answer(problem=str(error))
    finally:
        if pidfd is not None:
            os.close(pidfd)
