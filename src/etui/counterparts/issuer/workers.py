"""Several processes on one port, each with a listener of its own among which the kernel shares the connections out.

The process that started them begins another where one has ended, and they end with it, however it ends.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Final, NoReturn

_BACKLOG: Final = 512
_AGAIN_AFTER_S: Final = 1.0
_STOPS: Final = (signal.SIGTERM, signal.SIGINT)
_LOG: Final = logging.getLogger("etui.issuer")


def listeners(host: str, port: int, count: int) -> list[socket.socket]:
    """So many listening sockets on one port; on a free one where ``port`` is 0. Raises ``OSError``."""
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    made: list[socket.socket] = []
    for _ in range(count):
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if count > 1:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
        port = listener.getsockname()[1]
        made.append(listener)
    return made


def watch(sockets: Sequence[socket.socket], work: Callable[[socket.socket, int], None]) -> int:
    """Runs ``work`` with each socket in a process of its own until SIGTERM or SIGINT; then ends them, and returns 0.

    ``work`` is also given a descriptor that reads its end when this process is gone. It is called in a fork: threads
    and connections are made there and not before.
    """
    reads, writes = os.pipe()
    running: dict[int, socket.socket] = {}
    stopping = False

    def stop(number: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True
        for pid in running:
            os.kill(pid, number)

    def start(listener: socket.socket) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)  # so that no worker is begun that is not told to end
        pid = os.fork()
        if not pid:
            os.close(writes)
            _work(work, listener, reads)
        running[pid] = listener
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)

    for number in _STOPS:
        signal.signal(number, stop)
    for each in sockets:
        start(each)
    while running:
        pid, status = os.wait()
        listener = running.pop(pid)
        if stopping:
            continue
        _LOG.error("a worker ended by %d and is started again", status)
        time.sleep(_AGAIN_AFTER_S)
        if not stopping:
            start(listener)
    return 0


def _work(work: Callable[[socket.socket, int], None], listener: socket.socket, lives: int) -> NoReturn:
    try:
        for number in _STOPS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
        work(listener, lives)
    except BaseException:  # noqa: BLE001  # said in the log, since nothing of it may go on in the fork
        _LOG.exception("a worker ends")
        os._exit(1)
    os._exit(0)
