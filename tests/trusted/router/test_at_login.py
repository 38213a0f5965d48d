"""What a login hands on unlocks the wallet where its user chose that; from nobody but the system's user root."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.ordinary import Person, ordinary_person, ordinary_python
from tests.trusted.supervisor.processes import until

from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ErrorCode, ProtocolError
from etui.testkit import TestWallet
from etui.testkit.user import PASSPHRASE
from etui.trusted.evidence.look import View, look_here
from etui.trusted.evidence.peer import Peer
from etui.trusted.router.callers import caller_of, door_caller

PASSWORD = "of the login"
LATER = "of a later login"

as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can hand a login on")


@pytest.fixture(scope="module")
def python() -> Iterator[Path]:
    with ordinary_python() as python:
        yield python


LOGS_IN = """
import sys
from pathlib import Path
from etui.sealing import Secret
from etui.sealing.slots import RECOMMENDED, stretched
from etui.trusted.login.handing import offered
from etui.trusted.login.person import Person, salt_of
person = Person("nobody", int(sys.argv[1]), int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
salt = salt_of(person) or bytes(16)
print(offered(person, stretched(Secret(sys.argv[4].encode()), salt, RECOMMENDED)).decode())
"""


ITSELF = """
from etui.interfaces import wallet_1 as wallet
from etui.protocol import ProtocolError
from etui.sdk import Client
with Client.connect() as client:
    for request in (wallet.LoginKey(), wallet.Login(sealed=b"of a program")):
        try:
            client.call(request)
        except ProtocolError as error:
            print(f"{error.code.slug}: {error.message} ({error.why or 'no-id'})")
"""


class Wallet:
    """The wallet of an ordinary user, which runs at its usual place."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.vault = person.home / "vault"

    def chooses(self, password: str = PASSWORD) -> None:
        """Its user has the login password unlock it."""
        self.answers("type", when={"face": "new_login"}, secret=PASSPHRASE, new=password)
        self.person.does("login-unlock", "on")

    def locks(self) -> None:
        """It is locked."""
        self.person.does("lock")
        until(lambda: self.state == "locked", "the wallet locked")

    @property
    def state(self) -> str:
        """Locked or not; empty while it cannot be asked."""
        ran = self.person.runs("status", "--json")
        return str(json.loads(ran.stdout)["state"]) if ran.returncode == 0 else ""

    def tries(self) -> bytes:
        """The count of wrong passphrases."""
        return (self.vault / "tries").read_bytes()

    def login(self, password: str = PASSWORD) -> str:
        """What becomes of a login that root hands on."""
        environ = self.person.environ
        words = [sys.executable, "-I", "-c", LOGS_IN, str(self.person.uid), environ["HOME"]]
        ran = subprocess.run(
            [*words, environ["XDG_RUNTIME_DIR"], password], capture_output=True, text=True, timeout=300, check=False
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.strip()

    def hands_on_itself(self) -> str:
        """What a program of its user's is told that does as root does."""
        words = [str(self.person.python), "-I", "-c", ITSELF]
        ran = subprocess.run(
            words, env=self.person.environ, capture_output=True, text=True, check=True, **self.person.identity()
        )
        return str(ran.stdout)

    def answers(self, answer: str, **members: Any) -> None:  # noqa: ANN401  # JSON
        """Its user answers so from now on."""
        self.person.user.rule(answer, **members)
        assert self.person.uid is not None
        os.chown(self.person.user.script, self.person.uid, self.person.uid)


@pytest.fixture(scope="module")
def running(python: Path) -> Iterator[Wallet]:
    with ordinary_person(python) as person:
        del person.environ["ETUI_HOME"]
        person.home = Path(person.environ["HOME"], ".local/share/etui")
        supervisor = person.starts()
        try:
            until(lambda: supervisor.poll() is not None or person.runs("status").returncode == 0, "the wallet came up")
            person.does("init")
            yield Wallet(person)
        finally:
            supervisor.send_signal(signal.SIGTERM)
            supervisor.wait(60)


@pytest.fixture
def wallet(running: Wallet) -> Wallet:
    """It is unlocked, and no login unlocks it."""
    running.answers("type", when={"face": "unlock"}, secret=PASSPHRASE)
    running.person.does("unlock")
    running.person.does("login-unlock", "off")
    return running


@as_root
def test_a_login_unlocks_it_and_takes_the_question_for_the_passphrase_away(wallet: Wallet) -> None:
    wallet.chooses()
    wallet.locks()
    wallet.answers("wait", when={"face": "unlock"})
    asked = len(wallet.person.user.shown())
    with ThreadPoolExecutor(1) as typing:
        waiting = typing.submit(wallet.person.runs, "unlock")
        until(lambda: len(wallet.person.user.shown()) > asked, "the passphrase is asked for")
        assert wallet.login() == "done"
        assert waiting.result().returncode == 0
    assert wallet.state == "unlocked"
    assert wallet.login() == "done", "it is open"


@as_root
@pytest.mark.attack(258)
def test_after_a_change_of_the_login_password_it_stays_locked_says_so_and_is_set_anew(wallet: Wallet) -> None:
    wallet.chooses()
    wallet.locks()
    before = wallet.tries()
    assert wallet.login(LATER) == "wrong_secret"
    assert wallet.tries() == before
    said = "your login password does not open the wallet: it was changed"
    status = wallet.person.does("status")
    assert said in status
    assert "locked" in status
    assert said in wallet.person.does("login-unlock", "status")
    wallet.person.does("unlock")
    until(lambda: said in str(wallet.person.user.shown()), "the user is told")
    records = json.loads(wallet.person.does("audit", "--json"))
    (failed,) = [one["id"] for one in records if (one["action"], one["outcome"]) == ("unlock", "failed")]
    assert said in wallet.person.does("why", failed)
    wallet.chooses(LATER)
    assert said not in wallet.person.does("status")
    wallet.locks()
    assert wallet.login(LATER) == "done"
    assert wallet.state == "unlocked"


@as_root
@pytest.mark.attack(256)
def test_a_program_of_the_same_user_hands_nothing_on(wallet: Wallet) -> None:
    wallet.chooses()
    wallet.locks()
    before = (wallet.vault / "login-tries").read_bytes()
    told = wallet.hands_on_itself().splitlines()
    assert [line.partition(":")[0] for line in told] == ["denied", "denied"]
    assert all("from the system's user root alone" in line for line in told)
    assert not [line for line in told if "no-id" in line], "it is on record"
    assert wallet.state == "locked"
    assert (wallet.vault / "login-tries").read_bytes() == before


@as_root
def test_for_who_chose_it_not_or_no_more_root_is_denied_the_vaults_key(wallet: Wallet) -> None:
    wallet.locks()
    assert wallet.login() == "denied"
    wallet.person.does("unlock")
    wallet.chooses()
    wallet.person.does("login-unlock", "off")
    assert "does not unlock" in wallet.person.does("login-unlock", "status")
    wallet.locks()
    assert wallet.login() == "denied"


@pytest.mark.attack(256)
def test_whom_a_door_speaks_for_is_not_the_systems_user_root() -> None:
    here = Peer(os.getpid(), os.getuid(), None, None, weak=True)
    looked = look_here(here, None, via_bus=True, view=View(os.getuid() + 1))
    assert caller_of(looked, key=b"").uid == os.getuid()
    assert caller_of(looked, key=b"", door=door_caller("secret-service")).uid is None
    assert door_caller("secret-service").uid is None


@as_root
@pytest.mark.attack(256)
def test_roots_own_wallet_has_no_such_way(made_wallet: TestWallet) -> None:
    made_wallet.user.rule("type", when={"face": "new_login"}, secret=PASSPHRASE, new=PASSWORD)
    with made_wallet.connect() as client:
        with pytest.raises(ProtocolError, match="root's wallet"):
            client.call(wallet_interface.LoginUnlockOn())
        with pytest.raises(ProtocolError, match="this wallet is root's") as caught:
            client.call(wallet_interface.LoginKey())
    assert caught.value.code is ErrorCode.DENIED
    assert not (made_wallet.home / "vault" / "login").exists()
