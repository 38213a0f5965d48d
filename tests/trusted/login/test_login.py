"""What the system's log-in starts: it finds a person's slot and wallet, and gives the password to nobody."""

from __future__ import annotations

import os
import pwd
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from etui.sealing import ChannelKey, Secret
from etui.sealing.login import LoginSlot
from etui.sealing.slots import Argon2Parameters
from etui.trusted.login.__main__ import SERVICES, user_of

PASSWORD = b"of the login"
DAEMON = 1
"""The system's user daemon, who is neither root nor the person."""
GREETING = {
    "version": 1,
    "router": "",
    "client": "",
    "label": "",
    "strength": "",
    "locked": True,
    "test": False,
}
BEGIN = """
import sys
from pathlib import Path
from etui.sealing import Secret
from etui.trusted.login import handing
from etui.trusted.login.person import Person, connected, salt_of
person = Person("nobody", int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]))
handing.person_of = lambda name: person
"""

needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root hands a login on")


class Someone:
    """The system's user nobody, with a home and a folder for sockets."""

    def __init__(self, folder: Path) -> None:
        found = pwd.getpwnam("nobody")
        self.uid, self.gid = found.pw_uid, found.pw_gid
        self.home, self.runtime = folder / "home", folder / "run"
        self.slot = self.home / ".local/share/etui/vault/login"
        self.socket = self.runtime / "etui/router"
        folder.chmod(0o755)
        for path in (self.slot.parent, self.socket.parent):
            path.mkdir(parents=True)
        self._own(self.home, self.runtime, *self.home.rglob("*"), *self.runtime.rglob("*"))

    def _own(self, *paths: Path) -> None:
        for path in paths:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def chooses(self, parameters: Argon2Parameters | None = None) -> LoginSlot:
        """The slot that the login opens."""
        slot = LoginSlot.wrap(Secret(bytes(32)), Secret(PASSWORD), "profile-1")
        if parameters is not None:
            slot = msgspec.structs.replace(slot, argon2id=parameters)
        self.slot.write_bytes(slot.encode())
        self.slot.chmod(0o600)
        self._own(self.slot)
        return slot

    def finds(self, code: str, stdin: bytes = b"") -> str:
        """What a process of root's prints, which may call what serves a login for ``person``."""
        words = [sys.executable, "-I", "-c", BEGIN + code, str(self.uid), str(self.gid)]
        words += [str(self.home), str(self.runtime)]
        ran = subprocess.run(words, input=stdin, capture_output=True, timeout=120, check=False)
        assert ran.returncode == 0, ran.stderr.decode()
        return ran.stdout.decode().strip()

    @contextmanager
    def listens(self, path: Path, *, runs_as: int, owner: int) -> Iterator[Heard]:
        """Somebody who listens there and answers as a wallet does."""
        heard = Heard()
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            os.chown(path, owner, owner)
            os.seteuid(runs_as)
            try:
                listener.listen()
            finally:
                os.seteuid(0)
            serving = threading.Thread(target=heard.serve, args=(listener,), daemon=True)
            serving.start()
            yield heard
            listener.shutdown(socket.SHUT_RDWR)
            serving.join(60)


class Heard:
    """What arrived at a socket, and from which users."""

    def __init__(self) -> None:
        self.text = b""
        self.users: list[int] = []
        self.vault = ChannelKey()

    def serve(self, listener: socket.socket) -> None:
        """Answers one connection after the other."""
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            with line:
                peer = line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
                self.users.append(struct.unpack("=iII", peer)[1])
                while data := line.recv(1 << 16):
                    self.text += data
                    line.sendall(self._answer(data))

    def _answer(self, data: bytes) -> bytes:
        asked = msgspec.json.decode(data)
        results: dict[str, object] = {
            "wallet/1.hello": GREETING,
            "wallet/1.login_key": {"key": self.vault.public},
        }
        answer = {"jsonrpc": "2.0", "id": asked["id"], "result": results.get(asked["method"], {})}
        return msgspec.json.encode(answer) + b"\n"

    @property
    def methods(self) -> list[str]:
        return [msgspec.json.decode(line)["method"] for line in self.text.splitlines()]


@pytest.fixture
def someone(short_dir: Path) -> Someone:
    return Someone(short_dir)


HANDS_ON = "handing.hand_on('nobody', 0, locks=Path(sys.argv[4]).parent)"


@needs_root
@pytest.mark.attack(257)
def test_who_listens_in_the_wallets_place_gets_the_slots_key_sealed_and_no_password(someone: Someone) -> None:
    slot = someone.chooses()
    with someone.listens(someone.socket, runs_as=someone.uid, owner=someone.uid) as heard:
        someone.finds(HANDS_ON, PASSWORD + b"\0")
    assert heard.users == [0]
    assert heard.methods == ["wallet/1.hello", "wallet/1.login_key", "wallet/1.login"]
    sealed = msgspec.json.decode(heard.text.splitlines()[-1])["params"]["sealed"]
    key = heard.vault.open(msgspec.json.decode(msgspec.json.encode(sealed), type=bytes), "vault.login_key")
    assert Secret(key) == slot.key_of(Secret(PASSWORD))
    assert PASSWORD not in heard.text
    assert len(key) == 32


