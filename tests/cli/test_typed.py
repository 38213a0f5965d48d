"""What is typed at a terminal: without echo, twice, and asked for before something is lost."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time

from tests.cli.etui import ETUI, done, etui, told

from etui.testkit import TestWallet

_WAIT_S = 60.0


def at_terminal(wallet: TestWallet, arguments: list[str], answers: dict[str, str]) -> tuple[int, str]:
    """Runs ``etui`` at a terminal, typing each answer behind its prompt; the status, and what the terminal shows."""
    terminal, other = pty.openpty()
    process = subprocess.Popen(
        ["setsid", "--ctty", "--wait", *ETUI, *arguments], env=wallet.environ, stdin=other, stdout=other, stderr=other
    )
    os.close(other)
    shown, left = "", dict(answers)
    deadline = time.monotonic() + _WAIT_S
    try:
        while select.select([terminal], [], [], max(0.0, deadline - time.monotonic()))[0]:
            try:
                shown += os.read(terminal, 4096).decode()
            except OSError:  # the other end is closed
                break
            for prompt in [prompt for prompt in left if prompt in shown]:
                os.write(terminal, f"{left.pop(prompt)}\n".encode())
    finally:
        os.close(terminal)  # which hangs up on a process that still waits
        status = process.wait()
    return status, shown


def test_a_secret_is_typed_twice_and_never_echoed(wallet: TestWallet) -> None:
    answers = {"“Mail”: ": "hunter2", "once more: ": "hunter2"}
    status, shown = at_terminal(wallet, ["add", "Mail"], answers)
    assert status == 0, shown
    assert "hunter2" not in shown
    assert done(wallet, "use", "mail", "--stdin", "--", "cat") == "hunter2"


def test_two_that_differ_store_nothing(wallet: TestWallet) -> None:
    status, shown = at_terminal(wallet, ["add", "Mail"], {"“Mail”: ": "hunter2", "once more: ": "hunter3"})
    assert status == 2, shown
    assert told(wallet, "find") == []


def test_only_a_yes_deletes(wallet: TestWallet) -> None:
    done(wallet, "add", "Mail", stdin="hunter2")
    status, shown = at_terminal(wallet, ["delete", "mail"], {"[y/N] ": ""})
    assert status == 7, shown
    assert told(wallet, "find", "mail")
    status, shown = at_terminal(wallet, ["delete", "mail"], {"[y/N] ": "y"})
    assert status == 0, shown
    assert etui(wallet, "find", "mail").returncode == 8
