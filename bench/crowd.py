"""Clients in processes of their own: each has one connection, and one call outstanding as long as it calls.

The program behind it is ``python -m bench.crowd SOCKET METHOD PARAMS CLIENTS``. It forks the Clients, so that a
thousand of them take little more memory than one, and says ``ready`` once each has said hello. For a number on a line
of its input all of them call, each again as soon as it is answered, until each has had so many turns since the last of
them began; when they had them is a line of its output.
"""

from __future__ import annotations

import gc
import itertools
import mmap
import os
import select
import socket
import subprocess
import sys
import time
import traceback
from enum import IntEnum
from pathlib import Path
from types import TracebackType
from typing import Self, TypeAlias

import msgspec

from bench.wire import call_line, connected

_MOST_TURNS = 255
Turn: TypeAlias = tuple[float, float]
"""When a Client called and when it was answered, in seconds of the monotonic clock, which all processes share."""
_ROOT = Path(__file__).parent.parent
_PATIENCE_S = 120.0
_NOTES_BYTES = 8 * (1 + 2 * _MOST_TURNS)


class Crowd:
    """So many Clients of one Router, all of which make the same call; they end with this."""

    def __init__(self, path: Path, method: str, params: bytes, clients: int) -> None:
        """Returns when all are connected; raises ``RuntimeError`` where one could not."""
        command = [sys.executable, "-m", "bench.crowd", str(path), method, params.decode(), str(clients)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=_ROOT)
        self._decoder = msgspec.json.Decoder(list[list[Turn]])
        try:
            self._line()
        except RuntimeError:
            self.end()
            raise

    def call(self, turns: int) -> list[list[Turn]]:
        """Has all of them call until each was answered so often (1 to 255) while all of them did; the turns of each.

        A Client that is faster than the slowest has more of them than that.

        Raises ``RuntimeError`` where one was not answered with a result.
        """
        assert self._process.stdin is not None
        self._process.stdin.write(b"%d\n" % turns)
        self._process.stdin.flush()
        return self._decoder.decode(self._line())

    def end(self) -> None:
        """Ends them, and returns when they are gone."""
        self._process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.end()

    def _line(self) -> bytes:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            msg = "the crowd has ended"
            raise RuntimeError(msg)
        return line


class _Phase(IntEnum):
    """How far a round is; the next one begins when every Client has said that it has what this one is for."""

    BEGIN = 1
    """Until each was answered once."""
    COUNT = 2
    """Until each has had its turns."""
    END = 3
    """Until none calls."""


class _Leader:
    """The process that forks the Clients, has them call and tells what they noted in the memory that it shares."""

    def __init__(self, path: str, line: bytes) -> None:
        self._path = path
        self._line = line
        self._begins = (os.pipe(), os.pipe())
        """Rounds are begun by turns on these two, so that none who is done takes what was meant for another one."""
        self._heard, self._done = os.pipe()
        self._pids: list[int] = []

    def gather(self, clients: int) -> None:
        """Forks them, one after the other, since only so many may wait at a socket to be let in."""
        self._notes = memoryview(mmap.mmap(-1, (clients + 1) * _NOTES_BYTES)).cast("d")
        for number in range(clients):
            pid = os.fork()
            if pid == 0:
                self._live(number)
            self._pids.append(pid)
            self._await(1)

    def lead(self) -> None:
        """Has them call as often as each line of the input says."""
        os.write(1, b"ready\n")
        members = range(len(self._pids))
        for (_, begin), line in zip(itertools.cycle(self._begins), sys.stdin.buffer, strict=False):
            self._phase[0] = _Phase.BEGIN
            os.write(begin, bytes([int(line)]) * len(members))
            self._await(len(members))
            for phase in (_Phase.COUNT, _Phase.END):
                self._phase[0] = phase
                self._await(len(members))
            sys.stdout.buffer.write(msgspec.json.encode([self._turns(number) for number in members]) + b"\n")
            sys.stdout.buffer.flush()

    def disband(self) -> None:
        """Lets the Clients end, which they do as well when this process is killed."""
        for _, begin in self._begins:
            os.close(begin)
        for pid in self._pids:
            os.waitpid(pid, 0)

    def _await(self, clients: int) -> None:
        """Returns when so many have said that they have what the phase is for."""
        while clients:
            if not select.select([self._heard], [], [], _PATIENCE_S)[0]:
                msg = f"{clients} Clients are not done"
                raise RuntimeError(msg)
            said = os.read(self._heard, clients)
            if b"!" in said:
                msg = "a Client had no answer"
                raise RuntimeError(msg)
            clients -= len(said)

    @property
    def _phase(self) -> memoryview[float]:
        return self._notes[-1:]

    def _noted(self, number: int) -> memoryview[float]:
        """How many turns a Client had, then when it called and when it was answered in each."""
        size = _NOTES_BYTES // 8
        return self._notes[number * size : (number + 1) * size]

    def _turns(self, number: int) -> list[Turn]:
        had, *times = self._noted(number).tolist()
        return list(zip(times[: 2 * int(had) : 2], times[1 : 2 * int(had) : 2], strict=True))

    def _live(self, number: int) -> None:
        """What a Client does; it never returns."""
        for _, begin in self._begins:
            os.close(begin)
        os.close(0)
        os.dup2(2, 1)  # whoever waits for the leader's output hears of its end
        status = 1
        try:
            self._take_rounds(self._noted(number))
            status = 0
        except (OSError, RuntimeError):
            traceback.print_exc()
            os.write(self._done, b"!")
        finally:
            os._exit(status)

    def _take_rounds(self, notes: memoryview[float]) -> None:
        with connected(self._path) as sock:
            os.write(self._done, b".")
            for begun, _ in itertools.cycle(self._begins):
                turns = os.read(begun, 1)
                if not turns:
                    return
                self._call(sock)
                os.write(self._done, b".")
                self._take_turns(sock, turns[0], notes)
                os.write(self._done, b".")

    def _take_turns(self, sock: socket.socket, turns: int, notes: memoryview[float]) -> None:
        phase = self._phase
        had = 0
        while phase[0] == _Phase.BEGIN:
            self._call(sock)
        while phase[0] == _Phase.COUNT:
            turn = self._call(sock)
            if had < _MOST_TURNS:
                notes[1 + 2 * had], notes[2 + 2 * had] = turn
                had += 1
                notes[0] = had
                if had == turns:
                    os.write(self._done, b".")

    def _call(self, sock: socket.socket) -> Turn:
        called = time.monotonic()
        sock.sendall(self._line)
        answer = sock.recv(1 << 16)
        answered = time.monotonic()
        if b'"result"' not in answer or not answer.endswith(b"\n"):
            raise RuntimeError(answer.decode())
        return called, answered


def main() -> None:
    """Leads a crowd until the end of the input."""
    path, method, params, clients = sys.argv[1:]
    leader = _Leader(path, call_line(1, method, params.encode()))
    gc.freeze()  # so that no collection of a Client's copies what they share
    leader.gather(int(clients))
    leader.lead()
    leader.disband()


if __name__ == "__main__":
    main()
