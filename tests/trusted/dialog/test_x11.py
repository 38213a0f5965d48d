"""The window on a real X server: keys and clicks from outside, and the accessibility bus as another program sees it."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus
from tests.trusted.dialog.questions import CONFIRM, DIGEST, FRAME
from tests.trusted.dialog.router_side import PATIENCE_S, RouterSide

from etui.trusted.dialog.requests import Approved, AskSecret, Typed

ACCESSIBLE = "org.a11y.atspi.Accessible"
APPROVE_FROM_RIGHT, APPROVE_FROM_BOTTOM = 70, 66


def needs(program: str, package: str) -> str:
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"needs package {package}")
    return path


def ended(process: subprocess.Popen[str]) -> None:
    process.terminate()
    process.wait(PATIENCE_S)
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


@pytest.fixture
def x11(short_dir: Path) -> Iterator[dict[str, str]]:
    """An environment with an X server of its own."""
    command = [needs("Xvfb", "xvfb"), "-displayfd", "1", "-screen", "0", "1024x900x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert server.stdout is not None
    number = server.stdout.readline().strip()
    try:
        yield {"DISPLAY": f":{number}", "XDG_RUNTIME_DIR": str(short_dir), "HOME": str(short_dir)}
    finally:
        ended(server)


class Outside:
    """A program that presses keys and buttons of the X server."""

    def __init__(self, environ: dict[str, str]) -> None:
        self._environ = {**os.environ, **environ}
        self._program = needs("xdotool", "xdotool")

    def do(self, *words: str) -> str:
        done = subprocess.run(
            [self._program, *words], env=self._environ, capture_output=True, text=True, timeout=PATIENCE_S, check=True
        )
        return done.stdout

    def begin(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen([self._program, *words], env=self._environ, text=True)

    def window(self) -> tuple[int, int, int, int]:
        """Place and size of the dialog, once it is there."""
        found = self.do("search", "--sync", "--onlyvisible", "--name", "^Etui:").split()[0]
        lines = self.do("getwindowgeometry", "--shell", found).splitlines()
        facts = dict(line.split("=", 1) for line in lines)
        return int(facts["X"]), int(facts["Y"]), int(facts["WIDTH"]), int(facts["HEIGHT"])


def test_clicks_that_rain_on_approve_from_the_start_do_nothing_and_the_keyboard_then_approves(
    x11: dict[str, str],
) -> None:
    outside = Outside(x11)
    with RouterSide("--face", "qt", environ=x11) as router:
        hello = router.greeted()
        assert (hello.display, hello.protected) == ("x11", False)
        first = router.show(CONFIRM)
        left, top, width, height = outside.window()
        router.close(first)
        assert router.error() == "cancelled"
        x, y = left + width - APPROVE_FROM_RIGHT, top + height - APPROVE_FROM_BOTTOM
        rain = outside.begin("mousemove", str(x), str(y), "click", "--repeat", "40", "--delay", "50", "1")
        router.show(CONFIRM)
        assert rain.wait(PATIENCE_S) == 0
        outside.window()
        assert not router.has_spoken(0.0)
        outside.do("key", "shift+Tab")
        insist(router, lambda: outside.do("key", "Return"))
        assert router.answer() == Approved(digest=DIGEST, remember="once")


def test_a_click_on_approve_is_taken_once_it_is_armed(x11: dict[str, str]) -> None:
    """The click of the test before would have been taken, had it waited: it falls on the button."""
    outside = Outside(x11)
    with RouterSide("--face", "qt", environ=x11) as router:
        router.greeted()
        router.show(CONFIRM)
        left, top, width, height = outside.window()
        x, y = left + width - APPROVE_FROM_RIGHT, top + height - APPROVE_FROM_BOTTOM
        outside.do("mousemove", str(x), str(y))
        insist(router, lambda: outside.do("click", "1"))
        assert router.answer() == Approved(digest=DIGEST, remember="once")


def test_a_pin_is_typed_with_real_keys(x11: dict[str, str]) -> None:
    outside = Outside(x11)
    with RouterSide("--face", "qt", environ=x11) as router:
        router.greeted()
        router.show(AskSecret(frame=FRAME, title="PIN", key=router.key.public, digits=True))
        outside.window()
        outside.do("type", "2743")
        insist(router, lambda: outside.do("key", "Return"))
        typed = router.answer()
        assert isinstance(typed, Typed)
        assert router.opened(typed.sealed, "dialog/1.ask_secret.secret") == "2743"


def test_auto_takes_the_window_where_a_display_answers(x11: dict[str, str]) -> None:
    with RouterSide("--face", "auto", environ=x11) as router:
        assert router.greeted().display == "x11"


def test_the_window_face_without_a_display_says_so_and_ends() -> None:
    with RouterSide("--face", "qt", environ={"DISPLAY": ":65534"}) as router:
        assert router.process.wait(PATIENCE_S) == 1
        assert router.process.stderr is not None
        assert b"no display answers" in router.process.stderr.read()


def insist(router: RouterSide, press: Callable[[], object]) -> None:
    """Presses until the dialog answers, each time after it had time to arm."""
    deadline = time.monotonic() + PATIENCE_S
    while not router.has_spoken(1.0):
        assert time.monotonic() < deadline
        press()


# --- the accessibility bus --------------------------------------------------------------------


@pytest.fixture
def accessibility(x11: dict[str, str], short_dir: Path) -> Iterator[dict[str, str]]:
    """The X server with a session bus, on which an accessibility bus starts when it is asked for."""
    if not Path("/usr/libexec/at-spi-bus-launcher").exists():
        pytest.skip("needs package at-spi2-core")
    address = f"unix:path={short_dir}/bus"
    command = [needs("dbus-daemon", "dbus-daemon"), "--session", "--nofork", "--print-address", f"--address={address}"]
    bus = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**os.environ, **x11}
    )
    assert bus.stdout is not None
    bus.stdout.readline()
    try:
        yield {**x11, "DBUS_SESSION_BUS_ADDRESS": address, "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1"}
    finally:
        ended(bus)


class Told:
    """One thing on the accessibility bus: its role, name and interfaces."""

    def __init__(self, role: str, name: str, interfaces: list[str]) -> None:
        self.role = role
        self.name = name
        self.interfaces = {interface.rsplit(".", 1)[-1] for interface in interfaces}


async def everything_on_the_bus(session: str) -> list[Told]:
    bus = await MessageBus(bus_address=session).connect()
    launcher = Message("org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", "GetAddress")
    reply = await bus.call(launcher)
    assert reply is not None
    accessibility = await MessageBus(bus_address=reply.body[0]).connect()

    async def ask(owner: str, path: str, member: str, interface: str = ACCESSIBLE, *body: str) -> object:
        reply = await accessibility.call(
            Message(owner, path, interface, member, signature="s" * len(body), body=[*body])
        )
        assert reply is not None
        return reply.body[0] if reply.message_type is MessageType.METHOD_RETURN else []

    async def walk(owner: str, path: str) -> list[Told]:
        name = await ask(owner, path, "Get", "org.freedesktop.DBus.Properties", ACCESSIBLE, "Name")
        role = await ask(owner, path, "GetRoleName")
        interfaces = await ask(owner, path, "GetInterfaces")
        told = [Told(str(role), str(getattr(name, "value", "")), list(interfaces))]  # type: ignore[call-overload]
        for child in await ask(owner, path, "GetChildren"):  # type: ignore[attr-defined]
            told += await walk(*child)
        return told

    try:
        return await walk("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root")
    finally:
        accessibility.disconnect()
        bus.disconnect()


def test_another_program_reads_the_labels_and_can_press_and_read_nothing_that_matters(
    accessibility: dict[str, str],
) -> None:
    outside = Outside(accessibility)
    with RouterSide("--face", "qt", environ=accessibility) as router:
        router.greeted()
        router.show(AskSecret(frame=FRAME, title="PIN of the card", key=router.key.public, digits=True))
        outside.window()
        outside.do("type", "2743")
        deadline = time.monotonic() + PATIENCE_S
        told: list[Told] = []
        while not any(one.name == "Send PIN" for one in told):
            assert time.monotonic() < deadline, [one.name for one in told]
            told = asyncio.run(everything_on_the_bus(accessibility["DBUS_SESSION_BUS_ADDRESS"]))
        names = " ".join(one.name for one in told)
        for said in ("PIN of the card", "Alpbank Cards", "Not now", "Unprotected display"):
            assert said in names
        assert "2743" not in names
        for one in told:
            if one.name in {"Send PIN", "PIN"} and one.role != "label":
                assert not one.interfaces & {"Action", "Text", "EditableText", "Value"}, one.name
        assert any(one.role == "push button" and one.name == "Send PIN" for one in told)
