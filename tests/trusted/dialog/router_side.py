"""The Router's end of the dialog's socket, for tests and pictures: a real process of the dialog at the other end."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from etui.protocol import FrameReader, Message, decode_message, encode_notification, encode_request
from etui.sealing import ChannelKey
from etui.trusted.dialog.requests import Answer, Finger, FingerNews, FingerStage, Hello, Looks, Request, Showing

PATIENCE_S = 60.0
SOURCE = Path(__file__).parents[3] / "src"


class RouterEnd:
    """Speaks with a dialog over a connected socket."""

    def __init__(self, connection: socket.socket) -> None:
        self.key = ChannelKey()
        self._ours = connection
        self._frames = FrameReader()
        self._waiting: list[Message] = []
        self.number = 0
        """Of the newest showing."""
        self.hello: Hello | None = None

    def greeted(self) -> Hello:
        """The first message."""
        message = self.message()
        assert message.method == "dialog.hello"
        self.hello = msgspec.json.decode(message.params, type=Hello)
        return self.hello

    def show(self, request: Request) -> int:
        """Asks for a showing; its number and the request's id."""
        self.number += 1
        params = msgspec.json.encode(Showing(number=self.number, request=request))
        self._ours.sendall(encode_request(self.number, "dialog.show", params))
        return self.number

    def close(self, number: int) -> None:
        """Takes a showing away."""
        self._ours.sendall(encode_notification("dialog.close", b'{"number":%d}' % number))

    def feel(self, stage: FingerStage, note: str = "") -> None:
        """Tells how it stands with the finger of the newest showing."""
        news = FingerNews(number=self.number, finger=Finger(stage=stage, note=note))
        self._ours.sendall(encode_notification("dialog.finger", msgspec.json.encode(news)))

    def dress(self, looks: Looks) -> None:
        """Tells picture, phrase and colour."""
        self._ours.sendall(encode_notification("dialog.appearance", msgspec.json.encode(looks)))

    def send(self, line: bytes) -> None:
        """Sends any line."""
        self._ours.sendall(line)

    def answer(self) -> Answer:
        """The next result."""
        message = self.message()
        assert message.error is msgspec.UNSET, message.error
        return msgspec.json.decode(message.result, type=Answer)  # type: ignore[arg-type, no-any-return]

    def error(self) -> str:
        """The code of the next error."""
        message = self.message()
        assert message.error is not msgspec.UNSET
        assert message.error.data is not None
        return message.error.data.code

    def has_spoken(self, patience_s: float) -> bool:
        """Whether a message comes within so many seconds."""
        ready, _, _ = select.select([self._ours], [], [], patience_s)
        return bool(self._waiting or ready)

    def insist(self, press: Callable[[], object]) -> Answer:
        """Presses until the dialog answers, each time after it had longer to arm."""
        patience_s = 1.0
        while not self.has_spoken(patience_s):
            assert patience_s < PATIENCE_S / 3, "the dialog takes no approval"
            press()
            patience_s *= 1.5
        return self.answer()

    def message(self) -> Message:
        """The next message."""
        while not self._waiting:
            ready, _, _ = select.select([self._ours], [], [], PATIENCE_S)
            assert ready, "the dialog said nothing"
            data = self._ours.recv(1 << 16)
            assert data, f"the dialog ended: {self._complaint()}"
            self._waiting = [decode_message(line) for line in self._frames.feed(data)]
        return self._waiting.pop(0)

    def sealed(self, text: str, field: str) -> bytes:
        """A text sealed to the dialog."""
        assert self.hello is not None
        return self.key.seal_to(self.hello.key, text.encode(), field)

    def opened(self, sealed: bytes, field: str) -> str:
        """What the dialog sealed to this end."""
        assert self.hello is not None
        return self.key.open(sealed, field, sender=self.hello.key).decode()

    def _complaint(self) -> str:
        return "its process is not ours"


class RouterSide(RouterEnd):
    """Starts ``python -m etui.trusted.dialog`` and speaks with it; ends it by closing its socket, else by its pid."""

    def __init__(self, *arguments: str, environ: dict[str, str] | None = None, tty: int | None = None) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        super().__init__(ours)
        plain = {
            name: value for name, value in os.environ.items() if not name.startswith(("DISPLAY", "WAYLAND", "QT_"))
        }
        with theirs:
            # setsid(1) makes the terminal at its standard input the controlling one, and becomes the dialog.
            leader = ["setsid"] if tty is None else ["setsid", "--ctty"]
            self.process = subprocess.Popen(
                [*leader, *dialog_command(theirs.fileno()), *arguments],
                pass_fds=(theirs.fileno(),),
                env={**plain, "PYTHONPATH": str(SOURCE), **(environ or {})},
                stdin=subprocess.DEVNULL if tty is None else tty,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends it; one that does not end by itself fails the test, unless the test already failed with something."""
        self._ours.close()
        with self.process:  # closes its pipe
            try:
                self.process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                if error is None:
                    raise

    def hang_up(self) -> int:
        """Closes the socket; the status with which the dialog ends."""
        self._ours.shutdown(socket.SHUT_RDWR)
        return self.process.wait(PATIENCE_S)

    def _complaint(self) -> str:
        self.process.wait(PATIENCE_S)
        return "" if self.process.stderr is None else self.process.stderr.read().decode()


def dialog_command(descriptor: int) -> list[str]:
    """What starts the dialog at this descriptor."""
    return [sys.executable, "-m", "etui.trusted.dialog", "--fd", str(descriptor)]
