"""What a command hands over to a wallet that the machine runs: it opens no file that its person names."""

from __future__ import annotations

import contextlib
import secrets
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

import msgspec

from etui.cli.exits import CommandError, Exit
from etui.protocol.handing import FromProgram, Hand, Held, Outcome, Restore, ToProgram

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from etui.protocol import Place

_FILES: Final = "files"
_MAX_BYTES: Final = 4096
_PIECE_BYTES: Final = 1 << 20
_CONNECT_S: Final = 60.0
_DECODER: Final[msgspec.json.Decoder[ToProgram]] = msgspec.json.Decoder(ToProgram)


class Handing:
    """A stream whose other end the wallet has. ``token``: by which a request names it."""

    def __init__(self, wallet: socket.socket, stream: socket.socket, token: str) -> None:
        self._wallet = wallet
        self._stream = stream
        self.token = token

    def pieces(self) -> Iterator[bytes]:
        """What the wallet writes, to its end."""
        while piece := self._stream.recv(_PIECE_BYTES):
            yield piece

    def write(self, file: BinaryIO, advance: Callable[[int], None] = lambda _: None) -> None:
        """Writes all of a file; what the wallet does not read any more stays unwritten."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            while piece := file.read(_PIECE_BYTES):
                self._stream.sendall(piece)
                advance(len(piece))
            self._stream.shutdown(socket.SHUT_WR)

    @contextlib.contextmanager
    def writing(self, file: BinaryIO) -> Iterator[None]:
        """Writes a file while the block runs."""
        thread = threading.Thread(target=self.write, args=(file,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            with contextlib.suppress(OSError):  # it is over, and nobody waits for room in it any more
                self._stream.shutdown(socket.SHUT_RDWR)
            thread.join()

    def done(self) -> None:
        """Returns once the wallet has said that all went well; raises ``CommandError`` with what it says else."""
        answer = _answer(self._wallet)
        if not isinstance(answer, Outcome):
            raise _unsaid()
        if answer.message:
            raise CommandError(answer.message, Exit(answer.status))

    def over(self) -> None:
        """Returns once the wallet has ended, which it does to begin anew."""
        with contextlib.suppress(OSError):
            while self._wallet.recv(_MAX_BYTES):
                pass


@contextlib.contextmanager
def handed(place: Place) -> Iterator[Handing]:
    """Hands a stream over, which a request then names; raises ``CommandError``."""
    token = secrets.token_hex(16)
    with _handed(place, Hand(token=token), token) as handing:
        if not isinstance(_answer(handing._wallet), Held):  # noqa: SLF001
            raise _unsaid()
        yield handing


@contextlib.contextmanager
def restoring(place: Place) -> Iterator[Handing]:
    """Hands a stream over by which an archive comes; raises ``CommandError``."""
    with _handed(place, Restore(), "") as handing:
        yield handing


@contextlib.contextmanager
def _handed(place: Place, message: FromProgram, token: str) -> Iterator[Handing]:
    path = Path(place.socket).with_name(_FILES)
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC) as wallet,
        contextlib.ExitStack() as both,
    ):
        ours, theirs = map(both.enter_context, socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM))
        wallet.settimeout(_CONNECT_S)
        try:
            wallet.connect(str(path))
            socket.send_fds(wallet, [msgspec.json.encode(message)], [theirs.fileno()])
        except OSError as error:
            text = f"the wallet that this machine runs for you takes nothing at {path}: {error.strerror or error}"
            raise CommandError(text, Exit.NOT_RUNNING) from None
        theirs.close()
        wallet.settimeout(None)
        yield Handing(wallet, ours, token)


def _answer(wallet: socket.socket) -> ToProgram | None:
    try:
        return _DECODER.decode(wallet.recv(_MAX_BYTES))
    except (OSError, msgspec.DecodeError):
        return None


def _unsaid() -> CommandError:
    return CommandError("the wallet ended before it said what became of it; `etui status` says how it stands")
