"""The dialog's terminal face in a terminal of tmux(1), shown one sample after another and read back as text."""

from __future__ import annotations

import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.trusted.dialog.router_side import RouterEnd

from pictures.samples import LOOKS, Sample, samples

PATIENCE_S: Final = 60.0
_STILL_S: Final = 0.5
_LOOK_S: Final = 0.05
_MORE: Final = "-- more: Space --"
_SOURCE: Final = Path(__file__).parents[1] / "src"
# Becomes the dialog, at a descriptor that is connected to us: tmux hands none on.
_PANE: Final = """\
import os, socket, sys
link = socket.socket(socket.AF_UNIX)
link.connect(sys.argv[1])
link.set_inheritable(True)
words = [sys.executable, "-m", "etui.trusted.dialog", "--face", "terminal", "--fd", str(link.fileno())]
os.execve(sys.executable, words, {**os.environ, "PYTHONPATH": sys.argv[2]})
"""


class Terminal:
    """A terminal of tmux, in a server of its own."""

    def __init__(self, folder: Path, width: int, height: int, command: list[str]) -> None:
        self._server = ["tmux", "-S", str(folder / "tmux"), "-f", "/dev/null"]
        self._do("new-session", "-d", "-x", str(width), "-y", str(height), shlex.join(command))

    def end(self) -> None:
        """Ends the terminal with whatever runs in it; with the last that ran there it may have ended already."""
        try:
            self._do("kill-server")
        except subprocess.CalledProcessError:
            if self.runs():
                raise

    def runs(self) -> bool:
        """Whether it is there still."""
        asked = [*self._server, "list-sessions"]
        return subprocess.run(asked, capture_output=True, timeout=PATIENCE_S, check=False).returncode == 0

    def press(self, keys: str) -> None:
        """Presses a named key, or types a text."""
        literal = [] if keys in {"Enter", "Space"} else ["-l"]
        self._do("send-keys", *literal, keys)

    def text(self) -> str:
        """What stands on the screen once it does not change any more."""
        deadline = time.monotonic() + PATIENCE_S
        seen, still_since = self._do("capture-pane", "-p"), time.monotonic()
        while time.monotonic() < still_since + _STILL_S or not seen.strip():
            if time.monotonic() > deadline:
                raise TimeoutError("the terminal does not come to rest")
            time.sleep(_LOOK_S)
            fresh = self._do("capture-pane", "-p")
            if fresh != seen:
                seen, still_since = fresh, time.monotonic()
        return seen

    def _do(self, *words: str) -> str:
        done = subprocess.run([*self._server, *words], capture_output=True, text=True, timeout=PATIENCE_S, check=True)
        return done.stdout


def take_terminals(width: int, height: int, wanted: frozenset[str], into: Path) -> None:
    """Takes the texts of a terminal of this size that are wanted (``NAME``)."""
    with _dialog(width, height) as (terminal, router):
        for sample in samples(router.sealed):
            if sample.name not in wanted:
                continue
            path = into / f"{sample.name}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(_pages(terminal, router, sample), encoding="utf-8")
            router.close(router.number)
            if router.error() != "cancelled":
                raise RuntimeError("the dialog answered a question that nobody answered")


@contextmanager
def _dialog(width: int, height: int) -> Iterator[tuple[Terminal, RouterEnd]]:
    with TemporaryDirectory(prefix="etui-") as path, socket.socket(socket.AF_UNIX) as listener:
        address = str(Path(path) / "router")
        listener.bind(address)
        listener.listen()
        listener.settimeout(PATIENCE_S)
        terminal = Terminal(Path(path), width, height, [sys.executable, "-c", _PANE, address, str(_SOURCE)])
        try:
            connection, _ = listener.accept()
            with connection:
                router = RouterEnd(connection)
                router.greeted()
                yield terminal, router
        finally:
            terminal.end()


def _pages(terminal: Terminal, router: RouterEnd, sample: Sample) -> str:
    """Every page of a sample, one below the other."""
    if sample.has_looks:
        router.dress(LOOKS)
    router.show(sample.request)
    terminal.text()
    for keys in sample.terminal:
        terminal.press(keys)
    pages = [terminal.text()]
    while _MORE in pages[-1]:
        terminal.press("Space")
        pages.append(terminal.text())
    return ("\n" + "═" * 40 + "\n\n").join(page.rstrip() + "\n" for page in pages)
