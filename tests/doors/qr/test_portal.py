"""The picture that a portal says it took: which portals are asked, who is heard, and what is read and deleted."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from dbus_fast import Message, Variant
from tests.cli.etui import run
from tests.doors.qr.portal import REQUEST, Portal, request_of, respond, say
from tests.trusted.native.session.desktop import WAIT_S, Desktop

from etui.doors.qr import PictureError, picture_of_screen
from etui.doors.qr import portal as asking
from etui.doors.qr.reading import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from etui.testkit import PrivateBus

_NOBODY: Final = 65534
_TAKEN: Final = b"what was on the screen"


@pytest.fixture
def desktop() -> Iterator[Desktop]:
    with Desktop() as running:
        yield running


@pytest.fixture
def portal(desktop: Desktop, bus: str) -> Iterator[Portal]:
    serving = Portal(desktop, bus)
    yield serving
    serving.leave()


@pytest.fixture
def taken(tmp_path: Path) -> Path:
    """A picture that was just made."""
    file = tmp_path / "a picture, 100%.png"
    file.write_bytes(_TAKEN)
    return file


def _seen(bus: str, portal: Portal, answers: Callable[[Message], None]) -> bytes:
    """What is seen of the screen through a portal that so answers."""
    with ThreadPoolExecutor(1) as pool:
        seen = pool.submit(picture_of_screen, _environ(bus))
        answers(portal.asked_for_a_picture())
        return seen.result(WAIT_S)


def _environ(bus: str) -> dict[str, str]:
    return {"WAYLAND_DISPLAY": "wayland-0", "DBUS_SESSION_BUS_ADDRESS": bus}


def _refused(bus: str, portal: Portal, answers: Callable[[Message], None]) -> str:
    with pytest.raises(PictureError) as refused:
        _seen(bus, portal, answers)
    return str(refused.value)


def test_the_user_is_asked_what_the_picture_is_of_and_its_file_is_gone_once_it_was_read(
    bus: str, portal: Portal, taken: Path
) -> None:
    asked: list[Message] = []

    def answer(call: Message) -> None:
        asked.append(call)
        respond(portal, call, taken.as_uri())

    assert _seen(bus, portal, answer) == _TAKEN
    assert asked[0].body[1]["interactive"] == Variant(signature="b", value=True)
    assert not taken.exists()


@pytest.mark.parametrize("version", [0, 1])
def test_a_portal_that_would_not_have_the_user_choose_is_not_asked(desktop: Desktop, bus: str, version: int) -> None:
    old = Portal(desktop, bus, version)
    with pytest.raises(PictureError, match="too old"):
        picture_of_screen(_environ(bus))
    old.asked("Get")
    assert old.calls.empty()
    old.leave()


def test_without_a_portal_that_takes_pictures_it_is_said_what_to_do(desktop: Desktop, bus: str) -> None:
    with pytest.raises(PictureError, match=r"no desktop portal on the session bus.*etui pay-qr FILE"):
        picture_of_screen(_environ(bus))
    without = Portal(desktop, bus, version=None)
    with pytest.raises(PictureError, match=r"takes no pictures.*etui pay-qr FILE"):
        picture_of_screen(_environ(bus))
    without.leave()
    with pytest.raises(PictureError, match=r"cannot be reached.*etui pay-qr FILE"):
        picture_of_screen(_environ("unix:path=/nowhere"))


def test_the_command_asks_at_the_bus_that_is_where_it_usually_is(session_bus: PrivateBus, short_dir: Path) -> None:
    assert f"{short_dir / 'bus'}" in session_bus.address
    environ = {"WAYLAND_DISPLAY": "wayland-0", "XDG_RUNTIME_DIR": str(short_dir)}
    ended = run("pay-qr", "--screen", "--dry-run", environ=environ)
    assert ended.returncode == 1
    assert "you take the picture" in ended.stderr
    assert "no desktop portal on the session bus" in ended.stderr


@pytest.mark.parametrize(
    ("signature", "body", "what"),
    [
        ("ua{sv}", [1, {}], "no picture was taken"),
        ("ua{sv}", [2, {}], "no picture was taken"),
        ("ua{sv}", [0, {}], "does not say where"),
        ("ua{sv}", [0, {"uri": Variant("u", 1)}], "does not say where"),
        ("", [], "answers something else"),
        ("us", [0, "file:///dev/null"], "answers something else"),
    ],
)
def test_an_answer_without_a_picture_is_none(
    bus: str, portal: Portal, signature: str, body: Sequence[object], what: str
) -> None:
    assert what in _refused(bus, portal, lambda call: say(portal, call, signature, body))


def test_a_portal_that_ends_is_not_waited_for(desktop: Desktop, bus: str) -> None:
    ending = Portal(desktop, bus)
    assert "portal ended" in _refused(bus, ending, lambda _: ending.leave())


def test_a_user_who_does_nothing_is_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch, bus: str, portal: Portal
) -> None:
    monkeypatch.setattr(asking, "_TAKE_S", 0.3)
    assert "no picture was taken within" in _refused(bus, portal, lambda _: None)


def _of_somebody_else(folder: Path) -> Path:
    if os.getuid():
        return Path("/etc/passwd")
    file = folder / "theirs.png"
    file.write_bytes(_TAKEN)
    os.chown(file, _NOBODY, _NOBODY)
    return file


def _link(folder: Path) -> Path:
    mine, link = folder / "mine.png", folder / "link.png"
    mine.write_bytes(_TAKEN)
    link.symlink_to(mine)
    return link


def _pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.png")
    return folder / "pipe.png"


def _device(_: Path) -> Path:
    return Path("/dev/zero")


def _of_yesterday(folder: Path) -> Path:
    file = folder / "letter.png"
    file.write_bytes(_TAKEN)
    os.utime(file, (time.time(), time.time() - 86_400))
    return file


@pytest.mark.attack(168)
@pytest.mark.parametrize(
    ("made", "what"),
    [
        (_of_somebody_else, "belongs to somebody else"),
        (_link, "is no plain file"),
        (_pipe, "is no plain file"),
        (_device, "is no plain file"),
        (lambda folder: folder, "is no plain file"),
        (_of_yesterday, "was there before"),
    ],
)
def test_what_is_no_picture_that_was_just_taken_is_neither_read_nor_deleted(
    bus: str, portal: Portal, tmp_path: Path, made: Callable[[Path], Path], what: str
) -> None:
    file = made(tmp_path)
    before = sorted(tmp_path.iterdir())
    assert what in _refused(bus, portal, lambda call: respond(portal, call, file.as_uri()))
    assert file.exists()
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.attack(168)
def test_of_a_picture_without_end_a_part_is_read_and_all_is_deleted(bus: str, portal: Portal, taken: Path) -> None:
    os.truncate(taken, MAX_BYTES << 10)
    assert "32 MiB" in _refused(bus, portal, lambda call: respond(portal, call, taken.as_uri()))
    assert not taken.exists()


@pytest.mark.attack(168)
@pytest.mark.parametrize(
    ("form", "what"),
    [
        ("", "names no file of this machine"),
        ("{}", "names no file of this machine"),
        ("file:code.png", "names no file of this machine"),
        ("https://localhost{}", "names no file of this machine"),
        ("file://elsewhere.example{}", "names no file of this machine"),
        ("file://[{}", "names no file of this machine"),
        ("file://{}?of=it", "names no file of this machine"),
        ("file://{}%00.png", "names no file of this machine"),
        ("file://{}/it", "cannot be read and deleted"),
        ("file://{}.png", "cannot be read and deleted"),
        ("file:///", "cannot be read and deleted"),
    ],
)
def test_what_is_nowhere_on_this_machine_is_not_looked_for(
    bus: str, portal: Portal, tmp_path: Path, form: str, what: str
) -> None:
    file = tmp_path / "taken"
    file.write_bytes(_TAKEN)
    complaint = _refused(bus, portal, lambda call: respond(portal, call, form.format(file)))
    assert what in complaint
    assert "etui pay-qr FILE" in complaint
    assert file.exists()


@pytest.mark.attack(169)
def test_another_program_that_answers_first_is_not_heard(
    desktop: Desktop, bus: str, portal: Portal, taken: Path, tmp_path: Path
) -> None:
    stranger = desktop.peer(bus)
    forged = tmp_path / "forged.png"
    forged.write_bytes(b"a sticker")

    def answer(call: Message) -> None:
        respond(stranger, call, forged.as_uri(), to=call.sender)
        stranger.says(
            "/", "org.freedesktop.DBus", "NameOwnerChanged", "sss", [portal.name, portal.name, ""], to=call.sender
        )
        stranger.ping(str(call.sender))
        respond(portal, call, taken.as_uri())

    assert _seen(bus, portal, answer) == _TAKEN
    assert forged.exists()


@pytest.mark.attack(169)
def test_what_the_portal_says_of_another_request_is_not_heard(
    bus: str, portal: Portal, taken: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.png"
    other.write_bytes(b"of another program")

    def answer(call: Message) -> None:
        body = [0, {"uri": Variant("s", other.as_uri())}]
        portal.says(f"{request_of(call)}0", REQUEST, "Response", "ua{sv}", body, to=call.sender)
        portal.ping(str(call.sender))
        respond(portal, call, taken.as_uri())

    assert _seen(bus, portal, answer) == _TAKEN
    assert other.exists()
