"""Programs that are run confined, and what they tell."""

from __future__ import annotations

import json
from typing import Any

from tests.trusted.sandbox.launcher import Outcome

_PRELUDE = """
import ctypes, errno, json, mmap, os, resource, signal, socket, sys, threading
libc = ctypes.CDLL(None, use_errno=True)
def attempt(call, *arguments):
    try:
        call(*arguments)
    except OSError as error:
        return errno.errorcode[error.errno]
    return "done"
def syscall(*arguments):
    if libc.syscall(*map(ctypes.c_long, arguments)) == -1:
        raise OSError(ctypes.get_errno(), "refused")
"""


def tell(expression: str, before: str = "") -> str:
    """A program that does what is said ``before``, and then tells the value of ``expression``."""
    return f"{_PRELUDE}\n{before}\nos.write(3, json.dumps({expression}).encode())"


def told(outcome: Outcome) -> Any:  # noqa: ANN401 - it is whatever the test asked for
    """What the program told, if it ended well."""
    assert outcome.error == ""
    assert outcome.status == 0, outcome.log
    return json.loads(outcome.answer)
