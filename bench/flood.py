"""A Client that calls as fast as the Router lets it: ``python -m bench.flood SOCKET METHOD PARAMS``.

It writes without waiting for any answer, until it is ended.
"""

from __future__ import annotations

import itertools
import sys
import threading

from bench.wire import call_line, connected

_BATCH = 1000


def _drain(reading: object) -> None:
    while reading.recv(1 << 20):  # type: ignore[attr-defined]
        pass


def main() -> None:
    """Floods."""
    path, method, params = sys.argv[1:]
    sock = connected(path)
    threading.Thread(target=_drain, args=(sock,), daemon=True).start()
    lines = b"".join(call_line(number, method, params.encode()) for number in range(1, _BATCH + 1))
    for number in itertools.count():
        sock.sendall(lines)
        if number == 0:
            print("floods", flush=True)


if __name__ == "__main__":
    main()
