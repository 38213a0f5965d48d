"""Started as some user: confines one program with the real bubblewrap, and tells what came of it.

The order is one JSON text on standard input. So that each test runs as root and as an ordinary user, whoever
runs the tests, this is a program of its own, and imports nothing but the room and what the room imports.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import msgspec

from etui.trusted.sandbox import Confinement, Possible, SandboxError, probe, python_runtime, start
from etui.trusted.sandbox.bubblewrap import installed

PATIENCE_S = 60.0


class Order(msgspec.Struct, frozen=True):
    """A program in Python, and what its confinement differs in; ``untried``: without a trial of bubblewrap."""

    program: str
    changes: dict[str, int] = {}
    env: dict[str, str] = {}
    folder: str | None = None
    code: tuple[str, ...] = ()
    key: bytes = b""
    stays: bool = False
    untried: bool = False


class Outcome(msgspec.Struct, frozen=True):
    """What the program wrote to its channel and its standard error, and how it ended."""

    answer: bytes = b""
    status: int | None = None
    log: str = ""
    error: str = ""
    pid: int = 0


def main() -> None:
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    outcome = _carried_out(order)
    sys.stdout.buffer.write(msgspec.json.encode(outcome))


def _carried_out(order: Order) -> Outcome:
    possible = Possible(installed()[0]) if order.untried else probe()
    if not isinstance(possible, Possible):
        return Outcome(error=possible.reason)
    ours, theirs = socket.socketpair()
    key, key_end = os.pipe()
    log, log_end = os.pipe()
    os.write(key_end, order.key)
    os.close(key_end)
    try:
        confined = start(
            msgspec.structs.replace(
                Confinement(
                    argv=(sys.executable, "-I", "-B", "-c", order.program),
                    code=(*python_runtime(), *map(Path, order.code)),
                    env=order.env,
                    folder=None if order.folder is None else Path(order.folder),
                ),
                **order.changes,
            ),
            channel=theirs.fileno(),
            key=key,
            log=log_end,
            bubblewrap=possible.bubblewrap,
        )
    except SandboxError as error:
        return Outcome(error=f"{error.code}: {error}")
    theirs.close()
    os.close(key)
    os.close(log_end)
    if order.stays:
        ours.recv(1)
        sys.stdout.buffer.write(msgspec.json.encode(Outcome(pid=confined.pid)) + b"\n")
        sys.stdout.flush()
    with confined:
        answer = b"".join(iter(lambda: ours.recv(65536), b""))
        status = confined.wait(PATIENCE_S)
    with os.fdopen(log, "rb") as said:
        return Outcome(answer, status, said.read().decode(errors="replace"))


if __name__ == "__main__":
    main()
