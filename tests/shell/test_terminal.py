"""A Shell at its terminal: Enter shows another link, for a browser that has lost its way in."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from tests.shell.test_apart import link_in
from tests.shell.visitor import Visitor

from etui.testkit import TestWallet


@pytest.mark.attack(222)
def test_enter_shows_another_link_and_the_one_before_is_good_no_more(wallet: TestWallet) -> None:
    terminal, other = pty.openpty()
    etui = str(Path(sys.executable).with_name("etui"))
    process = subprocess.Popen(
        ["setsid", "--ctty", "--wait", etui, "shell", "--no-open", "--json"],
        env=wallet.environ,
        stdin=other,
        stdout=other,
        stderr=other,
    )
    os.close(other)
    try:
        first = Visitor(link_in(terminal))
        os.write(terminal, b"\n")
        second = Visitor(link_in(terminal))
        assert first.root == second.root
        assert first.enter().status == 401, "there is a newer one"
        assert second.enter().status == 303
        assert second.get("/").status == 200
        os.write(terminal, b"what somebody types\n")
        third = Visitor(link_in(terminal))
        assert third.enter().status == 303
        assert third.get("/").status == 200
        lost = second.get("/")
        assert (lost.status, lost.headers["hx-refresh"]) == (401, "true"), "one browser is in at a time"
        assert "Press Enter in the terminal" in lost.text
    finally:
        os.close(terminal)  # which hangs up
        process.wait(60)
