"""A day of an ordinary desktop within minutes: programs that want a secret, and all that a day does to programs.

Every program is one: shell, Python, Perl and Node scripts and what they call, `secret-tool`, `git` with a credential
helper, `ssh` with the wallet's agent, programs with a path of their own, one that runs as from an AppImage. The user
says yes to each the first time, for as long as the dialog offers. Then time passes:

1. In the morning the wallet is unlocked, the desktop's programs start, a timer starts the scripts, again and again,
   and somebody types `git` in a window.
2. Updates come: a program's file is replaced while it runs, another moves to the folder of its new version and the old
   one goes, an AppImage is renamed, environments are built anew, the owner edits a script.
3. The machine is started again, and the afternoon is as the morning was. At its end a program comes that is a stranger
   to it all: it wants what another was allowed, is refused, and goes on asking.

Two things are made up: `cron` and the window are programs that do what matters here of cron and of a terminal
emulator, under these names; and what mounts the AppImage is a folder of the form that the real thing has.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pty
import shlex
import shutil
import subprocess
import sys
import time
import venv
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import msgspec
import secretstorage
from jeepney.io.blocking import open_dbus_connection
from judges.sshd import server

from bench.wallets import session_bus
from etui.interfaces import crypto_1 as crypto
from etui.testkit import TestWallet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judges.sshd import Server

    from etui.sdk import Client
    from etui.testkit import ScriptedUser

NEEDS: Final = {"secret-tool": "libsecret-tools", "git": "git", "ssh": "openssh-client", "node": "nodejs"}
"""Programs of the day, and the packages of Debian that have them; `sshd` and `perl` besides."""
_TIMEOUT_S: Final = 120.0
_PERL: Final = "/usr/bin/perl"
_SHELL: Final = "#!/bin/sh\nsecret-tool lookup service {name}\n"
_PYTHON: Final = """\
#!{python}
import secretstorage
connection = secretstorage.dbus_init()
for item in secretstorage.search_items(connection, {{"service": "{name}"}}):
    print(item.get_secret().decode(), end="")
"""
_PERLS: Final = "#!/usr/bin/perl\nprint qx(secret-tool lookup service {name});\n"
_NODE: Final = """\
#!/usr/bin/env node
const {{ execFileSync }} = require("node:child_process");
process.stdout.write(execFileSync("secret-tool", ["lookup", "service", "{name}"]));
"""
_SSH: Final = "#!/bin/sh\n{login} && printf '%s' 'of {name}'\n"
_PROGRAM: Final = """
import sys, secretstorage
name, keeps = sys.argv[1:]
for line in sys.stdin:
    connection = secretstorage.dbus_init()
    found = list(secretstorage.search_items(connection, {"service": name}))
    if not found and keeps == "keeps":
        collection = secretstorage.get_default_collection(connection)
        found = [collection.create_item(name, {"service": name}, f"of {name}".encode())]
    print(found[0].get_secret().decode() if found else "nothing", flush=True)
    connection.close()
"""
_CRON: Final = 'while (<STDIN>) { system("/bin/sh", "-c", $_) }'
_WINDOW: Final = "use POSIX; setsid(); ioctl(STDIN, 0x540E, 0) or die $!; exit(system('/bin/sh', '-c', @ARGV) >> 8);"
_GIT: Final = """\
printf 'protocol=https\\nhost=git.example.org\\n\\n' |
git -c credential.helper='!f() { echo username=ada; echo password=$(secret-tool lookup service git); }; f' \\
credential fill
"""
_WRAPPERS: Final = ("", "env ", "timeout 60 ", "nohup ", "setsid -w ", "nice ", "flock . ", "echo | xargs ")
_KINDS: Final = (_SHELL, _PYTHON, _SHELL, _PERLS, _SHELL, _NODE)
STRANGER: Final = "stranger"


class Use(msgspec.Struct, frozen=True):
    """That a program wanted a secret: by which process, and with which digest of the executable that asked for it."""

    program: str
    secret: str
    process: str
    digest: str


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it. ``questions``: put to the user, by program; ``uses``: in their order."""

    questions: dict[str, int]
    uses: tuple[Use, ...]


