"""Work that root leaves to a process with fewer rights, since it reads what an ordinary user wrote."""

from __future__ import annotations

import os
import signal
import syslog
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_BYTES: Final = 64
_ENDS_S: Final = 120


def apart(work: Callable[[], bytes]) -> bytes:
    """What ``work`` returns in a process of its own, at most ``MOST_BYTES``; empty where that fails or takes 2 min."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        _work(work, writer)
    os.close(writer)
    with open(reader, "rb") as pipe:  # noqa: PTH123  # a descriptor
        told = pipe.read(MOST_BYTES)
    os.waitpid(child, 0)
    return told


def _work(work: Callable[[], bytes], writer: int) -> None:
    """Does it, and ends the process."""
    try:
        signal.alarm(_ENDS_S)
        os.write(writer, work())
    except BaseException as error:  # noqa: BLE001  # what is left of it ends below; its message may hold anything
        syslog.syslog(syslog.LOG_ERR, f"a login was not handed on: {type(error).__name__}")
    finally:
        os._exit(0)
