"""What programs hand over to a managed wallet's supervisor, and what it does not take."""

from __future__ import annotations

import os
import socket
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import msgspec
import pytest
from tests.trusted.supervisor.looped import turns, with_made

from etui.protocol.handing import FromProgram, Hand, Held, Outcome, Restore, ToProgram
from etui.trusted.supervisor.children import stream_pair
from etui.trusted.supervisor.handed import MOST, Handed, HandedFiles

TOKEN: Final = "0123456789abcdef" * 2
OTHER: Final = "f" * 32


class Wallet:
    """The supervisor's end, and programs that come in."""

    def __init__(self, folder: Path) -> None:
        self._held = ExitStack()
        self._path = folder / "files"
        listener = self.kept(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
        listener.bind(str(self._path))
        listener.listen()
        self.restored: list[Handed] = []
        self.files = HandedFiles(listener, self.restored.append)
        self.files.open()

    def kept(self, sock: socket.socket) -> socket.socket:
        """One that is closed at the end."""
        return self._held.enter_context(sock)

    def program(self) -> socket.socket:
        """One that comes in."""
        sock = self.kept(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
        sock.connect(str(self._path))
        sock.setblocking(False)  # noqa: FBT003  # the standard library's signature
        return sock

    def hands(self, program: socket.socket, message: FromProgram) -> socket.socket:
        """The program's end of a stream whose other end it hands over."""
        ours, theirs = map(self.kept, stream_pair())
        socket.send_fds(program, [msgspec.json.encode(message)], [theirs.fileno()])
        theirs.close()
        return ours

    def close(self) -> None:
        """Ends all of it."""
        self.files.close()
        self._held.close()


def in_wallet(folder: Path, test: Callable[[Wallet], Awaitable[None]]) -> None:
    """Runs a test with such a wallet, in an event loop."""
    with_made(lambda: Wallet(folder), test)


def answer(program: socket.socket) -> ToProgram | None:
    """What it was answered; None where it has been let go."""
    try:
        text = program.recv(4096)
    except ConnectionError:
        return None
    return msgspec.json.decode(text, type=ToProgram) if text else None


def test_what_is_handed_over_is_taken_once_by_its_token(short_dir: Path) -> None:
    async def test(wallet: Wallet) -> None:
        program = wallet.program()
        stream = wallet.hands(program, Hand(token=TOKEN))
        await turns()
        assert answer(program) == Held()
        assert wallet.files.take(OTHER) is None
        handed = wallet.files.take(TOKEN)
        assert handed is not None
        assert wallet.files.take(TOKEN) is None
        stream.sendall(b"a package")
        assert handed.stream.recv(100) == b"a package"
        handed.tell(Outcome(message="no", status=1))
        assert answer(program) == Outcome(message="no", status=1)
        handed.close()
        assert stream.recv(1) == b""

    in_wallet(short_dir, test)


def test_it_lasts_as_long_as_the_program_that_handed_it_over(short_dir: Path) -> None:
    async def test(wallet: Wallet) -> None:
        program = wallet.program()
        stream = wallet.hands(program, Hand(token=TOKEN))
        await turns()
        program.close()
        await turns()
        assert wallet.files.take(TOKEN) is None
        assert stream.recv(1) == b""

    in_wallet(short_dir, test)


def test_an_archive_is_passed_on_to_who_restores_it(short_dir: Path) -> None:
    async def test(wallet: Wallet) -> None:
        stream = wallet.hands(wallet.program(), Restore())
        await turns()
        [handed] = wallet.restored
        stream.sendall(b"an archive")
        assert handed.stream.recv(100) == b"an archive"
        handed.close()

    in_wallet(short_dir, test)


@pytest.mark.attack(273)
@pytest.mark.parametrize("text", [b"", b"{}", b"\xff", b'{"type":"hand","token":"../../x"}', b'{"type":"held"}'])
def test_a_program_that_says_what_none_may_has_left(text: bytes, short_dir: Path) -> None:
    async def test(wallet: Wallet) -> None:
        program = wallet.program()
        ours, theirs = map(wallet.kept, stream_pair())
        socket.send_fds(program, [text or b" "], [theirs.fileno()])
        theirs.close()
        await turns()
        assert answer(program) is None
        assert ours.recv(1) == b""

    in_wallet(short_dir, test)


@pytest.mark.attack(273)
def test_a_file_that_a_program_opened_is_neither_read_nor_written(short_dir: Path) -> None:
    async def test(wallet: Wallet) -> None:
        reader, writer = os.pipe()
        (short_dir / "file").write_bytes(b"")
        opened = os.open(short_dir / "file", os.O_RDWR)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as lonely:
            for descriptor in (reader, writer, opened, lonely.fileno()):
                program = wallet.program()
                socket.send_fds(program, [msgspec.json.encode(Hand(token=TOKEN))], [descriptor])
                await turns()
                assert answer(program) is None
                assert wallet.files.take(TOKEN) is None
        for descriptor in (reader, writer, opened):
            os.close(descriptor)

    in_wallet(short_dir, test)


@pytest.mark.attack(273)
def test_a_token_of_anothers_is_not_taken_over_and_nobody_hands_over_twice(short_dir: Path) -> None:
    async def test(wallet: Wallet) -> None:
        first, second = wallet.program(), wallet.program()
        stream = wallet.hands(first, Hand(token=TOKEN))
        await turns()
        wallet.hands(second, Hand(token=TOKEN))
        await turns()
        assert answer(second) is None
        handed = wallet.files.take(TOKEN)
        assert handed is not None
        stream.sendall(b"the first one's")
        assert handed.stream.recv(100) == b"the first one's"
        handed.close()
        third = wallet.program()
        wallet.hands(third, Hand(token=TOKEN))
        wallet.hands(third, Hand(token=OTHER))
        await turns()
        assert wallet.files.take(TOKEN) is None
        assert wallet.files.take(OTHER) is None

    in_wallet(short_dir, test)


@pytest.mark.attack(273)
def test_who_has_waited_longest_leaves_for_others(short_dir: Path) -> None:
    async def test(wallet: Wallet) -> None:
        waiting = []
        for _ in range(MOST):
            waiting.append(wallet.program())
            await turns()
        newest = wallet.program()
        wallet.hands(newest, Hand(token=TOKEN))
        await turns()
        assert answer(newest) == Held()
        assert answer(waiting[0]) is None
        with pytest.raises(BlockingIOError):
            waiting[1].recv(1)

    in_wallet(short_dir, test)
