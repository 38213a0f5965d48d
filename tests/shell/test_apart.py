"""The Shell has rights of its own run: none of its terminal's, and none that its terminal has from it."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tests.shell.visitor import Visitor

from etui.testkit import TestWallet
from etui.testkit.user import OVERSEE

_WAIT_S = 60.0


@pytest.mark.attack(201)
def test_what_a_terminal_may_see_the_shell_that_is_started_in_it_may_not(wallet: TestWallet) -> None:
    etui = str(Path(sys.executable).with_name("etui"))
    wallet.user.forgets()
    wallet.user.approves(remember="terminal", action_contains=OVERSEE)
    before = len(questions(wallet))
    terminal, other = pty.openpty()
    emulator = shutil.copy("/bin/sh", wallet.folder / "xterm")  # a shell whose program is that of a terminal
    line = f"{etui} grants && {etui} grants && {etui} shell --no-open --json"
    process = subprocess.Popen(
        ["setsid", "--ctty", "--wait", emulator, "-c", line],
        env=wallet.environ,
        stdin=other,
        stdout=other,
        stderr=other,
    )
    os.close(other)
    try:
        visitor = Visitor(link_in(terminal))
        assert len(questions(wallet)) == before + 1, "one yes is for the terminal"
        wallet.user.forgets()
        wallet.user.approves(remember="running", action_contains=OVERSEE)
        assert visitor.enter().status == 303
        assert visitor.get("/").status == 200
        asked = questions(wallet)[before + 1 :]
        assert [[choice for choice, _ in one["remember"]] for one in asked] == [["once", "running"]]
        assert visitor.get("/clients").status == 200
        assert len(questions(wallet)) == before + 2, "one yes is for all that this Shell shows"
        found = visitor.get("/activity?text=grant+t-").text
        for whose in ("whatever runs in the terminal of etui, in this session", "etui, in this session"):
            told = f"A lasting right · t-[0-9a-f]{{12}}, “{whose}”, known to the wallet as “group:"
            assert len(re.findall(told, found)) == 1
    finally:
        os.close(terminal)  # which hangs up
        process.wait(_WAIT_S)


def questions(wallet: TestWallet) -> list[dict[str, Any]]:
    """Whether somebody may see what lies in the wallet: each time that it was asked."""
    return [entry for entry in wallet.user.shown() if OVERSEE in f"{entry.get('heading')} {entry.get('lead')}"]


def link_in(terminal: int) -> str:
    """The link that a Shell prints at a terminal."""
    shown = ""
    deadline = time.monotonic() + _WAIT_S
    while select.select([terminal], [], [], max(0.0, deadline - time.monotonic()))[0]:
        try:
            shown += os.read(terminal, 4096).decode()
        except OSError:  # what was started in it has ended
            break
        if found := re.search(r'"link": "([^"]+)"', shown):
            return found[1]
    pytest.fail(f"no link came: {shown}")
