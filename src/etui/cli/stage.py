"""What the tour plays on: a test wallet, a message bus of its own, and two programs that use them, in one folder.

Nothing here touches the user's wallet, bus or files: the folder is below /tmp and removed at the end, and every process
that is started is ended by its own id.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from etui.cli.exits import CommandError
from etui.cli.scenery import BANK, OPERATOR, SERVICE, SHOP, Town, sshd, town, web_service
from etui.interfaces import shell_1 as shell
from etui.testkit import TestAuthority, TestWallet, private_bus
from etui.testkit.proxy import Proxy
from etui.testkit.readers import virtual_reader

if TYPE_CHECKING:
    from etui.testkit import ScriptedUser

_PACKAGES: Final = {"dbus-daemon": "dbus-daemon", "secret-tool": "libsecret-tools"}
_COMMANDS: Final = {"etui": "etui.cli", "age-plugin-etui": "etui.doors.age"}
_RUN_S: Final = 60.0
_PROGRAM: Final = """\
#!/bin/sh
case $1 in
    store) printf %s "$2" | secret-tool store --label='Mail of Ada' service mail user ada ;;
    lookup) secret-tool lookup service mail user ada ;;
esac
"""


class Ran(msgspec.Struct, frozen=True):
    """A command that was run. ``line``: as a person types it."""

    line: str
    status: int
    stdout: str
    stderr: str


class Stage:
    """A wallet that runs, and programs that ask it for something."""

    def __init__(self, played: TestWallet, programs: Path, opened: Town) -> None:
        self._wallet = played
        self._programs = programs
        self.town = opened
        self._seen = ""

    @property
    def user(self) -> ScriptedUser:
        """The user, who answers by rules."""
        return self._wallet.user

    @property
    def test_wallet(self) -> TestWallet:
        """The wallet."""
        return self._wallet

    @property
    def folder(self) -> Path:
        """Where the programs lie, and what they make; it goes with the stage."""
        return self._programs

    def program(self, *words: str) -> Ran:
        """Runs one of the programs, ``mailer``, ``game`` or one that ``write`` wrote, in their folder."""
        # By the shell's name, since /tmp may be mounted so that nothing in it can be executed.
        return self.run("sh", *words)

    def write(self, name: str, text: str) -> Path:
        """A file beside the programs."""
        path = self._programs / name
        path.write_text(text, encoding="utf-8")
        return path

    def run(self, *command: str) -> Ran:
        """Runs any command in the programs' folder, where ``etui`` and its plugin for age are found, and the agent."""
        result = subprocess.run(
            command,
            cwd=self._programs,
            env=self._wallet.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_RUN_S,
            check=False,
        )
        return _ran(list(command), result)

    def etui(self, *arguments: str) -> Ran:
        """Runs a command of ours."""
        return _ran(["etui", *arguments], self._wallet.etui(*arguments))

    def decisions(self, *actions: str) -> list[shell.RecordRow]:
        """The decisions on these actions since it was last asked, oldest first."""
        with self._wallet.connect(name="tour") as client:
            records = client.call(shell.Audit(limit=200)).records
        ids = [record.id for record in records]
        new = records[: ids.index(self._seen)] if self._seen in ids else records
        if ids:
            self._seen = ids[0]
        return [record for record in reversed(new) if record.action in actions]

    @contextlib.contextmanager
    def way_to_shop(self) -> Iterator[None]:
        """Has commands find the shop by its name, through a proxy."""
        proxy = Proxy(self.town.opened().shop)
        before = self._wallet.environ.copy()
        self._wallet.environ.update(proxy.environ)
        try:
            yield
        finally:
            self._wallet.environ.clear()
            self._wallet.environ.update(before)
            proxy.close()

    @contextlib.contextmanager
    def host(self, name: str, public: str) -> Iterator[int]:
        """A real sshd on the loopback that lets in who has this key; its port."""
        with sshd(self._programs / name, public) as port:
            yield port


def _ran(command: list[str], result: subprocess.CompletedProcess[str]) -> Ran:
    return Ran(f"$ {shlex.join(command)}", result.returncode, result.stdout, result.stderr)


def _commands(folder: Path) -> Path:
    """A folder in which ``etui`` and its plugin for age are found: that of this Python, or one that is made here."""
    beside = Path(sys.executable).parent
    if all((beside / name).exists() for name in _COMMANDS):
        return beside
    made = folder / "commands"
    made.mkdir()
    for name, module in _COMMANDS.items():
        command = made / name
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -m {module} "$@"\n', encoding="utf-8")
        command.chmod(0o755)
    return made


@contextlib.contextmanager
def stage(*, at_reader: bool = False) -> Iterator[Stage]:
    """Sets everything up and takes it down; raises ``CommandError`` for what is not installed, ``StartError``.

    ``at_reader``: with a virtual reader of smart cards, for a process that went ``readers.apart``.
    """
    for program, package in _PACKAGES.items():
        if shutil.which(program) is None:
            raise CommandError(f"the tour needs {program}; on Debian: apt-get install {package}")
    folder = Path(tempfile.mkdtemp(prefix="etui-tour-", dir="/tmp"))  # a socket's path has to be short
    try:
        with private_bus(folder) as bus:
            for name in ("mailer", "game"):
                (folder / name).write_text(_PROGRAM, encoding="utf-8")
            played = folder / "w"
            played.mkdir(mode=0o700)
            authority = TestAuthority(folder)
            environ = {
                "DBUS_SESSION_BUS_ADDRESS": bus.address,
                "HOME": str(folder),
                "PATH": f"{_commands(folder)}:{os.environ['PATH']}",
            }
            if at_reader:
                environ["ETUI_VPCD_CLOSED"] = "1"  # both ends of the one network that is here are here
            for host in (BANK, OPERATOR, SHOP):
                authority.context_for(host)
            with (
                virtual_reader(folder / "pcscd.log") if at_reader else contextlib.nullcontext(),
                web_service(authority.context_for(SERVICE)) as port,
                town(folder) as opened,
                TestWallet(
                    played,
                    environ=environ,
                    hosts={SERVICE: port, BANK: opened.bank, OPERATOR: opened.operator},
                    authority=authority.file.read_bytes(),
                ) as started,
            ):
                started.environ["SSH_AUTH_SOCK"] = str(started.socket.with_name("ssh-agent"))
                started.environ["SSL_CERT_FILE"] = str(authority.file)  # of the shop
                yield Stage(started, folder, opened)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
