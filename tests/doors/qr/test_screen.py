"""A code that is on the screen."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from tests.cli.etui import ETUI, run
from tests.doors.qr.pictures import picture
from tests.doors.qr.wayland import PICTURE, Desktop, wayland
from tests.standards.emvqr.codes import SHOP

from etui.doors.qr import PictureError, codes_in, picture_of_screen
from etui.standards.emvqr import encode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.doors.qr.stall import Stall

    from etui.testkit import TestWallet

_WAIT_S: Final = 60.0
_VIEWER: Final = """
import sys
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication, QLabel
app = QApplication(sys.argv)
label = QLabel()
label.setPixmap(QPixmap(sys.argv[1]))
label.show()
app.exec()
"""


@contextmanager
def _ended(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    with process:
        try:
            yield process
        finally:
            process.terminate()


@pytest.fixture
def display(tmp_path: Path) -> Iterator[str]:
    """A display of X11 on which a picture of a code is shown."""
    if (server := shutil.which("Xvfb")) is None:
        pytest.skip("needs package xvfb")
    command = [server, "-displayfd", "1", "-noreset", "-screen", "0", "800x600x24", "-nolisten", "tcp"]
    with _ended(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)) as started:
        assert started.stdout is not None
        name = f":{started.stdout.readline().strip()}"
        assert codes_in(picture_of_screen({"DISPLAY": name})) == ()
        file = tmp_path / "code.png"
        file.write_bytes(picture(encode(SHOP)))
        environ = os.environ | {"DISPLAY": name, "QT_QPA_PLATFORM": "xcb", "HOME": str(tmp_path)}
        with _ended(subprocess.Popen([sys.executable, "-c", _VIEWER, str(file)], env=environ, text=True)):
            yield name


def _wait_until_shown(display: str) -> None:
    deadline = time.monotonic() + _WAIT_S
    while [found.payload for found in codes_in(picture_of_screen({"DISPLAY": display}))] != [encode(SHOP)]:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_code_on_the_screen_is_paid(display: str, wallet: TestWallet, stall: Stall) -> None:
    stall.asks()
    _wait_until_shown(display)
    environ = wallet.environ | stall.environ | {"DISPLAY": display, "WAYLAND_DISPLAY": ""}
    ended = run("pay-qr", "--screen", environ=environ)
    assert ended.stdout.startswith("Paid 12.50 EUR to shop.etui.test (Demo Shop)."), ended.stderr
    assert len(stall.charged) == 1


@pytest.fixture(scope="module")
def desktop() -> Iterator[Desktop]:
    """A desktop under Wayland on whose screen is a picture of a code."""
    with tempfile.TemporaryDirectory(prefix="e") as folder:
        Path(folder).chmod(0o755)  # root's compositor is somebody else's
        file = Path(folder, "code.png")
        file.write_bytes(picture(encode(SHOP)))
        with wayland(Path(folder), file) as started:
            yield started


@contextmanager
def _paying(wallet: TestWallet, stall: Stall, desktop: Desktop) -> Iterator[subprocess.Popen[str]]:
    environ = {**os.environ, **wallet.environ, **stall.environ, **desktop.environ}
    command = [*ETUI, "pay-qr", "--screen"]
    with _ended(
        subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    ) as process:
        yield process


def test_a_code_on_the_screen_is_paid_under_wayland_once_the_user_has_taken_the_picture(
    desktop: Desktop, wallet: TestWallet, stall: Stall
) -> None:
    assert not PICTURE.exists(), "the portal would write over it: move it away"
    stall.asks()
    with _paying(wallet, stall, desktop) as paying:
        desktop.picks(paying)
        said, complaint = paying.communicate()
    assert said.startswith("Paid 12.50 EUR to shop.etui.test (Demo Shop).\n"), complaint
    assert len(stall.charged) == 1
    assert not PICTURE.exists()


def test_nothing_is_paid_under_wayland_where_the_user_takes_no_picture(
    desktop: Desktop, wallet: TestWallet, stall: Stall
) -> None:
    stall.asks()
    with _paying(wallet, stall, desktop) as paying:
        desktop.gives_up(paying)
        said, complaint = paying.communicate()
    assert (paying.returncode, said) == (1, "")
    assert "no picture was taken" in complaint
    assert "etui pay-qr FILE" in complaint
    assert stall.seen == []


@pytest.mark.parametrize(
    ("environ", "what"),
    [
        ({}, "neither DISPLAY nor WAYLAND_DISPLAY is set"),
        ({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, "there is no session bus"),
        ({"DISPLAY": ":4711"}, "cannot be seen"),
    ],
)
def test_a_screen_that_cannot_be_seen_is_said_to_be_so(environ: dict[str, str], what: str) -> None:
    with pytest.raises(PictureError, match=what) as refused:
        picture_of_screen(environ)
    assert "save a picture" in str(refused.value)