class Wallet(Protocol):
    """The wallet that the day goes by: one of a test, or a person's own with a scripted dialog."""

    @property
    def environ(self) -> dict[str, str]:
        """What its session's programs are started with."""

    @property
    def user(self) -> ScriptedUser:
        """Who answers its dialog."""

    @property
    def socket(self) -> Path:
        """Where its Router listens; its doors' sockets lie beside."""

    def connect(self) -> Client:
        """A Client of it."""

    def end(self) -> None:
        """Ends it, as the machine does at its end."""

    def start(self) -> None:
        """Starts it, and returns when it answers."""

    def unlock(self) -> None:
        """Has the user unlock it."""


class _Running:
    """A program of the desktop that stays, and asks for its secret whenever it is told to."""

    def __init__(self, command: list[str], environ: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True, text=True
        )

    def asks(self) -> str:
        """What it is given."""
        if self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def end(self) -> None:
        """Ends it, by what it waits for."""
        self.process.communicate(timeout=_TIMEOUT_S)


class Desktop:
    """The programs, and the wallet that they ask."""

    def __init__(self, folder: Path, wallet: Wallet, host: Server, scripts: int) -> None:
        self._folder = folder
        self._wallet = wallet
        self._environ = {**wallet.environ, "PYTHONHOME": sys.base_prefix, "PYTHONPATH": _packages()}
        self._uses: list[Use] = []
        self._turn = 0
        self._running: dict[str, _Running] = {}
        self._where = {
            "browser": folder / "opt" / "browser-130.0" / "browser",
            "mail": folder / "bin" / "mail",
            "chat": folder / ".mount_ChatAb3fQ2" / "usr" / "bin" / "chat",
        }
        self._appimage = folder / "Chat-1.2.AppImage"
        self._appimage.touch()
        for place in self._where.values():
            _install(place)
        for name in ("cron", "xterm"):
            shutil.copy(_PERL, folder / name)
        self._jobs = {f"job{number:02}": _KINDS[number % len(_KINDS)] for number in range(scripts)}
        self._jobs["deploy"] = _SSH.replace("{login}", _literal(shlex.join(host.command("true"))))
        self._build()

    def lives(self, hours: int) -> Day:
        """The whole day; ``hours``: how often the timer starts its scripts in each of its three parts."""
        before = len(self._wallet.user.asked())
        self._until_served()
        self._settles_in()
        with contextlib.ExitStack() as ending:
            ending.callback(self._quits)
            self._works(hours)
            self._window()
            self._updates()
            self._works(hours)
            self._quits()
            self._wallet.end()
            self._wallet.start()
            self._wallet.unlock()
            self._until_served()
            self._works(hours)
            self._window()
            self._strangers()
        questions = Counter(self._program(entry["principal"]) for entry in self._wallet.user.asked()[before:])
        names = [*self._where, *self._jobs, "git", STRANGER]
        return Day(questions={name: questions[name] for name in names}, uses=tuple(self._uses))

    def _settles_in(self) -> None:
        """Stores what the scripts want, as another program's: so each of them has to be allowed it."""
        secrets = ["mail", "git", *(name for name in self._jobs if name != "deploy")]
        lines = [f"printf 'of {name}' | secret-tool store --label={name} service {name}" for name in secrets]
        self._script("settle.sh", "\n".join(["#!/bin/sh", "set -e", *lines, ""]))
        self._timer([str(self._folder / "settle.sh")])
        user = self._wallet.user
        user.approves(remember="always")
        user.approves(remember="terminal", principal_contains="session:")
        user.refuses(principal_contains=STRANGER)

    def _works(self, hours: int) -> None:
        for name in self._where:
            self._asks(name)
        for _ in range(hours):
            self._timer_runs()
            self._asks("mail")

    def _asks(self, name: str) -> None:
        """A program of the desktop wants its secret; it is started first, where it does not run."""
        if name not in self._running:
            environ = self._environ
            if name == "chat":
                mount = str(self._where[name].parents[2])
                environ = {**environ, "APPDIR": mount, "APPIMAGE": str(self._appimage)}
            keeps = "asks" if name == "mail" else "keeps"
            self._running[name] = _Running([str(self._where[name]), "-c", _PROGRAM, name, keeps], environ)
        running = self._running[name]
        exe = Path(f"/proc/{running.process.pid}/exe")
        self._used(name, name, str(running.process.pid), exe)
        if (given := running.asks()) != f"of {name}":
            raise RuntimeError(f"{name} was given {given!r}")

    def _timer_runs(self) -> None:
        """All scripts, each under another wrapper."""
        lines = []
        for number, name in enumerate(self._jobs):
            command = f"{_WRAPPERS[number % len(_WRAPPERS)]}{self._folder / name}"
            if number % 7 == 3:  # noqa: PLR2004  # one in a few is made
                command = f"make -s -f {self._folder / name}.mk"
            lines.append(f"{command} 2>/dev/null; echo")
        given = self._timer(lines).split("\n")
        for name, text in zip(self._jobs, given, strict=False):
            if text != f"of {name}":
                raise RuntimeError(f"{name} was given {text!r} of {given}")
            self._used(name, name, "", self._asker(name))

    def _timer(self, lines: list[str]) -> str:
        ran = subprocess.run(
            [self._folder / "cron", "-e", _CRON],
            env={**self._wallet.environ, "SSH_AUTH_SOCK": str(self._wallet.socket.with_name("ssh-agent"))},
            cwd=self._folder,
            input="".join(f"{line}\n" for line in lines),
            stdout=subprocess.PIPE,
            start_new_session=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=True,
        )
        return ran.stdout

    def _window(self) -> None:
        """Somebody types `git` in a new window, three times."""
        screen, line = pty.openpty()
        window = subprocess.Popen(
            [self._folder / "xterm", "-e", _WINDOW, _GIT * 3],
            env=self._wallet.environ,
            stdin=line,
            stdout=line,
            stderr=line,
        )
        os.close(line)
        shown = b""
        with contextlib.suppress(OSError):  # the other side is closed
            while data := os.read(screen, 65536):
                shown += data
        window.wait(_TIMEOUT_S)
        os.close(screen)
        for _ in range(shown.count(b"password=of git")):
            self._used("git", "git", "", Path(shutil.which("secret-tool") or ""))
        if shown.count(b"password=of git") != 3:  # noqa: PLR2004  # as often as it was typed
            raise RuntimeError(f"git was given {shown.decode()!r}")

    def _strangers(self) -> None:
        """A script looks for another's secret, is refused, and tries again at once, three times."""
        wanted = next(iter(self._jobs))
        self._script(STRANGER, f"#!/bin/sh\nfor _ in 1 2 3; do secret-tool lookup service {wanted}; done\n")
        if f"of {wanted}" in self._timer([f"{self._folder / STRANGER} 2>/dev/null"]):
            raise RuntimeError("a stranger was given another's secret")
        for _ in range(3):
            self._used(STRANGER, wanted, "", Path(shutil.which("secret-tool") or ""))

    def _updates(self) -> None:
        """Everything that runs or lies there is replaced, under the programs that run and then go on."""
        _install(self._where["mail"], b"2.0")
        old = self._where["browser"]
        self._where["browser"] = old.parents[1] / "browser-131.0.1" / "browser"
        _install(self._where["browser"], b"131.0.1")
        shutil.rmtree(old.parent)
        for name in self._where:
            self._asks(name)
        self._quits()
        self._appimage = self._appimage.rename(self._folder / "Chat-1.3.AppImage")
        old = self._where["chat"]
        self._where["chat"] = self._folder / ".mount_ChatZz81Lx" / "usr" / "bin" / "chat"
        _install(self._where["chat"], b"1.3")
        shutil.rmtree(old.parents[2])
        self._build()

    def _until_served(self) -> None:
        """Returns when the doors that the programs come to are open."""
        agent = self._wallet.socket.with_name("ssh-agent")
        deadline = time.monotonic() + _TIMEOUT_S
        with open_dbus_connection(self._wallet.environ["DBUS_SESSION_BUS_ADDRESS"]) as connection:
            while not (secretstorage.check_service_availability(connection) and agent.exists()):
                if time.monotonic() > deadline:
                    raise TimeoutError("the doors do not open")
                time.sleep(0.05)

    def _quits(self) -> None:
        while self._running:
            self._running.popitem()[1].end()

    def _build(self) -> None:
        """Writes every script, and makes the environments; when they are there already they are all made anew."""
        for number, (name, text) in enumerate(self._jobs.items()):
            python = self._folder / f"{name}.venv" / "bin" / "python"
            if text is _PYTHON:
                venv.create(python.parents[1], clear=True, symlinks=number % 2 == 0)
                (packages,) = python.parents[1].glob("lib/python*/site-packages")
                (packages / "desktop.pth").write_text(_packages().replace(os.pathsep, "\n"), encoding="utf-8")
            edited = f"{text}{'//' if text is _NODE else '#'} {self._turn}\n"
            self._script(name, edited.format(name=name, python=python))
            self._script(f"{name}.mk", f"all:\n\t@{self._folder / name}\n")
        self._turn += 1

    def _script(self, name: str, text: str) -> None:
        """Puts a script in its place, as an editor does: another file under its name."""
        new = self._folder / f"{name}.new"
        new.write_text(text, encoding="utf-8")
        new.chmod(0o755)
        new.replace(self._folder / name)

    def _asker(self, name: str) -> Path:
        """The executable of the process that asks for what this script wants."""
        text = self._jobs[name]
        if text is _PYTHON:
            return (self._folder / f"{name}.venv" / "bin" / "python").resolve()
        return Path(shutil.which("ssh" if name == "deploy" else "secret-tool") or "")

    def _used(self, program: str, secret: str, pid: str, exe: Path) -> None:
        """Notes a use; ``pid``: empty for a process of this use alone."""
        digest = hashlib.sha256(exe.read_bytes()).hexdigest()
        self._uses.append(Use(program, secret, pid or f"use {len(self._uses)}", digest))

    def _program(self, principal: str) -> str:
        """Which of the programs a question was about."""
        if principal.startswith("session:"):
            return "git"
        kind, _, path = principal.partition(":")
        name = Path(path.split("@")[0]).name
        return "chat" if kind == "appimage" else name


