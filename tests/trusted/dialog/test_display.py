"""What kind of display it is and what is said of it."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from etui.trusted.dialog.display import Display, answers, is_system_peer, qt_display


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
    assert (display.kind, display.protected) == ("wayland", False)


def test_only_another_system_account_protects() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with ours, theirs:
        assert not is_system_peer(ours)
        is_system = os.getuid() < 1000
        assert is_system_peer(ours, own_uid=os.getuid() + 1) is is_system


def test_a_display_that_does_not_answer_is_found_out_without_dying(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    assert not answers(Display(kind="x11", sentence="", platform="xcb"))
    assert answers(Display(kind="offscreen", sentence="", platform="offscreen"))
