"""The window on a real X server: keys and clicks from outside, and the accessibility bus as another program sees it."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest
from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus
from tests.compositor import until
from tests.screens import Picture
from tests.trusted.dialog.hands import LOOKS
from tests.trusted.dialog.questions import CONFIRM, DIGEST, FRAME
from tests.trusted.dialog.router_side import PATIENCE_S, RouterSide

from etui.trusted.dialog.front import ARMING_S
from etui.trusted.dialog.requests import Approved, AskSecret, Typed

ACCESSIBLE = "org.a11y.atspi.Accessible"
COMPONENT = "org.a11y.atspi.Component"
ON_SCREEN = 0
SHOWERS = 3
"""On a machine that stands still for a moment, rain has a break that is long enough to arm a button."""
T = TypeVar("T")


def needs(program: str, package: str) -> str:
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"needs package {package}")
    return path


@contextmanager
def running(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """A helper that is ended by its pid, whatever happened meanwhile."""
    with process:
        try:
            yield process
        finally:
            process.terminate()


@pytest.fixture
def x11(short_dir: Path) -> Iterator[dict[str, str]]:
    """An environment with an X server of its own."""
    command = [needs("Xvfb", "xvfb"), "-displayfd", "1", "-screen", "0", "1024x900x24", "-nolisten", "tcp"]
    with running(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)) as server:
        assert server.stdout is not None
        number = server.stdout.readline().strip()
        yield {"DISPLAY": f":{number}", "XDG_RUNTIME_DIR": str(short_dir), "HOME": str(short_dir)}


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

    @contextmanager
    def raining(self, x: int, y: int) -> Iterator[None]:
        """Clicks there without end, until the block is left."""
        words = ("mousemove", str(x), str(y), "click", "--repeat", "1000000", "--delay", "20", "1")
        with running(subprocess.Popen([self._program, *words], env=self._environ, text=True)):
            yield
        self.do("mouseup", "1")

    def wait_for_window(self) -> None:
        """Waits until the dialog is in sight, and gives it the focus as a window manager would."""
        self.do("search", "--sync", "--onlyvisible", "--name", "^Etui:", "windowfocus", "--sync")

    def finds_window(self) -> bool:
        """As ``wait_for_window``, where the dialog is in sight now."""
        with suppress(subprocess.CalledProcessError):
            self.do("search", "--onlyvisible", "--name", "^Etui:", "windowfocus")
            return True
        return False


@pytest.mark.attack(13)
def test_clicks_that_rain_on_approve_from_the_start_do_nothing_and_the_keyboard_then_approves(
    accessibility: dict[str, str],
) -> None:
    outside = Outside(accessibility)
    with RouterSide("--face", "qt", environ=accessibility) as router:
        hello = router.greeted()
        assert (hello.display, hello.protected) == ("x11", False)
        first = router.show(CONFIRM)
        x, y = button_place(accessibility, "Allow")
        router.close(first)
        assert router.error() == "cancelled"
        assert any(stays_through_a_shower(router, outside, x, y) for _ in range(SHOWERS))
        # The clicks fell on Approve: it has the focus, and needs no other key than this one.
        assert router.insist(lambda: outside.do("key", "Return")) == Approved(digest=DIGEST, remember="once")


def stays_through_a_shower(router: RouterSide, outside: Outside, x: int, y: int) -> bool:
    """Whether a question on whose button it rains from the start is still there when it would be armed."""
    with outside.raining(x, y):
        router.show(CONFIRM)
        while not (outside.finds_window() or router.has_spoken(0)):
            pass
        approved = router.has_spoken(4 * ARMING_S)
    if approved:
        assert router.answer() == Approved(digest=DIGEST, remember="once")
    return not approved


def test_a_click_on_approve_is_taken_once_it_is_armed(accessibility: dict[str, str]) -> None:
    outside = Outside(accessibility)
    with RouterSide("--face", "qt", environ=accessibility) as router:
        router.greeted()
        router.show(CONFIRM)
        x, y = button_place(accessibility, "Allow")
        outside.do("mousemove", str(x), str(y))
        assert router.insist(lambda: outside.do("click", "1")) == Approved(digest=DIGEST, remember="once")


def test_a_pin_is_typed_with_real_keys(x11: dict[str, str]) -> None:
    outside = Outside(x11)
    with RouterSide("--face", "qt", environ=x11) as router:
        router.greeted()
        router.show(AskSecret(frame=FRAME, title="PIN", key=router.key.public, digits=True))
        outside.wait_for_window()
        outside.do("type", "2743")
        typed = router.insist(lambda: outside.do("key", "Return"))
        assert isinstance(typed, Typed)
        assert router.opened(typed.sealed, "dialog/1.ask_secret.secret") == "2743"


def test_it_ends_with_its_socket_even_while_a_question_is_in_front(x11: dict[str, str]) -> None:
    with RouterSide("--face", "qt", environ=x11) as router:
        router.greeted()
        router.show(CONFIRM)
        Outside(x11).wait_for_window()
        assert router.hang_up() == 0


def test_auto_takes_the_window_where_a_display_answers(x11: dict[str, str]) -> None:
    with RouterSide("--face", "auto", environ=x11) as router:
        assert router.greeted().display == "x11"


def test_the_window_face_without_a_display_says_so_and_ends() -> None:
    with RouterSide("--face", "qt", environ={"DISPLAY": ":65534"}) as router:
        assert router.process.wait(PATIENCE_S) == 1
        assert router.process.stderr is not None
        assert b"no display answers" in router.process.stderr.read()


# --- the accessibility bus --------------------------------------------------------------------


@pytest.fixture
def accessibility(x11: dict[str, str], short_dir: Path) -> Iterator[dict[str, str]]:
    """The X server with a session bus, on which an accessibility bus starts when it is asked for."""
    if not Path("/usr/libexec/at-spi-bus-launcher").exists():
        pytest.skip("needs package at-spi2-core")
    address = f"unix:path={short_dir}/bus"
    command = [needs("dbus-daemon", "dbus-daemon"), "--session", "--nofork", "--print-address", f"--address={address}"]
    with running(
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**os.environ, **x11}
        )
    ) as bus:
        assert bus.stdout is not None
        bus.stdout.readline()
        yield {**x11, "DBUS_SESSION_BUS_ADDRESS": address, "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1"}


class Told(msgspec.Struct, frozen=True):
    """One thing on the accessibility bus; ``place``: left, top, width and height on the screen, where it has one."""

    role: str
    name: str
    interfaces: frozenset[str]
    place: tuple[int, ...]
    at: tuple[str, str]


async def accessibility_bus(session: str) -> MessageBus:
    """A connection to the accessibility bus of a session."""
    bus = await MessageBus(bus_address=session).connect()
    launcher = Message("org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", "GetAddress")
    try:
        reply = await bus.call(launcher)
    finally:
        bus.disconnect()
    assert reply is not None
    return await MessageBus(bus_address=reply.body[0]).connect()


async def everything_on_the_bus(session: str) -> list[Told]:
    accessibility = await accessibility_bus(session)

    async def ask(
        wanted: type[T], at: tuple[str, str], interface: str, member: str, signature: str = "", *body: object
    ) -> T:
        """What is answered; nothing of the wanted type where it answers with an error."""
        reply = await accessibility.call(Message(*at, interface, member, signature=signature, body=[*body]))
        assert reply is not None
        value = reply.body[0] if reply.message_type is MessageType.METHOD_RETURN else wanted()
        return msgspec.convert(value.value if isinstance(value, Variant) else value, wanted)

    async def walk(at: tuple[str, str]) -> list[Told]:
        interfaces = await ask(list[str], at, ACCESSIBLE, "GetInterfaces")
        told = [
            Told(
                role=await ask(str, at, ACCESSIBLE, "GetRoleName"),
                name=await ask(str, at, "org.freedesktop.DBus.Properties", "Get", "ss", ACCESSIBLE, "Name"),
                interfaces=frozenset(interface.rsplit(".", 1)[-1] for interface in interfaces),
                place=await ask(tuple[int, ...], at, COMPONENT, "GetExtents", "u", ON_SCREEN),
                at=at,
            )
        ]
        for child in await ask(list[tuple[str, str]], at, ACCESSIBLE, "GetChildren"):
            told += await walk(child)
        return told

    try:
        return await walk(("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root"))
    finally:
        accessibility.disconnect()


def told_with(environ: dict[str, str], name: str) -> list[Told]:
    """Everything that is told, once something of this name is."""
    deadline = time.monotonic() + PATIENCE_S
    told: list[Told] = []
    while not any(one.name == name and any(one.place) for one in told):
        assert time.monotonic() < deadline, [one.name for one in told]
        told = asyncio.run(everything_on_the_bus(environ["DBUS_SESSION_BUS_ADDRESS"]))
    return told


def button_place(environ: dict[str, str], name: str) -> tuple[int, int]:
    """The middle of the button of this name, as any program of the session can find it out."""
    button = next(one for one in told_with(environ, name) if one.name == name and one.role == "push button")
    left, top, width, height = button.place
    return left + width // 2, top + height // 2


@pytest.mark.attack(12)
def test_another_program_reads_the_labels_and_can_press_and_read_nothing_that_matters(
    accessibility: dict[str, str],
) -> None:
    outside = Outside(accessibility)
    with RouterSide("--face", "qt", environ=accessibility) as router:
        router.greeted()
        router.show(AskSecret(frame=FRAME, title="PIN of the card", key=router.key.public, digits=True))
        outside.wait_for_window()
        outside.do("type", "2743")
        told = told_with(accessibility, "Send PIN")
        names = " ".join(one.name for one in told)
        for said in ("PIN of the card", "Alpbank Cards", "Not now", "Unprotected display"):
            assert said in names
        assert "2743" not in names
        for one in told:
            if one.name in {"Send PIN", "PIN"} and one.role != "label":
                assert not one.interfaces & {"Action", "Text", "EditableText", "Value"}, one.name
        assert any(one.role == "push button" and one.name == "Send PIN" for one in told)


@pytest.mark.attack(12)
def test_another_program_finds_the_button_that_approves_and_no_action_that_presses_it(
    accessibility: dict[str, str],
) -> None:
    with RouterSide("--face", "qt", environ=accessibility) as router:
        router.greeted()
        router.show(CONFIRM)
        Outside(accessibility).wait_for_window()
        buttons = [one for one in told_with(accessibility, "Allow") if one.role == "push button"]
        approve = next(one for one in buttons if one.name == "Allow")
        assert not router.has_spoken(2 * ARMING_S)  # it would be armed by now
        for number in range(3):
            reply = asyncio.run(pressed(accessibility, approve.at, number))
            assert reply.message_type is MessageType.ERROR or reply.body == [False]
        assert not router.has_spoken(2 * ARMING_S)


async def pressed(environ: dict[str, str], at: tuple[str, str], number: int) -> Message:
    """What something on the accessibility bus replies to another program that wants an action done."""
    return await replied(environ, Message(*at, "org.a11y.atspi.Action", "DoAction", signature="i", body=[number]))


async def clicked(environ: dict[str, str], x: int, y: int) -> None:
    """Has the registry of the accessibility bus click there."""
    place, interface = "/org/a11y/atspi/registry/deviceeventcontroller", "org.a11y.atspi.DeviceEventController"
    body = [x, y, "b1c"]
    call = Message("org.a11y.atspi.Registry", place, interface, "GenerateMouseEvent", signature="iis", body=body)
    reply = await replied(environ, call)
    assert reply.message_type is MessageType.METHOD_RETURN, reply.body


async def replied(environ: dict[str, str], call: Message) -> Message:
    bus = await accessibility_bus(environ["DBUS_SESSION_BUS_ADDRESS"])
    try:
        reply = await bus.call(call)
    finally:
        bus.disconnect()
    assert reply is not None
    return reply


@pytest.mark.attack(69)
@pytest.mark.parametrize("way", ["XTEST key", "XTEST click", "XSendEvent key", "accessibility bus click"])
def test_another_program_of_an_x_session_presses_approve_and_the_dialog_says_that_it_can(
    way: str, accessibility: dict[str, str]
) -> None:
    """Outside of what is promised: the X server gives every program the keys and buttons of all others.

    The registry of the accessibility bus is such a program, and clicks wherever it is told to.
    """
    outside = Outside(accessibility)
    with RouterSide("--face", "qt", environ=accessibility) as router:
        hello = router.greeted()
        assert not hello.protected
        router.show(CONFIRM)
        outside.wait_for_window()
        assert "Unprotected display" in " ".join(one.name for one in told_with(accessibility, "Allow"))
        window = outside.do("search", "--onlyvisible", "--name", "^Etui:").split()[0]
        x, y = button_place(accessibility, "Allow")
        presses = {
            "XTEST key": ("key", "Return"),
            "XTEST click": ("mousemove", str(x), str(y), "click", "1"),
            "XSendEvent key": ("key", "--window", window, "Return"),
        }
        if "key" in way:  # the focus comes to it as it comes to whatever is pressed
            outside.do("mousemove", str(x), str(y), "click", "1")

        def press() -> None:
            if way == "accessibility bus click":
                asyncio.run(clicked(accessibility, x, y))
                return
            with suppress(subprocess.CalledProcessError):  # the window went before the key was up again
                outside.do(*presses[way])

        assert router.insist(press) == Approved(digest=DIGEST, remember="once")


@pytest.mark.attack(274)
def test_another_program_of_an_x_session_takes_a_picture_of_the_dialog(x11: dict[str, str], tmp_path: Path) -> None:
    """Outside of what is promised, as the dialog says."""

    def picture() -> Picture:
        command = [needs("scrot", "scrot"), "--overwrite", "--silent", str(tmp_path / "screen.png")]
        subprocess.run(command, env={**os.environ, **x11}, check=True)
        return Picture((tmp_path / "screen.png").read_bytes())

    with RouterSide("--face", "qt", environ=x11) as router:
        assert router.greeted().sentence.startswith("Unprotected display: other programs of this session can see")
        assert not picture().mark
        router.dress(LOOKS)
        router.show(CONFIRM)
        assert until(lambda: picture().mark) == LOOKS.colour