@contextlib.contextmanager
def desktop(folder: Path, scripts: int) -> Iterator[Desktop]:
    """A desktop with so many scripts, in a private folder with a short path; its wallet is made and unlocked."""
    home = folder / "w"
    home.mkdir(mode=0o700)
    with (
        session_bus(folder) as bus,
        TestWallet(home, doors=["secret-service", "ssh-agent"], environ={**bus, "HOME": str(home)}) as wallet,
    ):
        wallet.create()
        with desktop_of(wallet, folder, scripts) as desk:
            yield desk


@contextlib.contextmanager
def desktop_of(wallet: Wallet, folder: Path, scripts: int) -> Iterator[Desktop]:
    """A desktop around a wallet that is unlocked, its door for programs and its SSH agent open."""
    with server(folder / "host") as host:
        with wallet.connect() as client:
            key = client.call(crypto.Generate(algorithm="ed25519", label="Work", ssh=True)).item
        host.lets_in(key.attributes["public"])
        yield Desktop(folder, wallet, host, scripts)


def _install(place: Path, version: bytes = b"1.0") -> None:
    """Puts a program in its place, by renaming, as an update does: Python under a name and a path of its own."""
    place.parent.mkdir(parents=True, exist_ok=True)
    new = place.with_suffix(".new")
    new.write_bytes(Path(sys.executable).resolve().read_bytes() + version)
    new.chmod(0o755)
    new.replace(place)


def _literal(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _packages() -> str:
    return os.pathsep.join(path for path in sys.path if path)
