"""What kind of display it is and what is said of it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from etui.trusted.dialog.display import (
    HANDED,
    UNPROTECTED,
    Display,
    answers,
    handed_display,
    qt_display,
    x11_cookie,
    x11_name,
)


@pytest.fixture
def compositor(short_dir: Path) -> socket.socket:
    """Something that listens where a compositor would."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(short_dir / "wayland-7"))
    listener.listen()
    return listener


def test_x11_is_never_protected() -> None:
    display = qt_display({"DISPLAY": ":7"})
    assert display is not None
    assert (display.kind, display.protected) == ("x11", False)
    assert display.sentence.startswith("Unprotected display")


def test_nothing_named_is_no_display() -> None:
    assert qt_display({}) is None


def test_a_wayland_display_that_does_not_listen_is_none(short_dir: Path) -> None:
    assert qt_display({"WAYLAND_DISPLAY": "wayland-7", "XDG_RUNTIME_DIR": str(short_dir)}) is None


def test_where_wayland_leads_nowhere_x11_is_taken(short_dir: Path) -> None:
    display = qt_display({"WAYLAND_DISPLAY": "wayland-7", "XDG_RUNTIME_DIR": str(short_dir), "DISPLAY": ":7"})
    assert display is not None
    assert (display.kind, display.platform) == ("x11", "xcb")


def test_a_compositor_of_the_same_user_is_unprotected(compositor: socket.socket, short_dir: Path) -> None:
    with compositor:
        display = qt_display({"WAYLAND_DISPLAY": "wayland-7", "XDG_RUNTIME_DIR": str(short_dir), "DISPLAY": ":7"})
    assert display is not None
    assert (display.kind, display.protected, display.listener) == ("wayland", False, os.getuid())
    assert display.exposure == f"its compositor runs as user {os.getuid()}, and not as a system account of its own"


def test_a_display_that_does_not_answer_is_found_out_without_dying(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    assert not answers(Display(kind="x11", sentence="", platform="xcb"))
    assert answers(Display(kind="offscreen", sentence="", platform="offscreen"))


def test_a_connection_that_was_handed_on_is_unprotected_whoever_is_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program of the person's may sit in between: the peer's user, which a system account may be, says nothing."""
    monkeypatch.setenv(HANDED, "")
    display = handed_display(9, None, b"")
    assert display is not None
    assert (display.kind, display.protected, display.sentence) == ("wayland", False, UNPROTECTED)
    assert os.environ[HANDED] == "9"


def test_an_x_server_is_used_by_the_cookie_that_was_handed_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DISPLAY", "XAUTHORITY"):
        monkeypatch.setenv(name, "")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    cookie = bytes(range(16))
    display = handed_display(None, ":7", cookie)
    assert display is not None
    assert (display.kind, display.protected) == ("x11", False)
    assert Path(os.environ["XAUTHORITY"]).stat().st_mode & 0o077 == 0
    assert (x11_name(os.environ), x11_cookie(os.environ)) == (":7", cookie)


def test_a_cookie_is_found_among_those_of_other_displays(tmp_path: Path) -> None:
    if shutil.which("xauth") is None:
        pytest.skip("needs package xauth")
    path = tmp_path / "authority"
    for number, digits in (("6", "66"), ("7", "77")):
        subprocess.run(["xauth", "-q", "-f", str(path), "add", f":{number}", ".", digits * 16], check=True)
    environ = {"XAUTHORITY": str(path), "DISPLAY": "unix:7.0"}
    assert (x11_name(environ), x11_cookie(environ)) == (":7", bytes.fromhex("77" * 16))
    assert x11_cookie({**environ, "DISPLAY": ":8"}) == b""


@pytest.mark.parametrize("size", range(0, 40, 3))
def test_a_file_of_cookies_that_was_cut_off_gives_none(tmp_path: Path, size: int) -> None:
    path = tmp_path / "authority"
    path.write_bytes((bytes.fromhex("ffff0000000137") + b"\0\x12MIT-MAGIC-COOKIE-1\0\x10" + bytes(16))[:size])
    assert x11_cookie({"XAUTHORITY": str(path), "DISPLAY": ":7"}) == b""


@pytest.mark.parametrize("name", ["", "elsewhere:7", "localhost:10.0", "7", ":7 --cookie", ":77777"])
def test_an_x_server_that_is_not_found_at_a_socket_here_is_none(name: str) -> None:
    assert x11_name({"DISPLAY": name}) == ""
