"""Runs the plugin: ``age-plugin-etui --age-plugin=identity-v1``, as age calls it."""

from __future__ import annotations

import contextlib
import gc
import os
import resource
import sys
from typing import Final, NoReturn

from etui.doors.age.plugin import decrypt, encrypt
from etui.doors.age.talk import Talk
from etui.standards.age import AgeError

_FLAG: Final = "--age-plugin="
_MACHINES: Final = {"recipient-v1": encrypt, "identity-v1": decrypt}
_HELP: Final = """\
age-plugin-etui has age (https://age-encryption.org) encrypt to and decrypt with keys that stay in the Etui wallet.
age itself starts it; it has to find it in PATH.

  etui key make Files --algorithm x25519     a key, and the recipient that everybody may encrypt to
  etui key identity files > files.txt        the identity for `age -d -i files.txt`: it names the key, and holds none
"""


def main(arguments: list[str]) -> int:
    """Runs the state machine that age asks for; the exit status."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not arguments or arguments[0] in {"-h", "--help"}:
        sys.stdout.write(_HELP)
        return 0
    machine = _MACHINES.get(arguments[0].removeprefix(_FLAG)) if arguments[0].startswith(_FLAG) else None
    if machine is None or len(arguments) > 1:
        sys.stderr.write(f"age-plugin-etui: not known: {' '.join(arguments)!r}; it speaks {', '.join(_MACHINES)}\n")
        return 2
    try:
        machine(Talk(sys.stdin.buffer, sys.stdout.buffer))
    except AgeError as error:
        sys.stderr.write(f"age-plugin-etui: age says what the plugin protocol does not have: {error}\n")
        return 1
    except (EOFError, BrokenPipeError):  # age has ended
        return 1
    return 0


def run() -> NoReturn:
    """Runs it and ends at once: age waits for the end of this process, and nothing here needs to be put away."""
    gc.disable()
    status = main(sys.argv[1:])
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    run()
