"""The process that holds what is typed: no other process of the user reads its memory, and it leaves no core.

Source: prctl(2) PR_SET_DUMPABLE, setrlimit(2) RLIMIT_CORE.
"""

from __future__ import annotations

import ctypes
import os
import resource
from typing import Final

_PR_SET_DUMPABLE: Final = 4


def harden() -> None:
    """Makes this process undumpable and forbids core files; raises ``OSError`` where the kernel refuses."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"cannot make the dialog undumpable: {os.strerror(number)}")