@needs_root
@pytest.mark.attack(257)
def test_for_who_never_chose_it_nothing_is_sent_and_the_password_is_not_even_read(someone: Someone) -> None:
    with someone.listens(someone.socket, runs_as=someone.uid, owner=someone.uid) as heard:
        left = someone.finds(f"{HANDS_ON}\nprint(sys.stdin.read())", PASSWORD)
    assert left == PASSWORD.decode()
    assert (heard.users, heard.text) == ([], b"")


@needs_root
@pytest.mark.attack(257)
@pytest.mark.parametrize("runs_as", [DAEMON, 0])
def test_somebody_elses_socket_is_told_nothing_by_whatever_path_it_is_found(someone: Someone, runs_as: int) -> None:
    look = "print(connected(person))"
    with someone.listens(someone.socket, runs_as=runs_as, owner=someone.uid) as heard:
        assert someone.finds(look) == "None"
    assert heard.text == b""
    someone.socket.unlink()
    elsewhere = someone.home / "elsewhere"
    with someone.listens(elsewhere, runs_as=someone.uid, owner=someone.uid) as heard:
        someone.socket.symlink_to(elsewhere)
        assert someone.finds(look) == "None"
        someone.socket.unlink()
        someone.socket.parent.rmdir()
        someone.socket.parent.symlink_to(someone.home)
        (someone.home / "router").symlink_to(elsewhere)
        assert someone.finds(look) == "None"
    assert (heard.users, heard.text) == ([], b"")
    with someone.listens(someone.home / "theirs", runs_as=someone.uid, owner=DAEMON) as heard:
        someone.socket.parent.unlink()
        someone.socket.parent.mkdir()
        os.chown(someone.socket.parent, someone.uid, someone.gid)
        (someone.home / "theirs").rename(someone.socket)
        assert someone.finds(look) == "None"
    assert heard.users == []


@needs_root
@pytest.mark.attack(257)
def test_a_slot_is_read_with_the_persons_own_rights(someone: Someone) -> None:
    look = "print(salt_of(person).hex())"
    slot = someone.chooses()
    assert someone.finds(look) == slot.salt.hex()
    kept = someone.slot.rename(someone.slot.with_name("kept"))
    someone.slot.symlink_to(kept)
    assert someone.finds(look) == ""
    someone.slot.unlink()
    os.mkfifo(someone.slot)
    os.chown(someone.slot, someone.uid, someone.gid)
    assert someone.finds(look) == ""
    someone.slot.unlink()
    kept.rename(someone.slot)
    os.chown(someone.slot, 0, 0)
    assert someone.finds(look) == "", "of root's, which the person may not read"
    someone.slot.write_bytes(b"{}" * 10_000)
    someone.slot.chmod(0o644)
    assert someone.finds(look) == ""


@needs_root
@pytest.mark.attack(259)
def test_a_slot_does_not_say_how_much_work_root_does(someone: Someone) -> None:
    someone.chooses(Argon2Parameters(time_cost=64, memory_kib=4 * 1024 * 1024, lanes=1))
    assert someone.finds("print(salt_of(person).hex())") == ""


@needs_root
@pytest.mark.attack(259)
def test_a_wallet_that_comes_later_is_waited_for_and_one_process_waits(someone: Someone) -> None:
    someone.chooses()
    words = [sys.executable, "-I", "-c", BEGIN + HANDS_ON, str(someone.uid), str(someone.gid)]
    with subprocess.Popen([*words, someone.home, someone.runtime], stdin=subprocess.PIPE) as waiting:
        assert waiting.stdin is not None
        waiting.stdin.write(PASSWORD)
        waiting.stdin.close()
        lock = someone.home.parent / f"etui-login-{someone.uid}"
        while not lock.exists():
            assert waiting.poll() is None
        left = ""
        while not left:  # the file is there before it is held
            left = someone.finds(f"{HANDS_ON}\nprint(sys.stdin.read())", PASSWORD)
        assert left == PASSWORD.decode()
        assert waiting.poll() is None
        with someone.listens(someone.socket, runs_as=someone.uid, owner=someone.uid) as heard:
            assert waiting.wait(120) == 0
    assert heard.methods[-1] == "wallet/1.login"


@needs_root
@pytest.mark.attack(259)
@pytest.mark.parametrize("written", [b"", PASSWORD])
def test_the_log_in_goes_on_at_once_whatever_there_is_of_a_wallet(written: bytes, someone: Someone) -> None:
    environ = {"PAM_TYPE": "auth", "PAM_SERVICE": "login", "PAM_USER": "nobody"}
    words = [sys.executable, "-I", "-m", "etui.trusted.login"]
    ran = subprocess.run(words, input=written, env=environ, capture_output=True, timeout=60, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, b"", b"")
    del someone


def test_what_asks_for_a_password_to_do_one_thing_hands_nothing_on() -> None:
    environ = {"PAM_TYPE": "auth", "PAM_USER": "ada"}
    assert user_of({**environ, "PAM_SERVICE": "login"}) == "ada"
    for service in ("sudo", "su", "su-l", "polkit-1", "sshd", "passwd", "cron", ""):
        assert user_of({**environ, "PAM_SERVICE": service}) == ""
    assert user_of({**environ, "PAM_SERVICE": "login", "PAM_TYPE": "open_session"}) == ""
    assert not SERVICES & {"sudo", "su", "sshd"}
