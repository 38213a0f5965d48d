"""What an Extension says on standard error, on its way to the wallet's own.

It has a pipe of its own, and never the wallet's standard error: that may be a terminal, where it could read what is
typed and draw what looks like a dialog, or a file, which it could read and cut short.

Rules:

1. Each line bears the name of who said it, and holds what is printed alone: no control character, no sequence for a
   terminal, nothing invisible.
2. What is more than ``_BURST_BYTES`` at once and ``_BYTES_A_SECOND`` in the long run is left out until a while of
   silence, which is said once each time: it fills no disk.
3. Nobody waits for it: what the wallet's standard error does not take now is left out.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
from typing import Final

_PIPE_BYTES: Final = 64 << 10
_READ_BYTES: Final = 16 << 10
_PAUSE_S: Final = 0.01
_LINE_BYTES: Final = 1000
"""Of one line; a longer one is broken. With its marks it stays below what a pipe takes at once (PIPE_BUF)."""
_BURST_BYTES: Final = 64 << 10
_BYTES_A_SECOND: Final = 256.0
_SILENCE_BYTES: Final = 8 << 10
"""How much has to be saved up before somebody who said too much is heard again."""
_MARK: Final = "\N{REPLACEMENT CHARACTER}"


class Said:
    """The pipe of one process's standard error: ``end`` is for the process, and closed once that has it."""

    def __init__(self, name: str, output: int) -> None:
        self._name = name
        self._output = output
        self._loop = asyncio.get_running_loop()
        self._pipe, self.end = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self._pipe, False)
        self._begun = b""
        self._left = float(_BURST_BYTES)
        self._counted_at = self._loop.time()
        self._leaves_out = False
        self._pause: asyncio.TimerHandle | None = None
        self._listen()

    def handed_over(self) -> None:
        """Closes the process's end here, since the process has it or was not started."""
        os.close(self.end)

    def finish(self) -> None:
        """Passes on what is left of a process that ended, and closes the pipe; it may be closed already."""
        if self._pipe < 0:
            return
        with contextlib.suppress(BlockingIOError):  # it is not quite at its end yet; nobody waits for that
            for _ in range(_PIPE_BYTES // _READ_BYTES):
                self._take(os.read(self._pipe, _READ_BYTES))
        self._close()

    def _listen(self) -> None:
        self._pause = None
        self._loop.add_reader(self._pipe, self._hear)

    def _hear(self) -> None:
        """Takes a part, and the next one a moment later: whoever never stops costs the wallet next to nothing."""
        self._loop.remove_reader(self._pipe)
        data = os.read(self._pipe, _READ_BYTES)
        self._take(data)
        if data:
            self._pause = self._loop.call_later(_PAUSE_S, self._listen)
        else:
            self._close()

    def _close(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
        self._loop.remove_reader(self._pipe)
        os.close(self._pipe)
        self._pipe = -1
        if self._begun:
            self._pass_on(self._begun)
            self._begun = b""

    def _take(self, data: bytes) -> None:
        *lines, self._begun = (self._begun + data).split(b"\n")
        while len(self._begun) > _LINE_BYTES:
            lines.append(self._begun[:_LINE_BYTES])
            self._begun = self._begun[_LINE_BYTES:]
        for line in lines:
            for start in range(0, max(len(line), 1), _LINE_BYTES):
                self._pass_on(line[start : start + _LINE_BYTES])

    def _pass_on(self, line: bytes) -> None:
        text = f"{self._name}: {_printed(line)}\n".encode()
        now = self._loop.time()
        self._left = min(_BURST_BYTES, self._left + (now - self._counted_at) * _BYTES_A_SECOND)
        self._counted_at = now
        if self._left < (_SILENCE_BYTES if self._leaves_out else len(text)):
            if not self._leaves_out:
                self._leaves_out = True
                self._write(f"{self._name}: says more than is kept here; some of it is left out\n".encode())
            return
        self._left -= len(text)
        self._leaves_out = False
        self._write(text)

    def _write(self, text: bytes) -> None:
        poll = select.poll()
        poll.register(self._output, select.POLLOUT)
        if poll.poll(0):
            with contextlib.suppress(OSError):  # it is gone or full, and there is no other place to say so
                os.write(self._output, text)


def _printed(line: bytes) -> str:
    """A line as text in which nothing but what is seen is left."""
    text = line.decode("utf-8", errors="replace").replace("\t", "    ")
    return "".join(character if character.isprintable() else _MARK for character in text)
