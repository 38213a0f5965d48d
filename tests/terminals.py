"""A person at a terminal who types ``etui``: what the Router can tell from a program that calls it."""

from __future__ import annotations

import contextlib
import os
import pty
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
from tests.processes import descendants

from etui.testkit import TestWallet

PERL = "/usr/bin/perl"
WAIT_S = 60
# The emulator leads the session of its terminal, as xterm's child does, and runs one command there.
_EMULATOR = "use POSIX; setsid(); ioctl(STDIN, 0x540E, 0) or die $!; exit(system(@ARGV) >> 8);"


def lent(program: str, to: Path) -> Path:
    """An installed program under a path of its own, by which it is another one."""
    if not Path(program).exists():
        pytest.skip(f"needs package {Path(program).name}: it lends its program to this test")
    if not to.exists():
        shutil.copy(program, to)
    return to


class Typed:
    """``etui`` with these words, typed in a window of its own; ``output`` once it has ended."""

    def __init__(self, wallet: TestWallet, *words: str) -> None:
        emulator = lent(PERL, wallet.folder / "xterm")
        etui = Path(sys.executable).with_name("etui")
        assert etui.exists(), "./test makes this environment, and the command in it"
        self._screen, other = pty.openpty()
        with open(other, "r+b", buffering=0) as line:  # noqa: PTH123  # a descriptor
            self.process = subprocess.Popen(
                [emulator, "-e", _EMULATOR, etui, *words], stdin=line, stdout=line, stderr=line, env=wallet.environ
            )

    def await_question(self, wallet: TestWallet) -> None:
        """Returns when it waits for the user: it is connected, and sleeps on although the Router serves others."""

        def asleep() -> tuple[int, str] | None:
            found = next(iter(descendants(self.process.pid)), None)
            if found is None or not any(_is_socket(path) for path in Path(f"/proc/{found}/fd").glob("*")):
                return None
            status = Path(f"/proc/{found}/status").read_text()
            turns = status.partition("\nvoluntary_ctxt_switches:")[2].split()[0]
            return (found, turns) if "State:\tS" in status else None

        deadline = time.monotonic() + WAIT_S
        while True:
            assert self.process.poll() is None, self.output()
            assert time.monotonic() < deadline
            before = asleep()
            for _ in range(3):
                wallet.connect().close()
            if before is not None and before == asleep():
                return

    def output(self) -> str:
        """What stands on the screen when the command has ended."""
        text = b""
        with contextlib.suppress(OSError):  # the other side is closed
            while data := os.read(self._screen, 65536):
                text += data
        self.process.wait(WAIT_S)
        return text.decode(errors="replace").replace("\r\n", "\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait(WAIT_S)
        os.close(self._screen)


def _is_socket(descriptor: Path) -> bool:
    with contextlib.suppress(OSError):
        return str(descriptor.readlink()).startswith("socket:")
    return False


def typed(wallet: TestWallet, *words: str) -> str:
    """What ``etui`` says to a person who types it."""
    with Typed(wallet, *words) as command:
        return command.output()
