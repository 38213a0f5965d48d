"""Whether a compositor keeps to itself what is shown and typed, as real ones are asked."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import struct
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.compositor import composing, until

from etui.trusted.dialog.compositor import HARMLESS, _UnknownError, exposure, offered

ACCOUNT: Final = pwd.getpwnam("daemon").pw_uid
PERSON: Final = 4321
KIOSK: Final = "--shell=kiosk-shell.so"


@contextmanager
def connected(path: Path) -> Iterator[socket.socket]:
    """A connection to what listens there."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(str(path))
        yield connection


@contextmanager
def weston(folder: Path, *options: str) -> Iterator[Path]:
    """Weston without a screen, as a system account; its socket."""
    program = shutil.which("weston")
    if program is None:
        pytest.skip("needs package weston")
    if os.getuid() != 0:
        pytest.skip("needs root, to run something as a system account")
    os.chown(folder, ACCOUNT, ACCOUNT)
    command = [program, "--backend=headless-backend.so", "--socket=screen", *options]
    environ = {"XDG_RUNTIME_DIR": str(folder), "HOME": str(folder)}
    with subprocess.Popen(
        command,
        env=environ,
        user=ACCOUNT,
        group=ACCOUNT,
        extra_groups=(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield until(lambda: folder / "screen" if (folder / "screen").is_socket() else None)
        finally:
            process.terminate()


def test_weston_of_a_system_account_keeps_it_from_programs_of_a_person(short_dir: Path) -> None:
    with weston(short_dir, KIOSK) as path, connected(path) as connection:
        assert exposure(connection, PERSON) == ""


def test_not_from_those_of_the_person_that_it_runs_as(short_dir: Path) -> None:
    with weston(short_dir, KIOSK) as path, connected(path) as connection:
        assert exposure(connection, ACCOUNT) == (
            f"its compositor runs as user {ACCOUNT}, and not as a system account of its own"
        )


@pytest.mark.attack(278)
def test_not_where_it_was_told_to_let_its_clients_take_pictures(short_dir: Path) -> None:
    with weston(short_dir, KIOSK, "--debug") as path, connected(path) as connection:
        assert exposure(connection, PERSON) == "its compositor offers its clients weston_debug_v1"


@pytest.mark.attack(278)
def test_not_where_any_client_may_be_the_keyboard_on_the_screen(short_dir: Path) -> None:
    with weston(short_dir, "--shell=desktop-shell.so") as path, connected(path) as connection:
        assert "zwp_input_panel_v1" in exposure(connection, PERSON)


@pytest.mark.attack(278)
def test_sway_offers_its_clients_pictures_and_keys(short_dir: Path) -> None:
    with composing(short_dir) as compositor, connected(Path(compositor.environ["WAYLAND_DISPLAY"])) as connection:
        assert offered(connection) - HARMLESS >= {
            "zwlr_screencopy_manager_v1",
            "zwlr_virtual_pointer_manager_v1",
            "zwp_virtual_keyboard_manager_v1",
        }


def answered(said: bytes) -> frozenset[str]:
    """What is taken from a compositor that says this and hangs up."""
    ours, theirs = socket.socketpair()

    def answer() -> None:
        theirs.recv(1 << 10)
        theirs.sendall(said)
        theirs.close()

    with ours, theirs:
        asked = threading.Thread(target=answer)
        asked.start()
        try:
            return offered(ours)
        finally:
            asked.join()


def an_interface(name: bytes) -> bytes:
    padded = name + b"\0" * (4 - len(name) % 4)
    body = struct.pack("=II", 1, len(name) + 1) + padded + struct.pack("=I", 1)
    return struct.pack("=II", 2, 8 + len(body) << 16) + body


DONE: Final = struct.pack("=III", 3, 12 << 16, 0)


@given(st.lists(st.text(st.characters(codec="ascii", exclude_characters="\0"), min_size=1), max_size=20))
def test_each_interface_that_is_offered_is_heard_of(names: list[str]) -> None:
    assert answered(b"".join(an_interface(name.encode()) for name in names) + DONE) == frozenset(names)


@given(st.binary(max_size=200))
def test_what_is_no_answer_is_told_from_one(said: bytes) -> None:
    with pytest.raises(_UnknownError):
        answered(an_interface(b"wl_shm") + said)


def test_offers_without_end_are_not_waited_for() -> None:
    with pytest.raises(_UnknownError, match="too much"):
        answered(an_interface(b"wl_shm") * 501)


def test_a_compositor_that_says_nothing_is_not_trusted() -> None:
    with pytest.raises(_UnknownError):
        answered(b"")
