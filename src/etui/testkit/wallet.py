"""A wallet that runs: the ``etui`` executable in a folder of its own, ended when the test is done."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import msgspec

from etui.interfaces import wallet_1 as wallet
from etui.protocol import find_place
from etui.sdk import Client, ConnectionLost
from etui.testkit.user import ScriptedUser

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_START_S: Final = 60.0
_END_S: Final = 30.0
_AUTHORITY: Final = "authority.pem"


class StartError(RuntimeError):
    """The wallet did not start; ``status`` is what it ended with, None where it runs and does not answer."""

    def __init__(self, log: str, status: int | None) -> None:
        super().__init__(f"the wallet did not start:\n{log}")
        self.log = log
        self.status = status


class TestWallet:
    """One test wallet; as a context manager it is started and ended.

    ``folder``: an empty private folder with a short path, since a Unix socket lies in it. ``environ``: variables beside
    the test's own. ``doors``: the doors to open. ``hosts``: names below ``etui.test`` that Extensions reach, with the
    port of the loopback where each is served. ``authority``: the certificate, in PEM, of who vouches for those names.
    ``tpm``: the socket of a TPM in software, in place of the machine's.
    """

    __test__ = False

    def __init__(  # noqa: PLR0913  # what a wallet is given
        self,
        folder: Path,
        *,
        doors: Sequence[str] = (),
        environ: Mapping[str, str] | None = None,
        hosts: Mapping[str, int] | None = None,
        authority: bytes = b"",
        tpm: Path | None = None,
    ) -> None:
        self.folder = folder
        self.home = folder / "home"
        runtime = folder / "run"
        runtime.mkdir(mode=0o700, exist_ok=True)
        self.environ = {
            **{name: value for name, value in os.environ.items() if name != "ETUI_SOCKET"},
            "XDG_RUNTIME_DIR": str(runtime),
            "ETUI_HOME": str(self.home),
            **(environ or {}),
        }
        self.user = ScriptedUser(folder / "script", folder / "transcript")
        self.log = folder / "log"
        if (hosts or tpm) and not self.home.exists():
            self._map(hosts or {}, authority, tpm)
        self._doors = doors
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id of the supervisor."""
        if self._process is None:
            msg = "the wallet does not run"
            raise RuntimeError(msg)
        return self._process.pid

    def start(self) -> None:
        """Starts the wallet and waits until it answers; raises ``StartError`` with its log where it does not."""
        doors = [text for door in self._doors for text in ("--door", door)] or ["--no-doors"]
        command = [sys.executable, "-I", "-m", "etui.cli", "up", "--test-profile", "--as-root", *doors]
        command += ["--script", str(self.user.script), "--transcript", str(self.user.transcript)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, env=self.environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + _START_S
        while True:
            try:
                self.connect().close()
            except ConnectionLost:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    status = self._process.poll()
                    self.end()
                    raise StartError(self.log.read_text(encoding="utf-8", errors="replace"), status) from None
                time.sleep(0.02)
            else:
                return

    def create(self) -> None:
        """Has the scripted user make the wallet; it is unlocked afterwards."""
        with self.connect() as client:
            client.call(wallet.Create())

    def unlock(self) -> None:
        """Has the scripted user unlock it."""
        with self.connect() as client:
            client.call(wallet.Unlock())

    def lock(self) -> None:
        """Locks it, and waits until the next Router answers."""
        with self.connect() as client:
            client.call(wallet.Lock())
        deadline = time.monotonic() + _END_S
        while self._state() != "locked":
            if time.monotonic() > deadline:
                msg = "the wallet did not lock"
                raise RuntimeError(msg)
            time.sleep(0.01)

    @property
    def socket(self) -> Path:
        """Where its Router listens."""
        environ = self.environ
        return _socket(environ["ETUI_HOME"], environ["XDG_RUNTIME_DIR"], environ.get("XDG_DATA_HOME", ""))

    def connect(self, *, name: str = "test") -> Client:
        """A Client of this wallet."""
        return Client.connect(self.socket, name=name, timeout_s=60.0)

    def run(self, *command: str, text: bool = True, timeout_s: float = 60.0) -> subprocess.CompletedProcess[str]:
        """Runs a command with this wallet's environment and waits for it; standard input is empty."""
        return subprocess.run(
            command,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=text,
            timeout=timeout_s,
            check=False,
        )

    def etui(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs ``etui`` with these arguments, as a person would: the command beside the interpreter, if it is there."""
        command = Path(sys.executable).with_name("etui")
        words = [str(command)] if command.exists() else [sys.executable, "-I", "-m", "etui.cli"]
        return self.run(*words, *arguments)

    def end(self) -> None:
        """Ends the wallet in order, by force where that takes too long."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill(self) -> None:
        """Ends the supervisor at once, as kill -9 does, and waits until its processes are gone with it."""
        process, self._process = self._process, None
        if process is None:
            return
        children = _descendants(process.pid)
        process.kill()
        process.wait()
        deadline = time.monotonic() + _END_S
        while left := [child for child in children if Path(f"/proc/{child}").exists()]:
            if time.monotonic() > deadline:
                msg = f"processes outlived the supervisor that was killed: {left}"
                raise RuntimeError(msg)
            time.sleep(0.01)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def _map(self, hosts: Mapping[str, int], authority: bytes, tpm: Path | None) -> None:
        """Makes the profile's header, since only a new test profile maps hosts and names a TPM."""
        self.home.mkdir(mode=0o700)
        test: dict[str, object] = {"hosts": dict(hosts)}
        if authority:
            (self.home / _AUTHORITY).write_bytes(authority)
            test["ca"] = _AUTHORITY
        if tpm is not None:
            test["tpm"] = str(tpm)
        header = {"format": 1, "id": secrets.token_hex(16), "test": test}
        (self.home / "profile.json").write_bytes(msgspec.json.encode(header))

    def _state(self) -> str:
        try:
            with self.connect() as client:
                return client.call(wallet.Status()).state
        except ConnectionLost:
            return "gone"


def _descendants(pid: int) -> list[int]:
    """The processes that a process started, and those that they did."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text(encoding="ascii").split():
            found += [int(child), *_descendants(int(child))]
    return found


def _socket(home: str, runtime: str, data: str) -> Path:
    return find_place({"ETUI_HOME": home, "XDG_RUNTIME_DIR": runtime, "XDG_DATA_HOME": data}, os.getuid()).socket
