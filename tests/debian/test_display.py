"""The dialog of a managed wallet, on a display of its person's session."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Final

import msgspec
import pytest
from tests.debian.desktop import SWAY, X11, Session
from tests.debian.installed import Installed
from tests.debian.managed import Managed

from etui.cli.exits import Exit

pytestmark = pytest.mark.timeout(900)  # the package is built and installed for the first of them

MANAGED: Final = "The machine runs this wallet: programs of its user reach no other part of it."


@pytest.fixture(scope="module")
def lena(installed: Installed) -> Iterator[Managed]:
    """A person at a desktop, for whom the machine runs a wallet that was not made yet."""
    person = Managed(installed.machine, "lena", scripted=False)
    yield person
    person.ends()


@pytest.fixture
def x11(lena: Managed) -> Iterator[Session]:
    """Her session with an X server that lets nobody in without its cookie."""
    for program, package in {"Xvfb": "xvfb", "xauth": "xauth", "xdotool": "xdotool"}.items():
        if shutil.which(program) is None:
            pytest.skip(f"needs package {package}")
    session, cookie = Session(lena), f"/home/{lena.name}/cookie"
    session.does("sh", "-c", f"umask 077; xauth -q -f {cookie} add {X11} . $(mcookie)")
    session.runs("display", "Xvfb", X11, "-screen", "0", "1024x900x24", "-nolisten", "tcp", "-auth", cookie)
    session.waits(f"ls /tmp/.X11-unix/X{X11[1:]}")
    session.has(DISPLAY=X11, XAUTHORITY=cookie)
    yield session
    session.does("systemctl", "--user", "unset-environment", "DISPLAY", "XAUTHORITY")
    session.ends("display")


def told_of(lena: Managed) -> str:
    return str(msgspec.json.decode(lena.does("status", "--json"))["display"])


def test_it_is_shown_on_an_x_server_by_its_cookie(lena: Managed, x11: Session) -> None:
    x11.does("sh", "-c", "until etui status | grep --quiet 'Unprotected display'; do sleep 0.2; done")
    assert told_of(lena).endswith(MANAGED)
    x11.runs("init", "sh", "-c", "etui init 2>said; echo $? >status")
    tool = f"DISPLAY={X11} XAUTHORITY=$HOME/cookie xdotool"
    x11.waits(f"{tool} search --onlyvisible --name 'Etui: Make your wallet'")
    x11.does("sh", "-c", f"{tool} key Escape")  # as any program of hers may
    assert_not_made(x11)


def assert_not_made(session: Session) -> None:
    """That the question was closed in the window."""
    assert session.waits("cat status") == str(int(Exit.DENIED))
    assert "no wallet was made" in session.does("cat", "said")
    session.does("rm", "status", "said")


@pytest.fixture
def wayland(lena: Managed) -> Iterator[Session]:
    """Her session with a compositor that runs as she does."""
    if shutil.which("sway") is None:
        pytest.skip("needs package sway")
    session, runtime = Session(lena), f"/run/user/{lena.uid}"
    session.does("sh", "-c", "echo xwayland disable >sway.config")
    session.runs("compositor", "sway", "--config", f"/home/{lena.name}/sway.config", XDG_RUNTIME_DIR=runtime, **SWAY)
    name = session.waits(f"ls {runtime} | grep -x 'wayland-[0-9]'")
    session.has(WAYLAND_DISPLAY=name)
    yield session
    session.does("systemctl", "--user", "unset-environment", "WAYLAND_DISPLAY")
    session.ends("compositor")


def test_it_is_shown_by_a_compositor_over_a_connection_that_is_handed_on(lena: Managed, wayland: Session) -> None:
    wayland.does("sh", "-c", "until etui status | grep --quiet 'Unprotected display'; do sleep 0.2; done")
    assert told_of(lena).endswith(MANAGED)
    wayland.runs("init", "sh", "-c", "etui init 2>said; echo $? >status")
    asks = f"swaymsg --socket $(ls /run/user/{lena.uid}/sway-ipc.*)"
    wayland.waits(f'{asks} --type get_tree --raw | grep -o \'"app_id": *"etui"\'')
    wayland.does("sh", "-c", f"{asks} '[app_id=\"etui\"] kill'")
    assert_not_made(wayland)
