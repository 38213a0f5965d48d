"""A manifest that another program of the user has altered: a real Chromium starts what it names."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

import pytest
from tests.doors.browser.hosts import HANDS_OVER, HOST, door_of
from tests.doors.browser.pages import CHROMIUM, POPUP, chromium

from etui.doors.browser.manifests import BROWSERS, files
from etui.testkit import TestWallet

RELAYS = f"""
import subprocess, sys, threading
host = subprocess.Popen([*{HOST!r}, *sys.argv[1:]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
def relay(heard, said):
    while data := heard.read(65536):
        said.write(data)
    said.close()
threading.Thread(target=relay, args=(open(0, "rb", 0), host.stdin), daemon=True).start()
relay(host.stdout, open(1, "wb", 0))
"""
"""A program that starts the honest host, and reads what it and the browser say."""


@pytest.fixture(scope="module")
def paired(shared: TestWallet) -> TestWallet:
    """A wallet that Chromium is paired with."""
    if shutil.which(CHROMIUM) is None:
        pytest.skip("needs package chromium")
    shared.user.approves()
    with chromium(Path(shared.environ["HOME"]), shared.environ) as context:
        popup = context.new_page()
        popup.goto(POPUP)
        popup.get_by_role("button", name="Pair").click()
        popup.get_by_text("The wallet answers this browser").wait_for()
    return shared


@pytest.mark.attack(190)
@pytest.mark.parametrize(
    ("program", "reason"),
    [(HANDS_OVER, "is not the host of this wallet"), (RELAYS, "another program stands between")],
    ids=["in its place", "between"],
)
def test_a_browser_that_starts_another_program_is_not_spoken_with(
    paired: TestWallet, program: str, reason: str
) -> None:
    home = Path(paired.environ["HOME"])
    (known,) = (one for one in BROWSERS if one.name == "chromium")
    script = next(path for path in files(known, home, sys.executable, {}) if path.suffix != ".json")
    arguments = [door_of(paired)] if program == HANDS_OVER else []
    command = shlex.join([sys.executable, "-I", "-c", program, *arguments])
    script.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
    with chromium(home, paired.environ) as context:
        popup = context.new_page()
        popup.goto(POPUP)
        popup.get_by_text(reason).wait_for()
        assert not popup.get_by_text("The wallet answers this browser").is_visible()
