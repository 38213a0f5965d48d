"""A managed wallet at rest: its person ended it, and it stays so until they begin anew.

systemd starts it whoever connects. So that `etui stop` means what it means per user, it leaves a mark, and who comes
while that is there is told how it goes on: by `etui up`, which a log-in runs.
"""

from __future__ import annotations

import contextlib
import select
import socket
from collections import deque
from typing import TYPE_CHECKING, Final

from etui.protocol import ErrorCode, FrameReader, ProtocolError, encode_error, error_object, read_message
from etui.trusted.durable import replace_file, sync_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_MARK: Final = "stopped"
_STAYS_S: Final = 60.0
_HELLO_S: Final = 1.0
_HELLO_BYTES: Final = 64 << 10
_MOST: Final = 64
"""Who was told and has not gone; for the next one the oldest leaves."""
_WORDS: Final = "its user ended this wallet with `etui stop`: `etui up` starts it again, and so does the next log-in"


def put_to_rest(home: Path) -> None:
    """Notes that the person ended the wallet; raises ``OSError``."""
    replace_file(home / _MARK, b"")


def is_at_rest(home: Path) -> bool:
    """Whether the person ended it, and nobody began anew."""
    return (home / _MARK).exists()


def begun_anew(home: Path, agents: socket.socket, others: Sequence[socket.socket]) -> bool:
    """Whether an agent of the person's came, so that the mark is gone; false where nobody comes any more.

    ``agents``: where it comes in; it is left to be accepted. ``others``: where programs do, which are told and let go.
    """
    poll = select.poll()
    told: deque[socket.socket] = deque(maxlen=_MOST)
    for listener in (agents, *others):
        listener.setblocking(False)  # noqa: FBT003  # the standard library's signature
        poll.register(listener, select.POLLIN)
    while ready := {descriptor for descriptor, _ in poll.poll(_STAYS_S * 1000)}:
        if agents.fileno() in ready:
            (home / _MARK).unlink(missing_ok=True)
            sync_folder(home)
            return True
        told.extend(_told(listener) for listener in others if listener.fileno() in ready)
    return False


def _told(listener: socket.socket) -> socket.socket:
    """Who comes next, and has been told."""
    program, _ = listener.accept()
    program.settimeout(_HELLO_S)
    if listener.type == socket.SOCK_STREAM:
        with contextlib.suppress(OSError, ProtocolError):
            for frame in FrameReader().feed(program.recv(_HELLO_BYTES)):
                asked = read_message(frame).id
                words = error_object(ProtocolError(ErrorCode.UNAVAILABLE, _WORDS))
                program.sendall(encode_error(asked if isinstance(asked, int | str) else None, words))
    else:
        program.close()
    return program
