"""A tap through the real pcscd: its virtual reader, an emulated card in it, and the terminal's own command.

Started by a test as root in a network and a mount namespace of its own, since pcscd's socket has a fixed path and the
reader listens on every address. Arguments: a folder. It writes there what the command said.
"""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Final

from tests.counterparts.pos.emulator import Emulator
from tests.counterparts.pos.settings_text import settings_text

PORT: Final = 0x8C7B
READER: Final = "Virtual PCD 00 00"
ATR: Final = bytes.fromhex("3B80800101")
_PATIENCE_S: Final = 60.0
_POWER: Final = {0, 1, 2}
_ATR_WANTED: Final = 4


def serve(card: Emulator, line: socket.socket) -> None:
    """The card in the reader: frames of two bytes of length, of which those of one byte are signals (vpcd.h)."""
    transmit = card.present()
    with contextlib.suppress(OSError), line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream = line.makefile("rb")
        while head := stream.read(2):
            frame = stream.read(int.from_bytes(head, "big"))
            if len(frame) == 1 and frame[0] in _POWER:
                transmit = card.present()
                continue
            answer = ATR if frame == bytes((_ATR_WANTED,)) else transmit(frame)
            line.sendall(len(answer).to_bytes(2, "big") + answer)


def until(works: object) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not works():  # type: ignore[operator]
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.05)


def main() -> None:
    folder = Path(sys.argv[1])
    subprocess.run(["mount", "-t", "tmpfs", "pcscd", "/run/pcscd"], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    settings = folder / "terminal.toml"
    settings.write_text(settings_text())
    card = Emulator(offline_minor=5_000, refuses=1)
    with (folder / "pcscd.log").open("wb") as log:
        pcscd = subprocess.Popen(["/usr/sbin/pcscd", "--foreground"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    lines: list[socket.socket] = []

    def reached() -> bool:
        with contextlib.suppress(OSError):
            lines.append(socket.create_connection(("127.0.0.1", PORT), timeout=_PATIENCE_S))
        return bool(lines)

    try:
        until(Path("/run/pcscd/pcscd.comm").exists)
        until(reached)
        lines[0].settimeout(None)
        threading.Thread(target=serve, args=(card, lines[0]), daemon=True).start()
        command = [sys.executable, "-m", "etui.counterparts.pos", "till", "12.50", "--settings", str(settings)]
        command += ["--db", f"sqlite:///{folder}/pos.db", "--acquirer", "127.0.0.1:1", "--reader", READER]
        listed = subprocess.run([*command[:3], "readers"], capture_output=True, text=True, check=False, timeout=60)
        said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    finally:
        pcscd.terminate()
        pcscd.wait(_PATIENCE_S)
    result = [listed.stdout, said.returncode, said.stdout, said.stderr, card.amounts]
    (folder / "said.json").write_text(json.dumps(result))


if __name__ == "__main__":
    main()
