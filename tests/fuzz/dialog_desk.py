"""The dialog's side of its channel: what the Router shows it, through the real link, desk, machine and two faces."""

from __future__ import annotations

import os
import random
import secrets
import socket
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec
from tests.fuzz.corpus import recorded
from tests.fuzz.documents import Speaker, encoded, of_type
from tests.fuzz.mutating import Seeds, writes
from tests.fuzz.router_here import Due

from etui.protocol import FrameReader, Message, ProtocolError, Reassembler, decode_message, encode_notification
from etui.trusted.dialog.desk import Desk
from etui.trusted.dialog.display import Display
from etui.trusted.dialog.link import Link
from etui.trusted.dialog.passphrases import generated
from etui.trusted.dialog.process import _take_messages
from etui.trusted.dialog.requests import Looks, Showing
from etui.trusted.dialog.scripted import ForwardClock, ScriptedFace, ScriptFile
from etui.trusted.dialog.terminal.face import TerminalFace
from etui.trusted.dialog.terminal.tty import Terminal
from etui.trusted.dialog.transcript import Transcript

_SCRIPT: Final = """
{"when":{"face":"confirm"},"answer":"approve","secret":"a passphrase"}
{"when":{"face":"ask_secret"},"answer":"type","secret":"1234"}
{"when":{"face":"unlock"},"answer":"type","secret":"a passphrase"}
{"when":{"face":"create"},"answer":"create","passphrase":"correct horse battery staple"}
{"when":{"face":"appearance"},"answer":"looks"}
{"when":{"face":"choose"},"answer":"choose"}
{"when":{"face":"message"},"answer":"approve"}
"""
_KIND: Final = Display(kind="scripted", sentence="for a test")


class DialogDesk:
    """Answered by a script or drawn on a terminal, in turns."""

    async def begin(self, folder: Path) -> None:
        self._script = folder / "script"
        self._script.write_text(_SCRIPT, encoding="utf-8")
        speaker = Speaker()
        shown, looks = of_type(Showing), of_type(Looks)
        self._seeds = Seeds(
            recorded("dialog"),
            (
                lambda chance: _request(chance, "dialog.show", shown(chance)),
                lambda chance: _request(chance, "dialog.show", shown(chance)),
                lambda chance: b'{"jsonrpc":"2.0","method":"dialog.appearance","params":%b}' % looks(chance),
                lambda chance: encoded(
                    {"jsonrpc": "2.0", "method": "dialog.close", "params": {"number": chance.randrange(-1, 4)}}
                ),
                speaker.notification,
                speaker.result,
            ),
            formed=0.6,
        )
        generated(secrets.choice)  # its list of words is kept from then on, and is nothing that a frame leaves behind
        self._screen, descriptor = os.openpty()
        self._terminal = Terminal(descriptor)
        self._drawing = threading.Thread(target=self._look, daemon=True)
        self._drawing.start()
        self._ready()

    def _look(self) -> None:
        """Takes what is drawn off the terminal, as somebody does who looks at it."""
        with suppress(OSError):
            while os.read(self._screen, 1 << 16):
                pass

    def _ready(self) -> None:
        """A dialog as it is after its start."""
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._ours.setblocking(False)  # noqa: FBT003  # the standard library's signature
        self._socket = theirs
        self._link = Link(theirs)
        self._frames = FrameReader()
        self._sent = Reassembler()
        clock = ForwardClock(time.monotonic)
        self._desk = Desk(send=self._link.send, clock=clock, display=_KIND, is_test_profile=True)
        self._scripted = ScriptedFace(self._desk.report, clock, ScriptFile(self._script), Transcript(None))
        self._drawn = TerminalFace(self._desk.report, clock, self._terminal)
        self._desk.face = self._scripted

    async def feed(self, chance: random.Random, tally: Counter[str], frames: int) -> None:
        while frames > 0:
            lines = [self._seeds.bad(chance) for _ in range(min(frames, chance.choice((1, 1, 2, 4))))]
            frames -= len(lines)
            self._desk.face = chance.choice((self._scripted, self._drawn))
            if not self._judged(lines, chance, tally):
                self._close()
                self._ready()

    def _judged(self, lines: list[bytes], chance: random.Random, tally: Counter[str]) -> bool:
        """Sends the lines and has everything shown taken back; whether the dialog goes on."""
        due = Due(self._sent)
        stream = b"\n".join(lines) + b"\n"
        for line in filter(None, stream.split(b"\n")):
            due.note(line)
        try:
            for part in writes(chance, stream):
                self._write(part)
            for number in list(self._desk._asked):
                self._write(encode_notification("dialog.close", b'{"number":%d}' % number))
        except ProtocolError:
            assert due.refusals or due.ends, f"the dialog ends after {lines!r}"
            tally["closed"] += 1
            return False
        for message in self._read():
            tally["errors" if message.error is not msgspec.UNSET else "answered"] += 1
            due.paid(message)
        assert not due.answers, f"{due.answers} are missing for {lines!r}"
        assert due.refusals <= 0, f"the dialog goes on after {lines!r}"
        return True

    def _write(self, data: bytes) -> None:
        while data:
            with suppress(BlockingIOError):
                data = data[self._ours.send(data) :]
            assert _take_messages(self._link, self._desk, 0.0)
        for _ in range(3):
            assert _take_messages(self._link, self._desk, 0.0)
        if self._desk.face is self._drawn:
            self._drawn.attend(has_keys=False)
        else:
            self._scripted.poll()

    def _read(self) -> list[Message]:
        messages: list[Message] = []
        with suppress(BlockingIOError):
            while data := self._ours.recv(1 << 20):
                messages += [decode_message(line) for line in self._frames.feed(data)]
        return messages

    def _close(self) -> None:
        self._terminal.release()
        self._ours.close()
        self._socket.close()

    async def settled(self) -> None:
        """Nothing is under way."""

    def outstanding(self) -> dict[str, int]:
        return {"shown": len(self._desk._asked), "events": len(self._desk._events)}

    async def end(self) -> None:
        self._close()
        self._terminal.__exit__(None, None, None)
        self._drawing.join(5)
        os.close(self._screen)


def _request(chance: random.Random, method: str, params: bytes) -> bytes:
    return b'{"jsonrpc":"2.0","id":%d,"method":"%b","params":%b}' % (chance.randrange(1 << 30), method.encode(), params)
