"""The clipboards of a real X server and compositor: a secret is there for its time, and no other value is touched."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from tests.cli.etui import ETUI, WAIT_S, done, wait_until
from tests.compositor import composing

from etui.cli.clipboard import HELD_S
from etui.testkit import TestWallet


def needs(program: str, package: str) -> str:
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"needs package {package}")
    return path


class Clipboard:
    """What another program of the user does with the clipboard: pastes and copies with these commands."""

    def __init__(self, environ: dict[str, str], *, paste: Sequence[str], copy: Sequence[str]) -> None:
        self.environ = environ
        self._paste = paste
        self._copy = copy

    def pasted(self) -> str | None:
        """What a paste gives; None where nobody holds the clipboard."""
        result = subprocess.run(self._paste, env=self.environ, capture_output=True, text=True, check=False)
        return result.stdout if result.returncode == 0 else None

    @contextmanager
    def copying(self, text: str) -> Iterator[None]:
        """Copies, as an editor does that stays open."""
        with subprocess.Popen(self._copy, env=self.environ, stdin=subprocess.PIPE, text=True) as process:
            assert process.stdin is not None
            process.stdin.write(text)
            process.stdin.close()
            try:
                yield
            finally:
                process.terminate()


@pytest.fixture(params=["x11", "wayland"])
def clipboard(wallet: TestWallet, request: pytest.FixtureRequest) -> Iterator[Clipboard]:
    """The clipboard of a display of its own; the wallet holds an item “Mail”."""
    done(wallet, "add", "Mail", stdin="hunter2")
    kind = {"x11": x11_clipboard, "wayland": wayland_clipboard}[request.param]
    with kind(
        {name: value for name, value in wallet.environ.items() if name not in {"DISPLAY", "WAYLAND_DISPLAY"}}
    ) as it:
        yield it


@contextmanager
def wayland_clipboard(environ: dict[str, str]) -> Iterator[Clipboard]:
    copy, paste = needs("wl-copy", "wl-clipboard"), needs("wl-paste", "wl-clipboard")
    with TemporaryDirectory(prefix="etui-", dir="/tmp") as folder, composing(Path(folder)) as compositor:
        yield Clipboard({**environ, **compositor.environ}, paste=[paste, "--no-newline"], copy=[copy, "--foreground"])


@contextmanager
def x11_clipboard(environ: dict[str, str]) -> Iterator[Clipboard]:
    xclip = [needs("xclip", "xclip"), "-selection", "clipboard"]
    command = [needs("Xvfb", "xvfb"), "-displayfd", "1", "-noreset", "-screen", "0", "64x64x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            assert server.stdout is not None
            display = f":{server.stdout.readline().strip()}"
            yield Clipboard({**environ, "DISPLAY": display}, paste=[*xclip, "-o"], copy=[*xclip, "-quiet"])
        finally:
            server.terminate()


@contextmanager
def using(clipboard: Clipboard) -> Iterator[subprocess.Popen[str]]:
    """``etui use mail --clipboard``, once the secret is there."""
    with subprocess.Popen(
        [*ETUI, "use", "mail", "--clipboard"],
        env=clipboard.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            wait_until(lambda: clipboard.pasted() == "hunter2" or process.poll() is not None)
            assert process.poll() is None
            yield process
        finally:
            process.terminate()


@pytest.mark.parametrize("clipboard", ["x11", pytest.param("wayland", marks=pytest.mark.long)], indirect=True)
def test_a_secret_can_be_pasted_more_than_once_and_is_gone_after_its_time(clipboard: Clipboard) -> None:
    began = time.monotonic()
    with using(clipboard) as process:
        assert clipboard.pasted() == "hunter2"
        stdout, stderr = process.communicate(timeout=HELD_S + WAIT_S)
        assert process.returncode == 0, stderr
        assert HELD_S == 20
        assert time.monotonic() - began >= HELD_S
        assert clipboard.pasted() is None
        assert "empty again" in stdout
        assert "hunter2" not in stdout + stderr


def test_what_the_user_copies_meanwhile_is_left_alone(clipboard: Clipboard) -> None:
    with using(clipboard) as process, clipboard.copying("a line of mine"):
        stdout, stderr = process.communicate(timeout=WAIT_S)
        assert process.returncode == 0, stderr
        assert clipboard.pasted() == "a line of mine"
        assert "Something else was copied" in stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ending_the_command_takes_the_secret_away_at_once(clipboard: Clipboard, number: signal.Signals) -> None:
    with using(clipboard) as process:
        os.kill(process.pid, number)
        process.communicate(timeout=WAIT_S)
        assert process.returncode == 128 + number
        assert clipboard.pasted() is None


def test_a_kill_of_the_command_takes_the_secret_away_too(clipboard: Clipboard) -> None:
    with using(clipboard) as process:
        process.kill()
        process.wait(WAIT_S)
        wait_until(lambda: clipboard.pasted() is None)
