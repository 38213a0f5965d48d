"""The dialog's process at its socket: what it says first, what it refuses, and how it ends."""

from __future__ import annotations

import contextlib
import ctypes
import os
from pathlib import Path

import msgspec
import pytest
from tests.trusted.dialog.questions import CONFIRM, FRAME
from tests.trusted.dialog.router_side import RouterSide

from etui.protocol import LIMITS
from etui.trusted.dialog.machine import MAX_QUEUED
from etui.trusted.dialog.requests import AskSecret, Create, Frame, Message, Reveal, Unlock


@pytest.fixture
def waiting(short_dir: Path) -> tuple[str, ...]:
    """Arguments of a dialog that leaves every showing open."""
    script = short_dir / "script"
    script.write_text('{"answer":"wait"}\n')
    return ("--face", "scripted", "--script", str(script))


def test_without_display_and_terminal_every_showing_is_answered_no_dialog() -> None:
    with RouterSide() as router:
        hello = router.greeted()
        assert (hello.display, hello.protected) == ("none", False)
        router.show(CONFIRM)
        assert router.error() == "no_dialog"


def test_it_ends_when_its_socket_closes(waiting: tuple[str, ...]) -> None:
    with RouterSide(*waiting) as router:
        router.greeted()
        router.show(CONFIRM)
        assert router.hang_up() == 0


def test_it_cannot_be_dumped_and_leaves_no_core(waiting: tuple[str, ...]) -> None:
    with RouterSide(*waiting) as router:
        router.greeted()
        limits = Path(f"/proc/{router.process.pid}/limits").read_text()
        core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
        assert core.split()[4:6] == ["0", "0"]
        if os.getuid() != 0:
            with pytest.raises(PermissionError), Path(f"/proc/{router.process.pid}/mem").open("rb"):
                pass
        else:
            # Of an undumpable process even its own files in /proc belong to root (proc(5)); as root that shows
            # nothing, so ask the process as a child that dropped its user would: by the flag itself.
            assert _dumpable_after_harden() == 0


def _dumpable_after_harden() -> int:
    """PR_GET_DUMPABLE in a child that hardened itself."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        from etui.trusted.memory import harden  # noqa: PLC0415  in the child alone

        harden()
        os.write(writer, bytes([ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)]))
        os._exit(0)
    os.close(writer)
    flag = os.read(reader, 1)
    os.close(reader)
    os.waitpid(child, 0)
    return flag[0]


def test_more_showings_than_can_wait_are_refused(waiting: tuple[str, ...]) -> None:
    with RouterSide(*waiting) as router:
        router.greeted()
        for _ in range(MAX_QUEUED + 2):
            router.show(CONFIRM)
        assert router.error() == "too_many"


def test_a_value_sealed_to_another_session_is_told_as_stale(waiting: tuple[str, ...]) -> None:
    with RouterSide(*waiting) as router:
        router.greeted()
        sealed = router.key.seal_to(router.key.public, b"secret", "dialog/1.reveal.secret")
        router.show(Reveal(frame=FRAME, title="x", sealed=sealed))
        assert router.error() == "stale_key"
        other_field = router.sealed("secret", "dialog/1.ask_secret.secret")
        router.show(Reveal(frame=FRAME, title="x", sealed=other_field))
        assert router.error() == "stale_key"


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(32)])
def test_a_key_that_nothing_can_be_sealed_to_is_refused_before_anybody_types(
    waiting: tuple[str, ...], key: bytes
) -> None:
    with RouterSide(*waiting) as router:
        router.greeted()
        for request in (Unlock(key=key), Create(key=key), AskSecret(frame=FRAME, title="x", key=key)):
            router.show(request)
            assert router.error() == "invalid_params"


def test_a_logo_beyond_64_kib_is_refused(waiting: tuple[str, ...]) -> None:
    with RouterSide(*waiting) as router:
        router.greeted()
        frame = msgspec.structs.replace(FRAME, logo=bytes(65537))
        assert isinstance(frame, Frame)
        router.show(Message(title="x", text="y", frame=frame))
        assert router.error() == "too_large"


def test_unknown_methods_and_wrong_params_are_errors(waiting: tuple[str, ...]) -> None:
    with RouterSide(*waiting) as router:
        router.greeted()
        router.send(b'{"jsonrpc":"2.0","id":7,"method":"dialog.press","params":{}}\n')
        assert router.error() == "unknown_method"
        router.send(b'{"jsonrpc":"2.0","id":8,"method":"dialog.show","params":{"number":1}}\n')
        assert router.error() == "invalid_params"
        router.send(b'{"jsonrpc":"2.0","method":"dialog.close","params":{"number":"x"}}\n')
        assert router.error() == "invalid_params"


def test_the_same_number_twice_is_a_conflict(waiting: tuple[str, ...]) -> None:
    with RouterSide(*waiting) as router:
        router.greeted()
        router.show(CONFIRM)
        shown = msgspec.json.encode({"number": 1, "request": CONFIRM})
        router.send(b'{"jsonrpc":"2.0","id":9,"method":"dialog.show","params":%b}\n' % shown)
        assert router.error() == "conflict"


def test_what_is_no_message_ends_it(waiting: tuple[str, ...]) -> None:
    with RouterSide(*waiting) as router:
        router.greeted()
        router.send(b"nonsense\n")
        assert router.process.wait(60) == 1


def test_a_line_beyond_the_limit_ends_it(waiting: tuple[str, ...]) -> None:
    with RouterSide(*waiting) as router:
        router.greeted()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it may end before all is sent
            router.send(b"x" * (LIMITS.frame_bytes + 2))
        assert router.process.wait(60) == 1
